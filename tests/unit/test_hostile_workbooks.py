"""Malicious and damaged workbooks are refused with one sentence, at almost no cost."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batchcreate.workbooks.protocol import SHEETS_MAX
from tests.spreadsheets import HEADINGS, MAIN, compound, ods, packed, relations, sheet, task, xlsx
from tests.workbook_server import refusal, rows, sheets

MIB = 1 << 20
SHEET = "xl/worksheets/sheet1.xml"
BOMB = '<!DOCTYPE b [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ROW_TWO = '<row r="2"><c r="A2" {}><v>{}</v></c></row>'


def blanks(mib: int) -> Iterator[bytes]:
    """*mib* MiB that compress to almost nothing."""
    for _ in range(mib):
        yield b" " * MIB


def with_sheet(part: str | Iterator[bytes]) -> Callable[[Path], Path]:
    return lambda path: xlsx(path, parts={SHEET: part})


def with_rows(text: str) -> Callable[[Path], Path]:
    return lambda path: xlsx(path, HEADINGS + task(2) + text)


def bomb_in(name: str) -> Callable[[Path], Path]:
    return lambda path: xlsx(
        path,
        HEADINGS,
        strings="<si/>",
        styles="<x/>",
        parts={name: f'<?xml version="1.0"?>{BOMB}<a>&b;</a>'},
    )


def overlapping(path: Path) -> Path:
    """The same bytes under many names."""
    content = bytearray(xlsx(path, HEADINGS).read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 20 : at + 24] = struct.pack("<I", len(content))
        at += 4
    path.write_bytes(content)
    return path


def twice_named(path: Path) -> Path:
    """One part in two spellings."""
    return xlsx(path, HEADINGS, parts={"XL/Workbook.xml": "<workbook/>"})


def sealed(path: Path) -> Path:
    """A zip file whose parts are marked as encrypted."""
    content = bytearray(xlsx(path, HEADINGS).read_bytes())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def with_broken_part(path: Path) -> Path:
    """A part whose bytes do not match its checksum."""
    content = bytearray(xlsx(path, HEADINGS + task(2)).read_bytes())
    with zipfile.ZipFile(path) as package:
        at = package.getinfo(SHEET).header_offset
    content[at + 80 : at + 90] = b"\xff" * 10
    path.write_bytes(content)
    return path


def with_unusual_compression(path: Path) -> Path:
    """A compression whose rate the limits do not cover."""
    content = bytearray(xlsx(path, HEADINGS).read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 10] = zipfile.ZIP_LZMA
        at += 4
    path.write_bytes(content)
    return path


def many_parts(path: Path) -> Path:
    return packed(path, {f"xl/{number}": b"" for number in range(20_001)})


def many_sheets(path: Path) -> Path:
    each = "".join(f'<sheet name="s{at}" r:id="s1"/>' for at in range(SHEETS_MAX + 1))
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets>{each}</sheets></workbook>'
    return xlsx(path, HEADINGS, parts={"xl/workbook.xml": book})


HOSTILE = {
    "a row number of 99999999999": (with_rows('<row r="99999999999"/>'), "99999999999"),
    "rows in the wrong order": (with_rows('<row r="2"/>'), "row '2' follows row 2"),
    "a cell beyond the last column": (
        with_rows('<row r="3"><c r="XFE3" t="e"><v>#N/A</v></c></row>'),
        "cell 'XFE3' is beyond the last column",
    ),
    "a missing shared text": (
        lambda path: xlsx(
            path,
            ROW_TWO.format('t="s"', 999_999) + '<row r="3"><c><f>1</f></c></row>',
            strings="<si><t>x</t></si>",
        ),
        "cell A2 refers to a missing text",
    ),
    "a shared text of 200,000 characters": (
        lambda path: xlsx(
            path,
            ROW_TWO.format('t="s"', 0) + '<row r="3"><c><f>1</f></c></row>',
            strings=f"<si><t>{'x' * 200_000}</t></si>",
        ),
        "cell A2 contains 100,001 characters",
    ),
    "a merge of impossible cells": (
        with_sheet(sheet(HEADINGS, after='<mergeCells><mergeCell ref="A1:ZZZZ9"/></mergeCells>')),
        "'ZZZZ9', which cannot exist",
    ),
    "entities among the strings": (bomb_in("xl/sharedStrings.xml"), "declares XML entities"),
    "entities in the sheet": (bomb_in(SHEET), "declares XML entities"),
    "entities in the workbook": (bomb_in("xl/workbook.xml"), "declares XML entities"),
    "entities in the formats": (bomb_in("xl/styles.xml"), "declares XML entities"),
    "a file of this machine as entity": (
        with_sheet(
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
            + sheet(HEADINGS).split("\n", 1)[1]
        ),
        "declares XML entities",
    ),
    "a part that unpacks to 100 MiB": (
        lambda path: xlsx(path, HEADINGS, parts={"xl/media/1.png": blanks(100)}),
        "would unpack to more than",
    ),
    "XML that is not well formed": (with_sheet("<worksheet><sheetData></worksheet>"), "line 1"),
    "a comment without end": (
        with_sheet(b"".join([b"<worksheet><!--", *blanks(5)]).decode()),
        "a tag or comment of more than 4 MiB",
    ),
    "more formats than programs write": (
        lambda path: xlsx(path, HEADINGS, styles=f"<cellXfs>{'<xf/>' * 100_001}</cellXfs>"),
        "has more than 100,000 cell formats",
    ),
    "more merged cells than rows": (
        with_sheet(sheet(HEADINGS, after='<mergeCell ref="A9:B9"/>' * 100_001)),
        "has more than 100,000 merged cells in a sheet",
    ),
    "more sheets than the limit": (many_sheets, "has 1,001 sheets"),
    "a sheet that is missing": (
        lambda path: xlsx(
            path,
            parts={
                "xl/_rels/workbook.xml.rels": relations(("s1", "worksheet", "worksheets/9.xml"))
            },
        ),
        "its part xl/worksheets/9.xml is missing",
    ),
    "a sheet outside the package": (
        lambda path: xlsx(
            path,
            parts={
                "xl/_rels/workbook.xml.rels": relations(("s1", "worksheet", "../../etc/passwd"))
            },
        ),
        "its part etc/passwd is missing",
    ),
    "parts that overlap": (overlapping, "its parts overlap"),
    "a part in two spellings": (twice_named, "two of its parts have the same name"),
    "20,001 parts": (many_parts, "it has 20,001 parts"),
    "parts with an unusual compression": (
        with_unusual_compression,
        "a compression that spreadsheet programs do not write",
    ),
    "encrypted parts": (sealed, "is password-protected"),
    "a part that cannot be unpacked": (with_broken_part, f"its part {SHEET} cannot be unpacked"),
    "a document that was encrypted": (
        lambda path: compound(path, {"EncryptedPackage": b"x", "EncryptionInfo": b"x"}),
        "is password-protected",
    ),
    "an encrypted OpenDocument": (
        lambda path: ods(
            path, "", parts={"META-INF/manifest.xml": "<m:manifest><m:encryption-data/>"}
        ),
        "is password-protected",
    ),
    "an OpenDocument that repeats a row for ever": (
        lambda path: ods(
            path,
            '<table:table table:name="May"><table:table-row table:number-rows-repeated="99999999">'
            "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
            "</table:table>",
        ),
        "it has more than 1,048,576 rows",
    ),
    "an OpenDocument that repeats a cell for ever": (
        lambda path: ods(
            path,
            '<table:table table:name="May"><table:table-row>'
            '<table:table-cell table:number-columns-repeated="999999999999">'
            "<text:p>x</text:p></table:table-cell></table:table-row></table:table>",
        ),
        "row 1 has more than 16,384 cells",
    ),
    "an OpenDocument cell of 200,000 characters": (
        lambda path: ods(
            path,
            '<table:table table:name="May"><table:table-row><table:table-cell><text:p>'
            + "x" * 200_000
            + "</text:p></table:table-cell></table:table-row></table:table>",
        ),
        "cell A1 contains",
    ),
    "a chain of sectors that repeats": (
        lambda path: repeating(compound(path, {"Workbook": b"x" * 9000})),
        "a chain of its sectors is broken",
    ),
    "a truncated compound file": (
        lambda path: truncated(compound(path, {"Workbook": b"x" * 9000}), 1000),
        "it is truncated",
    ),
    "sectors without a size": (
        lambda path: truncated(path, 600, bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600),
        "its sectors have an invalid size",
    ),
}
"""For each kind of attack or damage: how the file is made, and a part of the message."""


def repeating(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[512 + 4 : 512 + 8] = struct.pack(
        "<I", 1
    )  # the first sector of the stream is followed by itself
    path.write_bytes(content)
    return path


def truncated(path: Path, length: int, content: bytes = b"") -> Path:
    path.write_bytes((content or path.read_bytes())[:length])
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workbook_is_refused_with_one_sentence(tmp_path: Path, name: str) -> None:
    """The complete reader gives the same reasons as calamine."""
    make, message = HOSTILE[name]

    assert message in refusal(make(tmp_path / "t.xlsx"), uses_calamine=False)


def test_long_cell_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """The message contains its address."""

    def part() -> Iterator[bytes]:
        yield sheet(HEADINGS).encode().split(b"</sheetData>")[0]
        yield b'<row r="2"><c r="A2" t="inlineStr"><is><t>'
        for _ in range(3):
            yield b"x" * MIB

    path = xlsx(tmp_path / "t.xlsx", parts={SHEET: part()})

    assert refusal(path, uses_calamine=False).startswith("cell A2 contains")


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    """Links and external DTDs are not followed, and macros are not run."""
    link = (
        '<externalLink><externalBook r:id="x"/></externalLink>',
        relations(("x", "externalLinkPath", "https://127.0.0.1:9/other.xlsx")),
    )
    body = sheet(HEADINGS + task(2)).replace(
        "<worksheet", '<!DOCTYPE w SYSTEM "https://127.0.0.1:9/w.dtd"><worksheet', 1
    )
    path = xlsx(
        tmp_path / "t.xlsm",
        parts={
            SHEET: body,
            "xl/vbaProject.bin": b"Shell",
            "xl/externalLinks/externalLink1.xml": link[0],
            "xl/externalLinks/_rels/externalLink1.xml.rels": link[1],
        },
    )

    assert rows(path)[1] == (2, ("crm-orders", "INSERT", ""), (".", ".", "."))


def test_lone_surrogate_is_replaced(tmp_path: Path) -> None:
    """A pair of surrogates is one character; a lone one could not be written to a file."""
    escaped = ("go_xD83D__xDE00_od", "go_xD800_od", "go_x0041_od")
    path = xlsx(tmp_path / "t.xlsx", HEADINGS + "".join(map(task, range(2, 5), escaped)))

    assert [row[1][0] for row in rows(path)[1:]] == [
        "go\N{GRINNING FACE}od",
        "go\ufffdod",
        "goAod",
    ]


def test_sheet_names_are_unescaped_and_charts_are_skipped(tmp_path: Path) -> None:
    """Very hidden sheets are hidden, too."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets><sheet name="五月 &amp; 六月" r:id="s1"/>'
        '<sheet name="old" state="veryHidden" r:id="s1"/><sheet name="chart" r:id="s3"/></sheets>'
        "</workbook>"
    )
    path = xlsx(tmp_path / "t.xlsx", HEADINGS, parts={"xl/workbook.xml": book})

    assert sheets(path) == [["五月 & 六月", True], ["old", False]]
