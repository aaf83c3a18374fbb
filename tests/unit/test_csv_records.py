"""Text is decoded and cut at record ends; a record that does not end is reported."""

import csv
import io
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.loader.csv_records import (
    HEAD_BYTES,
    RECORD_BYTES,
    LongRowError,
    Piece,
    TextSource,
    line_at,
    whole_rows,
)
from batchcreate.loader.quotation_marks import UNCLOSED

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXT, block_bytes=st.integers(1, 9), skip_chars=st.integers(0, 20))
@example(text="订单a", block_bytes=1, skip_chars=1)
@example(text="\ufeff\ufeffa", block_bytes=2, skip_chars=1)
def test_text_does_not_depend_on_the_blocks(
    encoding: str, text: str, block_bytes: int, skip_chars: int
) -> None:
    """Characters at the end of a block are complete; skipped characters are missing."""
    data = text.encode(encoding)
    # A byte order mark at the start is not part of the text.
    text = text if encoding == "utf-8-sig" else text.removeprefix("\ufeff")
    text = text.rstrip("\x1a")
    source = TextSource(io.BytesIO(data), "t.csv", encoding, block_bytes=block_bytes)

    assert source.head() == text
    assert b"".join(source.blocks(skip_chars=skip_chars)) == text[skip_chars:].encode()


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("encoding", "data", "where"),
    [
        ("utf-8", b"a\r\nb\rc\n\xffd", "line 4: the byte FF"),
        ("utf-8", "a\n订".encode()[:-1], "line 2: the byte E8 AE"),
        ("gb18030", b"a\n\xb6\xa9\n\x80,", "line 3: the byte 80"),
        ("utf-16", "a\nb\n".encode("utf-16") + b"\0\xd8,\0", "line 3: the byte 00 D8"),
        ("ascii", b"\r\r\xe9", "line 3: the byte E9"),
    ],
)
def test_invalid_bytes_are_refused(
    block_bytes: int, encoding: str, data: bytes, where: str
) -> None:
    """The message has the line and the bytes, for all sizes of blocks."""
    source = TextSource(io.BytesIO(data), "t.csv", encoding, block_bytes=block_bytes)

    with pytest.raises(LoadError) as caught:
        source.require_valid()

    assert str(caught.value) == (
        f"t.csv, {where} is not valid {encoding}. Save the spreadsheet again as 'CSV UTF-8' or as"
        " .xlsx, or specify --encoding."
    )


def test_head_is_bounded() -> None:
    """The head may end inside a character."""
    source = TextSource(io.BytesIO("a订".encode() * HEAD_BYTES), "t.csv", "utf-8")

    assert len(source.head().encode()) in range(HEAD_BYTES - 2, HEAD_BYTES + 1)


@pytest.mark.parametrize(
    ("offset", "line"), [(0, 1), (1, 1), (2, 2), (3, 2), (5, 3), (6, 4), (9, 4)]
)
def test_lines_are_counted_up_to_a_byte(offset: int, line: int) -> None:
    """Every kind of line break counts once."""
    assert line_at(io.BytesIO(b"a\nb\r\n\rc"), offset, "utf-8") == line


def blocks(text: str, size: int) -> list[bytes]:
    data = text.encode()
    return [data[at : at + size] for at in range(0, len(data), size)]


def read_back(pieces: Iterable[Piece]) -> list[list[str]]:
    text = b"".join(piece.text for piece in pieces).decode()
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.text(st.sampled_from('ab"\n\r,;'), max_size=40), st.integers(1, 9))
def test_pieces_are_whole_rows(text: str, size: int) -> None:
    """Each piece consists of rows that are well formed, whatever the text is."""
    pieces = list(whole_rows(blocks(text, size), ","))

    rows = [row for piece in pieces for row in read_back([piece])]
    assert rows == read_back(pieces)
    assert all(piece.text.endswith((b"\n", b"\r")) for piece in pieces)


@given(st.text(st.sampled_from('ab"\n\r,;'), max_size=40), st.integers(1, 9))
def test_well_formed_text_is_not_changed(text: str, size: int) -> None:
    """If the csv module reads the text without an error, it reads the same rows in the pieces."""
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return

    pieces = list(whole_rows(blocks(text, size), ","))

    assert [piece.wrong for piece in pieces if piece.wrong] == []
    assert read_back(pieces) == expected


@given(st.text(st.sampled_from('ab"\n\r, '), max_size=60), st.integers(1, 60))
def test_pieces_do_not_depend_on_the_blocks(text: str, size: int) -> None:
    """The same rows have the same wrong marks, for all sizes of blocks."""
    cut, whole = list(whole_rows(blocks(text, size), ",")), list(whole_rows([text.encode()], ","))

    assert b"".join(piece.text for piece in cut) == b"".join(piece.text for piece in whole)
    assert [(each.rule, each.index, each.value) for piece in cut for each in piece.wrong] == [
        (each.rule, each.index, each.value) for piece in whole for each in piece.wrong
    ]


def test_endless_row_is_refused_before_it_ends() -> None:
    """Reading stops at the maximum length of a row."""
    blocks_read = 0

    def endless() -> Iterator[bytes]:
        nonlocal blocks_read
        while True:
            blocks_read += 1
            yield b'"' + b"x" * RECORD_BYTES

    with pytest.raises(LongRowError, match="longer than 1 MiB"):
        list(whole_rows(endless(), ","))

    assert blocks_read == 1


def test_mark_that_is_never_closed_ends_with_its_line() -> None:
    """The rows below it are read, although the mark could have been closed further below."""
    rows = b"abc,x\n" * 400_000
    text = b'def,"x\n' + rows

    pieces = list(
        whole_rows([text[at : at + 500_000] for at in range(0, len(text), 500_000)], ",")
    )

    assert b"".join(piece.text for piece in pieces) == b'def,"""x"\n' + rows
    assert [(each.rule, each.index) for piece in pieces for each in piece.wrong] == [(UNCLOSED, 1)]


@pytest.mark.parametrize(
    "marks",
    ["\x1a", "\x1a\x1a\x1a", "\x1a\n", "\x1a\r\n\x1a\r\n\n"],
    ids=["one", "several", "line break", "several line breaks"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
@pytest.mark.parametrize("block_bytes", [1, 2, 3, 100])
def test_end_of_file_marks_are_ignored(marks: str, encoding: str, block_bytes: int) -> None:
    """Old programs write them behind the last row; elsewhere the character is part of the text."""
    data = f"a\x1ab,c\n\x1ad\n{marks}".encode(encoding)
    source = TextSource(io.BytesIO(data), "t.csv", encoding, block_bytes=block_bytes)

    assert source.head() == "a\x1ab,c\n\x1ad\n"
    assert b"".join(source.blocks(skip_chars=2)) == b"b,c\n\x1ad\n"


def test_single_end_of_file_byte_is_ignored_in_utf_16() -> None:
    """Old programs append one byte to any file."""
    source = TextSource(io.BytesIO("ab\n".encode("utf-16") + b"\x1a"), "t.csv", "utf-16")

    assert source.head() == "ab\n"
    assert b"".join(source.blocks(skip_chars=0)) == b"ab\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_of_the_text_are_counted(encoding: str) -> None:
    """The position counts from the end of the skipped characters."""
    data = "订\r\n单\rab\n\nc".encode(encoding)
    source = TextSource(io.BytesIO(data), "t.csv", encoding, block_bytes=3)

    found = [source.line(offset, skip_chars=3) for offset in range(8)]

    assert found == [2, 2, 2, 2, 3, 3, 3, 4]
