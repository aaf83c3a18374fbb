"""Texts that a program read in the wrong encoding: found, and mended where that is certain."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_ROUNDS: Final = 3
"""How often it is looked at: two wrong readings one after the other are nothing special."""

_LATIN: Final[Mapping[int, int]] = {byte: byte for byte in range(0x80, 0x100)} | {
    ord(char): 0x80 + at
    for at, char in enumerate(bytes(range(0x80, 0xA0)).decode("cp1252", "replace"))
    if char != "\ufffd"
}
"""The byte of each character that Western European programs may have read it as."""

_LOST: Final = re.compile("\ufffd|锟斤拷|\xef\xbf\xbd")
_CONTROL: Final = re.compile("[\x7f-\x9f]")
_LATIN_RUN: Final = re.compile("[{}]{{2,}}".format("".join(map(chr, _LATIN))))
_GB_RUN: Final = re.compile("[\xa1-\xfe]{4,}")
_TORN: Final = re.compile("[\xc2-\xf4][\x80-\x9f\xa1-\xaa\xac-\xb9\xbc-\xbf]")
_IDEOGRAPH: Final = re.compile("[\u3400-\u9fff]")
_GLUED: Final = re.compile("(?<=[A-Za-z])[\u3400-\u9fff]+|[\u3400-\u9fff]+(?=[A-Za-z])")
_EUROPEAN: Final = re.compile("[\xa0-\u017f]+")
_FOREIGN: Final = "[\u0386-\u03ce\u0400-\u045f]"
_FOREIGN_WORDS: Final = re.compile(f"(?=.*{_FOREIGN}{{4}})(?:[\\x00-\x7f]|{_FOREIGN})*", re.DOTALL)
_TYPED_SIGNS: Final = frozenset("\xa0…“”‘’–—«»")  # noqa: RUF001  (that is the point)
_FREQUENT: Final = range(0xB0, 0xD8)
"""The first bytes of the frequent Chinese characters in GB 2312."""

_FREQUENT_MIN: Final = 2
"""So many of them are no chance any more."""


def is_garbled(text: str) -> bool:
    """Whether *text* was read in the wrong encoding."""
    return repaired(text) is not None


def repaired(text: str) -> str | None:
    """
    Return *text* as it was before it was read in the wrong encoding.

    ``None`` says that nothing is wrong with it, an empty text that nobody can tell what it was.
    """
    if text.isascii():
        return None
    mended = text
    for _ in range(_ROUNDS):
        if _LOST.search(mended):
            return ""
        step = _once(mended)
        if step is None:
            break
        mended = step
    else:
        return ""
    if mended == text:
        return None
    return "" if _CONTROL.search(mended) else mended


def _once(text: str) -> str | None:
    """Return *text* as it was one reading earlier, see `repaired`."""
    for read in (_utf8_read_as_latin, _gb_read_as_latin, _utf8_read_as_gb, _latin_read_as_gb):
        earlier = read(text)
        if earlier is not None:
            return earlier
    return "" if _is_torn(text) or _is_cut(text) else None


def _utf8_read_as_latin(text: str) -> str | None:
    return _reread(text, "utf-8") if any(map(_is_utf8, _LATIN_RUN.finditer(text))) else None


def _is_utf8(run: re.Match[str]) -> bool:
    """Whether *run* is UTF-8 and nobody types such characters."""
    read = _reread(run[0], "utf-8")
    if len(read) != 1 or "\u1e00" <= read <= "\u2bff" or read >= "\ufe00":
        return bool(read)
    is_plain = _TYPED_SIGNS.isdisjoint(run[0])
    if read > "\u07ff":
        # An accented letter before an ellipsis and a closing quote is honest.
        return is_plain
    before, after = run.string[: run.start()][-1:], run.string[run.end() :][:1]
    if all(map(str.isupper, run[0])) and not before.islower():
        return False
    is_lone = run[0][0] in "ÂÃ" and not before.isupper()
    return (is_plain and read < "\u0180") or is_lone or before.islower() or after.isalnum()


def _gb_read_as_latin(text: str) -> str | None:
    return _reread(text, "gbk") if any(map(_is_gb, _GB_RUN.findall(text))) else None


def _is_gb(run: str) -> bool:
    """Whether *run* is no word of a European language, and frequent Chinese characters."""
    leads = run[::2].encode("latin-1")
    frequent = sum(lead in _FREQUENT for lead in leads)
    is_word = run.isalpha() and (run.isupper() or run.islower() or run.istitle())
    return frequent >= max(_FREQUENT_MIN, len(leads) - 1) and not is_word


def _reread(text: str, encoding: str) -> str:
    """Return what the bytes of *text*, read as Windows-1252, are in *encoding*; or nothing."""
    try:
        points = (_LATIN.get(point, point) for point in map(ord, text))
        return _known(bytes(points).decode(encoding))
    except ValueError:
        return ""


def _utf8_read_as_gb(text: str) -> str | None:
    try:
        read = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return None
    is_accented = bool(_EUROPEAN.search(read)) and not _IDEOGRAPH.search(_GLUED.sub("", text))
    is_likely = _chinese(read) > 1 or _FOREIGN_WORDS.fullmatch(read) or is_accented
    return _known(read) or None if is_likely else None


def _latin_read_as_gb(text: str) -> str | None:
    """Part the characters that were made of an accented letter and the letter beside it."""
    mended = _GLUED.sub(lambda found: "".join(map(_letters, found[0])), text)
    return None if mended == text or _IDEOGRAPH.search(mended) else mended


def _letters(char: str) -> str:
    try:
        pair = char.encode("gbk").decode("cp1252")
    except UnicodeError:
        return char
    is_word = pair.isalpha() and pair[1].isascii() and (pair[0].isupper() or pair[1].islower())
    return pair if is_word else char


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


def _known(text: str) -> str:
    """Return *text* if it consists of real characters, nothing otherwise."""
    is_real = all(unicodedata.category(char) not in {"Cn", "Co", "Cs"} for char in text)
    return text if is_real else ""
