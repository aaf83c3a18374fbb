"""The pages that the catalogue cites by short names, as people find them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from batchcreate.advice.values import Words

PAGES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "ErrorCode_fdi": Words(
            en="ROMA Connect API reference, Error Codes, Data Integration",
            zh="ROMA Connect API 参考，错误码，数据集成",
        ),
        "ErrorCode_server": Words(
            en="ROMA Connect API reference, Error Codes, Service Integration",
            zh="ROMA Connect API 参考，错误码，服务集成",
        ),
        "CreateMultiTasks": Words(
            en="ROMA Connect API reference, CreateMultiTasks",
            zh="ROMA Connect API 参考，CreateMultiTasks",
        ),
        "CreateDestination": Words(
            en="ROMA Connect API reference, sample of CreateDestination",
            zh="ROMA Connect API 参考，CreateDestination 示例",
        ),
        "CreateRequestThrottlingPolicyV2": Words(
            en="ROMA Connect API reference, sample of CreateRequestThrottlingPolicyV2",
            zh="ROMA Connect API 参考，CreateRequestThrottlingPolicyV2 示例",
        ),
        "ShowDetailsOfInstanceV2": Words(
            en="ROMA Connect API reference, sample of ShowDetailsOfInstanceV2",
            zh="ROMA Connect API 参考，ShowDetailsOfInstanceV2 示例",
        ),
        "status codes": Words(
            en="ROMA Connect API reference, Status Codes", zh="ROMA Connect API 参考，状态码"
        ),
        "usage limits": Words(
            en="ROMA Connect product description, usage limits; no page names the code",
            zh="ROMA Connect 产品介绍，使用限制；官方文档未给出错误码",
        ),
        "def-2024": Words(
            en="OpenAPI definitions of ROMA Connect, June 2024",
            zh="ROMA Connect 的 OpenAPI 定义，2024 年 6 月",
        ),
        "sign": Words(en="API Request Signing Guide, Error Codes", zh="API 签名指南，错误码"),
        "apig": Words(en="API Gateway API reference, Error Codes", zh="API 网关 API 参考，错误码"),
        "usermanual-apig": Words(
            en="API Gateway user guide, Error Codes", zh="API 网关用户指南，错误码"
        ),
        "faq-apic": Words(
            en="ROMA Connect FAQs, error codes of APIC", zh="ROMA Connect 常见问题，APIC 错误码"
        ),
        "iam": Words(en="IAM API reference, Error Codes", zh="IAM API 参考，错误码"),
        "rfc-9110": Words(en="RFC 9110, HTTP Semantics", zh="RFC 9110，HTTP 语义"),
        "design": Words(en="batchcreate itself", zh="batchcreate 自身"),
        "simulator": Words(en="batchcreate's simulator alone", zh="仅为 batchcreate 模拟器所用"),
        "own reading": Words(
            en="batchcreate's own reading; no page says it",
            zh="batchcreate 自行判断，官方文档未说明",
        ),
    }
)
