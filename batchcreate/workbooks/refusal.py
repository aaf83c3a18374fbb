"""What the child says instead of reading on."""

from typing import NoReturn

PASSWORD = "is protected by a password. Remove the password and save it again."  # noqa: S105 # no secret
DAMAGED = (
    "the workbook is damaged ({}). Open it in the spreadsheet program and save it again, or copy"
    " the file once more from where it came from."
)
COPY = "Copy the table into a new workbook and name that."


class Refusal(Exception):  # noqa: N818 # says what it is, not that something broke
    """A workbook is not read; the text goes behind the file's name in a message."""


def refuse_damaged(reason: str) -> NoReturn:
    """Refuse a workbook that breaks the rules of its format."""
    raise Refusal(DAMAGED.format(reason))
