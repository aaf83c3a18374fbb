"""Secrets: hidden strings, and their masking in text from the server, in every spelling."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn
from urllib.parse import quote

MASKED_CHARS_MIN: Final = 6
"""Shorter secrets are not masked, because unrelated words and numbers would be masked too."""

PART_CHARS_MIN: Final = 16
"""A part of a secret with at least so many characters is masked."""

MASK: Final = "***"

_TEXT_CHARS_MIN: Final = 4  # some characters of a secret do not count
_GRAM_CHARS: Final = PART_CHARS_MIN // 2
_ROUNDS_MAX: Final = 8
_PLACES_MAX: Final = 4
_CACHED_MAX: Final = 8
_SECRETS_MAX: Final = 128
_ESCAPES_MAX: Final = 8192

# Order matters: the first alternative that matches applies.
_ESCAPE: Final = re.compile(
    r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+|%u[0-9A-Fa-f]{4}"
    r"|&\#0*[0-9]{1,7};?|&\#[xX]0*[0-9A-Fa-f]{1,6};?|&[A-Za-z][A-Za-z0-9]{1,31};"
    r"|\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    r"|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|\\[bfnrt]|\\[^%&]|\\"
    r"|[\0\t\r\n]+|[\udc80-\udcff]",
    re.DOTALL,
)
"""Matches one escape of HTML, URLs, JSON and similar languages, or characters that do not count."""

_EQUAL_CHARS: Final = str.maketrans("+-_", "  /")
"""A space is ``+`` in URLs; the two alphabets of base64 differ in ``+ /`` and ``- _``."""

_HEX: Final = re.compile(r"[0-9A-Fa-f]+")


class Secret:
    """
    A string that is hidden from ``str()``, ``repr()`` and formatting.

    It cannot be pickled, so that it does not leave the process.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the string itself, for sending it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        msg = "a secret cannot be pickled"
        raise TypeError(msg)


def mask(content: bytes, secrets: Iterable[Secret]) -> bytes:
    """
    Replace *secrets* in *content* by asterisks: some servers return what they received.

    Masked are whole secrets, and parts of at least 16 characters: in any letter case, in base64
    and hexadecimal, and with any number of characters escaped as in HTML, URLs and JSON, also
    several times.
    """
    patterns = _patterns(tuple(secret.reveal() for secret in secrets))
    if not (patterns.short or patterns.grams):
        return content
    text = content.decode("utf-8", "surrogateescape")
    spans = sorted(_spans(text, patterns))
    if not spans:
        return content
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*parts, text[end:]]).encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True, repr=False)
class _Patterns:
    """
    Spellings that are searched for.

    Attributes:
        short: texts that are searched for as a whole.
        grams: parts of longer texts, at multiples of their length, with texts and positions.

    """

    short: tuple[str, ...]
    grams: Mapping[str, Sequence[tuple[str, int]]]


@lru_cache(maxsize=_CACHED_MAX)
def _patterns(secrets: tuple[str, ...]) -> _Patterns:
    short: list[str] = []
    grams: dict[str, list[tuple[str, int]]] = {}
    for text in dict.fromkeys(text for secret in secrets for text in _flat_forms(secret)):
        if len(text) < PART_CHARS_MIN:
            short.append(text)
            continue
        for at in range(0, len(text) - _GRAM_CHARS + 1, _GRAM_CHARS):
            places = grams.setdefault(text[at : at + _GRAM_CHARS], [])
            if len(places) < _PLACES_MAX:
                places.append((text, at))
    return _Patterns(short=tuple(short), grams=grams)


@lru_cache(maxsize=_SECRETS_MAX)
def _flat_forms(secret: str) -> tuple[str, ...]:
    """Return the flat spellings of *secret* that cannot be concluded from others by decoding."""
    if len(secret) < MASKED_CHARS_MIN:
        return ()
    forms = {secret, *_encoded(secret)}
    texts = {_flat(view) for form in forms for view in _views(form)}
    return tuple(text for text in texts if len(text) >= _TEXT_CHARS_MIN)


def _encoded(text: str) -> Iterator[str]:
    """
    Yield *text* in JSON and as part of a URL, in hexadecimal, and in base64.

    Of base64, these are the characters that do not depend on the text around it.
    """
    raw = text.encode("utf-8", "surrogateescape")
    yield from (json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    yield from (quote(raw, safe=""), raw.hex())
    for shift in range(3):
        encoded = b64encode(bytes(shift) + raw).decode("ascii")
        uncertain = len(encoded) - len(encoded.rstrip("=")) + 1 if encoded.endswith("=") else 0
        yield encoded[shift + (shift > 0) : len(encoded) - uncertain]


def _views(text: str) -> list[str]:
    """Return *text*, and the results of decoding its escapes once, twice and so on."""
    views = [text]
    while len(views) <= _ROUNDS_MAX:
        decoded = _ESCAPE.sub(lambda match: _decode(match[0]), views[-1])
        if decoded == views[-1]:
            break
        views.append(decoded)
    return views


@lru_cache(maxsize=_ESCAPES_MAX)
def _decode(escape: str) -> str:
    """Return the text of one *escape*; empty for characters that do not count."""
    match escape[0], escape[1:2]:
        case "&", _:
            return html.unescape(escape)
        case "\\" | "%", ("u" | "x") if len(escape) > 2:  # noqa: PLR2004 # more than the letter
            units = b"".join(_code_unit(digits) for digits in _HEX.findall(escape))
            return units.decode("utf-16-le", "replace")
        case "%", _:
            return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "surrogateescape")
        case "\\", char:
            return "" if char in "bfnrt" else char
        case char, _:  # pragma: no branch # all others
            return chr(ord(char) - 0xDC00) if char >= "\udc80" else ""


def _code_unit(digits: str) -> bytes:
    code = min(int(digits, 16), 0x10FFFF)
    return chr(code).encode("utf-16-le", "surrogatepass")


def _flat(text: str) -> str:
    """Return *text* in lower case and with similar characters replaced; its length is the same."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.translate(_EQUAL_CHARS)


def _spans(text: str, patterns: _Patterns) -> Iterator[tuple[int, int]]:
    """Yield start and end of each match in *text*; they may overlap."""
    found = [list(_matches(_flat(view), patterns)) for view in _views(text)]
    if not any(found):
        return
    # Positions of the characters of each view in the text, needed only if there is a match.
    starts, ends, view = list(range(len(text))), list(range(1, len(text) + 1)), text
    for matches in found:
        yield from ((starts[start], ends[stop - 1]) for start, stop in matches)
        view, starts, ends = _decoded_positions(view, starts, ends)


def _decoded_positions(
    view: str, starts: list[int], ends: list[int]
) -> tuple[str, list[int], list[int]]:
    """Return the next view of a text, and the positions of its characters."""
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(view):
        decoded = _decode(match[0])
        parts += [view[at : match.start()], decoded]
        new_starts += starts[at : match.start()] + [starts[match.start()]] * len(decoded)
        new_ends += ends[at : match.start()] + [ends[match.end() - 1]] * len(decoded)
        at = match.end()
    return "".join([*parts, view[at:]]), new_starts + starts[at:], new_ends + ends[at:]


def _matches(flat: str, patterns: _Patterns) -> Iterator[tuple[int, int]]:
    """
    Yield start and end of each match in a flat text.

    A part of 16 characters contains one of 8 characters at a multiple of 8. Parts of matches are
    not examined again, except at their ends, where a longer match may begin.
    """
    for text in patterns.short:
        at = flat.find(text)
        while at >= 0:
            yield at, at + len(text)
            at = flat.find(text, at + 1)
    grams, end = patterns.grams, 0
    for at in range(len(flat) - _GRAM_CHARS + 1):
        gram = flat[at : at + _GRAM_CHARS]
        if gram in grams and at > end - PART_CHARS_MIN:
            for text, place in grams[gram]:
                start, stop = _common(flat, at, text, place)
                if stop - start >= PART_CHARS_MIN:
                    yield start, stop
                    end = max(end, stop)


def _common(flat: str, at: int, text: str, place: int) -> tuple[int, int]:
    """Return start and end in *flat* of what it has in common with *text* around a gram."""
    before, limit = 0, min(at, place, PART_CHARS_MIN)  # an earlier gram matches before that
    while before < limit and flat[at - before - 1] == text[place - before - 1]:
        before += 1
    after = _GRAM_CHARS
    limit = min(len(flat) - at, len(text) - place)
    while after < limit and flat[at + after] == text[place + after]:
        after += 1
    return at - before, at + after
