"""Texts for analysts in English and Chinese, and the phrases they are composed of."""

from batchcreate.messages.phrases import (
    SHOWN_ROWS,
    character_count,
    describe_character,
    describe_characters,
    did_you_mean,
    example_of,
    facts_of,
    facts_of_rule,
    listed,
    listed_first,
    quoted,
    row_name,
    sentences,
)
from batchcreate.messages.texts import LANGUAGES, group_heading, message, text, texts

__all__ = [
    "LANGUAGES",
    "SHOWN_ROWS",
    "character_count",
    "describe_character",
    "describe_characters",
    "did_you_mean",
    "example_of",
    "facts_of",
    "facts_of_rule",
    "group_heading",
    "listed",
    "listed_first",
    "message",
    "quoted",
    "row_name",
    "sentences",
    "text",
    "texts",
]
