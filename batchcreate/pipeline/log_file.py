"""log.jsonl of a results folder: appended to by every run, and never the reason that one fails."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from batchcreate.errors import SettingsError
from batchcreate.logs import Log, open_log
from batchcreate.models import RunId


@contextmanager
def logging_to(folder: Path, run_id: RunId, *, is_verbose: bool) -> Iterator[Log]:
    """
    Append to the log of a results folder for the length of a block.

    Raises:
        SettingsError: it cannot be opened.

    """
    path = folder / "log.jsonl"
    try:
        file = io.FileIO(path, "a", opener=_open_own)
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); nothing was sent: mend "
            "this, or choose another folder with --results"
        )
        raise SettingsError(msg) from error
    with _LogStream(file, encoding="utf-8", write_through=True) as stream:
        yield open_log(stream, run_id=run_id, verbose=is_verbose)


class _LogStream(io.TextIOWrapper):
    """Drops what its disk does not take: no run fails for want of its log."""

    def write(self, text: str, /) -> int:
        """Write *text*, or lose it."""
        with suppress(OSError):
            return super().write(text)
        return len(text)


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
