"""Configuration file of the working folder: it may have been received together with the tables."""

import errno
import io
import os
import stat
import tomllib
from pathlib import Path
from typing import Any, Final

from batchcreate.errors import SettingsError
from batchcreate.ownership import require_private

FILE: Final = "batchcreate.toml"
"""The configuration file in the working folder."""

CONFIRMED: Final = f"the question about {FILE}"
"""Key of the answer yes, in place of the name of a variable."""

REFUSED: Final = ("yes", "trust_config")
"""Settings that answer questions to the user; the file must not contain them."""

_ABSENT: Final = (errno.ENOENT, errno.EISDIR, errno.ENXIO)


def read_config() -> dict[str, Any]:
    """
    Return the values of the configuration file; empty if there is no regular file of this name.

    Raises:
        SettingsError: the file is not TOML, may have been written by others, or contains a
            setting that it must not contain.

    """
    try:
        # Opened once, so that the file that is checked is the one that is read.
        config = io.FileIO(FILE, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
    except OSError as error:
        if error.errno in _ABSENT:
            return {}
        raise _unreadable(error) from None
    with config as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return {}
        require_private(status, FILE)
        try:
            values = tomllib.loads(file.read().decode())
        except (OSError, ValueError, RecursionError) as error:
            raise _unreadable(error) from None
    for name in values:
        if name.replace("-", "_").lower() in REFUSED:
            option = f"--{name.replace('_', '-').lower()}"
            msg = f"{FILE}: {name} is not accepted in this file; remove it, and use {option}"
            raise SettingsError(msg)
    return _with_underscores(values)


def _with_underscores(values: dict[str, Any]) -> dict[str, Any]:
    """Return *values* with the names of settings for those with hyphens, like the options."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name in found:
            msg = f"{FILE}: {name} is set twice, with _ and with -; remove one of them"
            raise SettingsError(msg)
        found[name] = value
    return found


def require_inside(path: Path) -> None:
    """
    Check that *path*, the results folder of the configuration file, is below the working folder.

    Raises:
        SettingsError: it leads to another folder, directly or by symbolic links.

    """
    here = Path.cwd().resolve()
    if here not in path.resolve().parents:
        msg = (
            f"invalid value for --results (from {FILE}): {str(path)!r}; in this file, give a folder "
            "below the working folder, or use --results"
        )
        raise SettingsError(msg)


def _unreadable(error: Exception) -> SettingsError:
    return SettingsError(f"{FILE}: cannot be read as TOML: {error}")
