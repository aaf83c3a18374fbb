"""What ROMA Connect, IAM and their neighbours say."""

from typing import Final

from batchcreate.advice.remedies import (
    CORRECT_ENDPOINT,
    CORRECT_ROW,
    CORRECT_TARGET,
    GRANT,
    RENEW_CREDENTIALS,
    RENEW_TOKEN,
    RUN_LATER,
)
from batchcreate.advice.values import Entry, Words

PLATFORM: Final = (
    Entry(
        codes=("ROMA.1000",),
        http_statuses=(400,),
        meaning=Words(en="The request carried no token.", zh="请求中没有令牌。"),
        remedy=RENEW_CREDENTIALS,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.1002",),
        http_statuses=(400,),
        meaning=Words(en="The token is wrong.", zh="令牌错误。"),
        remedy=RENEW_CREDENTIALS,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.1006",),
        http_statuses=(400,),
        meaning=Words(en="The account may not do this.", zh="账号没有执行该操作的权限。"),
        remedy=GRANT,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.1007",),
        http_statuses=(400,),
        meaning=Words(en="The address of the request is not valid.", zh="请求的 URL 无效。"),
        remedy=CORRECT_TARGET,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.13000",),
        http_statuses=(400,),
        meaning=Words(en="Parameters are not valid.", zh="参数无效。"),
        remedy=CORRECT_ROW,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.13001",),
        http_statuses=(400,),
        meaning=Words(en="The request arrived without its body.", zh="请求没有消息体。"),
        remedy=CORRECT_ENDPOINT,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.10010",),
        http_statuses=(400,),
        meaning=Words(
            en="Creating a task failed; the message says why.", zh="创建任务失败，原因见提示信息。"
        ),
        remedy=CORRECT_ROW,
        source="ErrorCode_server",
    ),
    Entry(
        codes=("ROMA.00110002",),
        http_statuses=(500,),
        meaning=Words(en="There is no such instance.", zh="实例不存在。"),
        remedy=CORRECT_TARGET,
        source="CreateDestination",
    ),
    Entry(
        codes=("ROMA.00110006",),
        http_statuses=(404,),
        meaning=Words(en="There is no such resource.", zh="资源不存在。"),
        remedy=CORRECT_TARGET,
        source="CreateDestination",
    ),
    Entry(
        codes=("IAM.0007",),
        http_statuses=(400,),
        meaning=Words(en="A parameter of the login is not valid.", zh="登录请求的参数无效。"),
        remedy=RENEW_CREDENTIALS,
        source="iam",
    ),
    Entry(
        codes=("IAM.0009",),
        http_statuses=(400,),
        meaning=Words(
            en="The token that was to be looked at is not valid.", zh="X-Subject-Token 无效。"
        ),
        remedy=RENEW_CREDENTIALS,
        source="iam",
    ),
    Entry(
        codes=("IAM.0011",),
        http_statuses=(400,),
        meaning=Words(en="The body of the login is not valid.", zh="登录请求的消息体无效。"),
        remedy=RENEW_CREDENTIALS,
        source="iam",
    ),
    Entry(
        codes=("IAM.0072",),
        http_statuses=(400,),
        meaning=Words(en="The login lacks a field.", zh="登录请求缺少字段。"),
        remedy=RENEW_CREDENTIALS,
        source="iam",
    ),
    Entry(
        codes=("APIG.1000",),
        http_statuses=(401,),
        meaning=Words(en="The request carried no token.", zh="请求中没有令牌。"),
        remedy=RENEW_CREDENTIALS,
        source="apig",
    ),
    Entry(
        codes=("APIG.1001",),
        http_statuses=(401,),
        meaning=Words(en="The token has ended.", zh="令牌已过期。"),
        remedy=RENEW_TOKEN,
        source="apig",
    ),
    Entry(
        codes=("APIG.1002",),
        http_statuses=(401,),
        meaning=Words(en="The token is wrong.", zh="令牌错误。"),
        remedy=RENEW_CREDENTIALS,
        source="apig",
    ),
    Entry(
        codes=("APIG.1003", "APIG.1004"),
        http_statuses=(401,),
        meaning=Words(
            en="The token is of no project or no account.", zh="令牌缺少项目或账号信息。"
        ),
        remedy=RENEW_TOKEN,
        source="apig",
    ),
    Entry(
        codes=("APIG.1005",),
        http_statuses=(403,),
        meaning=Words(en="The account may not do this.", zh="账号没有执行该操作的权限。"),
        remedy=GRANT,
        source="apig",
    ),
    Entry(
        codes=("APIG.1006", "APIG.1007"),
        http_statuses=(401, 403),
        meaning=Words(en="The credentials are not accepted for this.", zh="凭证不被接受。"),
        remedy=RENEW_CREDENTIALS,
        source="apig",
    ),
    Entry(
        codes=("APIG.3030",),
        http_statuses=(404,),
        meaning=Words(en="There is no such instance.", zh="实例不存在。"),
        remedy=CORRECT_TARGET,
        source="CreateRequestThrottlingPolicyV2",
    ),
    Entry(
        codes=("APIC.7302",),
        http_statuses=(404,),
        meaning=Words(en="There is no such instance.", zh="实例不存在。"),
        remedy=CORRECT_TARGET,
        source="ShowDetailsOfInstanceV2",
    ),
    Entry(
        codes=("APIC.7102",),
        http_statuses=(401,),
        meaning=Words(en="The token is wrong.", zh="令牌错误。"),
        remedy=RENEW_CREDENTIALS,
        source="ShowDetailsOfInstanceV2",
    ),
    Entry(
        codes=("APIC.7106",),
        http_statuses=(403,),
        meaning=Words(en="The account may not do this.", zh="账号没有执行该操作的权限。"),
        remedy=GRANT,
        source="ShowDetailsOfInstanceV2",
    ),
    Entry(
        codes=("APIC.9000",),
        http_statuses=(500,),
        meaning=Words(en="A call inside the service failed.", zh="服务内部调用失败。"),
        remedy=RUN_LATER,
        source="ShowDetailsOfInstanceV2",
    ),
)
"""Codes of ROMA Connect beside FDI, of IAM logins, and of the parts that answer for both."""
