"""Every cause by its code, and what is said of the kinds of codes that are not known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from batchcreate.advice.fdi import FDI
from batchcreate.advice.gateway import NUMBERS
from batchcreate.advice.http import HTTP
from batchcreate.advice.own import OWN
from batchcreate.advice.platform import PLATFORM
from batchcreate.advice.remedies import (
    ASK_ABOUT,
    CORRECT_ROW,
    CORRECT_TARGET,
    RENEW_CREDENTIALS,
    RUN_LATER,
)
from batchcreate.advice.rules import rule_entries
from batchcreate.advice.values import Entry, Words

_GATEWAYS: Final = {"APIGW": "sign", "APIG": "usermanual-apig", "APIC": "faq-apic"}

# The pages of these two gateways have the numbers with another status.
_MOVED: Final = {
    f"{gateway}.{number}": (500,)
    for gateway in ("APIG", "APIC")
    for number in ("0103", "0104", "0105")
}


def _gateway_entries() -> Iterator[Entry]:
    for gateway, source in _GATEWAYS.items():
        for entry in NUMBERS:
            for number in entry.codes:
                code = f"{gateway}.{number}"
                statuses = _MOVED.get(code, entry.http_statuses)
                yield replace(entry, codes=(code,), http_statuses=statuses, source=source)


def _by_code(entries: Iterable[Entry]) -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        for code in entry.codes:
            found[code] = (*found.get(code, ()), entry)
    return MappingProxyType(found)


CATALOGUE: Final = _by_code((*OWN, *FDI, *_gateway_entries(), *PLATFORM, *HTTP, *rule_entries()))
"""What is known of each code, status and rule: one entry, or one for each case."""

STRANGE: Final = Entry(
    codes=(),
    meaning=Words(
        en="The server answered in a way that is not documented.",
        zh="服务端返回了文档中没有说明的响应。",
    ),
    remedy=RUN_LATER,
    source="own reading",
)
"""What holds for an answer that does not say whether the task was created."""

GENERAL: Final = Entry(
    codes=(),
    meaning=Words(
        en="This code is not known here; the message that came with it says more.",
        zh="此处没有收录该错误码，请看随附的提示信息。",
    ),
    remedy=ASK_ABOUT,
    source="own reading",
)
"""What can be said of anything."""

_SERVICE: Final = Words(
    en="The service has a reason that is not documented; the message names it.",
    zh="服务端给出了文档中没有说明的原因，请看提示信息。",
)
_GATEWAY: Final = Entry(
    codes=(),
    meaning=Words(
        en="The gateway did not let the request through to the service.",
        zh="网关没有把请求转发给服务。",
    ),
    remedy=CORRECT_TARGET,
    source="sign",
)

BEGINNINGS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "FDI.": Entry(codes=(), meaning=_SERVICE, remedy=CORRECT_ROW, source="ErrorCode_fdi"),
        "ROMA.": Entry(codes=(), meaning=_SERVICE, remedy=CORRECT_ROW, source="ErrorCode_server"),
        "IAM.": Entry(
            codes=(),
            meaning=Words(en="IAM refused the login.", zh="IAM 拒绝了登录请求。"),
            remedy=RENEW_CREDENTIALS,
            source="iam",
        ),
        **{f"{gateway}.": replace(_GATEWAY, source=page) for gateway, page in _GATEWAYS.items()},
    }
)
"""What holds for the codes of one source, where no HTTP status is at hand."""
