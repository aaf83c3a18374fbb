"""Encoding of a text file: given, marked or detected."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.csv_dialect import count_known
from batchcreate.loader.csv_records import (
    BLOCK_BYTES,
    HEAD_BYTES,
    line_at,
)
from batchcreate.loader.encoding_plausibility import Reading, read_as
from batchcreate.loader.inputs import LoadOptions
from batchcreate.messages import quoted

CANDIDATES: Final = ("gb18030", "cp950", "cp932", "cp949", "cp1252")
"""Encodings other than Unicode that are detected; Excel writes one of them in each region."""

RIVALS: Final = (
    *("cp1250", "mac_roman", "cp850", "cp852", "cp1254", "cp1257", "iso8859_15", "euc_jp"),
    *("cp1251", "koi8_r", "koi8_u", "cp866", "cp855", "mac_cyrillic", "iso8859_5"),
    *("cp1253", "cp737", "cp1255", "cp862", "cp1256", "iso8859_6", "cp720", "cp874", "johab"),
    *("iso8859_2", "mac_latin2", "iso8859_4", "cp775", "iso8859_13", "cp857", "mac_turkish"),
    *("cp437", "cp860", "cp861", "cp863", "cp865", "mac_greek", "cp1258"),
)
"""Further encodings that are never assumed, only offered; a text that one of them fits is uncertain."""

SAMPLE_BYTES: Final = 1 << 16
"""Size of the sample of lines that are not ASCII, and of the text that is searched for headings."""

_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHINESE: Final = "gb18030"
_UTF_16: Final = ("utf-16-le", "utf-16-be")
_CERTAIN_SHARE: Final = 0.9
_POSSIBLE_SHARE: Final = 0.5
_WORDS_MIN: Final = 2
"""Minimum number of different words that are not ASCII, so that the text can decide."""

_MANY_WORDS: Final = 6
_WRONG_MIN, _WRONG_MIN_OF_MANY = 1.5, 0.9
"""Number of wrong words that rule out an encoding, also if there are many words."""

_CHARS_MIN: Final = 8
"""The same for characters of eastern encodings."""

_FREQUENT_SHARE: Final = 0.4
_CHINESE_SHARE: Final = 0.6
_RARE_SHARE: Final = 0.15
_OFFERED_MAX: Final = 8
_NOT_ASCII: Final = re.compile(r"[^,;\t|\"\r\n]{0,11}[^\x00-\x7f][^,;\t|\"\r\n]{0,11}")
_SAVE_AGAIN: Final = "save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
_NOT_ASCII_BYTES: Final = re.compile(rb"[\x80-\xff][^,;\t|\"\r\n]{0,7}")
_TWO_BYTES: Final = re.compile(
    "[\xa0-\u017f\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u0300-\u0304\u0306-\u030c\u0323\u0327\u0328"
    "\u0384-\u03ce\u0400-\u045f\u0490\u0491\u05d0-\u05ea\u060c-\u0652\u067e-\u06cc]"
)
_UNUSUAL_BYTES: Final = re.compile(f"(?!{_TWO_BYTES.pattern})[\xa0-\u07ff]|[\udc80-\udcff]")
"""Other characters of two bytes, and invalid bytes."""

_MORE_BYTES: Final = re.compile(
    "[\u0900-\u0e7f\u1e00-\u1eff\u2010-\u2044\u20ac\u2100-\u214f\u3000-\u30ff\u3400-\u9fff"
    "\uac00-\ud7a3\uff00-\uffef\U0001f300-\U0001faff]"
)
"""Characters that texts contain; another encoding is rarely valid UTF-8 of such characters."""

_CONTROL: Final = re.compile("[\x80-\x9f]")
_ASCII: Final = bytes(range(0x80))


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
    readings = _readings(sample.data)
    if found := _by_headings(head[:SAMPLE_BYTES], readings, options) or _by_text(readings):
        return found
    if options.language == "zh" and _is_everyday_chinese(readings):
        return _CHINESE
    line = line_at(file, sample.offset, "latin-1")
    raise LoadError(_undecided(f"{label}, line {line}", sample.data, readings))


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
    invalid, two, more = (len(p.findall(text)) for p in (_UNUSUAL_BYTES, _TWO_BYTES, _MORE_BYTES))
    return invalid <= two / 2 + more * 3


def _readings(sample: bytes) -> Mapping[str, Reading]:
    """Return the text of *sample* by each encoding that is valid."""
    texts = {name: _decode_start(sample, name) for name in ("utf-8", *CANDIDATES, *RIVALS)}
    return {
        name: read_as(text, name)
        for name, text in texts.items()
        if text and not _CONTROL.search(text)
    }


def _by_headings(head: bytes, readings: Mapping[str, Reading], options: LoadOptions) -> str:
    """Return the first encoding with most known headings if all of these have the same text."""
    # Only mapped headings can be in the other encodings.
    names = [name for name in readings if options.mapping or name in CANDIDATES]
    known = {name: count_known(_decode_start(head, name), options) for name in names}
    most = max(known.values(), default=0)
    best = {name: readings[name].text for name in names if known[name] == most}
    is_single = len(set(best.values())) == 1
    in_ascii = count_known(head.decode("ascii", "replace"), options)
    return next(iter(best)) if is_single and most > in_ascii else ""


def _by_text(readings: Mapping[str, Reading]) -> str:
    """Return the only candidate in which the text is everyday writing."""
    possible = [name for name in CANDIDATES if name in readings]
    name = max(possible, default="", key=lambda name: readings[name].rank)
    best = readings.get(name)
    if best is None or best.share < _CERTAIN_SHARE or not _is_long_enough(best):
        return ""
    is_ambiguous = any(
        each.text != best.text
        and _is_possible(each)
        and not (best.is_eastern and each.is_eastern and each.frequent <= _RARE_SHARE)
        for each in readings.values()
    )
    return "" if is_ambiguous else name


def _is_possible(reading: Reading) -> bool:
    """Return True if most words are everyday ones, and hardly any are not."""
    limit = _WRONG_MIN if reading.units < _MANY_WORDS else _WRONG_MIN_OF_MANY
    return reading.share >= _POSSIBLE_SHARE and (1 - reading.share) * reading.units < limit


def _is_long_enough(reading: Reading) -> bool:
    """Return True if there are enough words, or frequent characters, to decide."""
    if not reading.is_eastern:
        return reading.units >= _WORDS_MIN
    return reading.units >= _CHARS_MIN and reading.frequent >= _FREQUENT_SHARE


def _is_everyday_chinese(readings: Mapping[str, Reading]) -> bool:
    """Return True if the Chinese text is more plausible than that of each other encoding."""
    own = readings.get(_CHINESE)
    if own is None or own.share < _CERTAIN_SHARE or own.frequent < _CHINESE_SHARE:
        return False
    others = (each for each in readings.values() if each.text != own.text)
    return all(
        each.share < own.share or (each.is_eastern and each.frequent < own.frequent)
        for each in others
    )


def has_known_headings(head: bytes, options: LoadOptions) -> bool:
    """Return True if *head* contains a known heading in one of the possible encodings."""
    return any(count_known(_decode_start(head, name), options) for name in CANDIDATES)


def _decode_start(data: bytes, encoding: str) -> str:
    """Return the text of *data*, which may end inside a character; nothing if it is invalid."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return ""


def _undecided(where: str, sample: bytes, readings: Mapping[str, Reading]) -> str:
    """Return the message with the readings of the text, the most plausible first."""
    first = _NOT_ASCII_BYTES.search(sample)
    found = first[0].hex(" ").upper() if first else ""
    texts: dict[str, list[str]] = {}
    for name in sorted(readings, key=lambda name: readings[name].rank, reverse=True):
        texts.setdefault(_first_special_text(readings[name].text), []).append(name)
    offered = [
        f"{quoted(text)} with --encoding {' or '.join(names)}"
        for text, names in list(texts.items())[:_OFFERED_MAX]
    ]
    return (
        f"{where}: the bytes {found} are not UTF-8, and the text can be read in several ways:"
        f" {', '.join(offered)}. Repeat the command with the option whose text is right, or"
        f" {_SAVE_AGAIN}"
    )


def _first_special_text(text: str) -> str:
    """Return the words around the first characters of *text* that are not ASCII."""
    match = _NOT_ASCII.search(text)
    return match[0] if match else ""
