"""Displayed text of numbers with a number format, such as ``"APP-"0000`` or ``#,##0.00 €``; pure."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

BUILT_IN: Final = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0',
    6: '"$"#,##0',
    7: '"$"#,##0.00',
    8: '"$"#,##0.00',
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

_TOKEN: Final = re.compile(
    r'"([^"]*)"'  # literal text
    r"|\\(.)"  # literal character
    r"|_(.)"  # space as wide as a character
    r"|\*(.)"  # character that fills the cell
    r"|\[([^\]]*)\]"  # colour, condition or currency
    r"|([eE][+-][0#?]+)"  # exponent
    r"|(General|Standard|@)"
    r"|([0#?.,/%])"
    r"|(.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")
_COMPARE: Final = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "=": lambda value, limit: value == limit,
    "<>": lambda value, limit: value != limit,
}
_DIGITS: Final = "0#?"
_THOUSAND: Final = 3


class Token(NamedTuple):
    """Part of a format: ``text``, ``digit``, ``exponent`` or ``general``, and its characters."""

    kind: str
    text: str


def sections(code: str) -> list[str]:
    """Return the sections of the format *code*, which semicolons separate."""
    parts, quoted, start = [], False, 0
    for at, char in enumerate(code):
        if char == '"':
            quoted = not quoted
        elif char == ";" and not quoted and code[at - 1 : at] != "\\":
            parts.append(code[start:at])
            start = at + 1
    return [*parts, code[start:]]


def render(value: float, code: str, general: str) -> str:
    """
    Return *value* as displayed with the format *code*.

    Args:
        value: the number.
        code: the definition of the format, as in the file.
        general: *value* as displayed without a format.

    """
    section, has_sign = _choose(value, sections(code))
    tokens = _tokens(section)
    number = Decimal(repr(abs(value)))
    sign = "-" if has_sign and value < 0 else ""
    if not any(token.kind in {"digit", "general"} for token in tokens):
        return sign + "".join(token.text for token in tokens)
    if any(token.kind == "general" for token in tokens):
        plain = general.removeprefix("-")
        shown = (plain if token.kind == "general" else token.text for token in tokens)
        return sign + "".join(shown)
    if any(token.text == "/" for token in tokens if token.kind == "digit"):
        return sign + _fraction(number, tokens)
    if exponent := next((token.text for token in tokens if token.kind == "exponent"), ""):
        return sign + _scientific(number, tokens, exponent)
    return sign + _decimal(number, tokens)


def _choose(value: float, parts: Sequence[str]) -> tuple[str, bool]:
    """Return the section for *value*, and True if a negative number keeps its sign."""
    conditions = [_CONDITION.search(found) for part in parts for found in [_brackets(part)]]
    if any(conditions):
        for part, condition in zip(parts, conditions, strict=True):
            if condition is None or _COMPARE[condition[1]](value, float(condition[2])):
                return part, True
        return parts[-1], True
    if value < 0 and len(parts) > 1:
        return parts[1], False
    if value == 0 and len(parts) > 2:  # noqa: PLR2004 # positive, negative, zero
        return parts[2], True
    return parts[0], True


def _brackets(section: str) -> str:
    found = re.search(r"\[([<>=][^\]]*)\]", section)
    return found[1] if found else ""


def _tokens(section: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _TOKEN.finditer(section):
        literal, escaped, space, fill, bracket, exponent, general, digit, other = match.groups()
        if digit:
            tokens.append(Token("digit", digit))
        elif exponent:
            tokens.append(Token("exponent", exponent))
        elif general:
            tokens.append(Token("general", general))
        elif bracket is not None:
            currency = bracket[1:].partition("-")[0] if bracket.startswith("$") else ""
            tokens.append(Token("text", currency))
        elif space:
            tokens.append(Token("text", " "))
        elif not fill:
            tokens.append(Token("text", literal or escaped or other or ""))
    return tokens


def _decimal(number: Decimal, tokens: Sequence[Token]) -> str:
    """Return *number* in the digits of *tokens*, with the text between them."""
    pattern = "".join(token.text for token in tokens if token.kind == "digit")
    pattern, percents = pattern.replace("%", ""), pattern.count("%")
    whole_pattern, point, rest = pattern.partition(".")
    digits_end = len(whole_pattern.rstrip(","))
    scale = len(whole_pattern) - digits_end if not point else 0
    scaled = number.scaleb(2 * percents - _THOUSAND * scale)
    decimals = [char for char in rest if char in _DIGITS]
    rounded = scaled.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:f}".partition(".")
    minimum = sum(char == "0" for char in whole_pattern)
    whole = whole.lstrip("0").rjust(minimum, "0")
    if "," in whole_pattern[:digits_end]:
        whole = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", ",", whole)
    return _insert(tokens, whole, _trimmed(fraction, decimals), point)


def _trimmed(fraction: str, decimals: Sequence[str]) -> str:
    """Return the decimals without the zeros at the end that the format omits."""
    end = len(fraction)
    while end and decimals[end - 1] != "0" and fraction[end - 1] == "0":
        end -= 1
    return fraction[:end]


def _insert(tokens: Sequence[Token], whole: str, fraction: str, point: str) -> str:
    """Return *whole* and *fraction* at the places of the digits, with the text between them."""
    digits = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    separator = next((at for at in digits if tokens[at].text == "."), len(tokens))
    places = [at for at in digits if tokens[at].text in _DIGITS]
    shown = ["" if token.kind == "digit" else token.text for token in tokens]
    for at in digits:
        shown[at] = "%" if tokens[at].text == "%" else ""
    if point:
        shown[separator] = "."
    before = [at for at in places if at < separator]
    for at, text in zip(before, _spread(whole, len(before)), strict=True):
        shown[at] = text
    if not before and separator < len(tokens):
        shown[separator] = whole + shown[separator]
    after = (at for at in places if at > separator)
    for at, digit in zip(after, fraction, strict=False):
        shown[at] = digit
    return "".join(shown)


def _spread(whole: str, count: int) -> list[str]:
    """Return *whole* in *count* parts: a digit each from the right, the first with the rest."""
    parts: list[str] = []
    rest = whole
    for _ in range(count - 1):
        start = len(rest.rstrip(",")) - 1 if rest else 0
        start = max(0, start)
        parts.append(rest[start:])
        rest = rest[:start]
    return [rest, *reversed(parts)] if count else []


def _scientific(number: Decimal, tokens: Sequence[Token], exponent: str) -> str:
    pattern = "".join(token.text for token in tokens if token.kind == "digit")
    whole_pattern, _, rest = pattern.partition(".")
    width = max(1, sum(char in _DIGITS for char in whole_pattern))
    power = number.adjusted() if number else 0
    power -= power % width if width > 1 else 0
    decimals = sum(char in _DIGITS for char in rest)
    mantissa = number.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "-" if power < 0 else ("+" if exponent[1] == "+" else "")
    digits = str(abs(power)).rjust(len(exponent) - 2, "0")
    before = "".join(token.text for token in tokens if token.kind == "text")
    return f"{before}{mantissa:f}E{sign}{digits}"


def _fraction(number: Decimal, tokens: Sequence[Token]) -> str:
    pattern = "".join(token.text for token in tokens if token.kind in {"digit", "text"})
    denominator = pattern.partition("/")[2].strip()
    places = sum(char in _DIGITS for char in denominator)
    has_whole = pattern.partition("/")[0].strip().count(" ") > 0
    whole = int(number) if has_whole else 0
    part = Fraction(number - whole).limit_denominator(10 ** max(1, places) - 1)
    if part.denominator == 1:
        return str(whole + part.numerator)
    shown = f"{part.numerator}/{part.denominator}"
    return f"{whole} {shown}" if whole else shown
