"""Plausibility of a decoded text: the share of everyday characters and words; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")
_TOUCHING: Final = re.compile(r"(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])")
_ALPHABETS: Final = (
    "äöüßé",  # German
    "àâæçéèêëîïôœùûüÿ",  # French
    "áéíñóúüºª",  # Spanish
    "áâãàçéêíóôõúüºª",  # Portuguese
    "àèéìîòù",  # Italian
    "àçèéíïòóúü",  # Catalan
    "áèéëïóöü",  # Dutch, and what English borrows
    "åäöé",  # Swedish, Finnish
    "æøåé",  # Danish, Norwegian
)
_ONE_LETTER_WORDS: Final = frozenset("àáèéòóåöøæºª")
_UNUSUAL: Final = re.compile(r"ã(?![oe])|õ(?!e)")
_SYMBOL: Final = re.compile(
    r"(?<!\w)[¿¡«»“”„‘…•€£§®™©]|[«»“”„‘…•€£§®™©](?!\w)"  # noqa: RUF001 # meant
    r"|(?<![^\W\d_])°|(?<=\w)[²³](?![^\W\d_])|[’–—·½¼¾×\u00a0]"  # noqa: RUF001 # meant
)
_ISO_8859_15: Final = re.compile(r"¤|(?<=[^\W\d_])[¼½¾]|(?<!\d)[¼½¾](?=[^\W\d_])")
"""The characters that Œ, œ, Ÿ and the euro of ISO-8859-15 become in Windows-1252."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """
    Everyday characters of a double-byte encoding.

    Attributes:
        codec: the smallest encoding of its family; characters that it lacks are rare.
        leads: ranges of first bytes: punctuation, letters, and the common ideographs.

    """

    codec: str
    leads: Sequence[tuple[int, int]]


_BANDS: Final[Mapping[str, _Band]] = {
    "gb18030": _Band(codec="gb2312", leads=((0xA1, 0xA3), (0xB0, 0xD7))),
    "cp950": _Band(codec="big5", leads=((0xA1, 0xC6),)),
    "cp932": _Band(codec="shift_jis", leads=((0x81, 0x83), (0x88, 0x97))),
    "cp949": _Band(codec="euc_kr", leads=((0xA1, 0xA3), (0xB0, 0xC8))),
}


def everyday_share(text: str, encoding: str) -> float:
    """
    Return the share of everyday characters, or words, among the different ones beyond ASCII.

    In Chinese, Japanese and Korean encodings the common characters are in one band of codes,
    and text of another encoding is scattered over all bands. Western accented letters are in
    words of ASCII letters, and each language has few of them.
    """
    band = _BANDS.get(encoding)
    return _western_share(text) if band is None else _eastern_share(text, band)


def _eastern_share(text: str, band: _Band) -> float:
    special = {char for char in text if not char.isascii()}
    # A character next to a lower-case letter is more often half of a western word.
    free = special.intersection(_TOUCHING.sub("", text))
    return _share(sum(_is_in(band, char) for char in free), len(special))


def _is_in(band: _Band, char: str) -> bool:
    try:
        code = char.encode(band.codec)
    except UnicodeEncodeError:
        return False
    return len(code) > 1 and any(first <= code[0] <= last for first, last in band.leads)


def _western_share(text: str) -> float:
    # Text in ISO-8859-15 differs in these characters only, so that one of them decides.
    if _ISO_8859_15.search(text):
        return 0.0
    words, symbols = set(), set()
    for match in _WORD.finditer(text):
        if match[0].isascii():
            continue
        if match[0].isalpha():
            words.add(match[0].lower())
        else:
            symbols.add(text[max(0, match.start() - 1) : match.end() + 1])
    good = max(sum(_is_word(word, letters) for word in words) for letters in _ALPHABETS)
    return _share(good + sum(map(_is_symbol, symbols)), len(words) + len(symbols))


def _is_word(word: str, alphabet: str) -> bool:
    special = _not_ascii(word)
    is_mixed = len(special) <= len(word) - len(special) + 1 and len(special) < len(word)
    is_spelled = set(alphabet).issuperset(special) and not _UNUSUAL.search(word)
    return is_spelled and (is_mixed or word in _ONE_LETTER_WORDS)


def _is_symbol(around: str) -> bool:
    """Return True if *around* is a usual symbol with at most one other special neighbour."""
    return len(_not_ascii(around)) <= len("’é") and bool(_SYMBOL.search(around))  # noqa: RUF001 # meant


def _not_ascii(text: str) -> str:
    return "".join(char for char in text if not char.isascii())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
