"""``--metrics``: the figures of a run for a monitoring system, however the run ended."""

from collections.abc import Callable
from pathlib import Path

from batchcreate.cli.exits import code_for
from batchcreate.cli.say import say
from batchcreate.clock import utc_now
from batchcreate.errors import BatchCreateError, ReportError, SettingsError
from batchcreate.pipeline.values import Reports
from batchcreate.report.metrics import metrics, write_metrics
from batchcreate.settings import Settings

Told = tuple[int, Reports | None]
"""The exit code of a command, and what its reports tell if there are any."""


def measured(command: Callable[[], Told], settings: Settings) -> int:
    """
    Carry out *command*, write its figures where that is wanted, and return its exit code.

    A dry run has none: the figures of the last real run stay.

    Raises:
        SettingsError: the figures cannot be written where they should be; nothing was done.

    """
    path = settings.metrics
    if path is None or settings.dry_run:
        return command()[0]
    if path.is_dir() or not path.parent.is_dir():
        msg = f"--metrics {path}: give a file in a folder that exists"
        raise SettingsError(msg)
    try:
        code, reports = command()
    except BatchCreateError as error:
        _write(path, code_for(error), None)
        raise
    _write(path, code, reports)
    return code


def _write(path: Path, code: int, reports: Reports | None) -> None:
    document = {} if reports is None else reports.document
    times = () if reports is None else reports.answer_times
    try:
        write_metrics(path, metrics(document, times, exit_code=code, now=utc_now()))
    except ReportError as error:
        say(f"warning: {error}")
