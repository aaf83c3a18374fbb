"""What a file is, by what is in it and not by what it is called."""

import re
from enum import Enum
from typing import Final

from batchcreate.workbooks.limits import Limits
from batchcreate.workbooks.ole import SIGNATURE, CompoundFile
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.refusal import PASSWORD, Refusal
from batchcreate.workbooks.source import Source

HEAD_BYTES: Final = 4096

_SAVE: Final = "Open it in the spreadsheet program and save it as .xlsx."

_STARTS: Final = (
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
)
_OLDEST: Final = (b"\x09\x00", b"\x09\x02", b"\x09\x04")
_DOCUMENTS: Final = {
    "worddocument": "a Word document",
    "powerpoint document": "a PowerPoint presentation",
    "visiodocument": "a Visio drawing",
    "__properties_version1.0": "an Outlook message",
}
_PACKAGES: Final = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "index/document.iwa": "a Numbers spreadsheet",
}
_SPREADSHEET_ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")
_TEXTS: Final = (
    (re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet"), "an XML spreadsheet of 2003"),
    (re.compile(rb"<office:document\b"), "a flat XML spreadsheet"),
    (
        re.compile(rb"<(?:!doctype\s+)?(?:html|table|head|body|meta|div)\b", re.IGNORECASE),
        "a web page (HTML)",
    ),
)
_UNPRINTABLE: Final = re.compile(rb"[\x00-\x08\x0e-\x1a]|\A\s*\Z")


class Format(Enum):
    """The formats of workbooks that are read."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


def format_of(source: Source, limits: Limits) -> Format:
    """
    Return in which format the workbook *source* is.

    Raises:
        Refusal: it is encrypted, damaged or no workbook.

    """
    head = source.open().read(HEAD_BYTES)
    if head.startswith(b"PK"):
        return _zipped(Package(source, limits))
    if head.startswith(SIGNATURE):
        return _compound(CompoundFile(source))
    raise Refusal(_other(head))


def _zipped(package: Package) -> Format:
    if package.has("xl/workbook.bin"):
        return Format.XLSB
    if package.has("xl/workbook.xml") or package.has("[Content_Types].xml"):
        return _office(package)
    if package.has("content.xml"):
        return _open_document(package)
    for name, what in _PACKAGES.items():
        if package.has(name):
            raise Refusal(_no_workbook(what))
    inside = [name for name in package.names if name.endswith(_SPREADSHEET_ENDINGS)]
    if inside:
        text = f"is a zip archive that holds {_shown(inside[0])}. Unpack it and name that file."
        raise Refusal(text)
    raise Refusal(_no_workbook("a zip archive"))


def _office(package: Package) -> Format:
    for name, what in _PACKAGES.items():
        if package.has(name):
            raise Refusal(_no_workbook(what))
    return Format.XLSX


def _open_document(package: Package) -> Format:
    if package.has("META-INF/manifest.xml") and b":encryption-data" in package.read(
        "META-INF/manifest.xml"
    ):
        raise Refusal(PASSWORD)
    kind = package.read("mimetype") if package.has("mimetype") else b"spreadsheet"
    if b"spreadsheet" not in kind:
        raise Refusal(_no_workbook("a text document, drawing or presentation"))
    return Format.ODS


def _compound(file: CompoundFile) -> Format:
    if {"encryptedpackage", "encryptioninfo"} & file.streams.keys():
        raise Refusal(PASSWORD)
    if {"workbook", "book"} & file.streams.keys():
        return Format.XLS
    what = (what for name, what in _DOCUMENTS.items() if name in file.streams)
    raise Refusal(_no_workbook(next(what, "another kind of old document")))


def _other(head: bytes) -> str:
    for start, what in _STARTS:
        if head.startswith(start):
            return _no_workbook(what)
    if head.startswith(_OLDEST):
        return f"is a workbook of Excel 2, 3 or 4, which is too old. {_SAVE}"
    text = _decoded(head)
    for sign, what in _TEXTS:
        if sign.search(text):
            return f"is {what} whatever its name says. {_SAVE}"
    if _UNPRINTABLE.search(text):
        return f"is not a workbook whatever its name says. {_SAVE}"
    return (
        "is a text file, such as CSV, whatever its name says. Open it in the spreadsheet"
        " program and save it as .xlsx, or give it the ending .csv."
    )


def _decoded(head: bytes) -> bytes:
    """Return *head* with every second byte left out where it is UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore").encode()
    return head


def _no_workbook(what: str) -> str:
    return f"is {what} and no workbook, whatever its name says. {_SAVE}"


def _shown(name: str) -> str:
    return f"'{name[:100]}'"
