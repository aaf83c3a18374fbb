"""Hidden rows and columns, and strikethrough, of OpenDocument spreadsheets."""

from pathlib import Path
from typing import Any

from tests.spreadsheets import ods
from tests.workbook_server import marks

CELLS = (
    "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    "<table:table-cell><text:p>INSERT</text:p></table:table-cell>"
)


def row(attributes: str = "", name: str = "crm", cell: str = "") -> str:
    return f"<table:table-row {attributes}>{CELLS.format(cell, name)}</table:table-row>"


def style(name: str, family: str, properties: str = "", parent: str = "") -> str:
    based = f' style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="{family}"{based}>{properties}</style:style>'


STRUCK = '<style:text-properties style:text-line-through-style="solid"/>'
NOT_STRUCK = '<style:text-properties style:text-line-through-type="none"/>'
STYLES = (
    style("bad", "table-cell", STRUCK)
    + style("based", "table-cell", parent="bad")
    + style("good", "table-cell", NOT_STRUCK, parent="bad")
    + style("named", "table-cell", parent="Obsolete")
    + style("loop", "table-cell", parent="loop")
    + style("T1", "text", STRUCK)
    + style("T2", "text", "<style:paragraph-properties/>")
    + style("flat", "table-row", '<style:table-row-properties style:row-height="0in"/>')
    + style("low", "table-row", '<style:table-row-properties style:row-height="0.01in"/>')
    + style("thin", "table-column", '<style:table-column-properties style:column-width="0.0cm"/>')
)

BLANK_ROWS = (
    '<table:table-row table:visibility="filter" table:number-rows-repeated="1048000">'
    "<table:table-cell/></table:table-row>"
)


def found(folder: Path, body: str, *, columns: str = "", named: str = "") -> dict[str, Any]:
    header = row(name="task_name")
    table = f'<table:table table:name="May">{columns}{header}{body}</table:table>'
    namespaces = 'xmlns:s="s" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    parts = {"styles.xml": f"<s:styles {namespaces}>{named}</s:styles>"} if named else {}
    return marks(ods(folder / "t.ods", table, styles=STYLES, parts=parts))


def test_hidden_rows_are_found(tmp_path: Path) -> None:
    """By hand, by a filter, in a collapsed group, or without a height; blank rows do not count."""
    group = '<table:table-row-group table:display="{}">{}</table:table-row-group>'
    body = "".join(
        [
            row('table:visibility="filter"'),
            row('table:visibility="collapse" table:number-rows-repeated="2"'),
            row('table:visibility="visible"'),
            group.format("false", group.format("true", row()) + row()),
            group.format("true", row()),
            row('table:style-name="flat"'),
            row('table:style-name="low"'),
            BLANK_ROWS,
        ]
    )

    assert found(tmp_path, body) == {"columns": [], "rows": [(2, 4), (6, 7), (9, 9)], "struck": []}


def test_hidden_columns_are_found(tmp_path: Path) -> None:
    """In the same ways as rows; the last columns of a sheet are repeated."""
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
        '<table:table-column-group table:display="false"><table:table-column/>'
        "</table:table-column-group>"
        '<table:table-column/><table:table-column table:style-name="thin"/>'
        '<table:table-column table:visibility="filter" table:number-columns-repeated="99999"/>'
    )

    assert found(tmp_path, row(), columns=columns)["columns"] == [
        (2, 2),
        (3, 3),
        (5, 5),
        (6, 16_383),
    ]


def test_struck_cells_are_found(tmp_path: Path) -> None:
    """A style can be based on another one; a style of the same name has another family."""
    styled = ' table:style-name="{}"'
    names = ("bad", "based", "good", "loop", "T1", "named", "unknown")
    body = "".join(row(name=f"crm-{name}", cell=styled.format(name)) for name in names)
    named = style("Obsolete", "table-cell", STRUCK) + style("T2", "text", STRUCK)

    assert found(
        tmp_path, body + row('table:number-rows-repeated="2"', "x", styled.format("bad"))
    )["struck"] == [("A2", "crm-bad"), ("A3", "crm-based"), ("A9", "x"), ("A10", "x")]
    assert found(tmp_path, body, named=named)["struck"] == [
        ("A2", "crm-bad"),
        ("A3", "crm-based"),
        ("A7", "crm-named"),
    ]


def test_cells_without_a_style_have_that_of_row_or_column(tmp_path: Path) -> None:
    """The style of the cell comes first, then that of the row, then that of the column."""
    default = "table:default-cell-style-name"
    columns = f'<table:table-column/><table:table-column {default}="bad"/>'
    good = ' table:style-name="good"'

    struck = found(
        tmp_path,
        row()
        + row(f'{default}="bad"')
        + row(f'{default}="good"')
        + row(f'{default}="bad"', "", good),
        columns=columns,
    )["struck"]

    assert struck == [("B2", "INSERT"), ("A3", "crm"), ("B5", "INSERT")]


def test_struck_parts_of_texts_are_found(tmp_path: Path) -> None:
    """A part of a text has a style of its own; headers and footers have other styles."""
    span = '<text:span text:style-name="{}">old</text:span>new'
    body = row() + row(name=span.format("T1")) + row() + row(name=span.format("T2"))
    default = '<style:default-style style:family="paragraph">' + STRUCK + "</style:default-style>"

    assert found(tmp_path, body, named=style("T2", "text", STRUCK) + default)["struck"] == [
        ("A3", "oldnew")
    ]
