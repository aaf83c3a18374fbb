"""A file that is called a text and is something else is told by its first bytes."""

import pytest

from batchcreate.loader.signatures import disguise


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (
            b"PK\x03\x04\x14\x00",
            "workbook or another zip archive, and no text. If it is a workbook",
        ),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0", "an old workbook, or one with a password"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip archive. Unpack it"),
        (b"\x89PNG\r\n", "a picture"),
        (b"<html><body>", "a web page (HTML)"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", "a web page (HTML)"),
        ("<table>".encode("utf-16"), "a web page (HTML)"),
        (b'<?xml version="1.0"?>', "another XML document"),
    ],
)
def test_what_is_no_text_is_named(head: bytes, words: str) -> None:
    """The message says what it is and what to do."""
    assert words in disguise(head)


@pytest.mark.parametrize(
    "head", [b"", b"task_name,operation_types", b"<b>,c", "a<html".encode("utf-16"), b"\xb6\xa9"]
)
def test_texts_are_texts(head: bytes) -> None:
    """Nothing is said of what can be a table."""
    assert not disguise(head)
