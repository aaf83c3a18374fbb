"""Texts that need no second look: nearly every cell of an honest file is one, and costs no more."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from batchcreate.rules import RULES, TAG, Rule, pattern
from batchcreate.validator.cleaning import BLANKS, INVISIBLE

_ENDS: Final = re.escape(BLANKS + INVISIBLE)


def _ideographs() -> str:
    """Return what Chinese programs read the bytes of UTF-8 or of accented letters as."""
    pairs = [bytes((lead, trail)) for lead in range(0xC0, 0xFF) for trail in range(0x41, 0x7B)]
    pairs += [
        bytes((lead, trail)) for lead in (*range(0xE2, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
    ]
    return "".join(
        sorted({pair.decode("gbk", "ignore")[:1] for pair in pairs} - set(map(chr, range(0x80))))
    )


_SUSPICIOUS: Final = f"?\x7f-\xff\ufffd锟{_ideographs()}"
"""Characters that texts damaged by an encoding have, beside many others that have them too."""


_LONG: Final = 10
"""Names and ids of that many characters are no placeholders, shorter ones have to show a digit."""


def _plain(rule: Rule) -> str:
    if rule.max_items > 1:
        return r"(?!)"
    if rule.values:
        return pattern(rule).pattern
    if rule.is_text:
        char = f"{rule.charset.pattern[:-1]}\r{_SUSPICIOUS}]"
        body = f"{char}{{{rule.min_length},{rule.max_length}}}"
        return f"(?![{_ENDS}#]|(?i:Err):|错误){body}(?<![{_ENDS}])"
    rule = replace(rule, charset=TAG) if rule.is_id else rule
    long = pattern(replace(rule, min_length=_LONG)).pattern
    short = pattern(replace(rule, max_length=_LONG - 1)).pattern
    # Numbers that programs wrote end like this, and hardly anything else does.
    is_no_number = r"(?<!00)" if rule.is_id else r"(?<!\.0)(?<!\.00)(?<![eE]-[0-9][0-9])"
    return f"(?:{long}|(?=[^0-9]*[0-9])(?![0-9][eE]-){short}){is_no_number}"


PLAIN: Final[Mapping[str, Callable[[str], object]]] = {
    rule.field: re.compile(_plain(rule), re.ASCII if rule.values else 0).fullmatch
    for rule in RULES.values()
}
"""For each field what is true for a text that is accepted as it is."""
