"""How much of a text is everyday writing of the languages that an encoding is for; pure."""

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
_WORDS: Final = frozenset("àáèéòóåöøæºª")
_UNUSUAL: Final = re.compile(r"ã(?![oe])|õ(?!e)")
_SYMBOL: Final = re.compile(
    r"(?<!\w)[¿¡«»“”„‘…•€£§®™©]|[«»“”„‘…•€£§®™©](?!\w)"  # noqa: RUF001 # meant
    r"|(?<![^\W\d_])°|(?<=\w)[²³](?![^\W\d_])|[’–—·½¼¾×\u00a0]"  # noqa: RUF001 # meant
)
_ISO_8859_15: Final = re.compile(r"¤|(?<=[^\W\d_])[¼½¾]|(?<!\d)[¼½¾](?=[^\W\d_])")
"""What the letters Œ, œ and Ÿ and the euro of that encoding are read as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """
    Where a code of two bytes keeps its everyday characters.

    Attributes:
        codec: the narrowest code of its family; what that one does not have is rare.
        leads: ranges of first bytes: punctuation, letters, the common part of all the others.

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
    Return the share of everyday ones among the different characters, or words, beyond ASCII.

    Chinese, Japanese and Korean codes keep the common characters in a band of their own, over
    which a text in another encoding scatters. Western letters stand in words of plain ones,
    and one language has few of them.
    """
    band = _BANDS.get(encoding)
    return _western_share(text) if band is None else _eastern_share(text, band)


def _eastern_share(text: str, band: _Band) -> float:
    strange = {char for char in text if not char.isascii()}
    # What touches small letters is half of something western more often than a Chinese word.
    free = strange.intersection(_TOUCHING.sub("", text))
    return _share(sum(_is_in(band, char) for char in free), len(strange))


def _is_in(band: _Band, char: str) -> bool:
    try:
        code = char.encode(band.codec)
    except UnicodeEncodeError:
        return False
    return len(code) > 1 and any(first <= code[0] <= last for first, last in band.leads)


def _western_share(text: str) -> float:
    # A file of ISO-8859-15 looks right but for these few, so that one of them decides.
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
    strange = _strange(word)
    is_mixed = len(strange) <= len(word) - len(strange) + 1 and len(strange) < len(word)
    is_spelt = set(alphabet).issuperset(strange) and not _UNUSUAL.search(word)
    return is_spelt and (is_mixed or word in _WORDS)


def _is_symbol(around: str) -> bool:
    """Whether *around*, a symbol and its neighbours, has one more strange character at most."""
    return len(_strange(around)) <= len("’é") and bool(_SYMBOL.search(around))  # noqa: RUF001 # meant


def _strange(text: str) -> str:
    return "".join(char for char in text if not char.isascii())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
