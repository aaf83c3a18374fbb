"""Where the headings are shows what parts the cells."""

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.dialect import Dialect, count_known, find_dialect
from batchcreate.loader.headers import match
from batchcreate.loader.options import LoadOptions

TASK = ["task_name", "operation_types"]


def found(head: str, options: LoadOptions = LoadOptions()) -> Dialect:  # noqa: B008 # frozen
    return find_dialect(head, label="t.csv", options=options)


def refusal(head: str, options: LoadOptions = LoadOptions()) -> str:  # noqa: B008 # frozen
    with pytest.raises(LoadError) as caught:
        found(head, options)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_the_one_that_yields_headings(delimiter: str) -> None:
    """Whatever other separators stand in titles and cells."""
    text = f"a,b;c|d\te\n{delimiter.join(TASK)}\na,b;c|d\te\n"

    assert found(text) == Dialect(
        delimiter=delimiter,
        header=match(TASK, file="t.csv", sheet="", number=2),
        lines=2,
        chars=len(text.rpartition("a,b")[0]),
    )


def test_told_delimiter_is_taken() -> None:
    """The user knows better."""
    assert found("task_name|operation_types|;x", LoadOptions(delimiter="|")).delimiter == "|"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
@pytest.mark.parametrize("line", ["sep={}\r\n", '"SEP={}"\n', "sep={},,\r", "sep={}\n"])
def test_line_for_excel_is_obeyed_and_is_no_row(line: str, delimiter: str) -> None:
    """Excel hides it, so the headings stand in row 1 for those who look."""
    line = line.format(delimiter)
    text = f"{line}{delimiter.join(TASK)}\n"

    assert found(f"{text}a{delimiter}b\n") == Dialect(
        delimiter=delimiter,
        header=match(TASK, file="t.csv", sheet="", number=1),
        lines=2,
        chars=len(text),
    )


def test_line_for_excel_is_no_row_under_another_delimiter() -> None:
    """An option wins over it."""
    dialect = found("sep=;\ntask_name,operation_types\n", LoadOptions(delimiter=","))

    assert (dialect.delimiter, dialect.header.number, dialect.lines) == (",", 1, 2)


def test_line_breaks_in_headings_count_as_lines() -> None:
    """Rows and lines are counted apart."""
    dialect = found('"a\nb"\r\n"task\r\nname",operation_types\rx,y')

    assert (dialect.header.number, dialect.lines, dialect.chars) == (2, 4, 36)


@pytest.mark.parametrize("char", ["，", "；", "、", ":"])
def test_other_separators_are_recognised(char: str) -> None:
    """What nobody writes on purpose is told to be saved with commas."""
    message = refusal(f"{char.join(TASK)}\n")

    assert message.endswith(f" They seem to be parted by '{char}': save the file with commas.")
    assert "Did you mean" not in message


def test_wrong_delimiter_option_is_recognised() -> None:
    """The message names the right one."""
    message = refusal("task_name;operation_types\n", LoadOptions(delimiter="\t"))

    assert message.endswith(" They are parted by semicolons: leave out --delimiter.")


def test_headings_that_are_not_there_are_not_parted() -> None:
    """Without any known heading nothing is said about separators."""
    assert refusal("a\tb\n", LoadOptions(delimiter=",")) == (
        "t.csv: none of the first 20 rows holds the headings task_name and operation_types. Row 1"
        " reads 'a\\tb'."
    )


def test_torn_title_is_named() -> None:
    """Where nothing can be made out, the first row that cannot be read is at fault."""
    assert refusal('"Tasks" of May\ntask_name,operation_types\n').startswith(
        "t.csv, row 1: the headings cannot be read, a quotation mark"
    )


def test_known_headings_are_counted_with_the_best_delimiter() -> None:
    """The count tells the right encoding from the wrong ones."""
    assert count_known("sep=|\nx\ntask_name|operation_types|a", LoadOptions()) == 2
    assert count_known("x\ta\n", LoadOptions(mapping={"A": "task_name"})) == 1
    assert count_known("", LoadOptions()) == 0
