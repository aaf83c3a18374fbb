"""What the gateways in front of the services say; they share their numbers."""

from typing import Final

from batchcreate.advice.remedies import (
    ALLOW_ADDRESS,
    ASK_SUPPORT,
    CORRECT_ENDPOINT,
    CORRECT_ROW,
    CORRECT_TARGET,
    GRANT,
    PAY,
    RENEW_CREDENTIALS,
    RENEW_TOKEN,
    RUN_LATER,
    SHORTEN,
    SLOW_DOWN,
)
from batchcreate.advice.values import Entry, Words

NUMBERS: Final = (
    Entry(
        codes=("0101",),
        http_statuses=(404,),
        meaning=Words(
            en="The gateway knows no such API: host, path or method is wrong.",
            zh="网关上没有该 API：主机、路径或方法有误。",
        ),
        remedy=CORRECT_TARGET,
        source="sign",
    ),
    Entry(
        codes=("0103",),
        http_statuses=(404,),
        meaning=Words(
            en="The gateway knows no backend for this API.", zh="网关上没有该 API 的后端。"
        ),
        remedy=ASK_SUPPORT,
        source="sign",
    ),
    Entry(
        codes=("0104", "0105", "0106"),
        http_statuses=(400,),
        meaning=Words(
            en="A setting of the API on the gateway is missing or wrong.",
            zh="网关上该 API 的配置缺失或错误。",
        ),
        remedy=ASK_SUPPORT,
        source="sign",
    ),
    Entry(
        codes=("0201",),
        http_statuses=(400,),
        meaning=Words(en="A parameter of the request is not valid.", zh="请求参数不合法。"),
        remedy=CORRECT_ROW,
        source="sign",
    ),
    Entry(
        codes=("0201",),
        http_statuses=(413,),
        meaning=Words(en="The request body is over 12 MB.", zh="请求体超过 12 MB。"),
        remedy=SHORTEN,
        source="sign",
    ),
    Entry(
        codes=("0201",),
        http_statuses=(414, 494),
        meaning=Words(en="The address or the headers are too long.", zh="请求地址或请求头过长。"),
        remedy=CORRECT_TARGET,
        source="sign",
    ),
    Entry(
        codes=("0201",),
        http_statuses=(502, 504),
        meaning=Words(
            en="The service behind the gateway was not there, or did not answer in time.",
            zh="网关后端服务不可用或超时。",
        ),
        remedy=RUN_LATER,
        source="sign",
    ),
    Entry(
        codes=("0301",),
        http_statuses=(401,),
        meaning=Words(
            en="IAM does not accept the credentials: a wrong signature or key, or a token that is missing, of another kind or has ended.",
            zh="IAM 认证信息错误：签名或密钥有误，或令牌缺失、无法解析、已过期。",
        ),
        remedy=RENEW_CREDENTIALS,
        source="sign",
    ),
    Entry(
        codes=("0302",),
        http_statuses=(403,),
        meaning=Words(en="The IAM user may not call this API.", zh="IAM 用户无权调用该 API。"),
        remedy=GRANT,
        source="sign",
    ),
    Entry(
        codes=("0303",),
        http_statuses=(401,),
        meaning=Words(en="The application's credentials are wrong.", zh="应用认证信息错误。"),
        remedy=RENEW_CREDENTIALS,
        source="sign",
    ),
    Entry(
        codes=("0304",),
        http_statuses=(403,),
        meaning=Words(en="The application may not call this API.", zh="应用无权调用该 API。"),
        remedy=GRANT,
        source="sign",
    ),
    Entry(
        codes=("0305",),
        http_statuses=(401,),
        meaning=Words(en="The credentials are wrong.", zh="认证信息错误。"),
        remedy=RENEW_CREDENTIALS,
        source="sign",
    ),
    Entry(
        codes=("0306",),
        http_statuses=(403,),
        meaning=Words(en="Access is denied.", zh="访问被拒绝。"),
        remedy=GRANT,
        source="sign",
    ),
    Entry(
        codes=("0307",),
        http_statuses=(401,),
        meaning=Words(
            en="The token has to be renewed, or is of another region.",
            zh="令牌需要更新，或属于其他区域。",
        ),
        remedy=RENEW_TOKEN,
        source="sign",
    ),
    Entry(
        codes=("0308",),
        http_statuses=(429,),
        meaning=Words(
            en="More calls arrived than the gateway admits.", zh="调用过于频繁，被网关流控。"
        ),
        remedy=SLOW_DOWN,
        source="sign",
    ),
    Entry(
        codes=("0310",),
        http_statuses=(403,),
        meaning=Words(en="The project cannot be used.", zh="项目不可用。"),
        remedy=GRANT,
        source="sign",
    ),
    Entry(
        codes=("0311",),
        http_statuses=(401,),
        meaning=Words(en="The credentials for debugging are wrong.", zh="调试认证信息错误。"),
        remedy=RENEW_CREDENTIALS,
        source="sign",
    ),
    Entry(
        codes=("0401",),
        http_statuses=(403,),
        meaning=Words(
            en="This network address is not allowed to call.", zh="客户端 IP 不被允许访问。"
        ),
        remedy=ALLOW_ADDRESS,
        source="sign",
    ),
    Entry(
        codes=("0402", "0404"),
        http_statuses=(403,),
        meaning=Words(
            en="The gateway may not reach the service's network address.",
            zh="网关不被允许访问后端 IP。",
        ),
        remedy=ASK_SUPPORT,
        source="sign",
    ),
    Entry(
        codes=("0501",),
        http_statuses=(405,),
        meaning=Words(en="The quota of calls is used up.", zh="调用配额已用完。"),
        remedy=PAY,
        source="sign",
    ),
    Entry(
        codes=("0502",),
        http_statuses=(405,),
        meaning=Words(
            en="The application is frozen, for want of balance.", zh="应用因余额不足被冻结。"
        ),
        remedy=PAY,
        source="sign",
    ),
    Entry(
        codes=("0601", "0605", "0606", "0608", "0609", "0611", "0612", "0705"),
        http_statuses=(500,),
        meaning=Words(en="The gateway failed inside.", zh="网关内部错误。"),
        remedy=RUN_LATER,
        source="sign",
    ),
    Entry(
        codes=("0602",),
        http_statuses=(400,),
        meaning=Words(en="The gateway could not read the request.", zh="网关无法识别该请求。"),
        remedy=CORRECT_TARGET,
        source="sign",
    ),
    Entry(
        codes=("0607",),
        http_statuses=(400,),
        meaning=Words(en="The gateway does not speak this protocol.", zh="网关不支持该协议。"),
        remedy=CORRECT_ENDPOINT,
        source="sign",
    ),
    Entry(
        codes=("0610",),
        http_statuses=(502,),
        meaning=Words(
            en="None of the machines behind the gateway was there.", zh="网关没有可用的后端。"
        ),
        remedy=RUN_LATER,
        source="sign",
    ),
    Entry(
        codes=("0613",),
        http_statuses=(503,),
        meaning=Words(en="IAM could not be reached by the gateway.", zh="网关无法访问 IAM 服务。"),
        remedy=RUN_LATER,
        source="sign",
    ),
    Entry(
        codes=("0801", "0802"),
        http_statuses=(403,),
        meaning=Words(
            en="The service or the user is not allowed in this region.",
            zh="该服务或用户在此区域不被允许。",
        ),
        remedy=GRANT,
        source="sign",
    ),
)
"""By their numbers; the pages of three gateways give them different beginnings."""
