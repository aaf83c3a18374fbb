"""What a file called a text really is, where its first bytes say something else; pure."""

import re
from typing import Final

HEAD_BYTES: Final = 4096

_WORKBOOK: Final = (
    "is a workbook or another zip archive, and no text. If it is a workbook, rename it so that it"
    " ends in .xlsx; otherwise open it in its program and save it as .xlsx or as 'CSV UTF-8'"
)
_OLD: Final = (
    "is an old workbook, or one with a password, and no text. Rename it so that it ends in .xls,"
    " or save it as .xlsx without a password"
)
_OTHER: Final = (
    "is {what}, and no text. Open it in its program and save it as .xlsx or 'CSV UTF-8'"
)
_STARTS: Final = {
    b"PK\x03\x04": _WORKBOOK,
    b"PK\x05\x06": _WORKBOOK,
    bytes.fromhex("d0cf11e0a1b11ae1"): _OLD,
    b"%PDF": _OTHER.format(what="a PDF document"),
    b"{\\rtf": _OTHER.format(what="a text document (RTF)"),
    b"\x1f\x8b": "is a gzip archive. Unpack it and name the file that is in it",
    b"7z\xbc\xaf": "is a 7-Zip archive. Unpack it and name the file that is in it",
    b"Rar!": "is a RAR archive. Unpack it and name the file that is in it",
    b"\x89PNG": _OTHER.format(what="a picture"),
    b"\xff\xd8\xff": _OTHER.format(what="a picture"),
    b"SQLite format 3": _OTHER.format(what="a database"),
    b"PAR1": _OTHER.format(what="a Parquet file"),
}
_MARKUP: Final = re.compile(
    rb"\s*<(?:!doctype|html|head|body|meta|table|div|style|\?xml|!--)", re.IGNORECASE
)


def disguise(head: bytes) -> str:
    """Return what the file that begins with *head* is and what to do; nothing for a text."""
    for start, found in _STARTS.items():
        if head.startswith(start):
            return found
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "ignore").encode()
    if _MARKUP.match(text):
        return _OTHER.format(what="a web page (HTML) or another XML document")
    return ""
