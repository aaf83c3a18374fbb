"""Another reader shows the checks, lists and instructions of the template."""

import csv
import io
from datetime import UTC, datetime
from itertools import chain, product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from batchcreate.loader.header_names import field_names, field_of
from batchcreate.messages import LANGUAGES, example_of, facts_of, text
from batchcreate.rules import MANDATORY_FIELDS, RULES, Rule, pattern
from batchcreate.template import template_workbook
from batchcreate.template.template_workbook import (
    FORMULA_CHARS_MAX,
    invalid_formula,
    missing_formula,
    valid_formula,
)
from tests.office import convert

AT = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
TITLE_CHARS, PROMPT_CHARS = 32, 255
"""Maximum length of the title and the text of a validation message in Excel."""

LAST_ROW = 1_048_576


@pytest.fixture(params=LANGUAGES, name="language")
def language_of_each(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="book")
def book_as_read(language: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(template_workbook(language, at=AT)))


def validations(book: Any) -> dict[str, Any]:
    """Return the validations by the field of their column."""
    fields = dict(zip("ABCDEFGHIJ", RULES, strict=True))
    found = book.worksheets[0].data_validations.dataValidation
    return {fields[str(each.sqref)[0]]: each for each in found}


def test_every_heading_maps_to_its_field(book: Any) -> None:
    """The header row contains the fields in the order of the rules, and nothing else."""
    headings = [cell.value for cell in book.worksheets[0][1]]

    assert [field_of(heading, field_names({})) for heading in headings] == list(RULES)


def test_required_headings_display_a_mark(book: Any) -> None:
    """The mark is in the number format; the cell contains only the heading."""
    formats = {cell.number_format for cell in book.worksheets[0][1]}
    marked = [
        field
        for field, cell in zip(RULES, book.worksheets[0][1], strict=True)
        if cell.number_format == '@" *"'
    ]

    assert formats == {"@", '@" *"'}
    assert marked == list(MANDATORY_FIELDS)


def test_every_heading_has_its_rule_as_a_comment(book: Any, language: str) -> None:
    """The comment contains length, characters and an example."""
    comments = [cell.comment.text for cell in book.worksheets[0][1]]

    for rule, comment in zip(RULES.values(), comments, strict=True):
        title, need, example = comment.splitlines()
        facts = facts_of(rule, language)
        assert title == facts["title"]
        assert str(facts["wanted"]) in need
        assert str(facts["example"]) in example


def test_typed_values_are_not_converted(book: Any) -> None:
    """Every cell of every column is text, down to the last row."""
    columns = book.worksheets[0].column_dimensions.values()
    formats = {at: each.number_format for each in columns for at in range(each.min, each.max + 1)}

    assert formats == dict.fromkeys(range(1, len(RULES) + 1), "@")


def test_every_column_is_validated_from_below_the_example_to_the_end(book: Any) -> None:
    """The example row, whose name is not valid, has no validation."""
    ranges = [str(each.sqref) for each in validations(book).values()]

    assert ranges == [f"{letter}3:{letter}{LAST_ROW}" for letter in "ABCDEFGHIJ"]
    assert {each.errorStyle for each in validations(book).values()} <= {None, "stop"}


def test_validation_messages_are_short_enough_for_excel(book: Any) -> None:
    """Excel repairs files with longer ones."""
    found = validations(book).values()
    titles = chain.from_iterable((each.promptTitle, each.errorTitle) for each in found)
    texts = chain.from_iterable((each.prompt, each.error) for each in found)

    assert {0 < len(title) <= TITLE_CHARS for title in titles} == {True}
    assert {0 < len(text) <= PROMPT_CHARS for text in texts} == {True}


def test_lists_contain_every_valid_cell_once(book: Any) -> None:
    """They refer to the instructions sheet, because a choice can contain commas."""
    offered = {}
    for field, validation in validations(book).items():
        if validation.type == "list":
            sheet, _, cells = validation.formula1.replace("'", "").partition("!")
            bounds = range_boundaries(cells)
            rows = book[sheet].iter_rows(*bounds[1::2], *bounds[::2], values_only=True)
            offered[field] = [choice for (choice,) in rows]

    assert {validation.type for validation in validations(book).values()} == {"list", "custom"}
    assert offered == {
        "task_type": ["REALTIME"],
        "operation_types": [
            "INSERT",
            "UPDATE",
            "DELETE",
            "INSERT,UPDATE",
            "INSERT,DELETE",
            "UPDATE,DELETE",
            "INSERT,UPDATE,DELETE",
        ],
    }


def test_pasted_issues_are_coloured(book: Any) -> None:
    """Pasting bypasses validations: invalid, missing and duplicate values are coloured."""
    coloured = [
        (str(cells.sqref)[0], rule.type)
        for cells, rules in book.worksheets[0].conditional_formatting._cf_rules.items()
        for rule in rules
    ]

    assert sorted(coloured) == sorted(
        [
            ("A", "duplicateValues"),
            *((letter, "expression") for letter in "ABDEGHIJ"),
            *((letter, "expression") for letter in "AF"),
        ]
    )


def test_the_example_row_is_marked(book: Any, language: str) -> None:
    """It is italic and grey, with the examples of the rules in the analyst's language."""
    cells = book.worksheets[0][2]

    mark = text("template.example_mark", language=language)
    first, *others = [example_of(rule, language) for rule in RULES.values()]
    assert [cell.value for cell in cells] == [mark + first, *others]
    assert {(cell.font.italic, cell.font.color.rgb) for cell in cells} == {(True, "FF707070")}
    assert book.worksheets[0].max_row == 2


def test_the_instructions_contain_no_heading(book: Any) -> None:
    """Every heading is preceded by the letter of its column."""
    instructions = book.worksheets[1]
    texts = {str(cell.value) for row in instructions for cell in row if cell.value}

    assert {field_of(text, field_names({})) for text in texts} == {""}
    assert len(texts) > len(RULES)


def test_the_header_row_does_not_scroll(book: Any) -> None:
    """The header row and the names are frozen, and the cursor is below the example."""
    sheet = book.worksheets[0]

    assert book.active is sheet
    assert sheet.freeze_panes == "B2"
    assert sheet.sheet_view.selection[-1].activeCell == "A3"


def test_the_same_moment_gives_the_same_bytes(language: str) -> None:
    """The content depends only on the arguments."""
    assert template_workbook(language, at=AT) == template_workbook(language, at=AT)


FREE = [rule for rule in RULES.values() if not rule.values]
ODD = (" ", "é", "А", "任", "１", "Ⅷ", "😀", "\u200b", '"', "'", "~", "*", "?", "@", "_", "-", ".")  # noqa: RUF001


def texts(rule: Rule) -> list[str]:
    """Return texts at both limits of *rule*, and with odd characters at both ends."""
    sizes = (rule.min_length - 1, rule.min_length, rule.max_length, rule.max_length + 1)
    plain = ["a" * size for size in sizes if size]
    return [*plain, *(f"{char}ab1Z" for char in ODD), *(f"ab1Z{char}" for char in ODD)]


def test_a_formula_is_short_enough_for_a_validation() -> None:
    """It fits into the limit of Excel even in the last row, with its equals sign."""
    lengths = {rule.field: len(f"={valid_formula(rule, 'J1048576')}") for rule in FREE}

    assert {field: size for field, size in lengths.items() if size > FORMULA_CHARS_MAX} == {}


def test_formula_of_names_also_checks_the_first_character() -> None:
    """Length, characters and first character are conditions of one formula."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    assert valid_formula(RULES["task_name"], "A3") == (
        "AND(LEN(A3)>=3,LEN(A3)<=100,"
        'SUMPRODUCT(--ISERROR(FIND(MID(A3,ROW(INDIRECT("1:"&LEN(A3))),1),'
        f'"-.0123456789{letters}_{letters.lower()}")))=0,'
        'ISERROR(FIND(LEFT(A3),"-._")))'
    )


def test_formulas_and_rules_agree_on_every_text(tmp_path: Path) -> None:
    """A spreadsheet program computes the result of the validator's pattern for each text."""
    cases = [(rule, typed) for rule in FREE for typed in texts(rule)]
    book = openpyxl.Workbook()
    for row, (rule, typed) in enumerate(cases, start=1):
        book.active.cell(row, 1, typed).number_format = "@"
        book.active.cell(row, 2, f"=IF({valid_formula(rule, f'A{row}')},1,0)")
        book.active.cell(row, 3, f"=IF({invalid_formula(rule, f'A{row}')},1,0)")
    book.save(tmp_path / "texts.xlsx")

    computed = convert(tmp_path / "texts.xlsx", ".csv", folder=tmp_path / "converted")

    with computed.open(encoding="utf-8", newline="") as file:
        found = [(accepted, refused) for _, accepted, refused in csv.reader(file)]
    due = [("1", "0") if pattern(rule).fullmatch(typed) else ("0", "1") for rule, typed in cases]
    wrong = [case for case, got, right in zip(cases, found, due, strict=True) if got != right]
    assert wrong == []


def test_empty_cell_is_missing_only_if_its_row_has_values(tmp_path: Path) -> None:
    """Empty rows and empty optional cells are not coloured."""
    book = openpyxl.Workbook()
    for row, (first, second) in enumerate(product(("", "x"), repeat=2), start=1):
        book.active.append([first or None, second or None])
        book.active.cell(row, 3, f"=IF({missing_formula(f'A{row}', f'$A{row}:$B{row}')},1,0)")
        book.active.cell(row, 4, f"=IF({invalid_formula(RULES['task_name'], f'A{row}')},1,0)")
    book.save(tmp_path / "rows.xlsx")

    computed = convert(tmp_path / "rows.xlsx", ".csv", folder=tmp_path / "converted")

    with computed.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["", "", "0", "0"],
            ["", "x", "1", "0"],
            ["x", "", "0", "1"],
            ["x", "x", "0", "1"],
        ]
