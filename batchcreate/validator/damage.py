"""Texts decoded with a wrong encoding, and unambiguous corrections of cell values."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from batchcreate.rules import SEPARATORS, Rule, pattern, split_parts, to_upper, value_of

_ROUNDS: Final = 3
"""Maximum number of decoding errors in sequence that are reversed."""

_LATIN: Final[Mapping[int, int]] = {byte: byte for byte in range(0x80, 0x100)} | {
    ord(char): 0x80 + at
    for at, char in enumerate(bytes(range(0x80, 0xA0)).decode("cp1252", "replace"))
    if char != "\ufffd"
}
"""The byte of each character in Windows-1252, or in Latin-1 if it has none there."""

_LOST: Final = re.compile("\ufffd|锟斤拷|\xef\xbf\xbd")
_CONTROL: Final = re.compile("[\x7f-\x9f]")
_LATIN_RUN: Final = re.compile("[{}]{{2,}}".format("".join(map(chr, _LATIN))))
_GB_RUN: Final = re.compile("[\xa1-\xfe]{4,}")
_TORN: Final = re.compile("[\xc2-\xf4][\x80-\x9f\xa1-\xaa\xac-\xb9\xbc-\xbf]")
_IDEOGRAPH: Final = re.compile("[\u3400-\u9fff]")
# A match starts only at the first ideograph of a run, so that the search takes linear time.
_GLUED: Final = re.compile(
    "(?<=[A-Za-z])[\u3400-\u9fff]+|(?<![\u3400-\u9fff])[\u3400-\u9fff]++(?=[A-Za-z])"
)
_EUROPEAN: Final = re.compile("[\xa0-\u017f]+")
_FOREIGN: Final = "[\u0386-\u03ce\u0400-\u045f]"
_FOREIGN_WORDS: Final = re.compile(f"(?=.*{_FOREIGN}{{4}})(?:[\\x00-\x7f]|{_FOREIGN})*", re.DOTALL)
_TYPED_SIGNS: Final = frozenset("\xa0…“”‘’–—«»")  # noqa: RUF001  (intended)

_FREQUENT: Final = range(0xB0, 0xD8)
"""First bytes of the frequent Chinese characters in GB 2312."""

_FREQUENT_MIN: Final = 2
"""Minimum number of frequent characters that do not occur by chance."""

BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
)
"""White space of every kind."""

INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d"
    "\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufeff\uffa0"
)
"""Characters without a width, and others that look like white space."""

QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』＂＇"  # noqa: RUF001  (intended)
BRACKETS = "()[]{}<>（）［］｛｝【】〔〕〈〉《》"  # noqa: RUF001

TRIMMED = BLANKS + INVISIBLE
"""Characters that are removed at both ends of a cell."""

_TYPED_ENDS = " \t\r\n"
_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))
_AROUND = QUOTES + BRACKETS + BLANKS
_BETWEEN = re.compile(f"[{re.escape(SEPARATORS + _AROUND)}]+")


def is_garbled(text: str) -> bool:
    """Return True if *text* was decoded with a wrong encoding."""
    return fix_encoding(text) is not None


def fix_encoding(text: str) -> str | None:
    """
    Return *text* as it was before it was decoded with a wrong encoding.

    The result is None if *text* is correct, and empty if the original cannot be determined.
    """
    if text.isascii():
        return None
    fixed = text
    for _ in range(_ROUNDS):
        if _LOST.search(fixed):
            return ""
        step = _reverse_once(fixed)
        if step is None:
            break
        fixed = step
    else:
        return ""
    if fixed == text:
        return None
    return "" if _CONTROL.search(fixed) else fixed


def _reverse_once(text: str) -> str | None:
    """Return *text* with one decoding error reversed, see `fix_encoding`."""
    for reverse in (_utf8_read_as_latin, _gb_read_as_latin, _utf8_read_as_gb, _latin_read_as_gb):
        earlier = reverse(text)
        if earlier is not None:
            return earlier
    return "" if _has_lost_utf8_bytes(text) or _has_lost_gb_bytes(text) else None


def _utf8_read_as_latin(text: str) -> str | None:
    return _reread(text, "utf-8") if any(map(_is_utf8, _LATIN_RUN.finditer(text))) else None


def _is_utf8(run: re.Match[str]) -> bool:
    """Return True if *run* is UTF-8, and not characters that people type."""
    read = _reread(run[0], "utf-8")
    if len(read) != 1 or "\u1e00" <= read <= "\u2bff" or read >= "\ufe00":
        return bool(read)
    is_plain = _TYPED_SIGNS.isdisjoint(run[0])
    if read > "\u07ff":
        # An accented letter before an ellipsis and a closing quote is correct text.
        return is_plain
    before, after = run.string[: run.start()][-1:], run.string[run.end() :][:1]
    if all(map(str.isupper, run[0])) and not before.islower():
        return False
    is_lone = run[0][0] in "ÂÃ" and not before.isupper()
    return (is_plain and read < "\u0180") or is_lone or before.islower() or after.isalnum()


def _gb_read_as_latin(text: str) -> str | None:
    return _reread(text, "gbk") if any(map(_is_gb, _GB_RUN.findall(text))) else None


def _is_gb(run: str) -> bool:
    """Return True if *run* is frequent Chinese characters, and not a European word."""
    leads = run[::2].encode("latin-1")
    frequent = sum(lead in _FREQUENT for lead in leads)
    is_word = run.isalpha() and (run.isupper() or run.islower() or run.istitle())
    return frequent >= max(_FREQUENT_MIN, len(leads) - 1) and not is_word


def _reread(text: str, encoding: str) -> str:
    """Return what the bytes of *text*, read as Windows-1252, are in *encoding*; or nothing."""
    try:
        points = (_LATIN.get(point, point) for point in map(ord, text))
        return _if_assigned(bytes(points).decode(encoding))
    except ValueError:
        return ""


def _utf8_read_as_gb(text: str) -> str | None:
    try:
        read = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return None
    is_accented = bool(_EUROPEAN.search(read)) and not _IDEOGRAPH.search(_GLUED.sub("", text))
    is_likely = _chinese(read) > 1 or _FOREIGN_WORDS.fullmatch(read) or is_accented
    return _if_assigned(read) or None if is_likely else None


def _latin_read_as_gb(text: str) -> str | None:
    """Split the characters that consist of an accented letter and the letter next to it."""
    fixed = _GLUED.sub(lambda found: "".join(map(_letters, found[0])), text)
    return None if fixed == text or _IDEOGRAPH.search(fixed) else fixed


def _letters(char: str) -> str:
    try:
        pair = char.encode("gbk").decode("cp1252")
    except UnicodeError:
        return char
    is_word = pair.isalpha() and pair[1].isascii() and (pair[0].isupper() or pair[1].islower())
    return pair if is_word else char


def _has_lost_utf8_bytes(text: str) -> bool:
    """Return True if *text* is UTF-8 read as Windows-1252 with some bytes lost."""
    halves = _TORN.findall(text)
    return len(halves) > 1 or any(half[1] < "\xa0" for half in halves)


def _has_lost_gb_bytes(text: str) -> bool:
    """Return True if *text* is UTF-8 read as GBK with some bytes lost."""
    read = text.encode("gb18030", "replace").decode("utf-8", "replace")
    return _chinese(read) > 1 and 0 < read.count("\ufffd") <= text.count("?")


def _chinese(text: str) -> int:
    return sum("\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in text)


def _if_assigned(text: str) -> str:
    """Return *text* if all its characters are assigned, otherwise an empty text."""
    is_assigned = all(unicodedata.category(char) not in {"Cn", "Co", "Cs"} for char in text)
    return text if is_assigned else ""


def cleaned(rule: Rule, typed: str) -> str:
    r"""
    Return *typed* with unambiguous corrections; other texts are only trimmed.

    White space and invisible characters are removed at both ends of names, ids and texts, and
    line breaks in texts become ``\n``. Known values are recognised with full-width letters,
    quotes, brackets, invisible characters and white space.
    """
    text = _trimmed(typed)
    if rule.is_text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return _known_values(rule, text) if rule.values else text


def normal_form(text: str) -> str:
    """Return *text* with compatible characters replaced, and without invisible ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_UNSEEN))


def _trimmed(typed: str) -> str:
    text = typed.strip(TRIMMED)
    # A no-break space may be the second byte of a letter decoded with a wrong encoding.
    is_incomplete = len(text) < len(typed) and is_garbled(typed) and not is_garbled(text)
    return typed.strip(_TYPED_ENDS) if is_incomplete else text


def _known_values(rule: Rule, text: str) -> str:
    """Return *text* in the spelling of the rule if its values are unambiguous."""
    if rule.max_items > 1:
        if all(to_upper(part) in rule.values for part in split_parts(text)):
            return text
        if has_unmatched_marks(text):
            return text
        words = [value_of(word) for word in split_parts(_BETWEEN.sub(",", normal_form(text)))]
        is_valid = set(words) <= set(rule.values) and len(words) == len(set(words)) > 0
        return ",".join(words) if is_valid else text
    if pattern(rule).fullmatch(text) or has_unmatched_marks(text):
        return text
    word = normal_form(text).strip(_AROUND).upper()
    return word if word in rule.values else text


def has_unmatched_marks(text: str) -> bool:
    """Return True if a quotation mark or bracket in *text* is not paired: a part is missing."""
    opened: list[str] = []
    for char in normal_form(text):
        if opened and char == _CLOSING.get(opened[-1]):
            opened.pop()
        elif char in _CLOSING:
            opened.append(char)
        elif char in _CLOSING_MARKS:
            return True
    return bool(opened)


_PAIRS: Final = (
    "\"\" '' `` \xb4\xb4 \u201c\u201d \u201e\u201c \u2018\u2019 \u201a\u2018 \xab\xbb \u2039\u203a"
    " \u300c\u300d \u300e\u300f () [] {} <> \u3010\u3011 \u3014\u3015 \u3008\u3009 \u300a\u300b"
)
_CLOSING: Final = {pair[0]: pair[1] for pair in reversed(_PAIRS.split())}
_CLOSING_MARKS: Final = frozenset(_CLOSING.values()) - _CLOSING.keys()
