"""Rows of a copy move up, and everything that refers to them follows."""

import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableColumn

from batchcreate.to_fix.annotations import CellAnnotation
from batchcreate.to_fix.moved_rows import KeptRows
from batchcreate.workbooks.protocol import ROWS_MAX
from tests.copied_books import NAMES, annotated, copied, make_book


def test_heights_formats_and_links_follow_their_rows() -> None:
    """Rows that a filter hides are shown."""
    made = make_book()
    sheet = made["May"]
    sheet["A4"].font = Font(bold=True)
    sheet["A4"].hyperlink = "https://example.com/4"
    sheet.row_dimensions[4].height = 44
    sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[5].height = 55
    sheet.auto_filter.ref = "A1:C7"
    sheet.auto_filter.add_filter_column(0, ["crm-4"])

    copy = copied(made, annotated(4))["May"]

    assert copy["A2"].font.bold
    assert copy["A2"].hyperlink.ref == "A2"
    assert (copy.row_dimensions[2].height, copy.row_dimensions[2].hidden) == (44, False)
    assert copy.auto_filter.ref == "A1:C2"
    assert copy.auto_filter.filterColumn == []


def test_filter_without_rows_is_removed() -> None:
    """All its rows are omitted."""
    made = make_book()
    made["May"].auto_filter.ref = "A2:C3"

    assert copied(made, annotated(6))["May"].auto_filter.ref is None


def test_validations_and_conditional_formats_follow_their_cells() -> None:
    """Those below the table stay below it; formulas are translated."""
    made = make_book()
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

    copy = copied(made, annotated(4), annotated(6))["May"]

    (validation,) = copy.data_validations.dataValidation
    (colours,) = copy.conditional_formatting
    assert (str(validation.sqref), validation.formula1) == ("A2:A896", "LEN(A2)<9")
    assert (str(colours.sqref), colours.rules[0].formula) == ("A2:A896", ["LEN(A2)<9"])


def test_tables_shrink_or_are_removed() -> None:
    """A table of Excel needs a header row and another row."""
    made = make_book()
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

    copy = copied(made, annotated(5))["May"]

    assert dict(copy.tables.items()) == {"Whole": "A1:C2", "Plain": "I1:I4"}
    assert copy.tables["Whole"].autoFilter.ref == "A1:C2"


def test_merged_cells_with_a_cell_to_fix_are_unmerged() -> None:
    """A title stays merged; cells across rows of the table do not."""
    made = make_book()
    sheet = made["May"]
    sheet.insert_rows(1)
    sheet["A1"] = "Tasks of May"
    for cells in ("A1:C1", "B3:B4", "A5:B5", "A6:B6", "C6:C7", "C8:D8"):
        sheet.merge_cells(cells)

    copy = copied(
        made,
        annotated(4),
        annotated(5, CellAnnotation(index=0, comment="x")),
        annotated(6),
        header_row=2,
    )["May"]

    assert sorted(map(str, copy.merged_cells.ranges)) == ["A1:C1", "A5:B5"]


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
def test_range_covers_its_kept_rows(first: int, last: int, span: tuple[int, int] | None) -> None:
    """Rows 3 and 9 are kept of a table that ends in row 10."""
    kept = KeptRows(1, [3, 9], last=10)

    assert kept.new_span(first, last) == span
