"""What an HTTP status alone says, where no code is known."""

import re
from typing import Final

from batchcreate.advice.remedies import (
    CORRECT_ENDPOINT,
    CORRECT_ROW,
    CORRECT_TARGET,
    GRANT,
    MAKE_ROOM,
    MEND_PROXY,
    RENAME,
    RENEW_CREDENTIALS,
    RUN_LATER,
    SHORTEN,
    SLOW_DOWN,
)
from batchcreate.advice.values import Entry, Words
from batchcreate.outcome import NAME_TAKEN

_FULL: Final = re.compile(r"\bquota\b|配额", re.IGNORECASE)

HTTP: Final = (
    Entry(
        codes=("HTTP_200", "HTTP_201", "HTTP_202"),
        http_statuses=(200, 201, 202),
        meaning=Words(
            en="The server said that it was done, but gave no task ID.",
            zh="服务端表示成功，但没有给出任务 ID。",
        ),
        remedy=RUN_LATER,
        source="CreateMultiTasks",
    ),
    Entry(
        codes=("HTTP_301", "HTTP_302", "HTTP_303", "HTTP_307", "HTTP_308"),
        http_statuses=(301, 302, 303, 307, 308),
        meaning=Words(
            en="The endpoint wants to send us to another address; nothing is sent there.",
            zh="终端节点要求跳转到其他地址；不会向该地址发送任何内容。",
        ),
        remedy=CORRECT_ENDPOINT,
        source="rfc-9110",
    ),
    Entry(
        codes=("HTTP_400", "HTTP_416", "HTTP_422"),
        http_statuses=(400, 416, 422),
        meaning=Words(
            en="The service refused the values of this row.", zh="服务拒绝了该行的数据。"
        ),
        remedy=CORRECT_ROW,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_401",),
        http_statuses=(401,),
        meaning=Words(en="The credentials were not accepted.", zh="凭证未被接受。"),
        remedy=RENEW_CREDENTIALS,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_403",),
        http_statuses=(403,),
        meaning=Words(en="The account may not do this.", zh="账号没有执行该操作的权限。"),
        remedy=GRANT,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_404",),
        http_statuses=(404,),
        meaning=Words(
            en="The service knows no such address, project or instance.",
            zh="服务端没有该地址、项目或实例。",
        ),
        remedy=CORRECT_TARGET,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_405", "HTTP_411", "HTTP_415", "HTTP_417", "HTTP_421", "HTTP_426", "HTTP_428"),
        http_statuses=(405, 411, 415, 417, 421, 426, 428),
        meaning=Words(
            en="The server does not take requests of this form.", zh="服务端不接受这种形式的请求。"
        ),
        remedy=CORRECT_ENDPOINT,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_407",),
        http_statuses=(407,),
        meaning=Words(en="A proxy asks for a name and a password.", zh="代理要求用户名和密码。"),
        remedy=MEND_PROXY,
        source="rfc-9110",
    ),
    Entry(
        codes=("HTTP_408", "HTTP_425"),
        http_statuses=(408, 425),
        meaning=Words(en="The server gave the request up.", zh="服务端放弃了该请求。"),
        remedy=RUN_LATER,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_409",),
        http_statuses=(409,),
        meaning=Words(
            en="A task of this name exists already, or is being changed.",
            zh="同名任务已存在，或正在被修改。",
        ),
        remedy=RENAME,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_413", "HTTP_414", "HTTP_431"),
        http_statuses=(413, 414, 431),
        meaning=Words(
            en="The values of this row are too long for the service.",
            zh="该行的数据过长，服务无法接受。",
        ),
        remedy=SHORTEN,
        source="rfc-9110",
    ),
    Entry(
        codes=("HTTP_429",),
        http_statuses=(429,),
        meaning=Words(
            en="More calls arrived than the service admits.", zh="调用过于频繁，被服务端流控。"
        ),
        remedy=SLOW_DOWN,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_500",),
        http_statuses=(500,),
        meaning=Words(en="The service met an error of its own.", zh="服务端内部错误。"),
        remedy=RUN_LATER,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_502", "HTTP_503", "HTTP_504"),
        http_statuses=(502, 503, 504),
        meaning=Words(
            en="The service was not there, or did not answer in time.", zh="服务不可用或超时。"
        ),
        remedy=RUN_LATER,
        source="status codes",
    ),
    Entry(
        codes=("HTTP_400", "HTTP_403", "HTTP_404", "HTTP_422"),
        http_statuses=(400, 403, 404, 422),
        meaning=Words(en="A task of this name exists already.", zh="同名任务已存在。"),
        phrase=NAME_TAKEN,
        remedy=RENAME,
        source="own reading",
    ),
    Entry(
        codes=("HTTP_400", "HTTP_403", "HTTP_404", "HTTP_409", "HTTP_422"),
        http_statuses=(400, 403, 404, 409, 422),
        meaning=Words(
            en="The instance holds as many tasks as it can.", zh="实例的任务数已达上限。"
        ),
        phrase=_FULL,
        remedy=MAKE_ROOM,
        source="usage limits",
    ),
)
"""Answers without a code, or with one that is not catalogued."""
