"""``batchcreate report``: the report files, written anew."""

from pathlib import Path

from batchcreate import pipeline
from batchcreate.cli.ending import counts
from batchcreate.cli.exits import DONE
from batchcreate.cli.say import put, say


def report_command(results: Path, *, is_json: bool) -> int:
    """Carry out ``report`` and return its exit code."""
    summary = pipeline.report(results)
    if is_json:
        put((results / "summary.json").read_text(encoding="utf-8").rstrip())
    say(f"reports written anew in {results}\n{counts(summary)}")
    return DONE
