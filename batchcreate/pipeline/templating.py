"""Writes the spreadsheet that analysts fill in; no network, no credentials."""

from datetime import datetime
from pathlib import Path

from batchcreate.errors import SettingsError
from batchcreate.template import template_csv, template_workbook


def write_template(path: Path, *, language: str, is_forced: bool, at: datetime) -> None:
    """
    Write an empty template to *path*, whose suffix says whether it is a workbook or CSV.

    Args:
        path: ends in ``.xlsx`` or ``.csv``.
        language: of headings and instructions.
        is_forced: a file that is there already is overwritten.
        at: the present.

    Raises:
        SettingsError: the file exists, cannot be written, or would be of another kind.

    """
    content = _content(path, language, at)
    try:
        with path.open("wb" if is_forced else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        msg = f"{path}: exists already; choose another name, or add --force to overwrite it"
        raise SettingsError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}); choose another place"
        raise SettingsError(msg) from error


def _content(path: Path, language: str, at: datetime) -> bytes:
    match path.suffix.lower():
        case ".xlsx":
            return template_workbook(language, at=at)
        case ".csv":
            return template_csv(language)
        case _:
            msg = f"{path}: a template is a workbook or CSV; let its name end in .xlsx or .csv"
            raise SettingsError(msg)
