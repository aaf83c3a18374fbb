"""Compound files (OLE): small streams, large allocation tables, and hostile headers."""

import struct
from pathlib import Path

import pytest

from batchcreate.workbooks.compound_file import CompoundFile
from batchcreate.workbooks.protocol import RefusedError
from batchcreate.workbooks.untrusted import SharedFile
from tests import records
from tests.spreadsheets import compound

SECTOR = 512


def opened(path: Path) -> CompoundFile:
    with path.open("rb") as file:
        return CompoundFile(SharedFile(file.fileno()))


def test_small_stream_is_read(tmp_path: Path) -> None:
    """Small streams have sectors of a separate size."""
    path = compound(tmp_path / "t.xls", {"Inner": b"abc" * 40})
    content = bytearray(path.read_bytes())
    content[56:60] = struct.pack("<I", 1 << 16)  # every stream is small
    content[60:64] = struct.pack("<I", 0)  # the table of small sectors is the other table
    root = content.find("Root Entry".encode("utf-16-le"))
    content[root + 116 : root + 124] = struct.pack("<II", 1, 4096)
    inner = content.find("Inner".encode("utf-16-le"))
    content[inner + 116 : inner + 124] = struct.pack("<II", 9, 30)
    path.write_bytes(content)

    with path.open("rb") as file:
        read = CompoundFile(SharedFile(file.fileno())).read("inner")

    assert len(read) == 30


def test_continued_allocation_table_is_read(tmp_path: Path) -> None:
    """A large file has more parts of the table than its header can list."""
    path = records.xls(tmp_path / "t.xls", {"May": records.table(("a",))})
    content = bytearray(path.read_bytes())
    content[68:72] = struct.pack("<I", len(content) // SECTOR - 1)
    content += struct.pack("<128I", *[0xFFFF_FFFF] * 127, 0xFFFF_FFFE)
    path.write_bytes(content)

    assert "workbook" in opened(path).streams


def test_continuation_that_repeats_for_ever_ends(tmp_path: Path) -> None:
    """The number of sectors in the file limits it, not the number in the header."""
    path = records.xls(tmp_path / "t.xls", {"May": records.table(("a",))})
    content = bytearray(path.read_bytes())
    last = len(content) // SECTOR - 1
    content[44:48] = struct.pack("<I", 0xFFFF_FFFF)
    content[68:76] = struct.pack("<II", last, (0xFFFF_FFFF - 109 + 126) // 127)
    content += struct.pack("<128I", *[0] * 127, last)
    path.write_bytes(content)

    assert "workbook" in opened(path).streams


def test_chain_that_repeats_for_ever_is_refused(tmp_path: Path) -> None:
    """A declared size of 4 GiB does not matter."""
    path = records.xls(tmp_path / "t.xls", {"May": records.table(("a",))})
    content = bytearray(path.read_bytes())
    content[60:68] = struct.pack("<II", 1, 0xFFFF_FFFF)
    content[SECTOR + 4 : SECTOR + 8] = struct.pack("<I", 1)
    path.write_bytes(content)

    with pytest.raises(RefusedError, match="a chain of its sectors is broken"):
        opened(path)
