"""The parts of a zipped workbook, unpacked piece by piece and counted while they are."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from batchcreate.workbooks.limits import MIB, Limits
from batchcreate.workbooks.refusal import PASSWORD, Refusal, refuse_damaged
from batchcreate.workbooks.source import Source

BLOCK_BYTES: Final = 1 << 18

_PARTS_MAX: Final = 20_000
_IS_ENCRYPTED: Final = 1
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Package:
    """
    A zip file that is not trusted.

    Raises `Refusal` where it is damaged, or would unpack to more than *limits* allow.

    Attributes:
        declared_bytes: how large its parts are together, as it says itself.

    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._limit_bytes = limits.inflated_bytes
        self._inflated: dict[str, int] = {}
        try:
            self._zip = zipfile.ZipFile(source.open())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            refuse_damaged("it is cut short or not a whole zip file")
        parts = self._zip.infolist()
        self._require_sizes(parts, source.size_bytes)
        self._parts = {part.filename.replace("\\", "/").lower(): part for part in parts}
        if len(self._parts) < len(parts):
            # Which of them counts is not the same in every program.
            refuse_damaged("two of its parts have the same name")

    @property
    def names(self) -> list[str]:
        """The names of all parts, in small letters."""
        return list(self._parts)

    def has(self, name: str) -> bool:
        """Whether there is a part called *name*, in whatever case."""
        return name.lower() in self._parts

    def blocks(self, name: str) -> Iterator[bytes]:
        """
        Unpack the part *name* piece by piece.

        Raises:
            Refusal: there is no such part, it is damaged, or unpacks to too much.

        """
        part = self._parts.get(name.lower())
        if part is None:
            refuse_damaged(f"its part {name} is missing")
        try:
            with self._zip.open(part) as unpacked:
                seen = 0
                while block := unpacked.read(BLOCK_BYTES):
                    seen += len(block)
                    self._count(part.filename, seen)
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            refuse_damaged(f"its part {name} cannot be unpacked")

    def read(self, name: str) -> bytes:
        """Return the part *name* as a whole."""
        return b"".join(self.blocks(name))

    def require_whole(self) -> None:
        """
        Unpack every part once, keeping nothing.

        Raises:
            Refusal: one is damaged, or together they unpack to too much.

        """
        for name in self._parts:
            for _ in self.blocks(name):
                pass

    def _require_sizes(self, parts: list[zipfile.ZipInfo], size_bytes: int) -> None:
        if len(parts) > _PARTS_MAX:
            refuse_damaged(f"it has {len(parts):,} parts")
        if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
            raise Refusal(PASSWORD)
        if any(part.compress_type not in _PACKED for part in parts):
            # Others unpack to much more than their size lets expect.
            refuse_damaged("its parts are packed in a way that no spreadsheet program knows")
        if sum(part.compress_size for part in parts) > size_bytes:
            # The same bytes unpacked under many names.
            refuse_damaged("its parts overlap")
        self.declared_bytes = sum(part.file_size for part in parts)
        self._require(self.declared_bytes)

    def _count(self, name: str, seen: int) -> None:
        self._inflated[name] = max(seen, self._inflated.get(name, 0))
        self._require(sum(self._inflated.values()))

    def _require(self, inflated_bytes: int) -> None:
        if inflated_bytes > self._limit_bytes:
            text = (
                f"would unpack to more than {self._limit_bytes // MIB:,} MiB, far more than a"
                " workbook of its size holds. It was made to do harm: do not open it, and ask"
                " whoever sent it."
            )
            raise Refusal(text)
