"""From a code, the status that it came with and a message to what people should know and do."""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from http import HTTPStatus
from typing import Final

from batchcreate.advice.catalogue import BEGINNINGS, CATALOGUE, GENERAL, STRANGE
from batchcreate.advice.remedies import CORRECT_ENDPOINT
from batchcreate.advice.values import Advice, Entry
from batchcreate.messages import sentences
from batchcreate.models import CauseGroup, ResultRow, Status
from batchcreate.outcome import REFUSALS

NEAR_MAX: Final = 5
"""How many similar codes are named."""

_CODES: Final = {code.casefold(): code for code in CATALOGUE}
_UNKNOWN: Final = CATALOGUE[Status.UNKNOWN][0]
_REJECTED: Final = CATALOGUE[Status.REJECTED][0]

# For these the status of the row tells more than its last answer.
_OF_THE_ROW: Final = frozenset({Status.NOT_ATTEMPTED, Status.CREATED, Status.SKIPPED})
_HUNDREDS: Final = {2: "HTTP_200", 3: "HTTP_302", 5: "HTTP_500"}
_REFUSALS: Final = REFUSALS | {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
_STATUS: Final = re.compile(r"(?:http[_ ]?)?([1-5]\d\d)", re.IGNORECASE)


def explain(
    code: str,
    *,
    http_status: int | None = None,
    status: Status | None = None,
    message: str = "",
    language: str = "en",
) -> Advice:
    """
    Return what *code* means, who can mend it and what to do; there is always something to say.

    Statuses go before codes, as they do where answers are read: one code may come with several,
    and an answer that does not say whether the task exists is never taken for a refusal.

    Args:
        code: an error code, the id of a rule, or a status of rows; case does not matter.
        http_status: that it came with, if it is known.
        status: of the row, if it is known.
        message: that it came with; tells apart what shares a code.
        language: ``en`` or ``zh``.

    """
    if not code and http_status is None:
        code = status or ""
    known = canonical(code)
    name = known or code
    entries = CATALOGUE.get(known, ())
    if status in _OF_THE_ROW:
        return _advice(CATALOGUE[status][0], name, language)
    if status is Status.REJECTED:
        return _advice(entries[0] if entries else _REJECTED, name, language)
    if http_status is None:
        http_status = _status_in(code)
    entry = _fitting(entries, http_status, message)
    if entry is not None:
        return _read(entry, name, language, http_status=http_status, status=status)
    entry = _default(code, http_status, message)
    advice = _read(entry, name, language, http_status=http_status, status=status)
    return replace(advice, is_known=bool(entries))


def explain_row(row: ResultRow, *, language: str = "en") -> Advice:
    """Return what became of *row* means and what to do about it."""
    return explain(
        row.error_code,
        http_status=row.http_status,
        status=row.status,
        message=row.error_msg,
        language=language,
    )


def explain_group(group: CauseGroup, *, language: str = "en") -> Advice:
    """Return what the cause of *group* means and what to do about it."""
    return explain(
        group.rule or group.error_code,
        http_status=group.http_status,
        status=group.status,
        message=group.message,
        language=language,
    )


def cases(code: str, *, language: str = "en") -> Sequence[Advice]:
    """Return what *code* can mean, one case for each thing that it is known to say."""
    known = canonical(code)
    if not known:
        return (explain(code, language=language),)
    return tuple(_read(entry, known, language) for entry in CATALOGUE[known])


def canonical(code: str) -> str:
    """Return *code* as it is catalogued, empty where it is not."""
    folded = code.strip().casefold()
    status = _status_in(folded)
    return _CODES.get(f"http_{status}" if status else folded, "")


def near(code: str) -> list[str]:
    """Return known codes that look like *code*: what it is a part of, and what it slipped from."""
    folded = code.strip().casefold()
    number = folded.rpartition(".")[2]
    if not number:
        return []
    begun = [name for name in _CODES if name.startswith(folded)]
    shared = [name for name in _CODES if name.endswith(f".{number}")]
    close = get_close_matches(folded, _CODES, n=NEAR_MAX, cutoff=0.75)
    return [_CODES[name] for name in dict.fromkeys([*begun, *shared, *close])][:NEAR_MAX]


def _status_in(code: str) -> int | None:
    found = _STATUS.fullmatch(code.strip())
    return int(found[1]) if found else None


def _fitting(entries: Sequence[Entry], http_status: int | None, message: str) -> Entry | None:
    """Return which of *entries* is meant: the one for that status, or one that is read alike."""
    if http_status is not None:
        exact = [
            entry
            for entry in entries
            if not entry.http_statuses or http_status in entry.http_statuses
        ]
        entries = exact or [entry for entry in entries if _is_alike(entry, http_status)]
    told = (entry for entry in entries if entry.phrase and entry.phrase.search(message))
    plain = (entry for entry in entries if not entry.phrase)
    return next(told, None) or next(plain, None)


def _is_alike(entry: Entry, http_status: int) -> bool:
    usual = entry.http_statuses[0]
    if http_status in REFUSALS:
        return usual in REFUSALS or usual == HTTPStatus.UNAUTHORIZED
    return _is_unsettled(usual) and http_status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _default(code: str, http_status: int | None, message: str) -> Entry:
    """Return what holds for the HTTP status, else for the beginning of the code, else always."""
    if http_status is not None:
        alike = CATALOGUE.get(f"HTTP_{http_status}") or CATALOGUE.get(
            _HUNDREDS.get(http_status // 100, ""), (STRANGE,)
        )
        return _fitting(alike, None, message) or STRANGE
    folded = code.strip().upper()
    return next(
        (entry for start, entry in BEGINNINGS.items() if folded.startswith(start)), GENERAL
    )


def _read(
    entry: Entry,
    name: str,
    language: str,
    *,
    http_status: int | None = None,
    status: Status | None = None,
) -> Advice:
    """Return the advice of *entry*, and of the doubt where the task may exist."""
    usual = entry.http_statuses[0] if entry.http_statuses else None
    came_with = usual if http_status is None else http_status
    is_unsettled = came_with is not None and _is_unsettled(came_with)
    if status is None:
        status = Status.UNKNOWN if is_unsettled else Status.FAILED
    advice = _advice(entry, name, language)
    if status is not Status.UNKNOWN or entry is _UNKNOWN:
        return advice
    doubt = _advice(_UNKNOWN, name, language)
    meaning = sentences(advice.meaning, doubt.meaning)
    if entry.remedy is CORRECT_ENDPOINT:
        return replace(advice, meaning=meaning)
    owner = advice.owner if is_unsettled else doubt.owner
    return replace(advice, meaning=meaning, owner=owner, action=doubt.action, retry=doubt.retry)


def _is_unsettled(http_status: int) -> bool:
    """Tell whether an answer with this status leaves open whether the task exists."""
    return http_status not in _REFUSALS


def _advice(entry: Entry, name: str, language: str) -> Advice:
    return Advice(
        code=name,
        http_statuses=entry.http_statuses,
        meaning=entry.meaning.said(language),
        owner=entry.remedy.owner,
        action=entry.remedy.words.said(language),
        retry=entry.remedy.retry,
        source=entry.source,
        is_by_message=entry.phrase is not None,
    )
