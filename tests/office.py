"""LibreOffice, the second program that reads and writes spreadsheets."""

import subprocess
from pathlib import Path

from tests.needs import required

LIMIT_S = 120

_FILTERS = {".csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
"""What LibreOffice is told for a suffix: CSV with commas and quotation marks, in UTF-8."""


def convert(path: Path, suffix: str, *, folder: Path) -> Path:
    """
    Let LibreOffice open *path* and save it with *suffix* in *folder*; return the new file.

    Skips the test where there is no LibreOffice, and fails it there in CI.
    """
    program = required("soffice")
    folder.mkdir(exist_ok=True)
    kind = _FILTERS.get(suffix, suffix.removeprefix("."))
    profile = (folder / "profile").absolute().as_uri()
    subprocess.run(  # noqa: S603 # arguments of our own
        [
            *(program, "--headless", "--norestore", f"-env:UserInstallation={profile}"),
            *("--convert-to", kind, "--outdir", str(folder), str(path)),
        ],
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    return folder / path.with_suffix(suffix).name
