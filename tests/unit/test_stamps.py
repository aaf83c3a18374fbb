"""The stamp of a to-fix file is read within limits, from the formats of spreadsheet programs."""

import os
from pathlib import Path

import pytest
import xlsxwriter

from batchcreate.workbooks.file_types import FileType
from batchcreate.workbooks.protocol import limits_for
from batchcreate.workbooks.stamps import read_stamp
from batchcreate.workbooks.untrusted import SharedFile
from tests.spreadsheets import packed, relations, xlsx

STAMP = "12ab 3 tasks.csv"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006"
PROPERTY = '<property name="batchcreate"><vt:lpwstr>{text}</vt:lpwstr></property>'
META = (
    '<office:document-meta xmlns:office="o" xmlns:meta="m"><office:meta>'
    '<meta:user-defined meta:name="other">x</meta:user-defined>'
    '<meta:user-defined meta:name="batchcreate">{text}</meta:user-defined>'
    '<meta:user-defined meta:name="batchcreate">second</meta:user-defined>'
    "</office:meta></office:document-meta>"
)


def properties(content: str) -> str:
    return f'<Properties xmlns="{TYPES}/custom-properties" xmlns:vt="v">{content}</Properties>'


def stamped(path: Path, content: str, *, target: str = "docProps/custom.xml") -> Path:
    """A workbook whose document properties have this content."""
    office = ("w", "officeDocument", "xl/workbook.xml")
    links = relations(office, ("p", "custom-properties", target))
    return xlsx(path, parts={"_rels/.rels": links, "docProps/custom.xml": content})


def found(path: Path, file_type: FileType = FileType.XLSX) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        file = SharedFile(descriptor)
        return read_stamp(file, limits_for(file.size_bytes), file_type)
    finally:
        os.close(descriptor)


def test_property_of_a_workbook_is_read(tmp_path: Path) -> None:
    """Other properties are ignored."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.set_custom_property("Department", "x")
        book.set_custom_property("batchcreate", STAMP)
        book.set_custom_property("Other", "y")

    assert found(path) == STAMP


@pytest.mark.parametrize("text", [STAMP, " 0 a.csv"])
def test_property_of_a_spreadsheet_is_read(tmp_path: Path, text: str) -> None:
    """The first one counts; white space is part of the text."""
    path = packed(tmp_path / "a.ods", {"meta.xml": META.format(text=text)})

    assert found(path, FileType.ODS) == text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(properties(""), id="none"),
        pytest.param(properties('<property name="other">x</property>'), id="another one"),
        pytest.param(properties(PROPERTY.format(text="")), id="empty"),
        pytest.param("<Properties>", id="not well-formed"),
        pytest.param(f'<!DOCTYPE x [<!ENTITY e "{STAMP}">]>{properties("&e;")}', id="entity"),
        pytest.param(
            properties(" " * (2 << 20) + PROPERTY.format(text=STAMP)), id="part that is too large"
        ),
    ],
)
def test_workbook_without_a_readable_stamp_has_none(tmp_path: Path, content: str) -> None:
    """Its rows are read anyway."""
    assert found(stamped(tmp_path / "a.xlsx", content)) == ""


def test_missing_part_is_ignored(tmp_path: Path) -> None:
    """The relation refers to another name."""
    assert found(stamped(tmp_path / "a.xlsx", properties(""), target="no.xml")) == ""


def test_long_text_is_cut(tmp_path: Path) -> None:
    """No label is as long."""
    path = stamped(tmp_path / "a.xlsx", properties(PROPERTY.format(text="x" * 10_000)))

    assert len(found(path)) == 2000


def test_binary_workbook_has_no_stamp(tmp_path: Path) -> None:
    """A to-fix file is saved as .xlsx, and by other programs as .ods."""
    (tmp_path / "a.xls").write_bytes(b"\xd0")

    assert found(tmp_path / "a.xls", FileType.XLS) == ""
