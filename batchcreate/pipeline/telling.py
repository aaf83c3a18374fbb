"""Gathers from the journal what the page tells."""

from collections.abc import Mapping, Sequence
from typing import Final

from batchcreate.journal import Journal, causes, history
from batchcreate.journal.queries import not_created
from batchcreate.models import RunRecord, Summary
from batchcreate.report import Course, Handout, Story

ROWS_SHOWN: Final = 1000
"""So many rows that are not created stand on the page; results.csv has all of them."""


def story_of(journal: Journal, summary: Summary, handouts: Sequence[Handout]) -> Story:
    """
    Return what there is to tell of the batch of *journal*.

    Args:
        journal: open.
        summary: its counts.
        handouts: the other reports.

    """
    connection = journal.connection
    runs = history.runs(connection)
    targets, target_count = history.targets(connection)
    return Story(
        summary=summary,
        runs=runs,
        courses=[
            Course(run=run, name=name, timeline=history.timeline(connection, run.number))
            for name, run in _worth_a_look(runs).items()
        ],
        latencies=history.latencies(connection),
        files=history.shares(connection, "file"),
        instances=history.shares(connection, "instance_id"),
        causes=causes(connection),
        rows=list(not_created(connection, limit=ROWS_SHOWN)),
        targets=targets,
        target_count=target_count,
        handouts=handouts,
    )


def _worth_a_look(runs: Sequence[RunRecord]) -> Mapping[str, RunRecord]:
    """Return the last run that sent anything, and the one that sent the most."""
    sent = [run for run in runs if run.attempts]
    if not sent:
        return {}
    largest = max(sent, key=lambda run: run.attempts)
    if largest is sent[0]:
        return {"the last run" if len(sent) > 1 else "": largest}
    return {"the last run": sent[0], "the largest run": largest}
