"""A new workbook has the values of the original, without formats."""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from batchcreate.models import SheetToFix
from batchcreate.to_fix.annotations import COMMENTS_MAX, CellAnnotation, RowAnnotation
from batchcreate.to_fix.new_workbook import write_new_workbook
from batchcreate.to_fix.write import added_headings
from tests.copied_books import annotated
from tests.input_files import layout
from tests.spreadsheets import ods, task, xlsx

OWN = ("batchcreate status", "batchcreate origin")


def table(name: str, cell: str) -> str:
    return (
        f'<table:table table:name="{name}"><table:table-row><table:table-cell><text:p>task_name'
        "</text:p></table:table-cell></table:table-row>"
        f"<table:table-row>{cell}</table:table-row></table:table>"
    )


def number_cell(value: float) -> str:
    return (
        f'<table:table-cell office:value-type="float" office:value="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def new_workbook(
    path: Path, row: RowAnnotation, header_row: int = 2, *, name: str | Sequence[str] = "May"
) -> Any:
    target = io.BytesIO()
    sheets = [
        SheetToFix(
            sources=[1],
            layout=layout(path.name, sheet=each, number=header_row),
            original_file=path.name,
            rows=1,
        )
        for each in ([name] if isinstance(name, str) else name)
    ]
    with path.open("rb") as source:
        write_new_workbook(
            source,
            target,
            folder=path.parent,
            sheets=sheets,
            annotate=lambda _: iter([row]),
            headings=added_headings("en"),
        )
    return openpyxl.load_workbook(target)


def test_values_keep_their_types(tmp_path: Path) -> None:
    """Text, numbers, dates, booleans and errors are kept; a formula is replaced by its result."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        sheet = made.add_worksheet("May")
        sheet.write_row(0, 0, ["Tasks of May"])
        sheet.write_row(1, 0, ["task_name", "n", "d", "b", "e", "f", OWN[0], "t"])
        sheet.write_row(2, 0, ["omitted"])
        sheet.write_string(3, 0, "=not a formula")
        sheet.write_number(3, 1, 1.5)
        sheet.write_datetime(3, 2, dt.datetime(2026, 3, 4), day)  # noqa: DTZ001 # cells have no zone
        sheet.write_boolean(3, 3, True)
        sheet.write_formula(3, 4, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 5, "=1+1", None, 2)
        sheet.write_string(3, 6, "an earlier status")
        sheet.write_datetime(3, 7, dt.time(1, 2), made.add_format({"num_format": "h:mm"}))

    copy = new_workbook(
        path,
        annotated(4, CellAnnotation(index=0, comment="c"), CellAnnotation(index=3, comment="d")),
    )

    sheet = copy["May"]
    assert [cell.value for cell in sheet[2]] == [
        *("task_name", "n", "d", "b", "e", "f", "t"), *OWN
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]] == [
        *("=not a formula", 1.5, dt.datetime(2026, 3, 4), True, "=#DIV/0!", 2, "01:02:00"),  # noqa: DTZ001
        *("fix row 4", "o4"),
    ]
    assert sheet["A3"].data_type == "s"
    assert sheet["A1"].value == "Tasks of May"
    assert (sheet["A3"].comment.text, sheet["D3"].comment.text) == ("c", "d")
    assert {sheet[cell].fill.fgColor.rgb for cell in ("A3", "D3")} == {"FFFFC7CE"}
    assert [sheet[cell].number_format for cell in ("A3", "D3")] == ["@", "General"]


def test_missing_result_becomes_an_error(tmp_path: Path) -> None:
    """Unlike an empty cell, it is not accepted when the file comes back."""
    cell = '<c r="C2"><f>A1</f></c>'
    path = xlsx(tmp_path / "t.xlsx", task(1, "task_name") + task(2, more=cell))

    copy = new_workbook(
        path,
        annotated(2, CellAnnotation(index=2, comment="c", has_no_value=True), is_failed=True),
        1,
    )

    assert copy["May"]["C2"].value == "=#N/A"
    assert copy["May"]["D2"].fill.fgColor.rgb == "FFFFC7CE"


def test_number_with_an_unknown_display_becomes_an_error(tmp_path: Path) -> None:
    """The number itself would be accepted when the workbook comes back."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("May")
        sheet.write_row(0, 0, ["task_name", "task_tag"])
        sheet.write_string(1, 0, "a")
        sheet.write_number(1, 1, 1234, made.add_format({"num_format": "#,##0.00"}))

    copy = new_workbook(
        path, annotated(2, CellAnnotation(index=1, comment="c"), is_failed=True), 1
    )

    assert copy["May"]["B2"].value == "=#N/A"


def test_covered_cell_is_blank(tmp_path: Path) -> None:
    """It shows the text of another cell."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("May")
        sheet.write_row(0, 0, ["task_name", "task_tag"])
        sheet.merge_range("B2:B3", "crm-orders")
        sheet.write_column(1, 0, ["a", "b"])

    assert new_workbook(path, annotated(3), 1)["May"]["B2"].value is None


def test_invalid_sheet_name_is_replaced(tmp_path: Path) -> None:
    """LibreOffice accepts more names than Excel."""
    path = ods(tmp_path / "t.ods", table("May / June", number_cell(1.5)))

    copy = new_workbook(path, annotated(2), 1, name="May / June")

    assert copy.sheetnames == ["Sheet 1"]
    assert copy["Sheet 1"]["A2"].value == 1.5


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (("Sheet 2", "May / June"), ["Sheet 2", "Sheet 3"]),
        (("May / June", "Sheet 1"), ["Sheet 1", "Sheet 2"]),
        (("Tasks", "tasks"), ["Tasks", "Sheet 2"]),
    ],
    ids=["replaced", "replaced before", "same letters"],
)
def test_sheet_names_are_unique(
    names: Sequence[str], written: Sequence[str], tmp_path: Path
) -> None:
    """A replacement can be used already, and case does not count."""
    path = ods(tmp_path / "t.ods", "".join(table(name, number_cell(1)) for name in names))

    assert new_workbook(path, annotated(2), 1, name=names).sheetnames == written


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("float", "1e999", "1e999"),
        ("float", "NaN", "NaN"),
        ("date", "1850-01-01", "1850-01-01"),
        ("date", "2020-01-01T10:00:00Z", "2020-01-01 10:00:00Z"),
        ("string", "\N{GRINNING FACE}" * 20_000, "\N{GRINNING FACE}" * 16_383),
    ],
    ids=["infinite", "no number", "before all dates", "zone", "long"],
)
def test_value_that_excel_cannot_store_becomes_text(
    kind: str, value: str, shown: str, tmp_path: Path
) -> None:
    """OpenDocument has more numbers and dates, and longer texts."""
    given = f'office:value-type="{kind}" office:{"date-value" if kind == "date" else "value"}="{value}"'
    cell = f"<table:table-cell {given}><text:p>{value}</text:p></table:table-cell>"
    path = ods(tmp_path / "t.ods", table("May", cell))

    copy = new_workbook(path, annotated(2), 1)

    assert (copy["May"]["A2"].value, copy["May"]["A2"].data_type) == (shown, "s")


def test_number_of_comments_is_limited(tmp_path: Path) -> None:
    """Programs become slow with more; the status contains the same text."""
    wide = (
        f'<table:table-cell table:number-columns-repeated="{COMMENTS_MAX}"><text:p>x</text:p>'
        "</table:table-cell>"
    )
    path = ods(tmp_path / "t.ods", table("May", wide))
    cells = [CellAnnotation(index=at, comment="c") for at in range(COMMENTS_MAX)]

    copy = new_workbook(path, annotated(2, *cells), 1)

    assert sum(cell.comment is not None for row in copy["May"] for cell in row) == COMMENTS_MAX
