"""One run at a time on a results folder; the lock dies with its process."""

import contextlib
import errno
import fcntl
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from batchcreate.errors import JournalLockedError

_HOLDER_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class FolderLock:
    """An advisory lock on a file beside the journal, whose text names the holder."""

    NAME: ClassVar = "journal.lock"

    handle: int

    @classmethod
    def take(cls, folder: Path) -> Self:
        """
        Take the lock at once or not at all.

        Raises:
            JournalLockedError: another process holds it; the message names the holder.
            OSError: the file cannot be made, or is not a regular one.

        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(folder / cls.NAME, flags, 0o600)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, f"{cls.NAME} is not a regular file")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, _HOLDER_BYTES).decode("utf-8", "replace").strip()
            os.close(handle)
            msg = (
                f"{folder}: another run is working on this results folder "
                f"({holder or 'its holder is not known'}); wait for it or end it first"
            )
            raise JournalLockedError(msg) from None
        # The text only helps people; a full disk must not keep a run from being finished.
        with contextlib.suppress(OSError):
            os.truncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Let the next run in."""
        os.close(self.handle)
