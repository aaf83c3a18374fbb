"""Texts that a program read in the wrong encoding: found, and mended where that is certain."""

import re
import unicodedata
from collections.abc import Mapping

_ROUNDS = 3
"""How often a text may have been read wrongly, one time after the other."""

_LATIN: Mapping[int, int] = {byte: byte for byte in range(0x80, 0x100)} | {
    ord(char): 0x80 + at
    for at, char in enumerate(
        bytes(range(0x80, 0xA0)).decode("cp1252", "replace")  # undefined bytes have no character
    )
    if char != "\ufffd"
}
"""The byte of each character that Western European programs may have read it as."""

_LATIN_RUN = re.compile("[{}]{{2,}}".format("".join(map(chr, _LATIN))))
_HANZI_RUN = re.compile("[\xa1-\xfe]{4,}")
_TORN = re.compile("[\xc2-\xf4][\x80-\x9f\xa1-\xaa\xac-\xb9\xbc-\xbf]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_GLUED_IDEOGRAPH = re.compile("(?<=[A-Za-z])[\u3400-\u9fff]|[\u3400-\u9fff](?=[A-Za-z])")
_LOST = re.compile("\ufffd|锟斤拷|\xef\xbf\xbd")
_FREQUENT = range(0xB0, 0xD8)
"""The first bytes of the frequent Chinese characters in GB 2312."""


def is_garbled(text: str) -> bool:
    """Whether *text* was read in the wrong encoding."""
    return repaired(text) is not None


def repaired(text: str) -> str | None:
    """
    Return *text* as it was before it was read in the wrong encoding.

    ``None`` says that nothing is wrong with it, an empty text that something is lost for ever.
    """
    if text.isascii():
        return None
    if _LOST.search(text):
        return ""
    mended = text
    for _ in range(_ROUNDS):
        step = _once(mended)
        if step == mended:
            break
        mended = step
    if mended == text:
        return "" if _is_torn(text) or _is_cut(text) else None
    return "" if _LOST.search(mended) or _TORN.search(mended) else mended


def _once(text: str) -> str:
    mended = _LATIN_RUN.sub(lambda run: _utf8(run[0]), text)
    if mended == text:
        mended = _HANZI_RUN.sub(lambda run: _hanzi(run[0]), text)
    if mended == text:
        mended = _utf8_of_hanzi(text)
    return mended if mended != text else _latin_of_hanzi(text)


def _utf8(run: str) -> str:
    """Mend UTF-8 that was read as Windows-1252."""
    try:
        read = bytes(_LATIN[ord(char)] for char in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
    is_latin = all("\xa0" <= char <= "\u017f" for char in read)
    is_certain = is_latin or len(read) > 1 or read > "\u07ff"
    return read if is_certain and all(map(_is_known, read)) else run


def _hanzi(run: str) -> str:
    """Mend Chinese in GB 2312 that was read as Windows-1252."""
    leads = run[::2].encode("latin-1")
    frequent = sum(lead in _FREQUENT for lead in leads)
    if len(run) % 2 or frequent + 1 < len(leads):
        return run
    try:
        return run.encode("latin-1").decode("gb2312")
    except UnicodeDecodeError:
        return run


def _utf8_of_hanzi(text: str) -> str:
    """Mend UTF-8 that was read as GBK."""
    try:
        read = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return text
    is_certain = _chinese(read) > 1 and all(char.isspace() or _is_known(char) for char in read)
    return read if is_certain else text


def _latin_of_hanzi(text: str) -> str:
    """Mend Windows-1252 that was read as GBK: an accented letter and its neighbour made one."""
    mended = _GLUED_IDEOGRAPH.sub(lambda found: _letters(found[0]), text)
    return text if _IDEOGRAPH.search(mended) else mended


def _letters(char: str) -> str:
    try:
        pair = char.encode("gbk").decode("cp1252")
    except UnicodeError:
        return char
    return pair if pair.isalpha() and pair[1].isascii() else char


def _is_torn(text: str) -> bool:
    """Whether *text* is UTF-8 read as Windows-1252 of which single bytes were lost."""
    halves = _TORN.findall(text)
    return len(halves) > 1 or any(half[1] < "\xa0" for half in halves)


def _is_cut(text: str) -> bool:
    """Whether *text* is UTF-8 read as GBK of which single bytes were lost."""
    read = text.encode("gb18030", "replace").decode("utf-8", "replace")
    return _chinese(read) > 1 and 0 < read.count("\ufffd") <= text.count("?")


def _chinese(text: str) -> int:
    return sum("\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in text)


def _is_known(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cn", "Co", "Cs"}
