"""Stamp of a to-fix file: a document property of a workbook that spreadsheet programs keep."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from batchcreate.workbooks.file_types import FileType
from batchcreate.workbooks.protocol import Limits, RefusedError
from batchcreate.workbooks.untrusted import (
    READ_BYTES,
    Package,
    SharedFile,
    local_name,
    make_parser,
    parse,
)
from batchcreate.workbooks.xlsx_parts import read_relations

NAME: Final = "batchcreate"
"""Name of the document property."""

_PART_BYTES_MAX: Final = 1 << 20
_STAMP_CHARS_MAX: Final = 2_000
_META: Final = "meta.xml"
_CUSTOM: Final = "/custom-properties"
_ELEMENTS: Final = frozenset({"property", "user-defined"})


def read_stamp(file: SharedFile, limits: Limits, file_type: FileType) -> str:
    """Return the text of the stamp of a workbook, or nothing if it has none that can be read."""
    if file_type is FileType.XLS:
        return ""
    package = Package(file, limits)
    with suppress(RefusedError):
        for part in _property_parts(package, file_type):
            if package.has(part) and (stamp := _read_property(package, part)):
                return stamp[:_STAMP_CHARS_MAX]
    return ""


def _property_parts(package: Package, file_type: FileType) -> Iterator[str]:
    if file_type is FileType.ODS:
        yield _META
        return
    for kind, _, target in read_relations(package, ""):
        if kind.endswith(_CUSTOM):
            yield target


def _read_property(package: Package, part: str) -> str:
    """Return the text of the first property with the name `NAME`; a larger part is not read."""
    open_elements = 0
    texts: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal open_elements
        is_property = local_name(name) in _ELEMENTS and any(
            local_name(key) == "name" and value == NAME for key, value in attributes.items()
        )
        if open_elements or (is_property and not texts):
            open_elements += 1

    def end(_: str) -> None:
        nonlocal open_elements
        open_elements = max(0, open_elements - 1)

    def add(text: str) -> None:
        if open_elements:
            texts.append(text)

    parser = make_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = add
    pieces = islice(package.read_pieces(part), _PART_BYTES_MAX // READ_BYTES)
    for _ in parse(parser, pieces, part):
        pass
    return "".join(texts)
