"""Filled cells without a heading are counted; those below a merged heading are returned."""

from batchcreate.workbooks.tables import DenseGroup, RowGroup, SparseGroup
from batchcreate.workbooks.unnamed_columns import UnnamedCells, unnamed_cells

DENSE = DenseGroup(2, 1, [["a", "", "x", ""], ["b", 7, " ", ""], ["c", "y", "z", ""]])
SPARSE = SparseGroup(
    [2, 3, 4],
    [
        {1: ("a", "."), 3: ("x", ".")},
        {1: ("b", "."), 2: ("7", "n"), 3: (" ", ".")},
        {1: ("c", "."), 2: ("y", "."), 3: ("z", ".")},
    ],
)
GROUPS: list[RowGroup] = [DENSE, SPARSE]


def test_filled_cells_are_counted() -> None:
    """Blanks and columns with a heading do not count, and neither do rows above."""
    for group in GROUPS:
        found = unnamed_cells(group, after=2, named=[1], covered=[])

        assert found == UnnamedCells(counts={2: 2, 3: 1})


def test_covered_cells_are_returned() -> None:
    """They are in the order of the rows, then of the columns."""
    for group in GROUPS:
        found = unnamed_cells(group, after=0, named=[1], covered=[2, 3])

        assert found == UnnamedCells(covered=[(2, 3, "x"), (3, 2, "7"), (4, 2, "y"), (4, 3, "z")])


def test_nothing_is_returned_without_headings() -> None:
    """A sheet that is copied has none."""
    for group in GROUPS:
        assert unnamed_cells(group, after=0, named=None, covered=[]) == UnnamedCells()


def test_cells_are_taken_once() -> None:
    """A group of rows may be sent in several parts; the counts are sent with the first one."""
    found = unnamed_cells(SPARSE, after=0, named=[1], covered=[2])

    assert [found.take(number) for number in (2, 3, 4)] == [
        {"unnamed": [(3, 2)], "covered": []},
        {"unnamed": [], "covered": [(3, 2, "7")]},
        {"unnamed": [], "covered": [(4, 2, "y")]},
    ]


def test_error_below_a_blank_heading_is_a_filled_cell() -> None:
    """Its text may be empty."""
    group = SparseGroup([2], [{5: ("", "e")}])

    assert unnamed_cells(group, after=1, named=[], covered=[]).counts == {5: 1}
