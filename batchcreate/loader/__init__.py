"""Files in, chunks of rows out; the only room that reads what analysts send."""

from batchcreate.loader.files import labels
from batchcreate.loader.reading import read

__all__ = ["labels", "read"]
