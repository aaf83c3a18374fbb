"""The parts of an Office Open XML workbook that its sheets need: list, strings and formats."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks import dates
from batchcreate.workbooks.limits import CELL_CHARS_MAX, FORMATS_MAX
from batchcreate.workbooks.markup import attend, elements, feed, parser
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.refusal import COPY, Refusal
from batchcreate.workbooks.strings import decoded

_OFFICE_DOCUMENT: Final = "/officeDocument"
_TRUE: Final = ("1", "true", "on")
_MANY_FORMATS: Final = f"has more than {FORMATS_MAX:,} formats of cells. {COPY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """
    One worksheet of a workbook.

    Attributes:
        name: as on its tab.
        is_visible: neither hidden nor very hidden.
        part: where its cells are.

    """

    name: str
    is_visible: bool
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """
    What a workbook says about itself.

    Attributes:
        sheets: its worksheets, in the order of their tabs.
        is_1904: its dates count from 1904.
        strings: the part of shared strings, empty if there is none.
        styles: the part of formats, empty if there is none.

    """

    sheets: list[SheetPart] = field(default_factory=list)
    is_1904: bool = False
    strings: str = ""
    styles: str = ""


def outline(package: Package) -> Outline:
    """
    Return what the workbook in *package* says about itself.

    Raises:
        Refusal: it is damaged.

    """
    main = next(
        (target for kind, _, target in relations(package, "") if kind.endswith(_OFFICE_DOCUMENT)),
        "xl/workbook.xml",
    )
    targets = {key: (kind, target) for kind, key, target in relations(package, main)}
    sheets: list[SheetPart] = []
    is_1904 = False
    for name, attributes in elements(package.blocks(main), main):
        if name == "workbookPr" and "date1904" in attributes:
            is_1904 = attributes["date1904"].lower() in _TRUE
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
        strings=_present(package, parts.get("sharedStrings", "")),
        styles=_present(package, parts.get("styles", "")),
    )


def formats(package: Package, part: str) -> tuple[list[str], bool]:
    """
    Return what each format of cells means (see `dates.meaning`), by its number.

    The other value is whether one of them is known in East Asian editions only.

    Raises:
        Refusal: there are more than any program makes.

    """
    codes: dict[int, str] = {}
    ids: list[int] = []
    is_cell_format = False
    for name, attributes in elements(package.blocks(part), part) if part else ():
        if name == "numFmt":
            codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            is_cell_format = name == "cellXfs"
        elif name == "xf" and is_cell_format:
            ids.append(_number(attributes.get("numFmtId")))
            if len(ids) > FORMATS_MAX:
                raise Refusal(_MANY_FORMATS)
    is_east_asian = any(number in dates.EAST_ASIAN_IDS and number not in codes for number in ids)
    return [dates.meaning(number, codes.get(number)) for number in ids], is_east_asian


def shared_strings(package: Package, part: str) -> list[str | None]:
    """Return the strings that cells share; ``None`` for one that is too long for a cell."""
    return list(_strings(package, part)) if part else []


def _strings(package: Package, part: str) -> Iterator[str | None]:
    made = parser()
    reader = _StringReader(made)
    for _ in feed(made, package.blocks(part), part):
        yield from reader.found
        reader.found.clear()


class _StringReader:
    """Puts the texts of runs together and leaves out how they are pronounced."""

    def __init__(self, made: XMLParserType) -> None:
        self.found: list[str | None] = []
        self._parser = made
        self._texts: list[str] = []
        self._run: list[str] = []
        self._is_spoken = False
        self._is_kept = False
        attend(
            made,
            {"si": self._open_string, "t": self._open_text, "rPh": self._open_spoken},
            {"si": self._close_string, "t": self._close_text, "rPh": self._close_spoken},
        )

    def _open_string(self, _: dict[str, str]) -> None:
        self._texts = []

    def _open_spoken(self, _: dict[str, str]) -> None:
        self._is_spoken = True

    def _close_spoken(self) -> None:
        self._is_spoken = False

    def _open_text(self, attributes: dict[str, str]) -> None:
        if not self._is_spoken:
            self._is_kept = attributes.get("xml:space") == "preserve"
            self._run = []
            self._parser.CharacterDataHandler = self._run.append

    def _close_text(self) -> None:
        if not self._is_spoken:
            self._parser.CharacterDataHandler = None
            self._texts.append(decoded("".join(self._run), is_kept=self._is_kept))

    def _close_string(self) -> None:
        text = "".join(self._texts)
        self.found.append(text if len(text) <= CELL_CHARS_MAX else None)


def relations(package: Package, part: str) -> Iterator[tuple[str, str, str]]:
    """Yield kind, id and target of what *part* names, within the package."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if not package.has(listed):
        return
    for element, attributes in elements(package.blocks(listed), listed):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            path = posixpath.normpath(posixpath.join("/", folder, target))
            yield attributes.get("Type", ""), attributes.get("Id", ""), path.lstrip("/")


def _present(package: Package, part: str) -> str:
    return part if package.has(part) else ""


def _number(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
