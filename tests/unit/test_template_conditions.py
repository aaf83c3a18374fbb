"""The formulas in the template say what the rules say, in a program that computes them."""

import csv
from itertools import product
from pathlib import Path

import openpyxl
import pytest

from batchcreate.rules import RULES, Rule, pattern
from batchcreate.template.conditions import (
    FORMULA_CHARS_MAX,
    is_accepted,
    is_forgotten,
    is_refused,
)
from tests.office import convert

FREE = [rule for rule in RULES.values() if not rule.values]
ODD = (" ", "é", "А", "任", "１", "Ⅷ", "😀", "\u200b", '"', "'", "~", "*", "?", "@", "_", "-", ".")  # noqa: RUF001


def texts(rule: Rule) -> list[str]:
    """Return texts at both limits of *rule*, and with odd characters at both ends."""
    sizes = (rule.min_length - 1, rule.min_length, rule.max_length, rule.max_length + 1)
    plain = ["a" * size for size in sizes if size]
    return [*plain, *(f"{char}ab1Z" for char in ODD), *(f"ab1Z{char}" for char in ODD)]


@pytest.mark.parametrize("rule", FREE, ids=lambda rule: rule.field)
def test_a_formula_is_short_enough_for_a_validation(rule: Rule) -> None:
    """Even in the last row Excel takes it, its equals sign included."""
    assert len(f"={is_accepted(rule, 'J1048576')}") <= FORMULA_CHARS_MAX


def test_a_name_may_not_begin_with_everything_that_it_may_hold() -> None:
    """The formula spells out what the table says."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    assert is_accepted(RULES["task_name"], "A3") == (
        "AND(LEN(A3)>=3,LEN(A3)<=100,"
        'SUMPRODUCT(--ISERROR(FIND(MID(A3,ROW(INDIRECT("1:"&LEN(A3))),1),'
        f'"-.0123456789{letters}_{letters.lower()}")))=0,'
        'ISERROR(FIND(LEFT(A3),"-._")))'
    )


def test_formulas_and_rules_agree_on_every_text(tmp_path: Path) -> None:
    """A spreadsheet program computes for each text what the validator's pattern says."""
    cases = [(rule, text) for rule in FREE for text in texts(rule)]
    book = openpyxl.Workbook()
    for row, (rule, text) in enumerate(cases, start=1):
        book.active.cell(row, 1, text).number_format = "@"
        book.active.cell(row, 2, f"=IF({is_accepted(rule, f'A{row}')},1,0)")
        book.active.cell(row, 3, f"=IF({is_refused(rule, f'A{row}')},1,0)")
    book.save(tmp_path / "texts.xlsx")

    computed = convert(tmp_path / "texts.xlsx", ".csv", folder=tmp_path / "converted")

    with computed.open(encoding="utf-8", newline="") as file:
        found = [(accepted, refused) for _, accepted, refused in csv.reader(file)]
    due = [("1", "0") if pattern(rule).fullmatch(text) else ("0", "1") for rule, text in cases]
    wrong = [case for case, said, right in zip(cases, found, due, strict=True) if said != right]
    assert wrong == []


def test_an_empty_cell_is_forgotten_only_beside_others(tmp_path: Path) -> None:
    """Empty rows are nobody's mistake, and optional cells are no mistake either."""
    book = openpyxl.Workbook()
    for row, (first, second) in enumerate(product(("", "x"), repeat=2), start=1):
        book.active.append([first or None, second or None])
        book.active.cell(row, 3, f"=IF({is_forgotten(f'A{row}', f'$A{row}:$B{row}')},1,0)")
        book.active.cell(row, 4, f"=IF({is_refused(RULES['task_name'], f'A{row}')},1,0)")
    book.save(tmp_path / "rows.xlsx")

    computed = convert(tmp_path / "rows.xlsx", ".csv", folder=tmp_path / "converted")

    with computed.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["", "", "0", "0"],
            ["", "x", "1", "0"],
            ["x", "", "0", "1"],
            ["x", "x", "0", "1"],
        ]
