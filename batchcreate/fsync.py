"""
Synchronisation of folders with the disk.

A short module: the journal and the reports share it and do not import each other.
"""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """
    Write the entries of *folder* to the disk, so that created and replaced files survive a crash.

    Raises:
        OSError: the folder cannot be opened or synced.

    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
