"""What analysts read, in English and in Chinese; pure."""

from batchcreate.messages.addresses import cell_address, column_letters
from batchcreate.messages.catalogue import CATALOGUES, LANGUAGES, message, text
from batchcreate.messages.characters import character, strangers
from batchcreate.messages.wording import (
    SHOWN_CHARS,
    SHOWN_ROWS,
    amount,
    facts_of,
    length,
    listed,
    others,
    perhaps,
    quoted,
    row_name,
)

__all__ = [
    "CATALOGUES",
    "LANGUAGES",
    "SHOWN_CHARS",
    "SHOWN_ROWS",
    "amount",
    "cell_address",
    "character",
    "column_letters",
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
]
