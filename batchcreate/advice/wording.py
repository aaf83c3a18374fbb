"""How an advice is laid out for people who ask for it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from batchcreate.advice.catalogue import CATALOGUE
from batchcreate.advice.explaining import cases
from batchcreate.advice.pages import PAGES
from batchcreate.advice.values import Advice, Owner, Retry, Words

OWNERS: Final[Mapping[Owner, Words]] = MappingProxyType(
    {
        Owner.ANALYST: Words(en="the analyst, in the spreadsheet", zh="分析人员，在表格中"),
        Owner.ENGINEER: Words(
            en="the engineer who runs batchcreate", zh="运行 batchcreate 的工程师"
        ),
        Owner.CLOUD: Words(en="the cloud provider", zh="云服务商"),
    }
)
"""Who can mend something."""

_RETRIES: Final[Mapping[Retry, Words]] = MappingProxyType(
    {
        Retry.HELPS: Words(en="yes: {command}", zh="有用：{command}"),
        Retry.AFTER_MENDING: Words(
            en="once it is mended: {command}", zh="修复之后有用：{command}"
        ),
        Retry.USELESS: Words(en="no", zh="无用"),
    }
)

_MEANING: Final = Words(en="Meaning: {text}", zh="含义：{text}")
_OWNER: Final = Words(en="Who can mend it: {text}", zh="由谁处理：{text}")
_ACTION: Final = Words(en="What to do: {text}", zh="如何处理：{text}")
_RETRY: Final = Words(en="Does a retry help: {text}", zh="重试是否有用：{text}")
_SOURCE: Final = Words(en="Source: {text}", zh="来源：{text}")

_EDITIONS: Final = Words(
    en="ROMA Connect API reference, CreateMultiTasks ({text})",
    zh="ROMA Connect API 参考，CreateMultiTasks（{text}）",
)
_BY_MESSAGE: Final = Words(en="{code}, where the message says so", zh="{code}，且提示信息如此说明")

_STRANGER: Final = Words(
    en="{code} is not known here; this is what holds for codes of its kind.",
    zh="此处没有收录 {code}；以下说明适用于同类错误码。",
)
_NEAR: Final = Words(en="Perhaps one of these was meant: {codes}", zh="是否要查：{codes}")


def lines(advice: Advice, *, language: str = "en") -> Iterator[str]:
    """Yield *advice* line by line, a heading first."""
    yield _heading(advice, language)
    yield _filled(_MEANING, language, text=advice.meaning)
    if advice.action:
        yield _filled(_OWNER, language, text=OWNERS[advice.owner].said(language))
        yield _filled(_ACTION, language, text=advice.action)
    command = f"batchcreate retry RESULTS_DIR --only {advice.code}"
    helps = _filled(_RETRIES[advice.retry], language, command=command)
    yield _filled(_RETRY, language, text=helps)
    page = PAGES.get(advice.source)
    source = page.said(language) if page else _filled(_EDITIONS, language, text=advice.source)
    yield _filled(_SOURCE, language, text=source)


def stranger(code: str, near: list[str], *, language: str = "en") -> Iterator[str]:
    """Yield that *code* is not known, and what may have been meant."""
    yield _filled(_STRANGER, language, code=code)
    if near:
        yield _filled(_NEAR, language, codes=", ".join(near))


def index(*, language: str = "en") -> Iterator[str]:
    """Yield a line for each case of each code that is known."""
    for code in CATALOGUE:
        for advice in cases(code, language=language):
            yield f"{_heading(advice, language)}: {advice.meaning}"


def _heading(advice: Advice, language: str) -> str:
    if advice.is_by_message:
        return _filled(_BY_MESSAGE, language, code=advice.code)
    if not advice.http_statuses or advice.code.startswith("HTTP_"):
        return advice.code
    return f"{advice.code} (HTTP {', '.join(map(str, advice.http_statuses))})"


def _filled(words: Words, language: str, **facts: str) -> str:
    return words.said(language).format_map(facts)
