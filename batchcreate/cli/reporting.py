"""``batchcreate report``: the report files, written anew."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchcreate.cli.configuring import configure
from batchcreate.cli.ending import counts
from batchcreate.cli.exits import DONE
from batchcreate.cli.say import put_json, say
from batchcreate.pipeline.reporting import report
from batchcreate.settings import language_of


def report_command(results: Path, options: Mapping[str, Any]) -> int:
    """Carry out ``report`` and return its exit code."""
    settings = configure(options)
    reports = report(results, language=language_of(settings, os.environ))
    if settings.json_summary:
        put_json(reports.document)
    for note in reports.notes:
        say(note)
    say(f"reports written anew in {results}\n{counts(reports.summary)}")
    return DONE
