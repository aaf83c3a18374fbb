"""In which encoding a text file is: told, proved by its bytes, or shown by its headings."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.bands import everyday_share
from batchcreate.loader.dialect import count_known
from batchcreate.loader.options import LoadOptions
from batchcreate.loader.source import BLOCK_BYTES, HEAD_BYTES, line_at
from batchcreate.messages import quoted

CANDIDATES: Final = ("gb18030", "cp950", "cp932", "cp949", "cp1252")
"""What is tried where it is neither Unicode nor told; as Excel writes for each part of the world."""

SAMPLE_BYTES: Final = 1 << 16
"""How much of the lines that are not ASCII is looked at."""

_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WIDE: Final = ("utf-16-le", "utf-16-be")
_SURE_SHARE: Final = 0.9
_DOUBTFUL_SHARE: Final = 0.7
_MESS_MAX: Final = 0.02
_MESS_MARGIN: Final = 0.1
_STRANGE: Final = re.compile(r"[^\x00-\x7f][^,;\t|\"\r\n]{0,11}")
_STRANGE_BYTES: Final = re.compile(rb"[\x80-\xff][^,;\t|\"\r\n]{0,7}")
_BROKEN: Final = re.compile("[\udc80-\udcff]")
_NARROW: Final = re.compile("[\x80-\u07ff]")
_WIDER: Final = re.compile("[\u0800-\ud7ff\ue000-\U0010ffff]")
_ASCII: Final = bytes(range(0x80))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """
    Lines that are not ASCII.

    Attributes:
        data: the first of them, as they stand in the file.
        offset: where in the file the first byte is that is not ASCII.

    """

    data: bytes
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """
    What a file holds if it is in a certain encoding.

    Attributes:
        text: of the sample.
        known: how many known headings there are.

    """

    text: str
    known: int


def find_encoding(file: BinaryIO, *, label: str, options: LoadOptions) -> str:
    """
    Return the encoding of the text in *file*, as Python calls it.

    Raises:
        LoadError: it may be in several, or in none that is known.

    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    marked = _marked(head)
    if options.encoding == "utf-16" and not marked:
        # Which of the two it is Python tells by the mark alone.
        return _wide(head, options) or _WIDE[0]
    if found := options.encoding or marked or _wide(head, options):
        return found
    sample = _sample(file)
    if _is_utf_8(sample.data):
        return "utf-8"
    readings = _readings(head, sample.data, options)
    plain = count_known(head.decode("ascii", "replace"), options)
    if found := _by_headings(readings, plain) or _by_text(readings, sample.data):
        return found
    line = line_at(file, sample.offset, "latin-1")
    raise LoadError(_undecided(f"{label}, line {line}", sample.data, readings))


def _marked(head: bytes) -> str:
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


def _wide(head: bytes, options: LoadOptions) -> str:
    """Return which UTF-16 has known headings: half the bytes of plain text in it are NUL."""
    if b"\0" not in head:
        return ""
    texts = {encoding: _decoded(head, encoding) for encoding in _WIDE}
    return next((name for name, text in texts.items() if count_known(text, options)), "")


def _sample(file: BinaryIO) -> _Sample:
    found: list[bytes] = []
    offset, size, rest = -1, 0, b""
    file.seek(0)
    while size < SAMPLE_BYTES and len(rest) <= HEAD_BYTES:
        block = file.read(BLOCK_BYTES)
        if offset < 0 and not block.isascii():
            offset = file.tell() - len(block.lstrip(_ASCII))
        lines = (rest + block).splitlines(keepends=True)
        rest = lines.pop() if block else b""
        for line in lines:
            if not line.isascii() and size < SAMPLE_BYTES:
                found.append(line)
                size += len(line)
        if not block:
            break
    return _Sample(data=b"".join(found), offset=offset)


def _is_utf_8(sample: bytes) -> bool:
    """Whether *sample* is UTF-8, or was until it was damaged."""
    text = sample.decode("utf-8", "surrogateescape")
    # Two bytes of another encoding look like a character more often than three do.
    broken, narrow, wide = (len(found.findall(text)) for found in (_BROKEN, _NARROW, _WIDER))
    return broken <= narrow / 2 + wide * 3


def _readings(head: bytes, sample: bytes, options: LoadOptions) -> Mapping[str, _Reading]:
    """Return by encoding what a file reads that begins with *head*, where it can be read at all."""
    readings = {}
    for encoding in CANDIDATES:
        text, start = _decoded(sample, encoding), _decoded(head, encoding)
        if text and start:
            readings[encoding] = _Reading(text=text, known=count_known(start, options))
    return readings


def _by_headings(readings: Mapping[str, _Reading], plain: int) -> str:
    """Return the one encoding in which more headings are known than the *plain* ones."""
    most = max((reading.known for reading in readings.values()), default=0)
    best = [encoding for encoding, reading in readings.items() if reading.known == most]
    return best[0] if len(best) == 1 and most > plain else ""


def _by_text(readings: Mapping[str, _Reading], sample: bytes) -> str:
    """Return the one encoding in which the text is what people write."""
    shares = {name: everyday_share(reading.text, name) for name, reading in readings.items()}
    possible = [name for name, share in shares.items() if share >= _DOUBTFUL_SHARE]
    found = _least_messy(sample, possible) if len(possible) > 1 else "".join(possible)
    return found if shares.get(found, 0) >= _SURE_SHARE else ""


def _least_messy(sample: bytes, encodings: Sequence[str]) -> str:
    """Return which of *encodings* is right, if that is beyond doubt."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=list(encodings))
    mess = {match.encoding: match.chaos for match in found}
    first, second, *_ = sorted(encodings, key=lambda name: mess.get(name, 1.0))
    is_clean = mess.get(first, 1.0) <= _MESS_MAX
    return first if is_clean and mess.get(second, 1.0) - mess[first] >= _MESS_MARGIN else ""


def _decoded(data: bytes, encoding: str) -> str:
    """Return the text of *data*, whose last character may be cut, or nothing if it has none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return ""


def _undecided(where: str, sample: bytes, readings: Mapping[str, _Reading]) -> str:
    strange = _STRANGE_BYTES.search(sample)
    found = strange[0].hex(" ").upper() if strange else ""
    texts = (
        f"{quoted(match[0])} in {name}"
        for name, reading in readings.items()
        if (match := _STRANGE.search(reading.text))
    )
    possible = ", ".join(texts)
    reading = f"; they can read {possible}" if possible else ", nor of another usual encoding"
    return (
        f"{where}: the bytes {found} are not UTF-8{reading}. Say with --encoding what the file is,"
        " or save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
    )
