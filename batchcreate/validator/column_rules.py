"""Rules on whole columns: plain cells are recognised at once, the others are checked singly."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from batchcreate.models import CellKind
from batchcreate.rules import RULES, TAG, UNIQUE_FIELDS, Rule, pattern
from batchcreate.validator.cells import ColumnRule, Violation
from batchcreate.validator.converted_values import MONTHS, PLACEHOLDERS, TOTALS, rounded_ids
from batchcreate.validator.damage import TRIMMED, cleaned

if TYPE_CHECKING:
    from pandas import Series
    from pyarrow import BooleanArray, IntegerArray, LargeStringArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPattern:
    """
    Fast check of many trimmed texts; a plain text is valid and causes no warning.

    Other texts can be valid too. The patterns have the syntax of RE2, the engine of Arrow.

    Attributes:
        required: pattern that texts must contain.
        doubtful: pattern that texts must not contain.
        length_max: maximum number of characters, if *required* does not limit it.

    """

    required: str
    doubtful: str
    length_max: int | None = None

    def matches(self, texts: "LargeStringArray") -> "BooleanArray":
        """Return for each of *texts* if it is plain."""
        import pyarrow.compute as pc

        found = pc.and_not(
            pc.match_substring_regex(texts, self.required),
            pc.match_substring_regex(texts, self.doubtful),
        )
        if self.length_max is None:
            return found
        return pc.and_(found, pc.less_equal(pc.utf8_length(texts), self.length_max))


def _garbled_ideographs() -> str:
    """Return the characters that UTF-8 or accented letters become when they are read as GBK."""
    pairs = [bytes((lead, trail)) for lead in range(0xC0, 0xFF) for trail in range(0x41, 0x7B)]
    pairs += [
        bytes((lead, trail)) for lead in (*range(0xE2, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
    ]
    chars = {pair.decode("gbk", "ignore")[:1] for pair in pairs}
    return "".join(sorted(chars - set(map(chr, range(0x80)))))


_CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f"
_SUSPICIOUS: Final = f"?\x7f-\xff\ufffd锟{_garbled_ideographs()}"
"""Characters that occur in garbled texts; other texts may contain them too."""

_NOT_TEXT: Final = "\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0010ffff"
"""Private and unassigned characters, and some rare ones next to them."""

_WORDS: Final = "|".join(re.escape(word) for word in sorted(PLACEHOLDERS))
_MONTHS: Final = "|".join(sorted({month[:3] for month in MONTHS if month.isascii()}))
_DATES: Final = (
    rf"^[0-9]{{1,4}}[./-][0-9]{{1,2}}[./-]|^[0-9]{{1,4}}[./-]{{0,2}}(?i:{_MONTHS})"
    rf"|^(?i:{_MONTHS})[a-zA-Z]{{0,7}}[./-]{{1,2}}[0-9./-]{{1,9}}$"
)
_NUMBERS: Final = r"^[0-9eE]*[.,+-][0-9.,eE+-]*$|^[1-9][0-9]{14,}00$"


def _plain_pattern(rule: Rule) -> PlainPattern:
    if rule.is_choice:
        nothing = "[^\x00-\U0010ffff]"
        possible = f"^(?i:{pattern(rule).pattern})$" if rule.max_items == 1 else nothing
        return PlainPattern(required=possible, doubtful=nothing)
    if rule.is_text:
        return PlainPattern(
            required="^[^#＃﹟=]",  # noqa: RUF001
            doubtful=f"[{_CONTROLS}{_SUSPICIOUS}{_NOT_TEXT}]|^(?i:err:|错误|(?:{_WORDS})$)",
            length_max=rule.max_length,
        )
    tag = replace(rule, charset=TAG) if rule.is_id else rule
    totals = f"|^(?i:{TOTALS})[._-]*$" if rule.field == "task_name" else ""
    return PlainPattern(
        required=f"^{pattern(tag).pattern}$",
        doubtful=f"^(?i:{_WORDS})$|{_NUMBERS}|{_DATES}{totals}",
    )


PLAIN: Final[Mapping[str, PlainPattern]] = {
    rule.field: _plain_pattern(rule) for rule in RULES.values()
}
"""The patterns of plain texts by field."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedColumn:
    """
    The checked cells of one column.

    Attributes:
        cells: the cleaned values.
        cleaned: positions of the accepted cells whose value differs from the text.
        violations: the violations and warnings of the cells, by position.

    """

    cells: "Series[str]"
    cleaned: Sequence[int]
    violations: Mapping[int, Sequence[Violation]]


def check_column(
    column_rule: ColumnRule,
    texts: "Series[str]",
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> CheckedColumn:
    """
    Check each of *texts*.

    Args:
        column_rule: the rule.
        texts: the texts of the column.
        kinds: kinds of the cells that are not text, by position.
        address: returns the address of the cell at a position.
        covering: texts of the cells with which others are merged, by position.

    """
    import pyarrow.compute as pc

    violations = _kind_violations(column_rule, texts, kinds, address, covering)
    typed, indices = _distinct(column_rule.rule, texts)
    values, found = _check_texts(column_rule, typed, texts)
    for at, each in _at_rows(found, indices):
        known = violations.get(at)
        if known is None:
            violations[at] = each
        elif not _has_error(known):
            violations[at] = (*each, *known)
    changed = _positions(pc.not_equal(values, typed), indices)
    if not changed:
        return CheckedColumn(cells=texts, cleaned=[], violations=violations)
    return CheckedColumn(
        cells=_series(values if indices is None else values.take(indices), texts),
        cleaned=[at for at in changed if not _has_error(violations.get(at, ()))],
        violations=violations,
    )


def _has_error(violations: Sequence[Violation]) -> bool:
    return any(each.is_error for each in violations)


def _kind_violations(
    column_rule: ColumnRule,
    texts: "Series[str]",
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> dict[int, Sequence[Violation]]:
    violations: dict[int, Sequence[Violation]] = {}
    for at, kind in kinds.items():
        violation = column_rule.kind_violation(
            kind, texts.iloc[at], address(at), covering=covering.get(at, "")
        )
        if violation:
            violations[at] = (violation,)
    return violations


def _distinct(rule: Rule, texts: "Series[str]") -> "tuple[LargeStringArray, IntegerArray | None]":
    """Return the texts to check, and for each row the position of its text, if they differ."""
    import pyarrow as pa

    array = pa.chunked_array(pa.array(texts)).combine_chunks()
    if rule.is_text or rule.field in UNIQUE_FIELDS:
        return array, None
    encoded = array.dictionary_encode()
    return encoded.dictionary, encoded.indices


def _check_texts(
    column_rule: ColumnRule, typed: "LargeStringArray", column: Iterable[str]
) -> "tuple[LargeStringArray, Mapping[int, Sequence[Violation]]]":
    """Return the cleaned values of *typed*, and the violations by position."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _trimmed(column_rule.rule, typed)
    is_doubtful = pc.invert(PLAIN[column_rule.rule.field].matches(values))
    doubtful = typed.filter(is_doubtful).to_numpy(zero_copy_only=False).tolist()
    if not doubtful:
        return values, {}
    checked = _check_singly(column_rule, dict.fromkeys(doubtful), column)
    cleaned_values = pa.array([checked[text][0] for text in doubtful], values.type)
    positions = _positions(is_doubtful, None)
    violations = {
        at: found
        for at, text in zip(positions, doubtful, strict=True)
        if (found := checked[text][1])
    }
    return pc.replace_with_mask(values, is_doubtful, cleaned_values), violations


def _check_singly(
    column_rule: ColumnRule, texts: Iterable[str], column: Iterable[str]
) -> Mapping[str, tuple[str, Sequence[Violation]]]:
    """Return the value and the violations of each of *texts*."""
    values = {text: cleaned(column_rule.rule, text) for text in texts}
    rounded = rounded_ids(values.values(), column) if column_rule.rule.is_id else frozenset()
    return {
        text: (value, column_rule.violations(value, is_rounded=value in rounded))
        for text, value in values.items()
    }


def _trimmed(rule: Rule, texts: "LargeStringArray") -> "LargeStringArray":
    """Return *texts* as `cleaned` returns them if they are plain afterwards."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim(texts, characters=TRIMMED)
    if not rule.is_text:
        return trimmed
    lines = pc.replace_substring(trimmed, "\r\n", "\n")
    return pc.replace_substring(lines, "\r", "\n")


def _positions(is_found: "BooleanArray", indices: "IntegerArray | None") -> list[int]:
    """Return the rows whose text has the mark *is_found*."""
    import pyarrow.compute as pc

    if not is_found.true_count:
        return []
    found = is_found if indices is None else is_found.take(indices)
    positions: list[int] = pc.indices_nonzero(found).to_numpy().tolist()
    return positions


def _at_rows(
    violations: Mapping[int, Sequence[Violation]], indices: "IntegerArray | None"
) -> Iterable[tuple[int, Sequence[Violation]]]:
    """Return *violations*, given by the position of the text, by the rows that contain it."""
    import numpy as np

    if indices is None or not violations:
        return violations.items()
    texts = indices.to_numpy()
    rows = np.flatnonzero(np.isin(texts, list(violations)))
    return zip(rows.tolist(), (violations[at] for at in texts[rows].tolist()), strict=True)


def _series(values: "LargeStringArray", texts: "Series[str]") -> "Series[str]":
    """Return *values* as a column with the index and the type of *texts*."""
    import pandas as pd

    return pd.Series(pd.array(values, dtype="str"), texts.index)
