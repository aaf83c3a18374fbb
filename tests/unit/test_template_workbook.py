"""The template opens in another reader with everything that makes it hard to fill in wrongly."""

import io
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from batchcreate.loader.names import field_of, known
from batchcreate.messages import LANGUAGES, facts_of
from batchcreate.rules import MANDATORY_FIELDS, RULES
from batchcreate.template import delimited, workbook
from batchcreate.template.headings import MARKS

AT = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
TITLE_CHARS, PROMPT_CHARS = 32, 255
"""What Excel takes as the title and the text of a validation's messages."""

LAST_ROW = 1_048_576


@pytest.fixture(params=LANGUAGES, name="language")
def language_of_each(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="book")
def book_as_read(language: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook(language, at=AT)))


def validations(book: Any) -> dict[str, Any]:
    """Return the validations by the field of their column."""
    fields = dict(zip("ABCDEFGHIJ", RULES, strict=True))
    found = book.worksheets[0].data_validations.dataValidation
    return {fields[str(each.sqref)[0]]: each for each in found}


def test_every_heading_means_its_field(book: Any) -> None:
    """In the order of the rules table, and nothing else stands in the row."""
    headings = [cell.value for cell in book.worksheets[0][1]]

    assert [field_of(heading, known({})) for heading in headings] == list(RULES)


def test_mandatory_headings_show_a_mark_that_is_not_in_them(book: Any) -> None:
    """Whoever reads the file finds the bare name."""
    formats = {cell.number_format for cell in book.worksheets[0][1]}
    marked = [
        field
        for field, cell in zip(RULES, book.worksheets[0][1], strict=True)
        if cell.number_format == '@" *"'
    ]

    assert formats == {"@", '@" *"'}
    assert marked == list(MANDATORY_FIELDS)


def test_every_heading_has_its_rule_as_a_comment(book: Any, language: str) -> None:
    """Length, characters and an example, from the rules table."""
    comments = [cell.comment.text for cell in book.worksheets[0][1]]

    for rule, comment in zip(RULES.values(), comments, strict=True):
        title, need, example = comment.splitlines()
        facts = facts_of(rule, language)
        assert title == facts["title"]
        assert str(facts["wanted"]).strip() in need
        assert rule.example in example


def test_nothing_that_is_typed_is_converted(book: Any) -> None:
    """Every cell of every column is text, down to the last row."""
    columns = book.worksheets[0].column_dimensions.values()
    formats = {at: each.number_format for each in columns for at in range(each.min, each.max + 1)}

    assert formats == dict.fromkeys(range(1, len(RULES) + 1), "@")


def test_every_column_is_validated_from_below_the_example_to_the_end(book: Any) -> None:
    """The example row breaks the rule of names, and nothing complains about it."""
    ranges = [str(each.sqref) for each in validations(book).values()]

    assert ranges == [f"{letter}3:{letter}{LAST_ROW}" for letter in "ABCDEFGHIJ"]
    assert {each.errorStyle for each in validations(book).values()} <= {None, "stop"}


def test_messages_of_validations_are_as_long_as_excel_takes(book: Any) -> None:
    """Longer ones make Excel repair the file."""
    found = validations(book).values()
    titles = chain.from_iterable((each.promptTitle, each.errorTitle) for each in found)
    texts = chain.from_iterable((each.prompt, each.error) for each in found)

    assert {0 < len(title) <= TITLE_CHARS for title in titles} == {True}
    assert {0 < len(text) <= PROMPT_CHARS for text in texts} == {True}


def test_lists_offer_every_cell_that_is_accepted_once(book: Any) -> None:
    """They point to the instructions, where commas can stand in a choice."""
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


def test_pasted_mistakes_are_coloured(book: Any) -> None:
    """Pasting passes validations by: broken rules, forgotten cells and repeated names show."""
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


def test_the_example_row_is_marked_and_looks_like_one(book: Any, language: str) -> None:
    """Italic and grey, with the examples of the rules table."""
    cells = book.worksheets[0][2]

    first, *others = [rule.example for rule in RULES.values()]
    assert [cell.value for cell in cells] == [MARKS[language] + first, *others]
    assert {(cell.font.italic, cell.font.color.rgb) for cell in cells} == {(True, "FF707070")}
    assert book.worksheets[0].max_row == 2


def test_no_row_of_the_instructions_can_be_taken_for_headings(book: Any) -> None:
    """Every column is named beside its letter."""
    guide = book.worksheets[1]
    texts = {str(cell.value) for row in guide for cell in row if cell.value}

    assert {field_of(text, known({})) for text in texts} == {""}
    assert len(texts) > len(RULES)


def test_the_headings_stay_in_sight(book: Any) -> None:
    """The first row and the names do not scroll away, and the cursor waits below the example."""
    sheet = book.worksheets[0]

    assert book.active is sheet
    assert sheet.freeze_panes == "B2"
    assert sheet.sheet_view.selection[-1].activeCell == "A3"


def test_the_same_moment_gives_the_same_bytes(language: str) -> None:
    """Nothing but the arguments is in the file."""
    assert workbook(language, at=AT) == workbook(language, at=AT)


def test_csv_has_headings_and_the_example(language: str, book: Any) -> None:
    """Marked as UTF-8, with the same cells as the workbook."""
    content = delimited(language)

    headings, example = ([cell.value for cell in row] for row in book.worksheets[0].iter_rows())
    lines = content.decode("utf-8").removeprefix("\ufeff").splitlines()
    assert content.startswith(b"\xef\xbb\xbf")
    assert lines[0] == ",".join(headings)
    assert lines[1].startswith(example[0])
    assert len(lines) == 2
