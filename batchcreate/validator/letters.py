"""Letters and signs brought into the form that names are made of."""

import re
import unicodedata

from batchcreate.validator.cleaning import INVISIBLE, plain_form

GAP = "\0"
"""Stands where something was that a name cannot have."""

_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХУԚԜавеѕіјкмнорстхуԁԛԝһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικρυıɡɑ",
    "ABESIJKMHOPCTXYQWabesijkmhopctxydqwhlABEZHIKMNOPTYXovikpuiga",
)
_TRANSCRIPTIONS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "oe",
        "Ø": "Oe",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "ł": "l",
        "Ł": "L",
        "þ": "th",
        "Þ": "Th",
        "×": "x",  # noqa: RUF001
    }
    | dict.fromkeys("…™©®℠", GAP)
    | dict.fromkeys(INVISIBLE)
)
_DASHES = re.compile("[‐‑‒–—―−⁃﹘﹣－]+")  # noqa: RUF001
_APOSTROPHES = re.compile("(?<=[^\\W\\d_])['’‘ʼ`´＇](?=[^\\W\\d_])")  # noqa: RUF001
_POINTS = re.compile("(?<=[A-Za-z0-9])[。\uff0e｡](?=[A-Za-z0-9])")


def unified(text: str) -> str:
    """Return *text* with every sign in its usual form, for what only looks like another text."""
    return plain_form(_DASHES.sub("-", text).translate(_LOOK_ALIKES))


def folded(text: str) -> str:
    """Return *text* with ASCII letters for all that look or sound like them, accents dropped."""
    text = unicodedata.normalize("NFC", _DASHES.sub("-", text))
    text = _POINTS.sub(".", _APOSTROPHES.sub("", text)).translate(_LOOK_ALIKES)
    compatible = unicodedata.normalize("NFKD", text.translate(_TRANSCRIPTIONS))
    return "".join(char for char in compatible if unicodedata.category(char) not in {"Cf", "Mn"})
