"""The English catalogue."""

from collections.abc import Mapping
from types import MappingProxyType

from batchcreate.messages.english.causes import CAUSES
from batchcreate.messages.english.characters import CHARACTERS
from batchcreate.messages.english.check import CHECK
from batchcreate.messages.english.rules import RULES
from batchcreate.messages.english.template import TEMPLATE
from batchcreate.messages.english.to_fix import TO_FIX
from batchcreate.messages.english.words import WORDS

ENGLISH: Mapping[str, str] = MappingProxyType(
    RULES | CAUSES | WORDS | CHARACTERS | TEMPLATE | TO_FIX | CHECK
)
