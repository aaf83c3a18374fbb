"""Saved results of formulas, which openpyxl does not write; a copy must keep both."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZipFile

from batchcreate.workbooks.protocol import limits_for
from batchcreate.workbooks.untrusted import Package, SharedFile, make_parser, parse, set_handlers
from batchcreate.workbooks.xlsx_parts import read_outline

_FORMULA: Final = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"([^<>]*)>(<f(?:[^<>]*/>|[^<>]*>[^<]*</f>))<v ?(?:/>|></v>)</c>'
)
"""A formula as openpyxl writes it: without a result."""

Result = tuple[str, str]
"""Type and text of a result, as in the file."""

Results = Mapping[str, Result]
"""The results of the formulas of a sheet by their addresses."""


def read_results(source: BinaryIO) -> Mapping[str, Results]:
    """
    Return the results of the formulas of each sheet of the workbook *source*.

    Raises:
        RefusedError: the workbook is damaged.

    """
    file = SharedFile(source.fileno())
    package = Package(file, limits_for(file.size_bytes))
    return {
        sheet.name: dict(_read_sheet(package, sheet.part))
        for sheet in read_outline(package).sheets
    }


def _read_sheet(package: Package, part: str) -> Iterator[tuple[str, Result]]:
    parser = make_parser()
    reader = _ResultReader()
    starts = {"c": reader.start_cell, "f": reader.start_formula, "v": reader.start_value}
    set_handlers(parser, starts, {"c": reader.end_cell, "v": reader.end_value})
    parser.CharacterDataHandler = reader.add_text
    for _ in parse(parser, package.read_pieces(part), part):
        yield from reader.results
        reader.results.clear()


class _ResultReader:
    """
    Collects the results of formulas from the events of a parser.

    Attributes:
        results: addresses and results.

    """

    def __init__(self) -> None:
        self.results: list[tuple[str, Result]] = []
        self._cell: Mapping[str, str] = {}
        self._has_formula = False
        self._text: str | None = None
        self._is_open = False

    def start_cell(self, attributes: dict[str, str]) -> None:
        self._cell, self._has_formula, self._text = attributes, False, None

    def start_formula(self, _: dict[str, str]) -> None:
        self._has_formula = True

    def start_value(self, _: dict[str, str]) -> None:
        self._text, self._is_open = "", True

    def end_value(self) -> None:
        self._is_open = False

    def add_text(self, text: str) -> None:
        if self._is_open:
            self._text = (self._text or "") + text

    def end_cell(self) -> None:
        if self._has_formula and self._text is not None:
            result = self._cell.get("t", ""), self._text
            self.results.append((self._cell.get("r", ""), result))


def write_with_results(saved: BinaryIO, target: BinaryIO, results: Mapping[str, Results]) -> None:
    """
    Copy the workbook *saved*, written by openpyxl, to *target* with *results*.

    Args:
        saved: the workbook.
        target: an empty file.
        results: the results of each sheet by the name of its part in *saved*.

    """
    with ZipFile(saved) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if found := results.get(part.filename):
                content = _FORMULA.sub(
                    lambda cell: _with_result(cell, found), content
                )  # called at once
            new.writestr(part, content)


def _with_result(cell: re.Match[bytes], results: Results) -> bytes:
    address, attributes, formula = cell.groups()
    kind, text = results.get(address.decode(), ("", ""))
    if not kind and not text:
        return cell[0]
    typed = f' t="{kind}"' if kind else ""
    value = escape(text, quote=False).encode()
    return b'<c r="%s"%s%s>%s<v>%s</v></c>' % (address, attributes, typed.encode(), formula, value)
