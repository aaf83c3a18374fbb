"""What the body of an answer says, whoever sent it."""

import json
from collections.abc import Mapping

from batchcreate.models import Reply
from batchcreate.text import SHOWN_CHARS, printable


def error_of(reply: Reply) -> tuple[str, str]:
    """
    Return the error code and message of an answer.

    Understands ``error_code``/``error_msg`` (FDI and gateway pages), the ``error`` object of
    the IAM pages and the spellings that the vendor's SDK accepts. The code is kept as it
    came; without one it is ``HTTP_<status>``. A message in another encoding or with raw control
    characters does not hide the code. Text that is not JSON becomes the message.
    """
    text = reply.body.decode("utf-8-sig", "replace")
    parsed = _loads(text, is_strict=False)
    if not isinstance(parsed, dict):
        return f"HTTP_{reply.status}", printable(" ".join(text[: 4 * SHOWN_CHARS].split()))
    nested = parsed.get("error")
    fields = nested if isinstance(nested, dict) else parsed
    code = _first_text(fields, "error_code", "errorCode", "code")
    message = _first_text(fields, "error_msg", "errorMsg", "message")
    return printable(code, limit=64) or f"HTTP_{reply.status}", printable(message)


def parse_json(body: bytes) -> object:
    """Return the value that *body* holds, or ``None`` where it is not sound JSON."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return _loads(text, is_strict=True)


def _loads(text: str, *, is_strict: bool) -> object:
    try:
        return json.loads(text, strict=is_strict)
    except (ValueError, RecursionError):
        return None


def _first_text(fields: Mapping[object, object], *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return ""
