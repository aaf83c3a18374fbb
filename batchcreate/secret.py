"""A text that stays in its process."""

import json
from collections.abc import Iterable
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

MASKED_CHARS_MIN: Final = 6
"""A shorter secret is not masked: it would hide words and numbers that only look like it."""


class Secret:
    """
    A text that shows itself to nobody who does not ask for it by name.

    Neither ``str`` nor ``repr`` nor formatting reveal it, and it cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        msg = "a secret stays in its process"
        raise TypeError(msg)


def mask(content: bytes, secrets: Iterable[Secret]) -> bytes:
    """Return *content* with stars for *secrets*: some servers show what they were sent."""
    for secret in secrets:
        plain = secret.reveal()
        if len(plain) >= MASKED_CHARS_MIN:
            for form in _forms(plain):
                content = content.replace(form.encode("utf-8", "surrogateescape"), b"***")
    return content


def _forms(text: str) -> set[str]:
    """Return *text* as it is, and as it looks in a JSON document and in a URL."""
    json_forms = {json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    slashes = {form.replace("/", "\\/") for form in json_forms}
    raw = text.encode("utf-8", "surrogateescape")
    return {text, *json_forms, *slashes, quote(raw), quote(raw, safe=""), quote_plus(raw)}
