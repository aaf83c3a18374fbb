"""Rules on whole columns: plain cells are recognised at once, the others are checked singly."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from batchcreate.models import CellKind
from batchcreate.rules import RULES, TAG, Rule, pattern
from batchcreate.validator.cells import ColumnRule, Violation
from batchcreate.validator.converted_values import MONTHS, PLACEHOLDERS, TOTALS, rounded_ids
from batchcreate.validator.damage import BLANKS, INVISIBLE, TRIMMED, cleaned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import Series

_SAMPLE_CELLS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPattern:
    """
    Fast check of many texts; a plain text is valid without cleaning and causes no warning.

    Other texts can be valid too. The patterns have the syntax of RE2, the engine of Arrow.

    Attributes:
        complete: pattern of a complete text.
        doubtful: pattern of a part that texts must not contain.
        length_max: maximum number of characters, if *complete* does not limit it.

    """

    complete: str
    doubtful: str
    length_max: int | None = None

    def matches(self, texts: "Series[str]") -> "NDArray[np.bool_]":
        """Return for each of *texts* if it is plain."""
        # The methods of pandas parse the pattern in Python at each call, which takes longer than
        # the search in a chunk.
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        array = pa.array(texts)
        found = pc.and_not(
            pc.match_substring_regex(array, f"^(?:{self.complete})$"),
            pc.match_substring_regex(array, self.doubtful),
        )
        if self.length_max is not None:
            found = pc.and_(found, pc.less_equal(pc.utf8_length(array), self.length_max))
        return np.asarray(found)


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

_ENDS: Final = re.escape(BLANKS + INVISIBLE)
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
        possible = f"(?i:{pattern(rule).pattern})" if rule.max_items == 1 else nothing
        return PlainPattern(complete=possible, doubtful=nothing)
    if rule.is_text:
        excluded = f"{_CONTROLS}\r{_SUSPICIOUS}{_NOT_TEXT}"
        first, last = f"[^#＃﹟={excluded}{_ENDS}]", f"[^{excluded}{_ENDS}]"  # noqa: RUF001
        return PlainPattern(
            complete=f"{first}(?:[^{excluded}]*{last})?",
            doubtful=f"^(?i:err:|错误|(?:{_WORDS})$)",
            length_max=rule.max_length,
        )
    tag = replace(rule, charset=TAG) if rule.is_id else rule
    totals = f"|^(?i:{TOTALS})[._-]*$" if rule.field == "task_name" else ""
    return PlainPattern(
        complete=pattern(tag).pattern, doubtful=f"^(?i:{_WORDS})$|{_NUMBERS}|{_DATES}{totals}"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _CheckedText:
    value: str
    violations: Sequence[Violation]


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
    violations = _kind_violations(column_rule, texts, kinds, address, covering)
    cells, positions, checked = _check_texts(column_rule, texts)
    if checked:
        typed = texts.iloc[positions].tolist()
        changed: dict[int, str] = {}
        for at, text in zip(positions.tolist(), typed, strict=True):
            result = checked[text]
            if result.violations and not _has_error(violations.get(at, ())):
                violations[at] = (*result.violations, *violations.get(at, ()))
            if result.value != text:
                changed[at] = result.value
        cells = _replaced(cells, list(changed), list(changed.values()))
    rejected = {at for at, found in violations.items() if _has_error(found)}
    return CheckedColumn(
        cells=cells,
        cleaned=[] if cells is texts else _different(cells, texts, rejected),
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


def _check_texts(
    column_rule: ColumnRule, texts: "Series[str]"
) -> tuple["Series[str]", "NDArray[np.intp]", Mapping[str, _CheckedText]]:
    """
    Check *texts* at once as far as possible.

    Return the texts with those trimmed that are plain then, the positions of the other texts that
    are cleaned or rejected, and the results for these texts.
    """
    import numpy as np

    rule = column_rule.rule
    plain = PLAIN[rule.field]
    if not _is_varied(texts):
        distinct = texts.drop_duplicates()
        checked = _check_singly(column_rule, distinct[~plain.matches(distinct)].tolist(), texts)
        found = texts.isin(list(checked)) if checked else False
        return texts, np.flatnonzero(found), checked
    at = np.flatnonzero(~plain.matches(texts))
    values = texts
    if not len(at):
        return texts, at, {}
    if not rule.is_choice:
        trimmed = _trimmed(rule, texts.iloc[at])
        is_plain = plain.matches(trimmed)
        values = _replaced(texts, at[is_plain], trimmed[is_plain])
        at = at[~is_plain]
    rest = texts.iloc[at]
    checked = _check_singly(column_rule, dict.fromkeys(rest.tolist()), texts)
    return values, at[rest.isin(list(checked)).to_numpy()], checked


def _is_varied(texts: "Series[str]") -> bool:
    """Return True if most texts differ, so that it is faster to check them with duplicates."""
    sample = texts.iloc[:_SAMPLE_CELLS]
    return 2 * sample.nunique() > len(sample)


def _check_singly(
    column_rule: ColumnRule, texts: Iterable[str], column: Iterable[str]
) -> Mapping[str, _CheckedText]:
    """Return those of *texts* that are cleaned or rejected."""
    values = {text: cleaned(column_rule.rule, text) for text in texts}
    rounded = rounded_ids(values.values(), column) if column_rule.rule.is_id else frozenset()
    checked = {
        text: _CheckedText(
            value=value, violations=column_rule.violations(value, is_rounded=value in rounded)
        )
        for text, value in values.items()
    }
    return {
        text: found for text, found in checked.items() if found.violations or found.value != text
    }


def _trimmed(rule: Rule, texts: "Series[str]") -> "Series[str]":
    """Return *texts* as `cleaned` returns them if they are plain afterwards."""
    trimmed = texts.str.strip(TRIMMED)
    if not rule.is_text:
        return trimmed
    lines = trimmed.str.replace("\r\n", "\n", regex=False)
    return lines.str.replace("\r", "\n", regex=False)


def _replaced(
    texts: "Series[str]",
    at: "NDArray[np.intp] | list[int]",
    values: "Sequence[str] | Series[str]",
) -> "Series[str]":
    """Return *texts* with *values* at the positions *at*."""
    if not len(at):
        return texts
    replaced = texts.copy()
    replaced.iloc[at] = values  # type: ignore[assignment] # the stubs know only single texts
    return replaced


def _different(values: "Series[str]", texts: "Series[str]", excluded: set[int]) -> Sequence[int]:
    """Return the positions at which *values* and *texts* differ, without those *excluded*."""
    found = (values != texts).to_numpy(dtype=bool).nonzero()[0].tolist()
    return [at for at in found if at not in excluded] if excluded else found
