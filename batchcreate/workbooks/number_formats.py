"""Displayed text of numbers with a number format, such as ``"APP-"0000`` or ``#,##0.00 €``; pure."""

import operator
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from fractions import Fraction
from typing import Final, NamedTuple

from batchcreate.workbooks.format_codes import (
    COMMA,
    EXPONENT,
    GENERAL,
    LITERAL,
    PERCENT,
    PLACE,
    POINT,
    SLASH,
    NumberFormat,
    Section,
    Token,
)

_COMPARE: Final = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_BLANK_OF_PLACE: Final = {"0": "0", "#": "", "?": " "}
_GROUP_DIGITS: Final = 3
_PERCENT_DIGITS: Final = 2
_CONTEXT: Final = Context(prec=2_000, rounding=ROUND_HALF_UP)
"""Enough digits for every number with the decimals of every format."""

_HASHES: Final = "#" * 8
"""Text of a number that a format cannot display."""


class Certainty(Enum):
    """How well the displayed text of a number is known."""

    EXACT = "exact"  # the same on every computer
    LOCAL = "local"  # separators depend on the settings of the computer
    UNKNOWN = "unknown"  # programs differ


class Shown(NamedTuple):
    """Displayed text of a number."""

    text: str
    certainty: Certainty


def choose_section(value: float, number_format: NumberFormat) -> tuple[Section, str] | None:
    """
    Return the section for *value* and the sign before it, or None if programs differ.

    Negative numbers are displayed without a sign if there is a section for them.
    """
    sections = number_format.sections
    sign = "-" if value < 0 else ""
    if any(section.condition for section in sections):
        return _choose_by_condition(value, sections)
    if value < 0 and len(sections) > 1:
        return sections[1], ""
    if value == 0 and len(sections) > 2:  # noqa: PLR2004 # positive, negative, zero
        return sections[2], ""
    return sections[0], sign


def _choose_by_condition(value: float, sections: Sequence[Section]) -> tuple[Section, str] | None:
    if value < 0:
        return None
    for at, section in enumerate(sections):
        if section.condition is None:
            # Without a condition, the second section of three is for negative numbers.
            is_rest = at == len(sections) - 1
            return (section, "") if is_rest else None
        name, limit = section.condition
        if _COMPARE[name](value, limit):
            return section, ""
    return None


def show_number(value: float, number_format: NumberFormat, general: str) -> Shown:
    """
    Return *value* as displayed with *number_format*.

    Args:
        value: a finite number.
        number_format: its section for *value* is not a date or time.
        general: *value* as displayed without a format.

    """
    chosen = choose_section(value, number_format)
    if chosen is None:
        return Shown(_HASHES, Certainty.UNKNOWN)
    section, sign = chosen
    number = abs(Decimal(general))
    if section.count(GENERAL):
        shown = _join(section.tokens, general.removeprefix("-"))
    elif not section.count(PLACE):
        shown = _join(section.tokens, "")
    elif section.count(SLASH):
        shown = _fraction(number, section)
    elif section.count(EXPONENT):
        shown = _scientific(number, section)
    else:
        shown = _decimal(number, section.tokens)
    return Shown(sign + shown, _certainty(section, general))


def show_text(text: str, section: Section) -> Shown:
    """Return *text* as displayed with *section* for texts."""
    is_known = section.is_known and not section.count(PLACE)
    certainty = Certainty.EXACT if is_known else Certainty.UNKNOWN
    return Shown(_join(section.tokens, text), certainty)


def _join(tokens: Sequence[Token], general: str) -> str:
    return "".join(general if token.kind == GENERAL else token.text for token in tokens)


def _certainty(section: Section, general: str) -> Certainty:
    """Return how well the displayed text of the number *general* is known."""
    kinds = {token.kind for token in section.tokens}
    whole = "".join(token.text for token in _before_point(section.tokens) if token.kind == PLACE)
    # Programs differ in the places after a zero, such as the second one of 0#.
    has_mixed_places = bool(whole.lstrip("#?").strip("0")) or section.count(POINT) > 1
    if not section.is_known or has_mixed_places or (PLACE in kinds and kinds & {SLASH, EXPONENT}):
        return Certainty.UNKNOWN
    is_local = kinds & {POINT, COMMA} or (GENERAL in kinds and "." in general)
    return Certainty.LOCAL if is_local or section.has_fill else Certainty.EXACT


def _before_point(tokens: Sequence[Token]) -> Sequence[Token]:
    at = next((at for at, token in enumerate(tokens) if token.kind == POINT), len(tokens))
    return tokens[:at]


def _decimal(number: Decimal, tokens: Sequence[Token]) -> str:
    """Return *number* in the places of *tokens*, with the text between them."""
    before = _before_point(tokens)
    after = tokens[len(before) :]
    last = max((at for at, token in enumerate(tokens) if token.kind == PLACE), default=0)
    commas = [at for at, token in enumerate(tokens) if token.kind == COMMA]
    last_before = max((at for at, token in enumerate(before) if token.kind == PLACE), default=0)
    scaling = [at for at in commas if at > last or last_before < at < len(before)]
    percents = sum(token.kind == PERCENT for token in tokens)
    decimals = [token.text for token in after if token.kind == PLACE]
    scaled = number.scaleb(_PERCENT_DIGITS * percents - _GROUP_DIGITS * len(scaling))
    rounded = scaled.quantize(_unit(len(decimals)), context=_CONTEXT)
    whole, _, fraction = f"{rounded:f}".partition(".")
    is_grouped = len(commas) > len(scaling)
    places = [token.text for token in before if token.kind == PLACE]
    shown = iter(_whole_digits(whole.lstrip("0"), places, is_grouped=is_grouped))
    text = "" if places else whole.lstrip("0")
    text += _fill(before, shown)
    return text + _fill(after, iter(_decimal_digits(fraction, decimals)))


def _unit(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def _fill(tokens: Sequence[Token], digits: Iterator[str]) -> str:
    """Return the text of *tokens* with *digits* in their places."""
    return "".join(
        next(digits) if token.kind == PLACE else "" if token.kind == COMMA else token.text
        for token in tokens
    )


def _whole_digits(digits: str, places: Sequence[str], *, is_grouped: bool) -> list[str]:
    """Return the text in each of *places*, from the right; the first one has the other digits."""
    shown: list[str] = []
    count = max(len(digits), len(places))
    for position in range(count):
        digit = digits[-1 - position] if position < len(digits) else ""
        place = places[-1 - position] if position < len(places) else "0"
        text = digit or _BLANK_OF_PLACE[place]
        if is_grouped and position and position % _GROUP_DIGITS == 0 and text.strip():
            text += ","
        if position < max(1, len(places)):
            shown.append(text)
        else:
            shown[-1] = text + shown[-1]
    return shown[::-1] if places else []


def _decimal_digits(fraction: str, places: Sequence[str]) -> list[str]:
    """Return the text in each of *places*; zeros at the end are displayed as the place requires."""
    shown = list(fraction)
    for at in range(len(places) - 1, -1, -1):
        if places[at] == "0" or fraction[at] != "0":
            break
        shown[at] = _BLANK_OF_PLACE[places[at]]
    return shown


def _scientific(number: Decimal, section: Section) -> str:
    at = next(at for at, token in enumerate(section.tokens) if token.kind == EXPONENT)
    mantissa, rest = section.tokens[:at], section.tokens[at + 1 :]
    width = max(1, sum(token.kind == PLACE for token in _before_point(mantissa)))
    decimals = sum(token.kind == PLACE for token in mantissa) - width
    power = number.adjusted() if number else 0
    rounded = number.scaleb(-power).quantize(_unit(max(0, decimals)), context=_CONTEXT)
    power += rounded.adjusted() if number else 0
    power -= power % width
    sign = "-" if power < 0 else "+" if section.tokens[at].text.endswith("+") else ""
    places = sum(token.kind == PLACE for token in rest)
    after = "".join(token.text for token in rest if token.kind == LITERAL)
    shown = _decimal(number.scaleb(-power), mantissa)
    return f"{shown}E{sign}{str(abs(power)).rjust(places, '0')}{after}"


def _fraction(number: Decimal, section: Section) -> str:
    """Return *number* as an integer and a fraction, or as a fraction only."""
    slash = next(at for at, token in enumerate(section.tokens) if token.kind == SLASH)
    before = "".join(token.text for token in section.tokens[:slash])
    places = sum(token.kind == PLACE for token in section.tokens[slash:])
    whole = int(number) if " " in before.strip() else 0
    part = Fraction(number - whole).limit_denominator(10 ** max(1, places) - 1)
    shown = f"{part.numerator}/{part.denominator}"
    if not whole:
        return shown if part.numerator else "0"
    return f"{whole} {shown}" if part.numerator else str(whole)


BUILT_IN: Final = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);("$"#,##0.00)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    48: "##0.0E+0",
}
"""Formats of numbers that files do not define, by their ids."""
