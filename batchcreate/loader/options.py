"""What the user says about the files, where they do not say it themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from batchcreate.models import Layout, Skipped

Tell = Callable[[Layout | Skipped], None]
"""Is told of each sheet how it is read, before its first rows, or that it is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """
    How to read files.

    Attributes:
        sheets: worksheets to read; empty for every visible one that has the headings.
        encoding: of text files, as Python calls it; empty to find out.
        delimiter: the character between the cells of text files; empty to find out.
        mapping: headings as typed, and the fields that they mean.
        chunk_rows: rows per chunk at most, blank ones counted.

    """

    sheets: Sequence[str] = ()
    encoding: str = ""
    delimiter: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    chunk_rows: int = 20_000


def tell_nobody(_: Layout | Skipped) -> None:
    """Do nothing."""
