"""Values that programs converted or wrote instead of the value are damaged or doubtful."""

# ruff: noqa: RUF001  (the full-width characters are intended)

import pytest

from batchcreate.rules import RULES
from batchcreate.validator.converted_values import (
    find_damage,
    find_doubt,
    is_date_like,
    is_formula,
    is_totals,
    rounded_ids,
    whole_number,
)

LONG = "123456789012345678"


@pytest.mark.parametrize(
    "text", ["#REF!", "#n/a", "#DIV/0!", "#NAME\uff1f", "#BEZUG!", "#¡REF!", "Err:502"]
)
def test_error_of_a_formula_is_known_in_every_field(text: str) -> None:
    """The errors of Excel and LibreOffice are known in several languages, in text files too."""
    assert {find_damage(rule, text) for rule in RULES.values()} == {"spreadsheet_error"}


@pytest.mark.parametrize("text", ["N/A", "none", "NULL", "nan", "-", "—", "无", "（空）", "tbd"])
def test_placeholder_is_not_a_value(text: str) -> None:
    """People and programs write such words for a missing value."""
    rules = [rule for rule in RULES.values() if not rule.is_text]

    assert {find_damage(rule, text) for rule in rules} == {"placeholder"}


@pytest.mark.parametrize("text", ["N/A", "none", "-", "1E+20", "1001.0", "Why????", "a ? b ? c"])
def test_description_may_be_any_readable_text(text: str) -> None:
    """Placeholders and numbers are valid descriptions."""
    assert find_damage(RULES["description"], text) is None


@pytest.mark.parametrize("text", ["??", "?? ??", "???: ??", "a?? ???? ??"])
def test_description_of_question_marks_is_damaged(text: str) -> None:
    """A program replaced the letters by question marks."""
    assert find_damage(RULES["description"], text) == "encoding"


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
def test_ids_converted_to_numbers_are_detected(text: str, found: str | None) -> None:
    """A hexadecimal id is not a number with an exponent."""
    assert find_damage(RULES["task_id"], text) == found


@pytest.mark.parametrize(
    ("text", "digits"),
    [("1001.0", "1001"), ("1001.00", "1001"), ("1,001", "1001"), ("10,01", ""), ("1001.5", "")],
)
def test_integer_is_its_digits(text: str, digits: str) -> None:
    """Zero decimals and thousands separators are removed."""
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
def test_rounded_ids_are_detected_by_the_other_ids(column: list[str], found: set[str]) -> None:
    """A single id can end in zeros by chance, most ids of a column do not."""
    assert rounded_ids(column, column) == found


DATES = (
    *("5-Mar", "Mar-05", "1-Sep", "12/05/2026", "2026/1/3", "2026-01-03", "03.05.2026", "5.3.26"),
    *("5-Mar-2026", "March-2026", "MARCH-05", "05Mar", "5-Okt", "12-MAY-26", "Sept-21", "5-mars"),
    *(
        "05-sept.",
        "ene-26",
        "5. März 2026",
        "January 3, 2026",
        "2026-Jan-03",
        "2026-Jan",
        "1/2026",
    ),
    *("2026年1月3日", "2026年1月", "3月5日", "２０２６／１／３", "2026-01-03 10:30", "10:30"),
    *("2026-01-03T10:30:00Z", "2026-01-03_10:30:00.000+01:00", "9:05 PM", "12:00pm", "1900/1/0"),
)
NO_DATES = (
    *("app-0001", "mar", "marketing-05", "5-marx", "2026", "12-05", "1.2", "v1.2.3.4"),
    *("sep_05_2026", "dec-orders", "2026-13", "2026-01", "3-5", "july", "20260103", "1-2-3"),
    *("may-flower", "mar-05-orders", "set-1", "out-2", "10:3", "tag:10:30", "2026年", "一月"),
)


def test_dates_and_times_are_recognised() -> None:
    """A spreadsheet program may have converted the value; other texts are certain."""
    assert [text for text in DATES if not is_date_like(text)] == []
    assert [text for text in NO_DATES if is_date_like(text)] == []


def test_date_is_doubtful_in_ids_only() -> None:
    """Dates occur in descriptions."""
    assert find_doubt(RULES["source_app_id"], "5-Mar") == "date_like"
    assert find_doubt(RULES["description"], "5-Mar") is None


def test_formulas_in_a_description_are_doubtful() -> None:
    """A program wrote the formula instead of its value."""
    formulas = (
        *('="007"', "=SUM(A1)", "=007", "=1+2", "=A1", "=$B$2&C3", "=Sheet1!A1", "='Q 1'!A1+1"),
        *('=IF(A1>0,"x","")', "= A1"),
    )
    texts = ("= new", "=> see the wiki", "== orders ==", "=", "a = b", "+1", "=orders of the shop")
    rule = RULES["description"]

    assert [text for text in formulas if find_doubt(rule, text) != "formula_text"] == []
    assert [text for text in texts if find_doubt(rule, text)] == []
    assert [text for text in formulas if not is_formula(text)] == ['="007"', "=007"]


def test_placeholders_in_a_description_are_doubtful() -> None:
    """They are valid texts, but probably mean that there is no description."""
    words = (
        "\\N",
        "NULL",
        "null",
        "NaN",
        "N/A",
        "n.a.",
        "-",
        "none",
        "TBD",
        "无",
        "同上",
        "(blank)",
    )
    texts = ("Nullable", "no", "N", "- new", "无锡", "none of these")
    rule = RULES["description"]

    assert [text for text in words if find_doubt(rule, text) != "null_word"] == []
    assert [text for text in texts if find_doubt(rule, text)] == []


def test_signs_of_a_narrow_column_are_damage() -> None:
    """One sign is enough in a name or a list, in which it is not allowed anyway."""
    fields = ("task_name", "task_tag", "source_app_id", "operation_types", "task_type")
    found = {find_damage(RULES[field], "#" * count) for field in fields for count in (1, 2, 3, 8)}
    described = [find_damage(RULES["description"], "#" * count) for count in (1, 2, 3, 8)]

    assert found == {"narrow"}
    assert described == [None, None, "narrow", "narrow"]
    assert find_damage(RULES["description"], "## orders ##") is None


def test_totals_are_recognised() -> None:
    """The word alone or with a number; a name that begins with the word is a name."""
    totals = (
        *("Total", "total:", "Total: 2", "TOTALS 1,234", "Grand Total", "Subtotal", "sub-total 3"),
        *("Sum", "Sum = 12", "合计", "合计：2", "总计", "小计 3 行", "Summe", "Gesamt: 5"),
        *("Total - 2", "Total (2)", "** Total **", "Total tasks: 2", "Total number of rows = 12"),
        *(
            "Number of tasks: 7",
            "2 tasks in total",
            "12 total",
            "Totals.",
            "=SUM",
            "Total général",
        ),
        *(
            "Totales",
            "Sous-total : 3",
            "Gesamtanzahl 4",
            "合 计",
            "合　计：5",
            "总计 5 条",
            "合計",
        ),
        *("共5条", "共 12 个任务", "合计（行）", "本页小计", "任务总数：12", "【总计】"),
    )
    names = (
        *("total-orders", "sum-daily", "totally", "Total: orders", "合计任务", "consumer", "x"),
        *("total-orders-sync", "sum-1", "total-1", "total2", "total_2026", "Sum_2", "summary"),
        *("total 2 orders", "共享订单", "总部订单", "5-total", "number-of-tasks", "subtotals-eu"),
    )

    assert [text for text in totals if not is_totals(text)] == []
    assert [text for text in names if is_totals(text)] == []


def test_numbers_of_programs_are_damaged() -> None:
    """A decimal point before the exponent, or its sign, shows that a program wrote the number."""
    numbers = (
        *("1.2345678E7", "1.0E10", "1,5e3", "1.23E+15", "-1.5E-3", "1E+05", "7e-05", "+1.2E7"),
        *("1.E10", ".5E10", "12E+15", "1.23E+015", "1.23 E+15", "1.2E−7", "１．２Ｅ７"),
        *("1.23×10^15", "1.23×10¹⁵", "1.5x10^9", "2 * 10^12"),
    )
    ids = (
        "12345678E5",
        "1e5",
        "7f3e10",
        "1E2E3",
        "12-E5",
        "1e21",
        "1e-7",
        "2x10",
        "v1.2e3",
        "E10",
    )

    assert [text for text in numbers if find_damage(RULES["task_id"], text) != "exponent"] == []
    assert [text for text in ids if find_damage(RULES["task_id"], text)] == []
