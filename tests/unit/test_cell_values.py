"""Displayed text and kind of values, and classes of number formats."""

import datetime as dt

import pytest

from batchcreate.workbooks.cell_values import (
    display,
    duration_text,
    find_format,
    format_number,
    format_text,
    number_text,
)


def test_leading_zeros_do_not_hide_lost_digits() -> None:
    """A number with more than 15 digits is not what was entered."""
    found = [
        format_number(value, find_format(164, "0" * width), is_1904=False)
        for value, width in ((1234567890123456, 20), (123456789012345, 16))
    ]

    assert found == [("00001234567890123456\0001234567890123456", "x"), ("0123456789012345", ".")]


def test_dates_can_count_from_1904() -> None:
    """Day 1 is the second day of that year."""
    assert format_number(1, find_format(14, None), is_1904=True) == ("1904-01-02", "d")


def test_dates_that_do_not_exist_are_not_numbers() -> None:
    """Spreadsheet programs display hash signs, or a date that others do not display."""
    found = {
        (value, code): format_number(value, find_format(164, code), is_1904=False)
        for value in (-1, 3_000_000)
        for code in ("yyyy-mm-dd", "[h]:mm")
    }

    assert found == {
        (-1, "yyyy-mm-dd"): ("########\000-1", "l"),
        (-1, "[h]:mm"): ("-24:00:00", "d"),
        (3_000_000, "yyyy-mm-dd"): ("########\0003000000", "l"),
        (3_000_000, "[h]:mm"): ("########\0003000000", "l"),
    }


def test_section_for_the_value_decides_on_dates() -> None:
    """Sections can be for negative numbers, for zero, or for numbers that meet a condition."""
    found = {
        (value, code): format_number(value, find_format(164, code), is_1904=False)[1]
        for code in ("0;yyyy", "yyyy;0", "0;0;yyyy", "[<100]0;yyyy", "General;[h]")
        for value in (46085, -5, 0)
    }

    assert [key for key, kind in found.items() if kind == "d"] == [
        (46085, "yyyy;0"),
        (0, "yyyy;0"),
        (0, "0;0;yyyy"),
        (46085, "[<100]0;yyyy"),
        (-5, "General;[h]"),
    ]


def test_formats_that_change_texts() -> None:
    """The last section is for texts if it is the fourth, or contains an at sign."""
    found = {
        code: format_text("0042", find_format(164, code))
        for code in (
            *("General", "0000", "0000;@", "0;0;0;@", "_-@_-", "@* "),
            *('"APP-"@', ";;;", '0;0;0;"text"', "0;0;0;0"),
        )
    }

    changed = {code: cell for code, cell in found.items() if cell != ("0042", ".")}
    assert changed == {
        '"APP-"@': ("APP-0042\0000042", "x"),
        ";;;": ("\0000042", "x"),
        '0;0;0;"text"': ("text\0000042", "x"),
        "0;0;0;0": ("0\0000042", "l"),
    }


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("text", ("text", ".")),
        (True, ("TRUE", "b")),
        (1.5, ("1.5", "n")),
        (dt.date(2026, 3, 4), ("2026-03-04", "d")),
        (dt.datetime(2026, 3, 4, 5, 6, 7, 8000), ("2026-03-04 05:06:07.008", "d")),  # noqa: DTZ001 # cells have no time zone
        (dt.time(5, 6, 7, 8000), ("05:06:07.008", "d")),
        (dt.timedelta(hours=-30), ("-30:00:00", "d")),
        (None, ("None", "d")),
    ],
)
def test_value_of_calamine_is_displayed(value: object, cell: tuple[str, str]) -> None:
    """The complete reader displays the same."""
    assert display(value) == cell


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (12345.0, "12345"),
        (1.23456789012346e19, "12345678901234600000"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (1e-50, "1E-50"),
        (1e300, "1E+300"),
        (float("inf"), "INF"),
        (float("nan"), "NAN"),
    ],
)
def test_number_is_displayed_with_every_stored_digit(number: float, text: str) -> None:
    """There is no exponent if the number has at most 40 positions."""
    assert number_text(number) == text


def test_duration_can_have_more_than_24_hours() -> None:
    """Milliseconds are displayed if there are any."""
    assert [duration_text(ms) for ms in (90_061_000, 1)] == ["25:01:01", "0:00:00.001"]
