"""Text is decoded and cut at record ends; a record that does not end is reported."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.loader.csv_records import (
    HEAD_BYTES,
    RECORD_BYTES,
    STRAY,
    UNCLOSED,
    MalformedRecordError,
    TextSource,
    line_at,
    line_breaks,
    whole_records,
)

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
        list(source.blocks(skip_chars=0))

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


def malformed(data: bytes) -> tuple[str, int, int]:
    """Return the reason, and the number of rows and lines before the malformed row."""
    found: list[bytes] = []
    with pytest.raises(MalformedRecordError) as caught:
        found.extend(whole_records([data], ","))
    whole = b"".join(found).decode()
    rows = len(list(csv.reader(io.StringIO(whole, newline=""))))
    lines = line_breaks(whole.encode())
    return str(caught.value), rows + caught.value.rows, lines + caught.value.lines


@given(st.text(st.sampled_from('ab"\n\r,;'), max_size=40), st.integers(1, 9))
def test_pieces_are_whole_rows(text: str, size: int) -> None:
    """The rows of all pieces are the rows of the text, or the text is malformed."""
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        with pytest.raises(MalformedRecordError):
            list(whole_records(blocks(text, size), ","))
        return

    found = [piece.decode() for piece in whole_records(blocks(text, size), ",")]

    assert "".join(found) == text
    rows = (row for piece in found for row in csv.reader(io.StringIO(piece, newline="")))
    assert list(rows) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a\nb,"c\nd\n', (UNCLOSED, 1, 1)),
        (b'a\n"b\nc"\n"d"e\n', (STRAY, 2, 3)),
    ],
    ids=["unclosed", "stray"],
)
def test_malformed_row_has_its_position(data: bytes, expected: tuple[str, int, int]) -> None:
    """The rows and the lines before it are counted."""
    assert malformed(data) == expected


def test_endless_row_is_refused_before_it_ends() -> None:
    """Reading stops at the maximum length of a row."""
    blocks_read = 0

    def endless() -> Iterator[bytes]:
        nonlocal blocks_read
        while True:
            blocks_read += 1
            yield b'"' + b"x" * RECORD_BYTES

    with pytest.raises(MalformedRecordError, match="longer than 1 MiB"):
        list(whole_records(endless(), ","))

    assert blocks_read == 1


@pytest.mark.parametrize(
    ("data", "count"),
    [(b"", 0), (b"a", 0), (b"\n\r\r\n", 3), (b"a\r\nb\n", 2), (b"\r\r", 2), (b"\n\r", 2)],
)
def test_lines_end_in_any_way(data: bytes, count: int) -> None:
    """A carriage return and a line feed together are one line break."""
    assert line_breaks(data) == count
