"""Workbooks as programs and analysts produce them, with the required result of each row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from tests import spreadsheets
from tests.row_results import Results, created, noticed, rejected, warned

HEADINGS = (
    "task_name",
    "operation_types",
    "description",
    "task_tag",
    "task_id",
    "source_app_id",
)
WRONG = rejected()

Write = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Formatted:
    """A value with a format of xlsxwriter."""

    value: Any
    format: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with its saved result."""

    text: str
    result: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    A sheet of a workbook.

    Attributes:
        cells: values of the rows below the headings; None is an empty cell.
        rows: the required result of each row.
        headings: of the columns.
        hidden_rows: options of rows, by their numbers.
        hidden_columns: options of columns, by their indexes.

    """

    cells: Sequence[Sequence[Any]]
    rows: Mapping[int, Results] = field(default_factory=dict)
    headings: Sequence[Any] = HEADINGS
    hidden_rows: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    hidden_columns: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookInput:
    """A workbook: the function that writes it, and the required result of each row by sheet."""

    write: Write
    rows: Mapping[str, Mapping[int, Results]]


def workbook(**tables: Table) -> WorkbookInput:
    """A workbook with these sheets."""

    def write(path: Path) -> None:
        with xlsxwriter.Workbook(str(path)) as book:
            for name, table in tables.items():
                _write_sheet(book, book.add_worksheet(name), table)

    return WorkbookInput(write=write, rows={name: each.rows for name, each in tables.items()})


def _write_sheet(book: Any, sheet: Any, table: Table) -> None:
    for number, row in enumerate((table.headings, *table.cells)):
        for index, value in enumerate(row):
            _write_cell(book, sheet, number, index, value)
    for number, options in table.hidden_rows.items():
        sheet.set_row(number - 1, options.get("height"), None, options)
    for index, options in table.hidden_columns.items():
        sheet.set_column(index, index, options.get("width"), None, options)


def _write_cell(book: Any, sheet: Any, number: int, index: int, value: Any) -> None:
    match value:
        case Formatted(value=given, format=options):
            made = book.add_format(dict(options))
            writer = sheet.write_string if isinstance(given, str) else sheet.write
            writer = sheet.write_datetime if isinstance(given, date) else writer
            writer(number, index, given, made)
        case Formula(text=formula, result=result):
            sheet.write_formula(number, index, formula, None, result)
        case list():
            parts = (_part(book, part) for part in value)
            sheet.write_rich_string(number, index, *(each for part in parts for each in part))
        case _:
            sheet.write(number, index, value)


def _part(book: Any, part: Any) -> list[Any]:
    is_plain = isinstance(part, str)
    return [part] if is_plain else [book.add_format(dict(part.format)), part.value]


def number_formats(stem: str, heading: str, cells: Sequence[tuple[Any, str, Results]]) -> Table:
    """A row for each value, its number format and the required result."""
    rows = []
    for number, (value, number_format, _) in enumerate(cells, 1):
        row: list[Any] = [f"{stem}-{number}", "INSERT", None, None, None, None]
        row[HEADINGS.index(heading)] = Formatted(value, {"num_format": number_format})
        rows.append(row)
    return Table(cells=rows, rows=dict(enumerate((result for *_, result in cells), 2)))


def _id(value: str) -> Results:
    return created(source_app_id=value)


def _or_rejected(value: str) -> Results:
    return _id(value) + WRONG


NUMBERS = workbook(
    ids=number_formats(
        "ids",
        "source_app_id",
        [
            (1234, "General", _id("1234")),
            (42, "00000", _id("00042")),
            (42, "0", _id("42")),
            (1234567, "0000", _id("1234567")),
            (1234, "#,##0", WRONG),
            (42, "0.00", WRONG),
            (42, "0.00E+00", WRONG),
            (42, "0%", WRONG),
            (42, ";;;", WRONG),
            (42, '"007"', WRONG),
            (42, "[Red]0000", _or_rejected("0042")),
            (42, "0000;-0000;;@", _or_rejected("0042")),
            (5551234, "000-0000", WRONG),
            (1234, "_-* #,##0_-", WRONG),
            (1234, "0_)", _or_rejected("1234")),
            (123456789, "00000-0000", WRONG),
            (42, "[$-409]0000", _or_rejected("0042")),
            (42, 'General" kg"', WRONG),
            (42.5, "# ?/?", WRONG),
            (42, "0.##", WRONG),
            (1234, "[>999]#,##0;0", WRONG),
            (2026, "yyyy", WRONG),
            (0.5, "[h]:mm", WRONG),
            (1234.5, "0", WRONG),
            (1234, "0,", WRONG),
            (42, "\\A0000", WRONG),
            (42, "00 00", WRONG),
            (1234, "[$¥-804]#,##0", WRONG),
            (0, "#", WRONG),
            (0, "0;-0;", WRONG),
            (42, '[=42]"forty-two";0', WRONG),
            (42, "[<100]0000;0", _or_rejected("0042")),
            (12345678901234567, "General", WRONG),
            (42, "0!-0", WRONG),
        ],
    ),
    names=Table(
        cells=[
            (Formatted(1001, {"num_format": "00000"}), "INSERT"),
            (Formatted(1001, {"num_format": '"T"0000'}), "INSERT"),
            (Formatted(1001, {"num_format": "0-000"}), "INSERT"),
            (Formatted("text-name", {"num_format": '"crm-"@'}), "INSERT"),
        ],
        rows={2: created(task_name="01001"), 3: rejected("A3"), 4: rejected("A4"), 5: noticed()},
    ),
    descriptions=number_formats(
        "descriptions",
        "description",
        [
            (42, "General", created(description="42")),
            (0.5, "0%", WRONG),
            (1.1, "0.00", WRONG),
            (1234, "#,##0", WRONG),
            (42, '0" orders"', WRONG),
            (42, ";;;", WRONG),
            (date(2026, 3, 5), "d-mmm", WRONG),
            (0.1 + 0.2, "General", created(description="0.3") + WRONG),
        ],
    ),
    texts=number_formats(
        "texts",
        "source_app_id",
        [
            ("0042", "General", _id("0042")),
            ("0042", "@", _id("0042")),
            ("0042", "00000", _id("0042")),
            ("0042", ";;;@", _id("0042")),
            ("0042", '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', _id("0042")),
            ("0042", '"APP-"@', noticed()),
            ("0042", '@"-x"', noticed()),
            ("0042", ";;;", noticed()),
            ("0042", "0;0;0;", noticed()),
        ],
    ),
)


def _formulas_and_merged_cells(path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("without")
    sheet.append(HEADINGS)
    sheet.append(["without-1", "INSERT", "=A1"])
    sheet.append(["without-2", "INSERT", "x", "=B1", "", "=C1"])
    sheet.append(['="without-"&3', "INSERT"])
    sheet = book.create_sheet("merged")
    sheet.append(HEADINGS)
    sheet.append(["merged-1", "INSERT", "x"])
    sheet.append(["merged-2", None, "y"])
    sheet.append(["merged-3", "INSERT", "z"])
    sheet.merge_cells("B2:B3")
    book.save(path)


def _covered(path: Path) -> None:
    cells = {
        1: HEADINGS[:4],
        2: ("covered-1", "INSERT", "shown", "not-shown"),
        3: ("covered-2", "INSERT"),
        4: ("covered-3", "DELETE"),
    }
    xml = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            for letter, value in zip("ABCD", values, strict=False)
        )
        + "</row>"
        for number, values in cells.items()
    )
    merged = '<mergeCells count="2"><mergeCell ref="C2:D2"/><mergeCell ref="B3:B4"/></mergeCells>'
    parts = {"xl/worksheets/sheet1.xml": spreadsheets.sheet(xml, after=merged)}
    spreadsheets.xlsx(path, parts=parts)


_STRUCK = {"font_strikeout": True}

_CELLS = workbook(
    formulas=Table(
        cells=[
            ("formulas-1", "INSERT", None, None, None, Formula("=A1", "app-1")),
            ("formulas-2", "INSERT", None, None, None, Formula("=Z9", 0)),
            ("formulas-3", Formula("=Z9", "INSERT")),
            ("formulas-4", Formula("=Z9", 0)),
        ],
        rows={
            2: _id("app-1"),
            3: warned("F3", source_app_id="0"),
            4: created(),
            5: rejected("B5"),
        },
    ),
    struck=Table(
        cells=[
            (Formatted("struck-1", _STRUCK), Formatted("INSERT", _STRUCK), "x"),
            (Formatted("struck-2", _STRUCK), "INSERT", "x"),
            ("struck-3", "INSERT", "x"),
        ],
        rows={
            2: warned(description="x"),
            3: warned(description="x"),
            4: created(description="x"),
        },
    ),
    partly=Table(
        cells=[
            ("partly-1", ["INSERT", Formatted(",DELETE", _STRUCK)]),
            ("partly-2", "INSERT", ["new ", Formatted("old", _STRUCK)]),
            ("partly-3", "INSERT", ["new ", Formatted("bold", {"bold": True})]),
        ],
        rows={2: noticed(), 3: noticed(), 4: created(description="new bold")},
    ),
    split=Table(
        cells=[("split-1", "INSERT", "UPDATE"), ("split-2", "INSERT", "UPDATE orders")],
        rows={2: rejected("B2 C2"), 3: created(description="UPDATE orders")},
    ),
    totals=Table(
        cells=[("sheet-1", "INSERT", "x"), ("Total", None, Formula("=SUBTOTAL(103,A2:A2)", 1))],
        rows={2: created(description="x"), 3: rejected(text="total")},
    ),
    equal=Table(
        cells=[
            ("equal-1", "INSERT", None, None, 1234),
            ("equal-2", "INSERT", None, None, "1234"),
            ("equal-3", "INSERT", None, None, Formatted(1235, {"num_format": "00000"})),
            ("equal-4", "INSERT", None, None, "01235"),
            ("equal-5", "INSERT", None, None, "1235"),
        ],
        rows={
            2: rejected("E2"),
            3: rejected("E3"),
            4: rejected("E4"),
            5: rejected("E5"),
            6: created(task_id="1235"),
        },
    ),
    repeated=Table(
        cells=[("repeated-1", "INSERT"), HEADINGS, ("repeated-2", "INSERT")],
        rows={2: created(), 4: created()},
    ),
    below=Table(
        cells=[("below-1", "INSERT", "UPDATE", "x"), ("below-2", "INSERT", "a note", "x")],
        headings=("task_name", "operation_types", None, "description"),
        rows={2: rejected("B2 C2"), 3: created(description="x")},
    ),
    hidden=Table(
        cells=[("hidden-1", "INSERT")],
        hidden_rows={1: {"hidden": True}, **{number: {"hidden": True} for number in range(3, 30)}},
        rows={2: created()},
    ),
)


def _ods_cell(value: str) -> str:
    if value.startswith("<"):
        return value
    return (
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    )


def ods_rows(*rows: Sequence[str], attributes: Mapping[int, str] | None = None) -> str:
    """Return the XML of *rows*; a cell that starts with ``<`` is XML."""
    given = attributes or {}
    return "".join(
        f"<table:table-row{given.get(number, '')}>{''.join(map(_ods_cell, row))}</table:table-row>"
        for number, row in enumerate((HEADINGS, *rows), 1)
    )


def ods_table(*rows: Sequence[str], name: str = "Tasks", columns: str = "") -> str:
    """Return the XML of a table."""
    return f'<table:table table:name="{name}">{columns}{ods_rows(*rows)}</table:table>'


def _number(value: str, displayed: str, kind: str = "float") -> str:
    shown = f"<text:p>{displayed}</text:p>" if displayed else "<text:p/>"
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}">{shown}'
        "</table:table-cell>"
    )


def _formula(value: str, displayed: str, kind: str = "float") -> str:
    return _number(value, displayed, kind).replace(
        " office", ' table:formula="of:=[.Z9]" office', 1
    )


_BLANK = "<table:table-cell/>"
_STRUCK_STYLE = (
    '<style:style style:name="struck" style:family="table-cell"><style:text-properties '
    'style:text-line-through-style="solid" style:text-line-through-type="single"/></style:style>'
)


_COMMENT = "<office:annotation><text:p>a comment</text:p></office:annotation>"
_RUBY = (
    "<text:ruby><text:ruby-base>kan</text:ruby-base><text:ruby-text>kana</text:ruby-text>"
    "</text:ruby>"
)


def _text(paragraphs: str, attributes: str = "") -> str:
    cell = f'<table:table-cell office:value-type="string"{attributes}>'
    return f"{cell}{paragraphs}</table:table-cell>"


_TABLES = {
    "numbers": ods_table(
        ("ods-1", "INSERT", _BLANK, _BLANK, _BLANK, _number("42", "00042")),
        ("ods-2", "INSERT", _BLANK, _BLANK, _BLANK, _number("1234", "1,234")),
        ("ods-3", "INSERT", _BLANK, _BLANK, _BLANK, _number("1234", "1234")),
        ("ods-4", "INSERT", _BLANK, _BLANK, _BLANK, _number("0.5", "50%", "percentage")),
        ("ods-5", "INSERT", _BLANK, _BLANK, _BLANK, _number("0", "")),
        ("ods-6", "INSERT", _number("0.5", "50%", "percentage")),
        ("ods-7", "INSERT", _BLANK, _BLANK, _BLANK, _number("42", "###")),
        name="numbers",
    ),
    "formulas": ods_table(
        ("odf-1", "INSERT", _BLANK, _BLANK, _BLANK, _formula("0", "0")),
        ("odf-2", "INSERT", '<table:table-cell table:formula="of:=[.Z9]"/>'),
        name="formulas",
    ),
    "texts": ods_table(
        ("odt-1", "INSERT", _text(_COMMENT + "<text:p>shown</text:p>")),
        ("odt-2", "INSERT", _text("<text:p>a <text:span>b</text:span></text:p>")),
        ("odt-3", "INSERT", _text(f"<text:p>{_RUBY}</text:p>")),
        name="texts",
    ),
    "struck": ods_table(
        (_text("<text:p>ods-struck-1</text:p>", ' table:style-name="struck"'), "INSERT"),
        ("ods-struck-2", "INSERT"),
        name="struck",
    ),
}

INPUTS = {
    "numbers.xlsx": NUMBERS,
    "cells.xlsx": _CELLS,
    "openpyxl.xlsx": WorkbookInput(
        write=_formulas_and_merged_cells,
        rows={
            "without": {2: rejected("C2"), 3: rejected("D3"), 4: rejected("A4")},
            "merged": {
                2: created(description="x"),
                3: rejected("B3"),
                4: created(description="z"),
            },
        },
    ),
    "covered.xlsx": WorkbookInput(
        write=_covered, rows={"May": {2: rejected("C2 D2"), 3: created(), 4: rejected("B4")}}
    ),
    "tables.ods": WorkbookInput(
        write=lambda path: spreadsheets.ods(path, "".join(_TABLES.values()), styles=_STRUCK_STYLE),
        rows={
            "numbers": {
                2: _id("00042"),
                3: rejected("F3"),
                4: _id("1234"),
                5: rejected("F5"),
                6: rejected("F6"),
                7: rejected("C7"),
                8: rejected("F8"),
            },
            "formulas": {2: warned("F2", source_app_id="0"), 3: rejected("C3")},
            "texts": {
                2: created(description="shown"),
                3: created(description="a b"),
                4: created(description="kan") + noticed(),
            },
            "struck": {2: warned(), 3: created()},
        },
    ),
}
"""Workbooks that are read without a question."""


def _three(stem: str) -> list[tuple[str, str]]:
    return [(f"{stem}-{number}", "INSERT") for number in (1, 2, 3)]


HIDDEN_ROWS: Mapping[str, Write] = {
    "rows.xlsx": workbook(
        by_hand=Table(cells=_three("hand"), hidden_rows={3: {"hidden": True}}),
        without_height=Table(cells=_three("height"), hidden_rows={3: {"height": 0}}),
        collapsed=Table(
            cells=_three("collapsed"),
            hidden_rows={3: {"hidden": True, "level": 1}, 4: {"collapsed": True}},
        ),
    ).write,
    "rows.ods": lambda path: spreadsheets.ods(
        path,
        '<table:table table:name="Tasks">'
        + ods_rows(*_three("ods"), attributes={3: ' table:visibility="collapse"'})
        + "</table:table>",
    ),
}
"""Workbooks whose row 3 is hidden, on each of their sheets."""

SKIPPED = workbook(
    Tasks=Table(
        cells=[("skipped-1", "INSERT"), ("skipped-2", "INSRT"), ("skipped-1", "INSERT")],
        hidden_rows={3: {"hidden": True}, 4: {"hidden": True}},
    )
)
"""Two hidden rows have issues; one of them has the name of the visible row."""


def _column(stem: str, **options: Any) -> Table:
    return Table(cells=[(stem, "INSERT", "x", "tag-old")], hidden_columns={3: options})


HIDDEN_COLUMNS: Mapping[str, Write] = {
    "columns.xlsx": workbook(
        by_hand=_column("column-1", hidden=True),
        without_width=_column("column-2", width=0),
        collapsed=_column("column-3", hidden=True, level=1),
    ).write,
    "columns.ods": lambda path: spreadsheets.ods(
        path,
        ods_table(
            ("column-4", "INSERT", "x", "tag-old"),
            columns='<table:table-column table:number-columns-repeated="3"/>'
            '<table:table-column table:visibility="collapse"/>',
        ),
    ),
}
"""Workbooks whose column D is hidden, on each of their sheets."""
