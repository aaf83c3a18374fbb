"""Parts of an .xlsx workbook that its sheets need: sheet list, shared strings and formats."""

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks.cell_values import EAST_ASIAN_IDS, find_format
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.protocol import CELL_CHARS_MAX, COPY, FORMATS_MAX, RefusedError
from batchcreate.workbooks.untrusted import (
    Package,
    make_parser,
    parse,
    read_elements,
    set_handlers,
)
from batchcreate.workbooks.xlsx_marks import TRUE, is_struck

_OFFICE_DOCUMENT: Final = "/officeDocument"
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WHITE_SPACE: Final = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """
    One worksheet of a workbook.

    Attributes:
        name: as shown on its tab.
        is_visible: neither hidden nor very hidden.
        part: name of the part that contains its cells.

    """

    name: str
    is_visible: bool
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """
    Content of the main part of a workbook.

    Attributes:
        sheets: worksheets in the order of their tabs.
        is_1904: dates count from 1904.
        strings: name of the part with shared strings, or an empty string.
        styles: name of the part with formats, or an empty string.

    """

    sheets: list[SheetPart] = field(default_factory=list)
    is_1904: bool = False
    strings: str = ""
    styles: str = ""


def read_outline(package: Package) -> Outline:
    """
    Return the sheets and the parts of the workbook in *package*.

    Raises:
        RefusedError: the workbook is damaged.

    """
    main = next(
        (
            target
            for kind, _, target in read_relations(package, "")
            if kind.endswith(_OFFICE_DOCUMENT)
        ),
        "xl/workbook.xml",
    )
    targets = {key: (kind, target) for kind, key, target in read_relations(package, main)}
    sheets: list[SheetPart] = []
    is_1904 = False
    for name, attributes in read_elements(package.read_pieces(main), main):
        if name == "workbookPr" and "date1904" in attributes:
            is_1904 = attributes["date1904"].lower() in TRUE
        elif name == "sheet":
            kind, target = targets.get(attributes.get("id", ""), ("", ""))
            if kind.endswith("/worksheet"):
                sheets.append(
                    SheetPart(
                        name=attributes.get("name", ""),
                        is_visible=attributes.get("state", "visible") == "visible",
                        part=target,
                    )
                )
    parts = {kind.rpartition("/")[2]: target for kind, target in targets.values()}
    return Outline(
        sheets=sheets,
        is_1904=is_1904,
        strings=_existing(package, parts.get("sharedStrings", "")),
        styles=_existing(package, parts.get("styles", "")),
    )


def read_formats(package: Package, part: str) -> tuple[list[NumberFormat | None], bool]:
    """
    Return the number format of each cell format, or None if it displays values as stored.

    The second value is True if a format has a meaning in East Asian editions only.

    Raises:
        RefusedError: there are more formats than spreadsheet programs write.

    """
    codes: dict[int, str] = {}
    ids: list[int] = []
    section = ""
    for name, attributes in read_elements(package.read_pieces(part), part) if part else ():
        if name == "numFmt" and section != "dxfs":
            codes[_integer(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            section = name
        elif name == "xf" and section == "cellXfs":
            ids.append(_integer(attributes.get("numFmtId")))
            if len(ids) > FORMATS_MAX:
                error = f"has more than {FORMATS_MAX:,} cell formats. {COPY}"
                raise RefusedError(error)
    is_east_asian = any(number in EAST_ASIAN_IDS and number not in codes for number in ids)
    return [find_format(number, codes.get(number)) for number in ids], is_east_asian


def read_shared_strings(package: Package, part: str) -> tuple[list[str | None], AbstractSet[int]]:
    """
    Return the strings that cells share, and the positions of those that are struck through.

    A string that is too long for a cell is ``None``.
    """
    strings: list[str | None] = []
    if not part:
        return strings, frozenset()
    parser = make_parser()
    reader = _StringReader(parser)
    for _ in parse(parser, package.read_pieces(part), part):
        strings += reader.strings
        reader.strings.clear()
    return strings, reader.struck


def read_relations(package: Package, part: str) -> Iterator[tuple[str, str, str]]:
    """Yield type, id and target of the relations of *part* within the package."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if not package.has(path):
        return
    for element, attributes in read_elements(package.read_pieces(path), path):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            absolute = posixpath.normpath(posixpath.join("/", folder, target))
            yield attributes.get("Type", ""), attributes.get("Id", ""), absolute.lstrip("/")


def decode_escapes(text: str, *, keeps_white_space: bool = True) -> str:
    """
    Return *text* with its escapes, such as ``_x000D_``, replaced by the characters.

    A lone surrogate is replaced by the replacement character.

    Args:
        text: as contained in the file.
        keeps_white_space: False if white space at both ends is removed.

    """
    kept = text if keeps_white_space else text.strip(_WHITE_SPACE)
    return _join_surrogates(_ESCAPE.sub(_char, kept)) if "_x" in kept else kept


def _char(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _StringReader:
    """
    Joins the texts of a shared string, without phonetic readings.

    Attributes:
        strings: the strings that were read since the list was cleared.
        struck: positions of the strings that are struck through, in full or in part.

    """

    def __init__(self, parser: XMLParserType) -> None:
        self.strings: list[str | None] = []
        self.struck: set[int] = set()
        self._count = 0
        self._parser = parser
        self._texts: list[str] = []
        self._chars: list[str] = []
        self._is_phonetic = False
        self._keeps_white_space = False
        set_handlers(
            parser,
            {
                "si": self._start_string,
                "t": self._start_text,
                "rPh": self._start_phonetic,
                "strike": self._start_strike,
            },
            {"si": self._end_string, "t": self._end_text, "rPh": self._end_phonetic},
        )

    def _start_string(self, _: dict[str, str]) -> None:
        self._texts = []

    def _start_phonetic(self, _: dict[str, str]) -> None:
        self._is_phonetic = True

    def _end_phonetic(self) -> None:
        self._is_phonetic = False

    def _start_text(self, attributes: dict[str, str]) -> None:
        if not self._is_phonetic:
            self._keeps_white_space = attributes.get("xml:space") == "preserve"
            self._chars = []
            self._parser.CharacterDataHandler = self._chars.append

    def _end_text(self) -> None:
        if not self._is_phonetic:
            self._parser.CharacterDataHandler = None
            text = "".join(self._chars)
            self._texts.append(decode_escapes(text, keeps_white_space=self._keeps_white_space))

    def _start_strike(self, attributes: dict[str, str]) -> None:
        if is_struck(attributes):
            self.struck.add(self._count)

    def _end_string(self) -> None:
        self._count += 1
        text = "".join(self._texts)
        self.strings.append(text if len(text) <= CELL_CHARS_MAX else None)


def _existing(package: Package, part: str) -> str:
    return part if package.has(part) else ""


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
