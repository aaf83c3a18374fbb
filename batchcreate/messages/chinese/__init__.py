"""The Chinese catalogue."""

from collections.abc import Mapping
from types import MappingProxyType

from batchcreate.messages.chinese.causes import CAUSES
from batchcreate.messages.chinese.characters import CHARACTERS
from batchcreate.messages.chinese.check import CHECK
from batchcreate.messages.chinese.rules import RULES
from batchcreate.messages.chinese.template import TEMPLATE
from batchcreate.messages.chinese.to_fix import TO_FIX
from batchcreate.messages.chinese.words import WORDS

CHINESE: Mapping[str, str] = MappingProxyType(
    RULES | CAUSES | WORDS | CHARACTERS | TEMPLATE | TO_FIX | CHECK
)
