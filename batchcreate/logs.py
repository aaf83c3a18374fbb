"""The structured log: one JSON object per line, with stable event names and without secrets."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from batchcreate.errors import BatchCreateError, SettingsError
from batchcreate.models import RunId
from batchcreate.text import printable

FIELD_CHARS_MAX: Final = 2048
_SECRET_NAMES: Final = ("token", "secret", "password", "authorization", "signature")

ALWAYS: Final = ("event", "at", "level", "run_id")
"""Fields of every event: name, time in UTC, level and run."""

_ROW: Final = ("file", "sheet", "row", "task_name")
_ATTEMPT: Final = (*_ROW, "attempt")

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "run.started": ("endpoint", "rows"),
    "config.loaded": ("settings", "sources"),
    "rate.changed": ("rate_per_s",),
    "attempt.retry_scheduled": (*_ATTEMPT, "reason"),
    "task.created": (*_ATTEMPT, "task_id"),
    "task.failed": (*_ATTEMPT, "http_status", "error_code", "error_msg"),
    "task.unknown": (*_ATTEMPT, "reason"),
    "task.reconciled": (*_ROW, "outcome"),
    "run.finished": (
        *("counts", "started_at", "finished_at", "elapsed_s", "endpoint", "this_run"),
        *("rate", "concurrency", "stopped", "versions"),
    ),
}
"""The events by their names, with the fields in addition to those of every event."""

Log = structlog.typing.FilteringBoundLogger


def open_log(stream: TextIO, *, run_id: str, verbose: bool) -> Log:
    """
    Return a logger that writes one line per event to *stream*.

    Args:
        stream: where to write; the caller closes it.
        run_id: bound to every event.
        verbose: True to log created tasks too.

    """
    log: Log = structlog.wrap_logger(
        LineLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if verbose else logging.INFO
        ),
        run_id=run_id,
    )
    return log.bind()


class LineLogger:
    """
    Writes lines; failures are ignored, so that they do not end a run.

    A full disk is reported by the journal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write *line*, if possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Mask fields named like secrets; make all text printable and limit its length."""
    return _redact_fields(event)


def _redact_fields(fields: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        _line(str(name)): "***" if _is_secret(str(name)) else _redact_value(value)
        for name, value in fields.items()
    }


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_NAMES)


def _redact_value(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _line(value)
        case Mapping():
            return _redact_fields(value)
        case list() | tuple():
            return [_redact_value(each) for each in value]
        case BaseException() if not isinstance(value, BatchCreateError):
            # Exceptions of the HTTP library contain the request headers.
            return _line(type(value).__name__)
        case _:
            return _line(str(value))


def _line(text: str) -> str:
    return printable(text, limit=FIELD_CHARS_MAX)


@contextlib.contextmanager
def run_log(folder: Path, run_id: RunId, *, is_verbose: bool) -> Iterator[Log]:
    """
    Append to the log of a results folder until the end of the block.

    Raises:
        SettingsError: the log cannot be opened.

    """
    path = folder / "log.jsonl"
    try:
        file = io.FileIO(path, "a", opener=_open_private)
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); nothing was sent: fix "
            "the problem, or choose another folder with --results"
        )
        raise SettingsError(msg) from error
    with _LogStream(file, encoding="utf-8", write_through=True) as stream:
        yield open_log(stream, run_id=run_id, verbose=is_verbose)


class _LogStream(io.TextIOWrapper):
    """A stream that drops text that the disk does not accept, so that no run fails by its log."""

    def write(self, text: str, /) -> int:
        """Write *text*, or drop it."""
        with contextlib.suppress(OSError):
            return super().write(text)
        return len(text)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
