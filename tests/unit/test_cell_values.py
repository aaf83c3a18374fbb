"""Displayed text and kind of values, and classes of number formats."""

import datetime as dt

import pytest

from batchcreate.workbooks.cell_values import (
    DURATION,
    MOMENT,
    PLAIN,
    classify_format,
    display,
    duration_text,
    format_number,
    number_text,
)


def test_leading_zeros_do_not_hide_lost_digits() -> None:
    """A number with more than 15 digits stays a number."""
    assert format_number(1234567890123456, "0" * 20, is_1904=False) == ("1234567890123456", "n")
    assert format_number(123456789012345, "0" * 16, is_1904=False) == ("0123456789012345", ".")


def test_dates_can_count_from_1904() -> None:
    """Day 1 is the second day of that year."""
    assert format_number(1, MOMENT, is_1904=True) == ("1904-01-02", "d")


@pytest.mark.parametrize(
    ("code", "format_class"),
    [
        ("General", PLAIN),
        ("General;General", PLAIN),
        ("@", PLAIN),
        ("0.00", "=0.00"),
        ("0", "=0"),
        ("0000", "0000"),
        ("000;-000", "000"),
        ('"A"000', '="A"000'),
        ("yyyy-mm-dd", MOMENT),
        ('"day" 0', '="day" 0'),
        ("\\d0", "=\\d0"),
        ("_d0*h", "=_d0*h"),
        ("[Red]0;yyyy", "=[Red]0;yyyy"),
        ("[$-804]yyyy", MOMENT),
        ("[hh]:mm", DURATION),
        ("[<1]0", "=[<1]0"),
        ("[", "=["),
    ],
)
def test_format_code_determines_the_class(code: str, format_class: str) -> None:
    """Literal text in the code does not count."""
    assert classify_format(164, code) == format_class


def test_built_in_formats_are_classified_by_number() -> None:
    """Files do not define them."""
    assert [classify_format(number, None) for number in (0, 14, 46, 49)] == [
        PLAIN,
        MOMENT,
        DURATION,
        PLAIN,
    ]


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
