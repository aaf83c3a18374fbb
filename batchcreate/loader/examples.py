"""Rows that show how a template is filled in, and are nobody's tasks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import TypeVar

from batchcreate.models import Chunk

Found = TypeVar("Found")

_EXAMPLE = re.compile(r"\s*(?:example|示例)\s*[:：]", re.IGNORECASE)


def without_examples(chunk: Chunk) -> tuple[Chunk, int]:
    """Return *chunk* without its example rows, and how many they were."""
    names = chunk.cells["task_name"]
    # No name has a colon: where there is none, nothing needs a closer look.
    everything = "".join(names)
    if ":" not in everything and "：" not in everything:
        return chunk, 0
    kept = [_EXAMPLE.match(name) is None for name in names]
    return (chunk, 0) if all(kept) else (_only(chunk, kept), kept.count(False))


def _only(chunk: Chunk, kept: Sequence[bool]) -> Chunk:
    at = {old: new for new, old in enumerate(compress(range(len(kept)), kept))}
    return replace(
        chunk,
        numbers=list(compress(chunk.numbers, kept)),
        cells={name: list(compress(texts, kept)) for name, texts in chunk.cells.items()},
        kinds={name: _moved(kinds, at) for name, kinds in chunk.kinds.items()},
        covering={name: _moved(texts, at) for name, texts in chunk.covering.items()},
        origins=list(compress(chunk.origins, kept)),
    )


def _moved(found: Mapping[int, Found], at: Mapping[int, int]) -> Mapping[int, Found]:
    return {at[old]: each for old, each in found.items() if old in at}
