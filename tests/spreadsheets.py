"""Workbooks built from parts, which libraries would not write in this way."""

import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Part = str | bytes | Iterable[bytes]

HEADINGS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>task_name</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>operation_types</t></is></c></row>'
)
"""The first row of a table of tasks."""


def task(number: int, name: str = "crm-orders", more: str = "") -> str:
    """A row of a table of tasks, and *more* cells behind it."""
    return (
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{name}</t></is></c>'
        f'<c r="B{number}" t="inlineStr"><is><t>INSERT</t></is></c>{more}</row>'
    )


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    """The XML of a sheet with *rows*."""
    return (
        f'{_XML}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    )


def xlsx(
    path: Path,
    rows: str = "",
    *,
    strings: str = "",
    styles: str = "",
    book: str = "",
    parts: Mapping[str, Part] | None = None,
) -> Path:
    """
    A workbook with the sheet ``May``; *parts* are added, or replace its parts.

    Args:
        path: path of the new file.
        rows: of its sheet, as XML.
        strings: the shared strings, as XML.
        styles: the formats, as XML.
        book: XML before the sheets in the main part.
        parts: content by the names of the parts.

    """
    made: dict[str, Part] = {
        "_rels/.rels": relations(("w", "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": relations(
            ("s1", "worksheet", "worksheets/sheet1.xml"),
            ("s2", "sharedStrings", "sharedStrings.xml"),
            ("s3", "styles", "styles.xml"),
        ),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">{book}'
            '<sheets><sheet name="May" sheetId="1" r:id="s1"/></sheets></workbook>'
        ),
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    if strings:
        made["xl/sharedStrings.xml"] = f'{_XML}<sst xmlns="{MAIN}">{strings}</sst>'
    if styles:
        made["xl/styles.xml"] = f'{_XML}<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    return packed(path, made | dict(parts or {}))


def relations(*named: tuple[str, str, str]) -> str:
    """The XML of relationships: id, kind and target of each."""
    each = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in named
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}">{each}</Relationships>'


def packed(path: Path, parts: Mapping[str, Part]) -> Path:
    """A zip file of *parts*; a large part can be given in pieces."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            with package.open(name, "w", force_zip64=True) as part:
                for piece in _pieces(content):
                    part.write(piece)
    return path


def _pieces(content: Part) -> Iterator[bytes]:
    if isinstance(content, str):
        yield content.encode()
    elif isinstance(content, bytes):
        yield content
    else:
        yield from content


_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)


def ods(
    path: Path, tables: str, *, styles: str = "", parts: Mapping[str, Part] | None = None
) -> Path:
    """An OpenDocument spreadsheet with *tables*, as XML."""
    content = (
        f'{_XML}<office:document-content {_NAMESPACES} xmlns:calcext="urn:calcext">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    made: dict[str, Part] = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": _XML
        + '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        "content.xml": content,
    }
    return packed(path, made | dict(parts or {}))


def compound(path: Path, streams: Mapping[str, bytes]) -> Path:
    """A compound file (the container of .xls) with *streams*, padded so that none is small."""
    sector = 512
    bodies = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    table: list[int] = [0xFFFF_FFFD]  # the table's own sector
    entries = [_entry("Root Entry", 5, 0xFFFF_FFFE, 0)]
    data = b""
    for name, content in bodies.items():
        first = len(table)
        count = -(-len(content) // sector)
        table += [*range(first + 1, first + count), 0xFFFF_FFFE]
        data += content.ljust(count * sector, b"\0")
        entries.append(_entry(name, 2, first, len(content)))
    directory = b"".join(entries)
    count = -(-len(directory) // sector)
    start = len(table)
    table += [*range(start + 1, start + count), 0xFFFF_FFFE]
    assert len(table) <= sector // 4
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        0x3E, 3, 0xFFFE, 9, 6, 0, 1, start, 0, 4096, 0xFFFF_FFFE, 0, 0xFFFF_FFFE, 0,
    ) + struct.pack("<109I", 0, *[0xFFFF_FFFF] * 108)  # fmt: skip
    numbers = table + [0xFFFF_FFFF] * (sector // 4 - len(table))
    path.write_bytes(
        header
        + struct.pack(f"<{len(numbers)}I", *numbers)
        + data
        + directory.ljust(count * sector, b"\0")
    )
    return path


def _entry(name: str, kind: int, first: int, size: int) -> bytes:
    letters = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBB3I36xIQ",
        letters, len(letters) + 2, kind, 1, *[0xFFFF_FFFF] * 3, first, size,
    )  # fmt: skip
