"""``batchcreate explain``: what a code means, from the catalogue alone."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from batchcreate.advice import canonical, cases, near
from batchcreate.advice.wording import index, lines, stranger
from batchcreate.cli.exits import DONE, INCOMPLETE
from batchcreate.cli.say import harmless, put
from batchcreate.settings import language_of, load


def explain_command(code: str, options: Mapping[str, Any]) -> int:
    """Carry out ``explain``: 1 where *code* is not known, an empty one for all that are."""
    language = language_of(load(options), os.environ)
    if not code:
        put("\n".join(index(language=language)))
        return DONE
    put(harmless("\n".join(_told(code, language))))
    return DONE if canonical(code) else INCOMPLETE


def _told(code: str, language: str) -> Iterator[str]:
    if not canonical(code):
        yield from stranger(code, near(code), language=language)
        yield ""
    for number, advice in enumerate(cases(code, language=language)):
        if number:
            yield ""
        yield from lines(advice, language=language)
