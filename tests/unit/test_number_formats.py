"""Numbers are displayed as spreadsheet programs display them."""

import pytest

from batchcreate.workbooks.cell_values import classify_format, format_number, number_text
from batchcreate.workbooks.number_formats import render

DISPLAYED = {
    '"APP-"0000': (42, "APP-0042"),
    "0%": (0.5, "50%"),
    "0.00%": (0.12345, "12.35%"),
    "0.00": (1.1, "1.10"),
    '#,##0.00 "€"': (1234.5, "1,234.50 €"),
    "#,##0": (1234567, "1,234,567"),
    "#,##0,": (1234567, "1,235"),
    "000-00-0000": (12345678, "012-34-5678"),
    "[<=9999999]###-####;(###) ###-####": (5551234567, "(555) 123-4567"),
    "[>=10000]00000;0000000": (1234, "0001234"),
    "0000_ ;[Red]\\-0000\\ ": (1234, "1234 "),
    "0;(0)": (-5, "(5)"),
    '0;-0;"none"': (0, "none"),
    "0.0;;": (2, "2.0"),
    "# ?/?": (0.75, "3/4"),
    "# ??/??": (1.5, "1 1/2"),
    "?/?": (2, "2"),
    "0.00E+00": (12345, "1.23E+04"),
    "##0.0E+0": (12345, "12.3E+3"),
    "0.0E-00": (0.00012, "1.2E-04"),
    "[$€-407] #,##0.00": (5, "€ 5.00"),
    "[$-404]0": (5, "5"),
    'General" x"': (42, "42 x"),
    "0.##": (0, "0."),
    "#.##": (0.5, ".5"),
    "00\\:00": (12, "00:12"),
    '"only text"': (3, "only text"),
    "*-0": (3, "3"),
    "0;0": (-3, "3"),
    "0": (-3, "-3"),
    '"a;b"0': (3, "a;b3"),
    '[=1]"one";[=2]"two"': (3, "two"),
    "[<>0]0.0": (0, "0.0"),
    "%": (1, "%"),
}
"""Formats, a number, and what it looks like."""


def test_formats_display_numbers() -> None:
    """Literal text, signs, digits, groups, fractions, exponents, conditions and currencies."""
    found = {
        code: render(value, code, number_text(value)) for code, (value, _) in DISPLAYED.items()
    }

    assert found == {code: shown for code, (_, shown) in DISPLAYED.items()}


@pytest.mark.parametrize(
    ("code", "value", "cell"),
    [
        ("0", 42, ("42", "n")),
        ("0000;@", 123, ("0123", ".")),
        ("0000_ ;[Red]-0000 ", 1234, ("1234", "n")),
        ("00000_)", 42, ("00042", ".")),
        ('"D-"00000', 1234, ("D-01234\0001234", "x")),
        ("0", 1.5, ("2\0001.5", "x")),
        ("#,##0", 1234, ("1,234\0001234", "x")),
        ('"D-"0', float("inf"), ("INF", "n")),
        ("0000", float("inf"), ("INF", "n")),
    ],
)
def test_only_equal_numbers_and_zeros_are_accepted(
    code: str, value: float, cell: tuple[str, str]
) -> None:
    """A number that looks different has the kind of a formatted number."""
    assert format_number(value, classify_format(200, code), is_1904=False) == cell


@pytest.mark.parametrize(("number", "shown"), [(9, "50%"), (12, "1/2"), (2, "0.50"), (37, "1")])
def test_formats_without_a_definition_are_known(number: int, shown: str) -> None:
    """Files refer to them by their numbers only."""
    text, kind = format_number(0.5, classify_format(number, None), is_1904=False)

    assert (text.partition("\0")[0], kind) == (shown, "x")
