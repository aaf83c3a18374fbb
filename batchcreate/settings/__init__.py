"""What a run is told: options, then environment, then ``batchcreate.toml``, then defaults."""

from batchcreate.settings.group import FILE, PREFIX, Settings, region_of
from batchcreate.settings.language import language_of
from batchcreate.settings.loading import load, option_of, strangers
from batchcreate.settings.rows import RowNumbers, parse_rows

__all__ = [
    "FILE",
    "PREFIX",
    "RowNumbers",
    "Settings",
    "language_of",
    "load",
    "option_of",
    "parse_rows",
    "region_of",
    "strangers",
]
