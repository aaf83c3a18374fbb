"""Gathers from the journal what the page and the workbook tell of a batch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from batchcreate.journal import Journal, answering, history
from batchcreate.journal.queries import not_created
from batchcreate.models import RunRecord
from batchcreate.pipeline.values import Reports
from batchcreate.report import Course, Handout, Overview, Story
from batchcreate.report.to_fix import HandedBack
from batchcreate.report.wording import in_utc, per_second, spell_duration

ROWS_SHOWN: Final = 1000
"""So many rows that are not created stand on the page; results.csv has all of them."""


def story_of(journal: Journal, reports: Reports, handed_back: HandedBack) -> Story:
    """
    Return what the page tells of the batch of *journal*.

    Args:
        journal: open.
        reports: what is known of it already.
        handed_back: the files for the analysts.

    """
    connection = journal.connection
    runs = history.runs(connection)
    targets, target_count = history.targets(connection)
    return Story(
        summary=reports.summary,
        runs=runs,
        courses=[
            Course(run=run, name=name, timeline=history.timeline(connection, run.number))
            for name, run in _worth_a_look(runs).items()
        ],
        latencies=answering.latencies(connection),
        files=history.shares(connection, "file"),
        instances=history.shares(connection, "instance_id"),
        causes=reports.causes,
        rows=list(not_created(connection, limit=ROWS_SHOWN)),
        targets=targets,
        target_count=target_count,
        handouts=list(_handouts(reports, handed_back)),
    )


def overview_of(reports: Reports) -> Overview:
    """Return what the first sheet of the workbook tells."""
    return Overview(
        summary=reports.summary,
        causes=reports.causes,
        facts=list(_facts(reports.document)),
    )


def _facts(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of the last run, if one has ended."""
    if not told.get("finished_at"):
        return
    yield "endpoint", told["endpoint"]
    yield "last run", told["run_id"]
    yield "began", in_utc(told["started_at"])
    yield "ended", in_utc(told["finished_at"])
    yield "took", spell_duration(told["elapsed_s"])
    rate = told["rate"]
    yield "rate", f"{per_second(rate['configured_per_s'])} per second"
    yield "rate at the end", f"{per_second(rate['learned_per_s'])} per second"
    yield "slowed down", f"{rate['slowdowns']} times"


def _worth_a_look(runs: Sequence[RunRecord]) -> Mapping[str, RunRecord]:
    """Return the last run that sent anything, and the one that sent the most."""
    sent = [run for run in runs if run.attempts]
    if not sent:
        return {}
    largest = max(sent, key=lambda run: run.attempts)
    if largest is sent[0]:
        return {"the last run" if len(sent) > 1 else "": largest}
    return {"the last run": sent[0], "the largest run": largest}


def _handouts(reports: Reports, handed_back: HandedBack) -> Iterator[Handout]:
    for written in handed_back.files:
        yield Handout(
            name=written.path.name,
            content=f"the rows of {written.file} that are not created, to be mended and sent back",
            reader="analysts",
        )
    if any(group.rule for group in reports.causes):
        content = "every broken rule: its cell, what is wrong, and what to type instead"
        yield Handout(name="issues.csv", content=content, reader="analysts")
    content = "every row and what became of it, to filter and to sort"
    yield Handout(name="results.xlsx", content=content, reader="engineer, analysts")
    yield Handout(name="results.csv", content="the same, for programs too", reader="engineer")
