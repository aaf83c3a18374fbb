"""
The command template: writes the blank spreadsheet to a file.

A short module: the content comes from the template package, which does no I/O.
"""

from datetime import datetime
from pathlib import Path

from batchcreate.errors import SettingsError
from batchcreate.template import template_csv, template_workbook


def write_template(path: Path, *, language: str, is_forced: bool, at: datetime) -> None:
    """
    Write a blank template to *path*; its suffix determines the file type.

    Args:
        path: path that ends in ``.xlsx`` or ``.csv``.
        language: language of headings and instructions.
        is_forced: overwrite an existing file.
        at: creation time of the workbook.

    Raises:
        SettingsError: the file exists, cannot be written, or has another suffix.

    """
    content = _content(path, language, at)
    try:
        with path.open("wb" if is_forced else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        msg = (
            f"{path}: the file already exists; choose another name, or add --force to overwrite it"
        )
        raise SettingsError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}); choose another folder"
        raise SettingsError(msg) from error


def _content(path: Path, language: str, at: datetime) -> bytes:
    match path.suffix.lower():
        case ".xlsx":
            return template_workbook(language, at=at)
        case ".csv":
            return template_csv(language)
        case _:
            msg = (
                f"{path}: a template is a workbook or a CSV file; use the extension .xlsx or .csv"
            )
            raise SettingsError(msg)
