"""Other file types with the extension of a text are detected by their first bytes."""

import pytest

from batchcreate.loader.signatures import other_type


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (
            b"PK\x03\x04\x14\x00",
            "workbook or another zip archive, not a text file. If it is a workbook",
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
def test_other_type_is_detected(head: bytes, words: str) -> None:
    """The message has the file type and a remedy."""
    assert words in other_type(head)


@pytest.mark.parametrize(
    "head", [b"", b"task_name,operation_types", b"<b>,c", "a<html".encode("utf-16"), b"\xb6\xa9"]
)
def test_text_has_no_other_type(head: bytes) -> None:
    """A file that can be a table is accepted."""
    assert not other_type(head)
