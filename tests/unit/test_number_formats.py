"""Numbers are displayed as spreadsheet programs display them."""

from collections.abc import Mapping
from typing import Final

from batchcreate.workbooks.cell_values import find_format, format_number, number_text
from batchcreate.workbooks.format_codes import parse_format
from batchcreate.workbooks.number_formats import BUILT_IN, Certainty, show_number

DISPLAYED: Final[Mapping[str, tuple[float, str]]] = {
    '"APP-"0000': (42, "APP-0042"),
    "\\D\\-00000": (1234, "D-01234"),
    "0%": (0.5, "50%"),
    "0.00%": (0.12345, "12.35%"),
    "0.00": (1.1, "1.10"),
    '#,##0.00 "€"': (1234.5, "1,234.50 €"),
    "#,##0": (1234567, "1,234,567"),
    "0,000": (5, "0,005"),
    "?,???": (12, "  12"),
    "#,##0,": (1234567, "1,235"),
    '0.0,,"M"': (1234567, "1.2M"),
    "000-00-0000": (12345678, "012-34-5678"),
    "(000) 000-0000": (5551234567, "(555) 123-4567"),
    "[<=9999999]###-####;(###) ###-####": (5551234567, "(555) 123-4567"),
    "[>=10000]00000;0000000": (1234, "0001234"),
    '[Red][>100]0.0;[<=50]0;"mid"': (75, "mid"),
    "0000_ ;[Red]\\-0000\\ ": (1234, "1234 "),
    "0;(0)": (-5, "(5)"),
    '0;-0;"none"': (0, "none"),
    "0.0;;": (2, "2.0"),
    ";;;": (2, ""),
    "# ?/?": (0.75, "3/4"),
    "# ??/??": (1.5, "1 1/2"),
    "?/?": (2, "2/1"),
    "# ?/??": (3, "3"),
    "?/8": (0, "0"),
    "0.00E+00": (12345, "1.23E+04"),
    "##0.0E+0": (12345, "12.3E+3"),
    "0.0E-00": (0.00012, "1.2E-04"),
    "0E+0": (9.9, "1E+1"),
    '0E-0 "x"': (0, "0E0 x"),
    "[$€-407] #,##0.00": (5, "€ 5.00"),
    "[$-404]0": (5, "5"),
    "[$-en-US]0.0": (5, "5.0"),
    'General" x"': (42, "42 x"),
    '"no. "General': (-4.5, "-no. 4.5"),
    "0.##": (0, "0."),
    "0.0?": (0.5, "0.5 "),
    "#.##": (0.5, ".5"),
    ".00": (12.5, "12.50"),
    "#": (0, ""),
    "00\\:00": (12, "00:12"),
    "0.000": (1e300, f"1{'0' * 300}.000"),
    '"only text"': (3, "only text"),
    "* 0": (3, " 3"),
    "0;0": (-3, "3"),
    "0": (-3, "-3"),
    "0.0": (0.05, "0.1"),
    '"a;b"0': (3, "a;b3"),
    "\\;0": (3, ";3"),
    '"open0': (3, "open0"),
    '[=1]"one";[=2]"two";0': (3, "3"),
    "[<>0]0.0": (1, "1.0"),
    "%": (1, "%"),
}
"""Formats, a number, and what it looks like."""

UNKNOWN: Final = (
    *("*-0", "0*-", "[DBNum1]General", "[$-2000401]0", "[>100]0", "[>100]0;[<50]0", "0-0;;;;;"),
    *("0;0;0;0;0", "0##", "0?", "!0", "b0", '"x"@', "[Rot]0", "0.0.0", "# ?/?", "0E+0", "[ENG]0"),
)
"""Formats with which programs display 75 differently, or which are not interpreted."""


def test_formats_display_numbers() -> None:
    """Literal text, signs, digits, groups, fractions, exponents, conditions and currencies."""
    found = {
        code: show_number(value, parse_format(code), number_text(value)).text
        for code, (value, _) in DISPLAYED.items()
    }

    assert found == {code: shown for code, (_, shown) in DISPLAYED.items()}


def test_no_number_is_accepted_if_its_display_is_not_known() -> None:
    """Even if the computed text is the stored number."""
    found = {
        code: (
            show_number(75, parse_format(code), "75").certainty,
            format_number(75, find_format(164, code), is_1904=False)[1],
        )
        for code in UNKNOWN
    }

    assert found == dict.fromkeys(UNKNOWN, (Certainty.UNKNOWN, "l"))


def test_separators_depend_on_the_computer() -> None:
    """Texts with a decimal point or with groups are not suggested."""
    codes = ("0.0", "#,##0", "General.", '"x"General', '"x"0', "0%", "00-00")

    local = [
        code
        for code in codes
        if show_number(75.5, parse_format(code), "75.5").certainty is Certainty.LOCAL
    ]

    assert local == ["0.0", "#,##0", "General.", '"x"General']


def test_only_equal_numbers_and_zeros_are_accepted() -> None:
    """A number that looks different has the kind of a formatted number."""
    cells = {
        ("0", 42): ("42", "n"),
        ("#,##0", 42): ("42", "n"),
        ("[Red]0", 42): ("42", "n"),
        ("_-* #,##0_-;-* #,##0_-", 42): ("42", "n"),
        ("???", 5): ("5", "n"),
        ("0000;@", 123): ("0123", "."),
        ("0000_ ;[Red]-0000 ", 1234): ("1234", "n"),
        ("00000_)", 42): ("00042", "."),
        ("000", 0): ("000", "."),
        ('"0"0', 5): ("05", "."),
        ('"1"0', 5): ("15\0005", "x"),
        ('0"0"', 5): ("50\0005", "x"),
        ('"D-"00000', 1234): ("D-01234\0001234", "x"),
        ('000;-000;"none"', 0): ("none\0000", "x"),
        ("0;-0;;@", 0): ("\0000", "x"),
        ("000", -42): ("-042\000-42", "x"),
        ("0", 1.5): ("2\0001.5", "x"),
        ("#,##0", 1234): ("1,234\0001234", "l"),
        ("0%", 0.5): ("50%\0000.5", "x"),
        ("0.0", 1.5): ("1.5", "n"),
        ("0.00", 1.5): ("1.50\0001.5", "l"),
        ('"D-"0', float("inf")): ("INF", "n"),
    }

    found = {
        (code, value): format_number(value, find_format(200, code), is_1904=False)
        for code, value in cells
    }

    assert found == cells


def test_formats_without_a_definition_are_known() -> None:
    """Files refer to them by their numbers only."""
    found = {
        number: format_number(0.5, find_format(number, None), is_1904=False)[0]
        for number in (*BUILT_IN, 0, 14, 46, 49)
    }

    shown = {number: text.partition("\0")[0] for number, text in found.items()}
    assert {number: shown[number] for number in (9, 12, 2, 37, 44, 11, 0, 14, 46, 49)} == {
        9: "50%",
        12: "1/2",
        2: "0.50",
        37: "1",
        44: "$ 0.50",
        11: "5.00E-01",
        0: "0.5",
        14: "12:00:00",
        46: "12:00:00",
        49: "0.5",
    }


def test_formats_that_change_nothing_are_ignored() -> None:
    """They cost no time."""
    codes = ("General", "@", "[Red]General", "General;General", "General_)", "GENERAL;@", "* @")

    assert [code for code in codes if find_format(164, code)] == []
