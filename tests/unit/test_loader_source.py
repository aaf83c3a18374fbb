"""Text comes out of a file as its encoding says, or not at all."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.errors import LoadError
from batchcreate.loader.source import HEAD_BYTES, Source, line_at

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXT, block_bytes=st.integers(1, 9), skip_chars=st.integers(0, 20))
@example(text="订单a", block_bytes=1, skip_chars=1)
@example(text="\ufeff\ufeffa", block_bytes=2, skip_chars=1)
def test_source_gives_the_text_whatever_the_blocks(
    encoding: str, text: str, block_bytes: int, skip_chars: int
) -> None:
    """Characters that are cut by a block's end come out whole; what is skipped does not."""
    data = text.encode(encoding)
    # A mark at the start is no text, whoever wrote it.
    text = text if encoding == "utf-8-sig" else text.removeprefix("\ufeff")
    source = Source(io.BytesIO(data), "t.csv", encoding, block_bytes=block_bytes)

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
def test_what_is_not_of_the_encoding_is_refused(
    block_bytes: int, encoding: str, data: bytes, where: str
) -> None:
    """The line and the bytes are named, whichever block they are in."""
    source = Source(io.BytesIO(data), "t.csv", encoding, block_bytes=block_bytes)

    with pytest.raises(LoadError) as caught:
        list(source.blocks(skip_chars=0))

    assert str(caught.value) == (
        f"t.csv, {where} is not {encoding}, as which the file is read. Save the spreadsheet again"
        " as 'CSV UTF-8' or as .xlsx, or say with --encoding what it is."
    )


def test_head_is_bounded() -> None:
    """It may end inside a character."""
    source = Source(io.BytesIO("a订".encode() * HEAD_BYTES), "t.csv", "utf-8")

    assert len(source.head().encode()) in range(HEAD_BYTES - 2, HEAD_BYTES + 1)


@pytest.mark.parametrize(
    ("offset", "line"), [(0, 1), (1, 1), (2, 2), (3, 2), (5, 3), (6, 4), (9, 4)]
)
def test_lines_are_counted_up_to_a_byte(offset: int, line: int) -> None:
    """Every kind of line break counts once."""
    assert line_at(io.BytesIO(b"a\nb\r\n\rc"), offset, "utf-8") == line
