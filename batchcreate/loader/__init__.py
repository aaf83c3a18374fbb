"""Files in, chunks of rows out; the only room that reads what analysts send."""

from batchcreate.loader.files import (
    STANDARD_INPUT,
    STANDARD_INPUT_LABEL,
    labels,
    open_input,
    require_sheets,
    spooled,
)
from batchcreate.loader.headers import require_mapped
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.reading import read

__all__ = [
    "STANDARD_INPUT",
    "STANDARD_INPUT_LABEL",
    "LoadOptions",
    "Tell",
    "labels",
    "open_input",
    "read",
    "require_mapped",
    "require_sheets",
    "spooled",
]
