"""What analysts read, in English and in Chinese; pure."""

from batchcreate.messages.phrases import (
    SHOWN_CHARS,
    SHOWN_ROWS,
    amount,
    character,
    facts_of,
    length,
    listed,
    others,
    perhaps,
    quoted,
    row_name,
    strangers,
)
from batchcreate.messages.texts import LANGUAGES, message, text, texts

__all__ = [
    "LANGUAGES",
    "SHOWN_CHARS",
    "SHOWN_ROWS",
    "amount",
    "character",
    "facts_of",
    "length",
    "listed",
    "message",
    "others",
    "perhaps",
    "quoted",
    "row_name",
    "strangers",
    "text",
    "texts",
]
