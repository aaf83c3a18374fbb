"""Conversion of spreadsheets by LibreOffice, an independent implementation of the formats."""

import atexit
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.needs import require_program

LIMIT_S = 120

_FILTERS = {".csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
"""The export filter for a suffix: CSV with commas and quotation marks, in UTF-8."""


def convert(path: Path, suffix: str, *, folder: Path) -> Path:
    """Convert *path* to a file with *suffix* in *folder* with LibreOffice; return the new file."""
    (converted,) = convert_all([path], suffix, folder=folder)
    return converted


def convert_all(paths: Sequence[Path], suffix: str, *, folder: Path) -> list[Path]:
    """
    Convert *paths* to files with *suffix* in *folder* with one call of LibreOffice.

    Skips the test if LibreOffice is not installed, or fails it in CI.
    """
    program = require_program("soffice")
    folder.mkdir(exist_ok=True)
    kind = _FILTERS.get(suffix, suffix.removeprefix("."))
    subprocess.run(  # noqa: S603 # arguments of this module
        [
            *(program, "--headless", "--norestore", f"-env:UserInstallation={_profile()}"),
            *("--convert-to", kind, "--outdir", str(folder), *map(str, paths)),
        ],
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    return [folder / path.with_suffix(suffix).name for path in paths]


@cache
def _profile() -> str:
    """Return the URI of a profile for the conversions of this process, one after the other."""
    folder = TemporaryDirectory(prefix="libreoffice-")
    atexit.register(folder.cleanup)
    return Path(folder.name).as_uri()
