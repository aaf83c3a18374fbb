"""A workbook is copied where that is quick enough."""

import zipfile
from pathlib import Path

import pytest

from batchcreate.copies.process import CELL_BYTES_MAX, ROWS_MAX, SOURCE_BYTES_MAX, is_copyable

HALF = CELL_BYTES_MAX // 2


def packed(path: Path, **parts: int) -> Path:
    """Write an archive whose parts are so large, and next to nothing on disk."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in parts.items():
            archive.writestr(names.get(name, f"xl/media/{name}"), b" " * size)
    return path


@pytest.mark.parametrize(
    ("parts", "rows", "is_tried"),
    [
        ({"sheet": HALF, "strings": HALF}, ROWS_MAX, True),
        ({"sheet": HALF, "strings": HALF + 1}, 1, False),
        ({"sheet": HALF, "picture": 2 * CELL_BYTES_MAX}, 1, True),
        ({"sheet": 1}, ROWS_MAX + 1, False),
    ],
    ids=["just so", "many cells", "a large picture", "many rows"],
)
def test_cells_count_and_pictures_do_not(
    tmp_path: Path, parts: dict[str, int], rows: int, *, is_tried: bool
) -> None:
    """What takes time is what openpyxl reads cell by cell."""
    with packed(tmp_path / "a.xlsx", **parts).open("rb") as source:
        assert is_copyable(source, rows=rows) == is_tried


@pytest.mark.parametrize(
    ("size", "is_tried"), [(10, True), (SOURCE_BYTES_MAX + 1, False)], ids=["small", "large"]
)
def test_other_formats_are_judged_by_their_size(
    tmp_path: Path, size: int, *, is_tried: bool
) -> None:
    """Whether one of them can be copied shows when it is tried."""
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0" * size)

    with path.open("rb") as source:
        assert is_copyable(source, rows=1) == is_tried
