"""A copy of an analyst's workbook: some rows, everything else as it was."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableColumn

from batchcreate.copies.child import cpu_s
from batchcreate.copies.copying import copy_rows
from batchcreate.copies.kept import ROWS_MAX, Kept
from batchcreate.copies.marking import BAD, Marker
from batchcreate.copies.plan import Headings, Line, Mark, Plan, SheetPlan
from batchcreate.copies.process import SOURCE_BYTES_MAX, is_copied

STATUS, ORIGIN = "batchcreate status", "batchcreate origin"
HEADINGS = Headings(
    status=STATUS, origin=ORIGIN, explained="what to do", statuses=(STATUS,), origins=(ORIGIN,)
)
NAMES = ("task_name", "operation_types", "Owner")


def book(rows: int = 6) -> Any:
    """A workbook with headings in row 1 and so many rows below them."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "May"
    sheet.append(NAMES)
    for number in range(2, rows + 2):
        sheet.append([f"crm-{number}", "INSERT", f"analyst {number}"])
    return made


def line(number: int, *marks: Mark, **more: Any) -> Line:
    return Line(
        number=number, status=f"mend row {number}", origin=f"o{number}", marks=marks, **more
    )


def copied(made: Any, *lines: Line, header_number: int = 1) -> Any:
    """The copy of *made* that holds the rows of *lines*."""
    return openpyxl.load_workbook(
        io.BytesIO(copied_bytes(made, *lines, header_number=header_number))
    )


def copied_bytes(made: Any, *lines: Line, header_number: int = 1) -> bytes:
    source, target = io.BytesIO(), io.BytesIO()
    made.save(source)
    plan = SheetPlan(name="May", header_number=header_number, lines=lines)
    copy_rows(source, target, Plan.load(Plan(headings=HEADINGS, sheets=[plan]).dump()))
    return target.getvalue()


def written(content: bytes) -> bytes:
    """What a workbook says of its sheets."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read("xl/workbook.xml")


def values(sheet: Any) -> list[Sequence[object]]:
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_rows_move_together_and_say_what_to_do() -> None:
    """Our two columns stand behind the analyst's."""
    copy = copied(book(), line(3, Mark(index=0, comment="say\nSuggestion: x")), line(6))

    assert values(copy["May"]) == [
        (*NAMES, STATUS, ORIGIN),
        ("crm-3", "INSERT", "analyst 3", "mend row 3", "o3"),
        ("crm-6", "INSERT", "analyst 6", "mend row 6", "o6"),
    ]
    assert copy["May"]["A2"].comment.text == "say\nSuggestion: x"
    assert copy["May"]["A2"].fill.fgColor.rgb == BAD
    assert copy["May"]["A2"].number_format == "@"
    assert copy["May"]["A3"].comment is None
    assert copy["May"].column_dimensions["E"].hidden


def test_a_row_that_the_server_refused_is_coloured_in_its_status() -> None:
    """No cell of it is wrong."""
    sheet = copied(book(), line(2, is_refused=True), line(3))["May"]

    assert [sheet[cell].fill.fgColor.rgb for cell in ("D2", "D3")] == [BAD, "00000000"]


def test_heights_formats_and_links_go_along() -> None:
    """A filter hides nothing of what is to be mended."""
    made = book()
    sheet = made["May"]
    sheet["A4"].font = Font(bold=True)
    sheet["A4"].hyperlink = "https://example.com/4"
    sheet.row_dimensions[4].height = 44
    sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[5].height = 55
    sheet.auto_filter.ref = "A1:C7"
    sheet.auto_filter.add_filter_column(0, ["crm-4"])

    copy = copied(made, line(4))["May"]

    assert copy["A2"].font.bold
    assert copy["A2"].hyperlink.ref == "A2"
    assert (copy.row_dimensions[2].height, copy.row_dimensions[2].hidden) == (44, False)
    assert copy.auto_filter.ref == "A1:C2"
    assert copy.auto_filter.filterColumn == []


def test_a_filter_without_rows_is_gone() -> None:
    """It stood over rows that are left out."""
    made = book()
    made["May"].auto_filter.ref = "A2:C3"

    assert copied(made, line(6))["May"].auto_filter.ref is None


def test_validations_and_colours_follow_their_cells() -> None:
    """Those of rows to come stay for rows to come; formulas move with them."""
    made = book()
    sheet = made["May"]
    for formula, cells in (
        ("LEN(A4)<9", "A4:A900"),
        ("LEN(B3)<9", "B3:B3"),
        ("[1]Lists!$A$1=C4", "C4:C9"),
    ):
        validation = DataValidation(type="custom", formula1=formula)
        validation.add(cells)
        sheet.add_data_validation(validation)
        rule = FormulaRule(formula=[formula], fill=PatternFill("gray125"))
        sheet.conditional_formatting.add(cells, rule)

    copy = copied(made, line(4), line(6))["May"]

    (validation,) = copy.data_validations.dataValidation
    (colours,) = copy.conditional_formatting
    assert (str(validation.sqref), validation.formula1) == ("A2:A896", "LEN(A2)<9")
    assert (str(colours.sqref), colours.rules[0].formula) == ("A2:A896", ["LEN(A2)<9"])


def test_tables_shrink_or_go() -> None:
    """A table of Excel needs its headings and a row."""
    made = book()
    columns = [TableColumn(id=at, name=name) for at, name in enumerate(NAMES, start=1)]
    whole = Table(displayName="Whole", ref="A1:C7", tableColumns=columns)
    whole._initialise_columns()
    whole.totalsRowCount = 1
    made["May"].add_table(whole)
    made["May"]["G4"], made["May"]["G5"] = "x", "y"
    inner = Table(displayName="Inner", ref="G4:G5")
    inner._initialise_columns()
    made["May"].add_table(inner)
    made["May"]["I1"], made["May"]["I2"] = "x", "y"
    plain = Table(displayName="Plain", ref="I1:I9")
    plain._initialise_columns()
    plain.autoFilter = None
    made["May"].add_table(plain)

    copy = copied(made, line(5))["May"]

    assert dict(copy.tables.items()) == {"Whole": "A1:C2", "Plain": "I1:I4"}
    assert copy.tables["Whole"].autoFilter.ref == "A1:C2"


def test_merged_cells_are_taken_apart_where_somebody_has_to_type() -> None:
    """A title stays one; what spans rows of the table does not."""
    made = book()
    sheet = made["May"]
    sheet.insert_rows(1)
    sheet["A1"] = "Tasks of May"
    for cells in ("A1:C1", "B3:B4", "A5:B5", "A6:B6", "C6:C7", "C8:D8"):
        sheet.merge_cells(cells)

    copy = copied(made, line(4), line(5, Mark(index=0, comment="x")), line(6), header_number=2)[
        "May"
    ]

    assert sorted(map(str, copy.merged_cells.ranges)) == ["A1:C1", "A5:B5"]


def test_merged_cells_leave_room_for_our_columns() -> None:
    """A heading or a remark that was merged far to the right is not lost, and nor are we."""
    made = book()
    for cells in ("C1:F1", "C3:XFD3"):
        made["May"].merge_cells(cells)

    copy = copied(made, line(3))["May"]

    assert values(copy)[:2] == [
        (*NAMES, STATUS, ORIGIN),
        ("crm-3", "INSERT", "analyst 3", "mend row 3", "o3"),
    ]


def test_formulas_become_their_results() -> None:
    """Other rows that they refer to are gone; where there is no result, an error says so."""
    made = book()
    made["May"]["C3"] = "=A2"

    copy = copied(made, line(3, Mark(index=2, comment="x", is_lost=True)))["May"]

    assert copy["C2"].value == "#N/A"


@pytest.mark.parametrize("value", [dt.datetime(2026, 3, 4), True])  # noqa: DTZ001 # cells have no zone
def test_dates_and_truth_values_keep_their_format(value: object) -> None:
    """As text the cell would show a number that nobody typed."""
    made = book()
    made["May"]["A3"] = value

    copy = copied(made, line(3, Mark(index=0, comment="x")))["May"]

    assert copy["A2"].value == value
    assert copy["A2"].number_format == made["May"]["A3"].number_format


def test_other_sheets_are_hidden_and_links_to_other_files_cut() -> None:
    """What a list is made of stays; the copy opens at its first row."""
    made = book()
    made.create_sheet("Lists")["A1"] = "REALTIME"
    made.create_chartsheet("Chart").add_chart(BarChart())
    made.defined_names["near"] = DefinedName("near", attr_text="Lists!$A$1")
    made.defined_names["far"] = DefinedName("far", attr_text="[1]Lists!$A$1")
    made["May"].freeze_panes = "B2"
    made["May"].sheet_view.pane.topLeftCell = "C5"
    made["May"].sheet_view.topLeftCell = "C5"

    copy_of = copied_bytes(made, line(3))
    copy = openpyxl.load_workbook(io.BytesIO(copy_of))

    assert {sheet.title: sheet.sheet_state for sheet in copy} == {
        "May": "visible",
        "Lists": "hidden",
    }
    # What openpyxl reads of a chart does not tell whether it is shown.
    assert b'name="Chart" sheetId="3" state="hidden"' in written(copy_of)
    assert list(copy.defined_names) == ["near"]
    assert copy["May"].sheet_view.pane.topLeftCell == "C2"
    assert copy["May"].sheet_view.selection[-1].activeCell == "A2"


def test_what_an_earlier_copy_said_is_forgotten() -> None:
    """The analyst's own comments stay, below ours where a cell has both."""
    earlier = copied(book(), line(3, Mark(index=0, comment="ours")), line(4))
    earlier["May"]["A2"] = "mended"
    earlier["May"]["B3"].comment = Comment("theirs", "Li Wei")
    earlier["May"]["C3"].comment = Comment("theirs, too", "Li Wei")

    copy = copied(earlier, line(2), line(3, Mark(index=1, comment="anew")))["May"]

    assert [cell.value for cell in copy[1]] == [*NAMES, STATUS, ORIGIN]
    assert copy["A2"].comment is None
    assert copy["A2"].fill.fgColor.rgb != BAD
    assert copy["B3"].comment.text == "anew\n\ntheirs"
    assert copy["C3"].comment.text == "theirs, too"


def test_our_columns_stand_out_of_what_spans_all_columns() -> None:
    """Their widths are their own, and the analyst's columns keep theirs."""
    made = book()
    dimension = made["May"].column_dimensions["A"]
    dimension.min, dimension.max, dimension.width = 1, 16384, 7

    copy = copied(made, line(3))["May"]

    widths = {
        key: (each.min, each.max, each.width) for key, each in copy.column_dimensions.items()
    }
    assert widths["A"] == (1, 3, 7)
    assert widths["D"] == (4, 4, 90)
    assert copy.column_dimensions["E"].hidden
    assert widths["F"] == (6, 16384, 7)


def test_there_is_an_end_to_comments() -> None:
    """Programs grow slow with more; the status tells the same."""
    marker = Marker(HEADINGS)
    marker._comments = 5_000
    sheet = book()["May"]

    marker.mark(sheet, 1, [(2, line(2, Mark(index=0, comment="x")))])

    assert sheet["A2"].comment is None
    assert sheet["D2"].value == "mend row 2"


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (1, 1, (1, 1)),
        (1, 9, (1, 3)),
        (3, 9, (2, 3)),
        (4, 6, None),
        (9, 20, (3, 13)),
        (11, 20, (4, 13)),
        (2, ROWS_MAX, (2, ROWS_MAX)),
    ],
)
def test_a_range_covers_what_is_left_of_it(
    first: int, last: int, span: tuple[int, int] | None
) -> None:
    """Rows 3 and 9 are kept of a table that ends in row 10."""
    kept = Kept(1, [3, 9], last=10)

    found = kept.span(first, last)

    assert found == span


def test_a_copy_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """Then the rows go to a fresh workbook."""
    book().save(tmp_path / "t.xlsx")
    plan = Plan(headings=HEADINGS, sheets=[])

    with (tmp_path / "t.xlsx").open("rb") as source, (tmp_path / "c.xlsx").open("w+b") as target:
        assert not is_copied(source, plan, target, wait_s=0.0)


def test_a_copy_may_cost_what_its_size_warrants() -> None:
    """A small workbook never holds up a check for long; a large one is copied all the same."""
    assert [cpu_s(size) for size in (0, 100_000, SOURCE_BYTES_MAX)] == [4, 5, 64]
