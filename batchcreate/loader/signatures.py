"""Signatures of other file types at the beginning of a file with the extension of a text; pure."""

import re
from typing import Final

HEAD_BYTES: Final = 4096

_WORKBOOK: Final = (
    "is a workbook or another zip archive, not a text file. If it is a workbook, change the"
    " extension to .xlsx; otherwise open it in its program and save it as .xlsx or as 'CSV UTF-8'"
)
_OLD: Final = (
    "is an old or password-protected workbook, not a text file. Change the extension to .xls, or"
    " save it as .xlsx without a password"
)
_OTHER: Final = (
    "is {what}, not a text file. Open it in its program and save it as .xlsx or 'CSV UTF-8'"
)
_ARCHIVE: Final = "is a {what} archive. Unpack it and give the file that it contains"
_SIGNATURES: Final = {
    b"PK\x03\x04": _WORKBOOK,
    b"PK\x05\x06": _WORKBOOK,
    bytes.fromhex("d0cf11e0a1b11ae1"): _OLD,
    b"%PDF": _OTHER.format(what="a PDF document"),
    b"{\\rtf": _OTHER.format(what="a text document (RTF)"),
    b"\x1f\x8b": _ARCHIVE.format(what="gzip"),
    b"7z\xbc\xaf": _ARCHIVE.format(what="7-Zip"),
    b"Rar!": _ARCHIVE.format(what="RAR"),
    b"\x89PNG": _OTHER.format(what="a picture"),
    b"\xff\xd8\xff": _OTHER.format(what="a picture"),
    b"SQLite format 3": _OTHER.format(what="a database"),
    b"PAR1": _OTHER.format(what="a Parquet file"),
}
_MARKUP: Final = re.compile(
    rb"\s*<(?:!doctype|html|head|body|meta|table|div|style|\?xml|!--)", re.IGNORECASE
)


def other_type(head: bytes) -> str:
    """
    Return the file type and the remedy if *head* is not the beginning of a text file.

    The result is empty for a text file.
    """
    for signature, message in _SIGNATURES.items():
        if head.startswith(signature):
            return message
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "ignore").encode()
    if _MARKUP.match(text):
        return _OTHER.format(what="a web page (HTML) or another XML document")
    return ""
