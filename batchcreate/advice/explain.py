"""Advice for a code, a row or a group of rows, and the text of the command ``explain``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from batchcreate.advice.codes import (
    CATALOGUE,
    CORRECT_ENDPOINT,
    OWNERS,
    RETRIES,
    SOURCES,
    TEXTS,
    Entry,
    LocalizedText,
    Owner,
    Retry,
    default_entry,
    leaves_unknown,
    select_entry,
)
from batchcreate.errors import NotSentReason
from batchcreate.messages import sentences
from batchcreate.models import CauseGroup, ResultRow, Status

SIMILAR_MAX: Final = 5
"""Maximum number of similar codes that are suggested."""

_CODES: Final = {code.casefold(): code for code in CATALOGUE}
_UNKNOWN: Final = CATALOGUE[Status.UNKNOWN][0]
_REJECTED: Final = CATALOGUE[Status.REJECTED][0]

# For these statuses the last response does not matter.
_BY_STATUS: Final = frozenset(
    {Status.NOT_ATTEMPTED, Status.CREATED, Status.SKIPPED, Status.WITHDRAWN}
)
_HTTP_STATUS: Final = re.compile(r"(?:http[_ ]?)?([1-5]\d\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """
    The explanation of a code in one language.

    Attributes:
        code: the code as in the catalogue, or as given if it is unknown.
        http_statuses: statuses of the responses with this meaning.
        meaning: the meaning as a sentence.
        owner: who can fix it.
        action: what to do; empty if nothing.
        retry: whether the same row may be created when it is sent again.
        source: short name of the page that documents it.
        is_known: False if the advice applies to all codes of this kind.
        is_by_message: True if the meaning depends on the message of the response.
        not_sent_reason: the advice applies only to requests not sent for this reason.

    """

    code: str
    http_statuses: tuple[int, ...]
    meaning: str
    owner: Owner
    action: str
    retry: Retry
    source: str
    is_known: bool = True
    is_by_message: bool = False
    not_sent_reason: NotSentReason | None = None

    @property
    def can_retry(self) -> bool:
        """True if sending the same row again, without a fix, can help."""
        return self.retry is Retry.HELPS

    @property
    def text(self) -> str:
        """Meaning and action on one line; empty if there is nothing to do."""
        return sentences(self.meaning, self.action) if self.action else ""


def explain(
    code: str,
    *,
    http_status: int | None = None,
    status: Status | None = None,
    message: str = "",
    not_sent_reason: NotSentReason | None = None,
    language: str = "en",
) -> Advice:
    """
    Return the advice for *code*; there is advice for every code.

    As in `responses`, the HTTP status has precedence over the code: a code may come
    with several statuses, and a response that leaves the outcome unknown is never a refusal.

    Args:
        code: an error code, a rule or a row status, in any case.
        http_status: status of the response, if it is known.
        status: status of the row, if it is known.
        message: message of the response; distinguishes the meanings of some codes.
        not_sent_reason: why the request was not sent, if it was not.
        language: ``en`` or ``zh``.

    """
    if not code and http_status is None:
        code = status or ""
    known = known_code(code)
    entries = CATALOGUE.get(known, ())
    if (by_status := _entry_by_status(entries, status)) is not None:
        return _advice(by_status, known or code, language)
    if http_status is None:
        http_status = _http_status_in(code)
    entry = select_entry(
        entries, http_status=http_status, message=message, not_sent_reason=not_sent_reason
    ) or default_entry(code, http_status=http_status, message=message)
    advice = _advice_for(entry, known or code, language, http_status=http_status, status=status)
    return replace(advice, is_known=bool(entries))


def explain_row(row: ResultRow, *, language: str = "en") -> Advice:
    """Return the advice for *row*."""
    return explain(
        row.error_code,
        http_status=row.http_status,
        status=row.status,
        message=row.error_msg,
        not_sent_reason=row.not_sent_reason,
        language=language,
    )


def explain_group(group: CauseGroup, *, language: str = "en") -> Advice:
    """Return the advice for the rows of *group*."""
    return explain(
        group.rule or group.error_code,
        http_status=group.http_status,
        status=group.status,
        message=group.message,
        not_sent_reason=group.not_sent_reason,
        language=language,
    )


def explain_each(code: str, *, language: str = "en") -> Sequence[Advice]:
    """Return the advice for each meaning of *code*."""
    known = known_code(code)
    if not known:
        return (explain(code, language=language),)
    return tuple(_advice_for(entry, known, language) for entry in CATALOGUE[known])


def known_code(code: str) -> str:
    """Return *code* as in the catalogue, or an empty string if it is unknown."""
    folded = code.strip().casefold()
    http_status = _http_status_in(folded)
    return _CODES.get(f"http_{http_status}" if http_status else folded, "")


def similar_codes(code: str) -> list[str]:
    """Return known codes with the same beginning, the same number or a similar spelling."""
    folded = code.strip().casefold()
    number = folded.rpartition(".")[2]
    if not number:
        return []
    longer = [name for name in _CODES if name.startswith(folded)]
    same_number = [name for name in _CODES if name.endswith(f".{number}")]
    close = get_close_matches(folded, _CODES, n=SIMILAR_MAX, cutoff=0.75)
    names = list(dict.fromkeys([*longer, *same_number, *close]))
    return [_CODES[name] for name in names[:SIMILAR_MAX]]


def format_advice(advice: Advice, *, language: str = "en") -> Iterator[str]:
    """Yield the lines of *advice*, a heading first."""
    yield _heading(advice, language)
    yield _fill(TEXTS["meaning"], language, text=advice.meaning)
    if advice.action:
        yield _fill(TEXTS["owner"], language, text=OWNERS[advice.owner].text(language))
        yield _fill(TEXTS["action"], language, text=advice.action)
    command = f"batchcreate retry RESULTS_DIR --only {advice.code}"
    retry = _fill(RETRIES[advice.retry], language, command=command)
    yield _fill(TEXTS["retry"], language, text=retry)
    page = SOURCES.get(advice.source)
    source = (
        page.text(language) if page else _fill(TEXTS["editions"], language, text=advice.source)
    )
    yield _fill(TEXTS["source"], language, text=source)


def format_unknown_code(
    code: str, similar: Sequence[str], *, language: str = "en"
) -> Iterator[str]:
    """Yield the lines about an unknown *code* and the codes that are *similar* to it."""
    yield _fill(TEXTS["unknown_code"], language, code=code)
    if similar:
        yield _fill(TEXTS["similar_codes"], language, codes=", ".join(similar))


def format_catalogue(*, language: str = "en") -> Iterator[str]:
    """Yield a line for each meaning of each known code."""
    for code in CATALOGUE:
        for advice in explain_each(code, language=language):
            yield f"{_heading(advice, language)}: {advice.meaning}"


def _heading(advice: Advice, language: str) -> str:
    if advice.not_sent_reason is not None:
        return f"{advice.code} ({advice.not_sent_reason})"
    if advice.is_by_message:
        return _fill(TEXTS["by_message"], language, code=advice.code)
    if not advice.http_statuses or advice.code.startswith("HTTP_"):
        return advice.code
    return f"{advice.code} (HTTP {', '.join(map(str, advice.http_statuses))})"


def _fill(template: LocalizedText, language: str, **facts: str) -> str:
    return template.text(language).format_map(facts)


def _http_status_in(code: str) -> int | None:
    found = _HTTP_STATUS.fullmatch(code.strip())
    return int(found[1]) if found else None


def _entry_by_status(entries: Sequence[Entry], status: Status | None) -> Entry | None:
    """Return the entry for a row whose last response does not matter, or None if it does."""
    if status in _BY_STATUS:
        return CATALOGUE[status][0]
    if status is Status.REJECTED:
        return entries[0] if entries else _REJECTED
    return None


def _advice_for(
    entry: Entry,
    name: str,
    language: str,
    *,
    http_status: int | None = None,
    status: Status | None = None,
) -> Advice:
    """Return the advice of *entry*, extended if the outcome is unknown."""
    if http_status is None and entry.http_statuses:
        http_status = entry.http_statuses[0]
    is_unknown = http_status is not None and leaves_unknown(http_status)
    if status is None:
        status = Status.UNKNOWN if is_unknown else Status.FAILED
    advice = _advice(entry, name, language)
    if status is not Status.UNKNOWN or entry is _UNKNOWN:
        return advice
    unknown = _advice(_UNKNOWN, name, language)
    advice = replace(advice, meaning=sentences(advice.meaning, unknown.meaning))
    if entry.remedy is CORRECT_ENDPOINT:
        return advice
    owner = advice.owner if is_unknown else unknown.owner
    return replace(advice, owner=owner, action=unknown.action, retry=unknown.retry)


def _advice(entry: Entry, name: str, language: str) -> Advice:
    return Advice(
        code=name,
        http_statuses=entry.http_statuses,
        meaning=entry.meaning.text(language),
        owner=entry.remedy.owner,
        action=entry.remedy.action.text(language),
        retry=entry.remedy.retry,
        source=entry.source,
        is_by_message=entry.phrase is not None,
        not_sent_reason=entry.not_sent_reason,
    )
