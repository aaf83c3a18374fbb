"""Texts that obey a rule and are no value all the same."""

import pytest

from batchcreate.rules import RULES
from batchcreate.validator.damage import damage, rounded, whole_number

LONG = "123456789012345678"


@pytest.mark.parametrize("field", sorted(RULES))
@pytest.mark.parametrize(
    "text", ["#REF!", "#n/a", "#DIV/0!", "#NAME\uff1f", "#BEZUG!", "#¡REF!", "######", "Err:502"]
)
def test_error_of_a_formula_is_known_in_every_column(field: str, text: str) -> None:
    """Excel's and LibreOffice's, in several languages, also where a file is text."""
    assert damage(RULES[field], text) == "spreadsheet_error"


@pytest.mark.parametrize("field", sorted(set(RULES) - {"description"}))
@pytest.mark.parametrize("text", ["N/A", "none", "NULL", "nan", "-", "—", "无", "（空）", "tbd"])
def test_word_for_nothing_is_no_value(field: str, text: str) -> None:
    """People and programs type such words; no task is called so."""
    assert damage(RULES[field], text) == "placeholder"


@pytest.mark.parametrize("text", ["N/A", "none", "-", "1E+20", "1001.0", "Why????", "a ? b ? c"])
def test_description_may_say_anything_readable(text: str) -> None:
    """What is for people to read is not held against programs' habits."""
    assert damage(RULES["description"], text) is None


@pytest.mark.parametrize("text", ["??", "?? ??", "???: ??", "a?? ???? ??"])
def test_description_of_question_marks_is_lost(text: str) -> None:
    """A program had no letters for it."""
    assert damage(RULES["description"], text) == "encoding"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.23457E+19", "exponent"),
        ("1,23457e+19", "exponent"),
        ("1E-05", "exponent"),
        ("1001.0", "number"),
        ("1,234,567", "number"),
        ("12e45678", None),
        ("1e5f2d3c", None),
        ("1001", None),
        ("1.10", None),
        ("none-of-these", None),
    ],
)
def test_ids_made_numbers_are_found(text: str, found: str | None) -> None:
    """An id in hexadecimal digits is no number with an exponent."""
    assert damage(RULES["task_id"], text) == found


@pytest.mark.parametrize(
    ("text", "digits"),
    [("1001.0", "1001"), ("1001.00", "1001"), ("1,001", "1001"), ("10,01", ""), ("1001.5", "")],
)
def test_decorated_whole_number_is_its_digits(text: str, digits: str) -> None:
    """Zeros behind the point and commas between thousands carry nothing."""
    assert whole_number(text) == digits


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (["123456789012345000"], {"123456789012345000"}),
        (["12345678901234500"], set()),
        (["12345678901234500", "22345678901234500"], {"12345678901234500", "22345678901234500"}),
        (["123456789012345000", LONG, LONG[::-1]], set()),
        (["123456789012345000", "1001", "", "abc"], {"123456789012345000"}),
        (["0" * 32], set()),
        (["123456789012345"], set()),
    ],
)
def test_ids_that_excel_rounded_are_known_by_their_company(
    column: list[str], found: set[str]
) -> None:
    """One id may end in zeros by chance, most of a column's do not."""
    assert rounded(column, column) == found
