"""Bounded access to untrusted files: shared file handle, zip packages and XML."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final
from xml.parsers import expat
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks.protocol import (
    MALICIOUS,
    MIB,
    PASSWORD,
    Limits,
    RefusedError,
    refuse_damaged,
)

READ_BYTES: Final = 1 << 18

TAG_BYTES_MAX: Final = 1 << 22
"""Maximum size of a tag or comment; the parser restarts an unfinished one with every read."""

_BUFFER_BYTES: Final = 1 << 20
_PARTS_MAX: Final = 20_000
_IS_ENCRYPTED: Final = 1
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

StartHandler = Callable[[dict[str, str]], None]
"""Called with the attributes of an element at its start."""

EndHandler = Callable[[], None]
"""Called at the end of an element."""

Element = tuple[str, dict[str, str]]
"""Name and attributes, without namespace prefixes."""


class SharedFile:
    """
    An open file that several readers can read at the same time.

    Args:
        descriptor: of the file; its position is not changed.

    Attributes:
        size_bytes: size of the file.

    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    def open(self) -> BinaryIO:
        """Return a reader with a separate position, at the start of the file."""
        return io.BufferedReader(_FileAt(self._descriptor), _BUFFER_BYTES)


class _FileAt(io.RawIOBase):
    """Reads an open file without moving the position that the parent's handle shares."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._position = 0
        self._size_bytes = os.fstat(descriptor).st_size

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size_bytes}
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 # any writable buffer
        """Fill *buffer*."""
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count


class Package:
    """
    An untrusted zip file.

    Every method raises `RefusedError` if the file is damaged, or unpacks to more than the limits.

    Attributes:
        declared_bytes: total unpacked size of the parts, as declared in the file.

    """

    def __init__(self, file: SharedFile, limits: Limits) -> None:
        self._limit_bytes = limits.unpacked_bytes
        self._unpacked: dict[str, int] = {}
        try:
            self._zip = zipfile.ZipFile(file.open())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            refuse_damaged("it is truncated or not a complete zip file")
        parts = self._zip.infolist()
        self._check_parts(parts, file.size_bytes)
        self._parts = {part.filename.replace("\\", "/").lower(): part for part in parts}
        if len(self._parts) < len(parts):
            # Programs differ in which of the two they read.
            refuse_damaged("two of its parts have the same name")

    @property
    def names(self) -> list[str]:
        """The names of all parts in lower case."""
        return list(self._parts)

    def has(self, name: str) -> bool:
        """Return True if there is a part with *name*, regardless of case."""
        return name.lower() in self._parts

    def declared_size(self, name: str) -> int:
        """Return the unpacked size of the part *name*, as declared in the file, in bytes."""
        return self._parts[name.lower()].file_size

    def read_pieces(self, name: str) -> Iterator[bytes]:
        """
        Unpack the part *name* and yield its content in pieces.

        Raises:
            RefusedError: the part is missing, damaged or too large.

        """
        part = self._parts.get(name.lower())
        if part is None:
            refuse_damaged(f"its part {name} is missing")
        try:
            with self._zip.open(part) as unpacked:
                count = 0
                while content := unpacked.read(READ_BYTES):
                    count += len(content)
                    self._count(part.filename, count)
                    yield content
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            refuse_damaged(f"its part {name} cannot be unpacked")

    def read(self, name: str) -> bytes:
        """Return the whole content of the part *name*."""
        return b"".join(self.read_pieces(name))

    def check_all(self) -> None:
        """
        Unpack every part once and discard the content.

        Raises:
            RefusedError: a part is damaged, or all of them together are too large.

        """
        for name in self._parts:
            for _ in self.read_pieces(name):
                pass

    def _check_parts(self, parts: list[zipfile.ZipInfo], size_bytes: int) -> None:
        if len(parts) > _PARTS_MAX:
            refuse_damaged(f"it has {len(parts):,} parts")
        if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
            raise RefusedError(PASSWORD)
        if any(part.compress_type not in _COMPRESSIONS for part in parts):
            # Other methods have compression rates that the limits do not cover.
            refuse_damaged("its parts use a compression that spreadsheet programs do not write")
        if sum(part.compress_size for part in parts) > size_bytes:
            # The same bytes would be unpacked under several names.
            refuse_damaged("its parts overlap")
        self.declared_bytes = sum(part.file_size for part in parts)
        self._check_size(self.declared_bytes)

    def _count(self, name: str, count: int) -> None:
        self._unpacked[name] = max(count, self._unpacked.get(name, 0))
        self._check_size(sum(self._unpacked.values()))

    def _check_size(self, unpacked_bytes: int) -> None:
        if unpacked_bytes > self._limit_bytes:
            text = (
                f"would unpack to more than {self._limit_bytes // MIB:,} MiB, far more than"
                f" expected for its size. {MALICIOUS}"
            )
            raise RefusedError(text)


def make_parser() -> XMLParserType:
    """Return an XML parser that refuses a document as soon as it declares an entity."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse_entity
    return parser


def parse(parser: XMLParserType, contents: Iterable[bytes], part: str) -> Iterator[None]:
    """
    Parse *contents* with *parser*, and yield after each of them and at the end.

    Raises:
        RefusedError: the XML of *part* is not well-formed, or has an oversized tag.

    """
    count = 0
    try:
        for content in contents:
            parser.Parse(content, False)
            count += len(content)
            if count - parser.CurrentByteIndex > TAG_BYTES_MAX:
                refuse_damaged(f"its part {part} contains a tag or comment of more than 4 MiB")
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        refuse_damaged(f"its part {part} is not well-formed XML, line {error.lineno}")
    yield


def set_handlers(
    parser: XMLParserType, starts: dict[str, StartHandler], ends: dict[str, EndHandler]
) -> None:
    """Make *parser* call the handlers in *starts* and *ends* for elements with these names."""
    # The local name is determined once for each name, not for each of a million cells.
    start_handlers, end_handlers = dict(starts), dict(ends)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name not in start_handlers:
            start_handlers[name] = starts.get(local_name(name), _ignore)
        start_handlers[name](attributes)

    def end(name: str) -> None:
        if name not in end_handlers:
            end_handlers[name] = ends.get(local_name(name), _ignore)
        end_handlers[name]()

    parser.StartElementHandler = start
    parser.EndElementHandler = end


def local_name(name: str) -> str:
    """Return *name* without its namespace prefix."""
    return name.rpartition(":")[2]


def read_elements(contents: Iterable[bytes], part: str) -> Iterator[Element]:
    """Yield name and attributes of every element, in document order."""
    elements: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = {local_name(key): value for key, value in attributes.items()}
        elements.append((local_name(name), local))

    parser = make_parser()
    parser.StartElementHandler = start
    for _ in parse(parser, contents, part):
        yield from elements
        elements.clear()


def _ignore(*_: object) -> None:
    """Do nothing."""


def _refuse_entity(*_: object) -> None:
    text = f"declares XML entities, which spreadsheet programs do not write. {MALICIOUS}"
    raise RefusedError(text)
