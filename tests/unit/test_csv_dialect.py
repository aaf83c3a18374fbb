"""The separator and the header row of text files are detected, or the user has to give them."""

from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.csv_dialect import Dialect, count_known, find_dialect, unknown_headings
from batchcreate.loader.header import match_header
from batchcreate.loader.inputs import LoadOptions

TASK = ["task_name", "operation_types"]


def dialect_of(head: str, **options: Any) -> Dialect:
    return find_dialect(head, label="t.csv", options=LoadOptions(**options))


def dialect_refusal(head: str, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        dialect_of(head, **options)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_separator_is_the_one_that_yields_headings(delimiter: str) -> None:
    """Other separators in titles and cells do not matter."""
    text = f"a,b;c|d\te\n{delimiter.join(TASK)}\na,b;c|d\te\n"

    assert dialect_of(text) == Dialect(
        delimiter=delimiter,
        header=match_header(TASK, file="t.csv", sheet="", number=2),
        lines=2,
        chars=len(text.rpartition("a,b")[0]),
    )


def test_given_separator_is_used() -> None:
    """It has precedence over detection."""
    assert dialect_of("task_name|operation_types|;x", delimiter="|").delimiter == "|"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
@pytest.mark.parametrize("line", ["sep={}\r\n", '"SEP={}"\n', "sep={},,\r", "sep={}\n"])
def test_separator_line_for_excel_is_used_and_is_not_a_row(line: str, delimiter: str) -> None:
    """Excel hides this line, so that the header row is row 1."""
    line = line.format(delimiter)
    text = f"{line}{delimiter.join(TASK)}\n"

    assert dialect_of(f"{text}a{delimiter}b\n") == Dialect(
        delimiter=delimiter,
        header=match_header(TASK, file="t.csv", sheet="", number=1),
        lines=2,
        chars=len(text),
    )


def test_option_has_precedence_over_the_line_for_excel() -> None:
    """The line is not a row either way."""
    dialect = dialect_of("sep=;\ntask_name,operation_types\n", delimiter=",")

    assert (dialect.delimiter, dialect.header.number, dialect.lines) == (",", 1, 2)


def test_line_breaks_in_headings_count_as_lines() -> None:
    """Rows and lines are counted separately."""
    dialect = dialect_of('"a\nb"\r\n"task\r\nname",operation_types\rx,y')

    assert (dialect.header.number, dialect.lines, dialect.chars) == (2, 4, 36)


@pytest.mark.parametrize("char", ["，", "；", "、", ":"])
def test_unsupported_separator_is_reported(char: str) -> None:
    """The message advises to save the file with commas."""
    message = dialect_refusal(f"{char.join(TASK)}\n")

    assert message.endswith(f" The separator seems to be '{char}': save the file with commas.")
    assert "Did you mean" not in message


def test_wrong_separator_option_is_reported() -> None:
    """The message has the right separator."""
    message = dialect_refusal("task_name;operation_types\n", delimiter="\t")

    assert message.endswith(" The separator is a semicolon: omit --delimiter.")


def test_no_separator_is_suggested_without_known_headings() -> None:
    """The message shows the first row only."""
    assert dialect_refusal("a\tb\n", delimiter=",") == (
        "t.csv: none of the first 20 rows contains the headings task_name and operation_types. Row"
        " 1 contains 'a\\tb'."
    )


@pytest.mark.parametrize(
    "head",
    ['"Tasks" of May\ntask_name,operation_types\n', '"Tasks of May\ntask_name,operation_types\n'],
    ids=["text behind a mark", "unclosed"],
)
def test_malformed_title_is_reported(head: str) -> None:
    """A row above the header row can hide headings."""
    assert dialect_refusal(head) == (
        "t.csv, row 1: this row above the header row cannot be parsed, because a quotation mark is"
        " unclosed or inside a cell. Correct it or save the file as .xlsx."
    )


@pytest.mark.parametrize(
    "head",
    [
        '"task_name"s,operation_types\na,b\n',
        'task_name,"operation_types\na,b\n',
        '"Name" of task,Ops\na,b\n',
        '"foo"s,bar\na,b\n',
    ],
    ids=["known", "unclosed", "similar", "unknown"],
)
def test_malformed_header_row_is_reported(head: str) -> None:
    """The first row is the header row, whether or not its headings are known."""
    assert dialect_refusal(head).startswith("t.csv, row 1: the header row cannot be parsed")


def test_malformed_header_row_below_a_title_is_reported() -> None:
    """Its headings are more similar to the known ones than those of the title."""
    assert dialect_refusal('Tasks,May\n\nName,"Op"s,x\na,b\n').startswith(
        "t.csv, row 3: the header row cannot be parsed"
    )


STRAY = {
    "text behind a mark": 'abc,INSERT\n"a"b,INSERT\n',
    "more cells than headings": '"a"b,INSERT,x,y,z\nabc,INSERT\n',
    "unclosed": 'abc,"INSERT\nabc,INSERT\n',
    "many": '"a"b,INSERT\n' * 50,
    "a word that resembles a heading": 'abc,INSERT\n"name"s,INSERT\n',
}


def test_unknown_headings_are_reported_before_a_stray_quotation_mark() -> None:
    """A later row is never reported as the header row, whatever its cells."""
    tables = {
        (case, headings): (f"{headings}\n{rows}", f"Row 1 contains '{first}', '{second}'.")
        for case, rows in STRAY.items()
        for headings in ("Name,Ops", "foo,task")
        for first, second in [headings.split(",")]
    }

    wrong = {
        case: message
        for case, (head, expected) in tables.items()
        if expected not in (message := dialect_refusal(head))
    }

    assert wrong == {}
    assert dialect_refusal('Name,Ops\n"a"b,x\n').endswith(
        " Did you mean 'Ops'? Rename it to operation_types, or use --map 'Ops=operation_types'."
    )


def test_stray_quotation_mark_below_known_headings_does_not_matter() -> None:
    """The reader of the rows reports it."""
    assert dialect_of('task_name,operation_types\n"a"b,INSERT\n').header.number == 1


def test_headings_below_an_unreadable_row_are_not_reported() -> None:
    """They may be what the user has to correct, or be known in another encoding."""
    cases = [
        "Tasks,May\nN\ufffdme,Ops,x\n",
        "\ufffd,b\n",
        "a\0b,c\n",
        "",
        "task_name,x\ny,\ufffd\n",
    ]

    messages = [unknown_headings(head, label="t.csv", options=LoadOptions()) for head in cases]

    assert messages == ["", "", "", "t.csv: all rows are blank. Add a header row.", ""]


def test_unknown_headings_above_an_unreadable_row_are_reported() -> None:
    """The encoding of a later row does not matter for them."""
    head = "Name,Ops\nabc,INSERT\nx,\ufffd\n"

    message = unknown_headings(head, label="t.csv", options=LoadOptions())

    assert "Row 1 contains 'Name', 'Ops'." in message


def test_known_headings_are_counted_with_the_best_separator() -> None:
    """The count is highest for the right encoding."""
    assert count_known("sep=|\nx\ntask_name|operation_types|a", LoadOptions()) == 2
    assert count_known("x\ta\n", LoadOptions(mapping={"A": "task_name"})) == 1
    assert count_known("", LoadOptions()) == 0
