"""Rows that show how a template is filled in, and are nobody's tasks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress

from batchcreate.models import Chunk, Kind

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
        origins=list(compress(chunk.origins, kept)),
    )


def _moved(kinds: Mapping[int, Kind], at: Mapping[int, int]) -> Mapping[int, Kind]:
    return {at[old]: kind for old, kind in kinds.items() if old in at}
