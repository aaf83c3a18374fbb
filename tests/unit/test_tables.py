"""Groups of rows in memory: rows of calamine, and rows of the complete reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from python_calamine import CalamineSheet

from batchcreate.workbooks.merged_cells import MergedCells
from batchcreate.workbooks.tables import ColumnsToRead, DenseGroup, group_dense, to_chunks
from tests.spreadsheets import HEADINGS, task, xlsx
from tests.workbook_server import refusal, rows


@pytest.mark.parametrize("uses_calamine", [True, False], ids=["calamine", "complete"])
def test_long_cell_is_refused(tmp_path: Path, *, uses_calamine: bool) -> None:
    """The message contains its address."""
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + task(2, "x" * 150_000))

    assert refusal(path, uses_calamine=uses_calamine).startswith(
        "cell A2 contains 150,000 characters"
    )


def test_long_cell_of_a_column_that_is_not_sent_is_cut() -> None:
    """A file is not refused because of it."""
    group = DenseGroup(2, 0, [["crm", "x" * 150_000], ["erp", "y"]])

    read = ColumnsToRead(columns=[0, 1], cut=[1])

    (chunk,) = to_chunks(group, read, after=1, merged=MergedCells([]), chunk_rows=9)

    assert [list(texts) for texts, _ in chunk.columns] == [["crm", "erp"], ["x" * 32_767, "y"]]


def test_errors_outside_of_the_table_are_skipped() -> None:
    """Calamine returns only the cells between the first and the last one."""

    class Sheet:
        start = (0, 1)
        width = 2

        def iter_rows(self) -> Iterator[list[object]]:
            return iter([["", "x"]])

    known = {1: {0: ("#REF!", "e"), 1: ("#N/A", "e"), 3: ("#REF!", "e")}}

    groups = group_dense(cast("CalamineSheet", Sheet()), 10, known)

    assert [group.row(0) for group in groups] == [{1: ("#N/A", "e"), 2: ("x", ".")}]


def test_sheet_can_end_with_a_group(tmp_path: Path) -> None:
    """There is no empty group after it."""
    path = xlsx(tmp_path / "t.xlsx", "".join(map(task, range(1, 41))))

    assert len(rows(path, uses_calamine=False)) == 40
