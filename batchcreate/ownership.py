"""
Owner and mode of files and folders: could another user have written them?

A short module: settings and journal share it, and neither imports the other.
"""

import os
import shlex
import stat

from batchcreate.errors import SettingsError


def require_private(status: os.stat_result, path: str) -> None:
    """
    Check that no other user can write the file or folder *path*.

    Args:
        status: its status.
        path: its path, for the message.

    Raises:
        SettingsError: it belongs to another user, or others may write to it.

    """
    if status.st_uid != os.geteuid():
        msg = (
            f"{path}: belongs to another user (uid {status.st_uid}) and is therefore not used; "
            "use one that belongs to you"
        )
        raise SettingsError(msg)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        msg = (
            f"{path}: other users may write to it, and it is therefore not used; check its "
            f"content, then run chmod go-w {shlex.quote(path)}"
        )
        raise SettingsError(msg)
