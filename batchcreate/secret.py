"""
Secrets: hidden strings, and their masking in text from the server.

A short module: it is a value that several packages share.
"""

import json
from collections.abc import Iterable
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

MASKED_CHARS_MIN: Final = 6
"""Shorter secrets are not masked, because unrelated words and numbers would be masked too."""


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
    """Replace *secrets* in *content* by asterisks: some servers return what they received."""
    for secret in secrets:
        plain = secret.reveal()
        if len(plain) >= MASKED_CHARS_MIN:
            for form in _forms(plain):
                content = content.replace(form.encode("utf-8", "surrogateescape"), b"***")
    return content


def _forms(text: str) -> set[str]:
    """Return *text* unchanged, and as it appears in JSON documents and in URLs."""
    json_forms = {json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    slashes = {form.replace("/", "\\/") for form in json_forms}
    raw = text.encode("utf-8", "surrogateescape")
    return {text, *json_forms, *slashes, quote(raw), quote(raw, safe=""), quote_plus(raw)}
