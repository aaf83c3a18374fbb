"""The cells of a text file are split as for the validation, from row 1 on."""

import io
from itertools import islice

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.text_cells import text_cells
from batchcreate.models import Layout
from batchcreate.workbooks.protocol import COLUMNS_MAX, ROWS_MAX


def layout(encoding: str = "utf-8", delimiter: str = ",") -> Layout:
    return Layout(
        file="a.csv", sheet="", header_row=1, columns={}, encoding=encoding, delimiter=delimiter
    )


@pytest.mark.parametrize(
    ("content", "read_as", "rows"),
    [
        pytest.param(b"a,b\r\n\r\nc", layout(), [["a", "b"], [], ["c"]], id="a blank row"),
        pytest.param(b"sep=;\r\na;b\r\n", layout(delimiter=";"), [["a", "b"]], id="sep"),
        pytest.param(b'a, "b,c"\n', layout(), [["a", "b,c"]], id="space before a mark"),
        pytest.param(b'"a\nb",c\n\x1a', layout(), [["a\nb", "c"]], id="line break, Ctrl-Z"),
        pytest.param("\ufeffä\n".encode("utf-16"), layout("utf-16"), [["ä"]], id="UTF-16"),
    ],
)
def test_rows_have_the_numbers_of_the_spreadsheet_program(
    content: bytes, read_as: Layout, rows: list[list[str]]
) -> None:
    """Blank rows count; a line that declares the separator does not."""
    assert list(text_cells(io.BytesIO(content), read_as)) == list(enumerate(rows, start=1))


@pytest.mark.parametrize(
    ("content", "row"),
    [
        pytest.param(b"\n" * (ROWS_MAX + 1), ROWS_MAX + 1, id="rows"),
        pytest.param(b"," * COLUMNS_MAX, 1, id="columns"),
    ],
)
def test_file_that_no_workbook_can_contain_is_refused(content: bytes, row: int) -> None:
    """Its last cells would be lost."""
    cells = text_cells(io.BytesIO(content), layout())

    with pytest.raises(LoadError, match=f"a.csv, row {row}: a workbook contains at most"):
        list(islice(cells, row - 1, None))
