"""Files in, chunks of rows out; the only room that reads what analysts send."""

from batchcreate.loader.files import labels
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.reading import read

__all__ = ["LoadOptions", "Tell", "labels", "read"]
