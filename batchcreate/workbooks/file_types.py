"""Type of a file, determined from its content, and messages about unsupported types."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from batchcreate.workbooks.compound_file import COMPOUND_SIGNATURE, CompoundFile
from batchcreate.workbooks.protocol import PASSWORD, Limits, RefusedError
from batchcreate.workbooks.untrusted import Package, SharedFile

HEAD_BYTES: Final = 4096
"""Number of bytes at the start of a file that determine its type."""

_ARCHIVES: Final = {
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
}
_SIGNATURES: Final = {
    **_ARCHIVES,
    b"%PDF": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
}
_ZIP_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLDEST_SIGNATURES: Final = (b"\x09\x00", b"\x09\x02", b"\x09\x04")
_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_DOCUMENT_STREAMS: Final = {
    "worddocument": "a Word document",
    "powerpoint document": "a PowerPoint presentation",
    "visiodocument": "a Visio drawing",
    "__properties_version1.0": "an Outlook message",
}
_DOCUMENT_PARTS: Final = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "index/document.iwa": "a Numbers spreadsheet",
}
_SPREADSHEET_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")
_MARKUP_TYPES: Final = (
    (re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet"), "an XML spreadsheet of 2003"),
    (re.compile(rb"<office:document\b"), "a flat XML spreadsheet"),
    (
        re.compile(rb"<(?:!doctype\s+)?(?:html|table|head|body|meta|div)\b", re.IGNORECASE),
        "a web page (HTML)",
    ),
)
_MARKUP: Final = re.compile(
    rb"\s*<(?:!doctype|html|head|body|meta|table|div|style|\?xml|!--)", re.IGNORECASE
)
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a]|\A\s*\Z")

_SAVE: Final = "Open it in the spreadsheet program and save it as .xlsx."
_UNPACK: Final = "Unpack it and give the file that it contains"


class FileType(Enum):
    """Types of workbooks that can be read."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


def detect_file_type(file: SharedFile, limits: Limits) -> FileType:
    """
    Return the type of the workbook *file*.

    Raises:
        RefusedError: the file is encrypted, damaged or not a workbook.

    """
    head = file.open().read(HEAD_BYTES)
    if head.startswith(b"PK"):
        return _zip_type(Package(file, limits))
    if head.startswith(COMPOUND_SIGNATURE):
        return _compound_type(CompoundFile(file))
    raise RefusedError(_describe_non_workbook(head))


def other_type(head: bytes) -> str:
    """
    Return the file type and the remedy if *head* is not the beginning of a text file.

    The result is empty for a text file.

    Args:
        head: the first `HEAD_BYTES` of a file whose name is that of a text file.

    """
    if head.startswith(_ZIP_SIGNATURES):
        return (
            "is a workbook or another zip archive, not a text file. If it is a workbook, change"
            " the extension to .xlsx; otherwise open it in its program and save it as .xlsx or as"
            " 'CSV UTF-8'"
        )
    if head.startswith(COMPOUND_SIGNATURE):
        return (
            "is an old or password-protected workbook, not a text file. Change the extension to"
            " .xls, or save it as .xlsx without a password"
        )
    if archive := _find_signature(head, _ARCHIVES):
        return f"is {archive}. {_UNPACK}"
    other = _find_signature(head, _SIGNATURES)
    if not other and _MARKUP.match(_as_ascii(head.removeprefix(b"\xef\xbb\xbf"))):
        other = "a web page (HTML) or another XML document"
    if not other:
        return ""
    return (
        f"is {other}, not a text file. Open it in its program and save it as .xlsx or 'CSV UTF-8'"
    )


def _zip_type(package: Package) -> FileType:
    if package.has("xl/workbook.bin"):
        return FileType.XLSB
    is_office = package.has("xl/workbook.xml") or package.has("[Content_Types].xml")
    if not is_office and package.has("content.xml"):
        return _open_document_type(package)
    for name, document in _DOCUMENT_PARTS.items():
        if package.has(name):
            raise RefusedError(_not_a_workbook(document))
    if is_office:
        return FileType.XLSX
    inside = [name for name in package.names if name.endswith(_SPREADSHEET_SUFFIXES)]
    if inside:
        text = f"is a zip archive that contains '{inside[0][:100]}'. Unpack it and give that file."
        raise RefusedError(text)
    raise RefusedError(_not_a_workbook("a zip archive"))


def _open_document_type(package: Package) -> FileType:
    if package.has("META-INF/manifest.xml") and b":encryption-data" in package.read(
        "META-INF/manifest.xml"
    ):
        raise RefusedError(PASSWORD)
    media_type = package.read("mimetype") if package.has("mimetype") else b"spreadsheet"
    if b"spreadsheet" not in media_type:
        raise RefusedError(_not_a_workbook("a text document, drawing or presentation"))
    return FileType.ODS


def _compound_type(file: CompoundFile) -> FileType:
    if {"encryptedpackage", "encryptioninfo"} & file.streams.keys():
        raise RefusedError(PASSWORD)
    if {"workbook", "book"} & file.streams.keys():
        return FileType.XLS
    documents = (document for name, document in _DOCUMENT_STREAMS.items() if name in file.streams)
    raise RefusedError(_not_a_workbook(next(documents, "another kind of old document")))


def _describe_non_workbook(head: bytes) -> str:
    if archive := _find_signature(head, _ARCHIVES):
        return f"is {archive}. {_UNPACK}."
    if other := _find_signature(head, _SIGNATURES):
        return _not_a_workbook(other)
    if head.startswith(_OLDEST_SIGNATURES):
        return f"is a workbook of Excel 2, 3 or 4, which is too old. {_SAVE}"
    text = _as_ascii(head)
    for pattern, document in _MARKUP_TYPES:
        if pattern.search(text):
            return f"is {document} (the extension is wrong). {_SAVE}"
    if _BINARY.search(text):
        return f"is not a workbook (the extension is wrong). {_SAVE}"
    return (
        "is a text file, such as CSV (the extension is wrong). Open it in the spreadsheet program"
        " and save it as .xlsx, or change the extension to .csv."
    )


def _find_signature(head: bytes, signatures: Mapping[bytes, str]) -> str:
    return next((name for start, name in signatures.items() if head.startswith(start)), "")


def _as_ascii(head: bytes) -> bytes:
    """Return *head* without every second byte if it is UTF-16."""
    if head.startswith(_BYTE_ORDER_MARKS):
        return head.decode("utf-16", "ignore").encode()
    return head


def _not_a_workbook(document: str) -> str:
    return f"is {document}, not a workbook (the extension is wrong). {_SAVE}"
