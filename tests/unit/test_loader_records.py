"""Text is cut where rows end, and a row that does not end is named."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.loader.records import (
    RECORD_BYTES,
    STRAY,
    UNCLOSED,
    BrokenRecordError,
    line_breaks,
    pieces,
)


def blocks(text: str, size: int) -> list[bytes]:
    data = text.encode()
    return [data[at : at + size] for at in range(0, len(data), size)]


def broken(data: bytes) -> tuple[str, int, int]:
    """The reason, and how many rows and lines stand before it."""
    found: list[bytes] = []
    with pytest.raises(BrokenRecordError) as caught:
        found.extend(pieces([data], ","))
    whole = b"".join(found).decode()
    rows = len(list(csv.reader(io.StringIO(whole, newline=""))))
    lines = line_breaks(whole.encode())
    return str(caught.value), rows + caught.value.rows, lines + caught.value.lines


@given(st.text(st.sampled_from('ab"\n\r,;'), max_size=40), st.integers(1, 9))
def test_pieces_are_whole_rows(text: str, size: int) -> None:
    """Each piece read by itself gives its part of the rows, or the whole text gives none."""
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        with pytest.raises(BrokenRecordError):
            list(pieces(blocks(text, size), ","))
        return

    found = [piece.decode() for piece in pieces(blocks(text, size), ",")]

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
def test_broken_row_is_counted_to(data: bytes, expected: tuple[str, int, int]) -> None:
    """Rows and lines before it are counted apart."""
    assert broken(data) == expected


def test_endless_row_is_refused_before_it_ends() -> None:
    """No more of it is kept than a row may have."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b'"' + b"x" * RECORD_BYTES

    with pytest.raises(BrokenRecordError, match="longer than 1 MiB"):
        list(pieces(endless(), ","))

    assert taken == 1


@pytest.mark.parametrize(
    ("data", "count"),
    [(b"", 0), (b"a", 0), (b"\n\r\r\n", 3), (b"a\r\nb\n", 2), (b"\r\r", 2), (b"\n\r", 2)],
)
def test_lines_end_in_any_way(data: bytes, count: int) -> None:
    """A carriage return and a line feed together are one line break."""
    assert line_breaks(data) == count
