"""Reader of input files: text files and workbooks as chunks of rows."""

from batchcreate.loader.header import require_mapped
from batchcreate.loader.inputs import (
    STANDARD_INPUT,
    STANDARD_INPUT_LABEL,
    LoadOptions,
    labels,
    open_input,
    readable,
    require_sheets,
    spooled,
)
from batchcreate.loader.read import read

__all__ = [
    "STANDARD_INPUT",
    "STANDARD_INPUT_LABEL",
    "LoadOptions",
    "labels",
    "open_input",
    "read",
    "readable",
    "require_mapped",
    "require_sheets",
    "spooled",
]
