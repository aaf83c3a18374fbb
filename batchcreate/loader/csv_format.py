"""Encoding of a text file: given, marked or detected."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.csv_dialect import count_known
from batchcreate.loader.csv_records import (
    BLOCK_BYTES,
    HEAD_BYTES,
    line_at,
)
from batchcreate.loader.encoding_plausibility import everyday_share
from batchcreate.loader.inputs import LoadOptions
from batchcreate.messages import quoted

CANDIDATES: Final = ("gb18030", "cp950", "cp932", "cp949", "cp1252")
"""Encodings other than Unicode that are detected; Excel writes one of them in each region."""

SAMPLE_BYTES: Final = 1 << 16
"""Size of the sample of lines that are not ASCII."""

_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UTF_16: Final = ("utf-16-le", "utf-16-be")
_CERTAIN_SHARE: Final = 0.9
_POSSIBLE_SHARE: Final = 0.7
_CHAOS_MAX: Final = 0.02
_CHAOS_MARGIN: Final = 0.1
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f][^,;\t|\"\r\n]{0,11}")
_NOT_ASCII_BYTES: Final = re.compile(rb"[\x80-\xff][^,;\t|\"\r\n]{0,7}")
_INVALID: Final = re.compile("[\udc80-\udcff]")
_TWO_BYTES: Final = re.compile("[\x80-\u07ff]")
_MORE_BYTES: Final = re.compile("[\u0800-\ud7ff\ue000-\U0010ffff]")
_ASCII: Final = bytes(range(0x80))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """
    The content of a file, decoded with one encoding.

    Attributes:
        text: the text of the sample.
        known: number of known headings.

    """

    text: str
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """
    The first lines that are not ASCII.

    Attributes:
        data: the lines.
        offset: position in the file of the first byte that is not ASCII.

    """

    data: bytes
    offset: int


def find_encoding(file: BinaryIO, *, label: str, options: LoadOptions) -> str:
    """
    Return the encoding of the text in *file*, by its Python name.

    Raises:
        LoadError: several encodings are plausible, or none.

    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    marked = _marked_encoding(head)
    if options.encoding == "utf-16" and not marked:
        # Without a mark, Python assumes the byte order of this machine.
        return _utf_16(head, options) or _UTF_16[0]
    if found := options.encoding or marked or _utf_16(head, options):
        return found
    sample = _sample(file)
    if _is_utf_8(sample.data):
        return "utf-8"
    decoded = _decode_all(head, sample.data, options)
    known_in_ascii = count_known(head.decode("ascii", "replace"), options)
    if found := _by_headings(decoded, known_in_ascii) or _by_text(decoded, sample.data):
        return found
    line = line_at(file, sample.offset, "latin-1")
    raise LoadError(_undecided(f"{label}, line {line}", sample.data, decoded))


def _marked_encoding(head: bytes) -> str:
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


def _utf_16(head: bytes, options: LoadOptions) -> str:
    """Return the UTF-16 encoding with known headings: its ASCII characters contain NUL bytes."""
    if b"\0" not in head:
        return ""
    texts = {encoding: _decode_start(head, encoding) for encoding in _UTF_16}
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
    """Return True if *sample* is UTF-8, possibly with some damaged bytes."""
    text = sample.decode("utf-8", "surrogateescape")
    # Two bytes of another encoding are valid UTF-8 by chance more often than three are.
    invalid, two, more = (len(p.findall(text)) for p in (_INVALID, _TWO_BYTES, _MORE_BYTES))
    return invalid <= two / 2 + more * 3


def _decode_all(head: bytes, sample: bytes, options: LoadOptions) -> Mapping[str, Decoded]:
    """Return *sample* and the number of headings in *head*, by each encoding that is valid."""
    decoded = {}
    for encoding in CANDIDATES:
        text, start = _decode_start(sample, encoding), _decode_start(head, encoding)
        if text and start:
            decoded[encoding] = Decoded(text=text, known=count_known(start, options))
    return decoded


def _by_headings(decoded: Mapping[str, Decoded], known_in_ascii: int) -> str:
    """Return the only encoding with most known headings, if they are more than those in ASCII."""
    most = max((text.known for text in decoded.values()), default=0)
    best = [encoding for encoding, text in decoded.items() if text.known == most]
    return best[0] if len(best) == 1 and most > known_in_ascii else ""


def _by_text(decoded: Mapping[str, Decoded], sample: bytes) -> str:
    """Return the only encoding in which the text is everyday writing."""
    shares = {name: everyday_share(text.text, name) for name, text in decoded.items()}
    possible = [name for name, share in shares.items() if share >= _POSSIBLE_SHARE]
    best = _least_chaotic(sample, possible) if len(possible) > 1 else "".join(possible)
    return best if shares.get(best, 0) >= _CERTAIN_SHARE else ""


def _least_chaotic(sample: bytes, encodings: Sequence[str]) -> str:
    """Return the clearly best of *encodings*, or nothing."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=list(encodings))
    chaos = {match.encoding: match.chaos for match in matches}
    first, second, *_ = sorted(encodings, key=lambda name: chaos.get(name, 1.0))
    is_clean = chaos.get(first, 1.0) <= _CHAOS_MAX
    return first if is_clean and chaos.get(second, 1.0) - chaos[first] >= _CHAOS_MARGIN else ""


def has_known_headings(head: bytes, options: LoadOptions) -> bool:
    """Return True if *head* contains a known heading in one of the possible encodings."""
    return any(count_known(_decode_start(head, name), options) for name in CANDIDATES)


def _decode_start(data: bytes, encoding: str) -> str:
    """Return the text of *data*, which may end inside a character; nothing if it is invalid."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return ""


def _undecided(where: str, sample: bytes, decoded: Mapping[str, Decoded]) -> str:
    first = _NOT_ASCII_BYTES.search(sample)
    found = first[0].hex(" ").upper() if first else ""
    texts = (
        f"{quoted(match[0])} in {name}"
        for name, text in decoded.items()
        if (match := _NOT_ASCII.search(text.text))
    )
    possible = ", ".join(texts)
    reading = f"; they may be {possible}" if possible else " or another common encoding"
    return (
        f"{where}: the bytes {found} are not UTF-8{reading}. Specify --encoding, or save the"
        " spreadsheet again as 'CSV UTF-8' or as .xlsx."
    )
