"""What is taken for a cell although something else was typed, because only one thing is meant."""

import re
import unicodedata

from batchcreate.rules import SEPARATORS, Rule, items, pattern
from batchcreate.validator.encoding import is_garbled

BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
)
"""White space of every kind."""

INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d"
    "\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufeff\uffa0"
)
"""Characters that take no room, or look like white space."""

QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』＂＇"  # noqa: RUF001  (that is the point)
BRACKETS = "()[]{}<>（）［］｛｝【】〔〕〈〉《》"  # noqa: RUF001

_ENDS = BLANKS + INVISIBLE
_TYPED_ENDS = " \t\r\n"
_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))
_AROUND = QUOTES + BRACKETS + BLANKS
_BETWEEN = re.compile(f"[{re.escape(SEPARATORS + _AROUND)}]+")


def cleaned(rule: Rule, typed: str) -> str:
    """
    Return what is taken for *typed*; a text that is refused loses its blank ends only.

    Nothing but white space and invisible characters at the ends is ever taken off a name, an
    id or a text; line breaks in texts become those of Unix. Known values are found behind
    full-width letters, quotes, brackets, invisible characters, and white space between them.
    """
    text = _trimmed(typed)
    if rule.is_text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return _spelled(rule, text) if rule.values else text


def plain_form(text: str) -> str:
    """Return *text* in the usual forms of its characters, without invisible ones."""
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN))


def _trimmed(typed: str) -> str:
    text = typed.strip(_ENDS)
    # A no-break space may be the second half of a letter that was read in the wrong encoding.
    is_torn = len(text) < len(typed) and is_garbled(typed) and not is_garbled(text)
    return typed.strip(_TYPED_ENDS) if is_torn else text


def _spelled(rule: Rule, text: str) -> str:
    """Return *text* as the rule spells it, where its values can be made out beyond doubt."""
    if rule.max_items > 1:
        if all(value in rule.values for value in items(text)):
            return text
        words = [word.upper() for word in _BETWEEN.split(plain_form(text)) if word]
        return ",".join(words) if words and set(words) <= set(rule.values) else text
    if pattern(rule).fullmatch(text):
        return text
    word = plain_form(text).strip(_AROUND).upper()
    return word if word in rule.values else text
