"""The content of a file determines its type, and an unsupported type is named with a remedy."""

from pathlib import Path

import pytest

from batchcreate.workbooks.file_types import other_type
from tests.spreadsheets import ods, packed
from tests.workbook_server import refusal


def test_text_document_is_refused(tmp_path: Path) -> None:
    """Only the container is the same."""
    path = ods(
        tmp_path / "t.ods", "", parts={"mimetype": "application/vnd.oasis.opendocument.text"}
    )

    assert "not a workbook (the extension is wrong)" in refusal(path)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "a PowerPoint presentation"),
        ("Index/Document.iwa", "a Numbers spreadsheet"),
        ("in/tasks.xlsx", "a zip archive that contains 'in/tasks.xlsx'. Unpack it"),
        ("x.txt", "is a zip archive, not a workbook"),
    ],
)
def test_other_package_is_named(tmp_path: Path, part: str, message: str) -> None:
    """The message contains its type and a remedy."""
    assert message in refusal(packed(tmp_path / "t.xlsx", {part: "x"}))


def test_other_office_document_is_named(tmp_path: Path) -> None:
    """It has the list of content types that workbooks have."""
    path = packed(
        tmp_path / "t.xlsx", {"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}
    )

    assert "a Word document" in refusal(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7", "is a PDF document"),
        (b"{\\rtf1", "is a text document (RTF)"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (b"\x09\x02\x06\x00", "is a workbook of Excel 2, 3 or 4"),
        (b"<html><table>", "is a web page (HTML)"),
        ("\ufeff<html><table>".encode("utf-16-le"), "is a web page (HTML)"),
        (b'<?xml version="1.0"?><office:document >', "is a flat XML spreadsheet"),
        (
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "is an XML spreadsheet of 2003",
        ),
        (b"\0\1\2", "is not a workbook"),
        (b"  \n", "is not a workbook"),
        (b"task_name,operation_types\n", "is a text file, such as CSV"),
    ],
)
def test_file_that_is_not_a_package_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """Its extension does not matter."""
    (tmp_path / "t.xlsx").write_bytes(content)

    assert message in refusal(tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            b"PK\x03\x04\x14\x00",
            "is a workbook or another zip archive, not a text file. If it is a workbook",
        ),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0", "an old or password-protected workbook"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip archive. Unpack it"),
        (b"\x89PNG\r\n", "a picture"),
        (b"<html><body>", "a web page (HTML)"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", "a web page (HTML)"),
        ("<table>".encode("utf-16"), "a web page (HTML)"),
        (b'<?xml version="1.0"?>', "another XML document"),
    ],
)
def test_other_type_is_detected(head: bytes, message: str) -> None:
    """The message contains its type and a remedy."""
    assert message in other_type(head)


@pytest.mark.parametrize(
    "head", [b"", b"task_name,operation_types", b"<b>,c", "a<html".encode("utf-16"), b"\xb6\xa9"]
)
def test_text_has_no_other_type(head: bytes) -> None:
    """The file can contain a table."""
    assert not other_type(head)
