"""What stands on the page: a story put into the words and pictures of its template."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from batchcreate.advice import MEND_CELLS, Advice, Owner, explain_group
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.report.charts import draw_causes, draw_latencies, draw_shares, draw_timeline
from batchcreate.report.charts.canvas import Picture
from batchcreate.report.story import Course, Story
from batchcreate.report.verdict import by_owner, verdict
from batchcreate.report.wording import (
    ORDER,
    code_of,
    in_utc,
    label_of,
    per_second,
    spell_duration,
    words_of,
)

CAUSES_DRAWN: Final = 10
"""More bars are no picture; all causes are named above it."""

_TITLES: Final[Mapping[Owner, str]] = {
    Owner.ANALYST: "For analysts",
    Owner.ENGINEER: "For the engineer",
    Owner.CLOUD: "For the cloud's support",
}
_METER_WIDTH: Final = 1000
_METER_LEAST: Final = 4


Figure = tuple[str, str, str]
"""What it is, how much, and what more there is to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """
    Why some rows are not created, in words.

    Attributes:
        group: the rows.
        title: what it means.
        code: what it is called; empty for several causes at once.
        status: what became of the rows.
        action: what to do about this one.
        can_retry: sending the rows again can help.
        owner: who can mend it.
        more: how many rows are not named.

    """

    group: CauseGroup
    title: str
    code: str
    status: str
    action: str
    can_retry: bool
    owner: Owner
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """
    What one kind of people has to mend.

    Attributes:
        title: who they are.
        rows: how many there are to see to.
        note: what holds for all broken rules, said once; empty where there is none.
        causes: why.

    """

    title: str
    rows: int
    note: str
    causes: Sequence[Cause]


def contents(story: Story, language: str) -> dict[str, Any]:
    """Return what the template of the page asks for."""
    ended = next((run for run in story.runs if run.facts), None)
    facts = {} if ended is None else ended.facts
    has = story.summary.counts
    return {
        "verdict": verdict(story.summary, story.causes),
        "notices": list(_notices(story, facts)),
        "run_id": None if ended is None else ended.run_id,
        "began": facts.get("started_at", ""),
        "ended": facts.get("finished_at", ""),
        "endpoint": facts.get("endpoint") or _endpoint(story),
        "versions": sorted(facts.get("versions", {}).items()),
        "meter": list(_meter(story.summary)),
        "meter_words": ", ".join(f"{has[status]:,} {words_of(status)}" for status in ORDER),
        "counts": [(status.value, words_of(status), has[status]) for status in ORDER],
        "owners": list(_owners(story, language)),
        "courses": list(_courses(story)),
        "pictures": list(_pictures(story)),
        "rows": story.rows,
        "row_count": story.summary.total - has[Status.CREATED],
        "handouts": story.handouts,
        "targets": story.targets,
        "target_count": story.target_count,
        "runs": story.runs,
    }


def _notices(story: Story, facts: Mapping[str, Any]) -> Iterator[str]:
    if stopped := facts.get("stopped"):
        yield f"The last run stopped early: {stopped['message']}"
    if story.runs and not story.runs[0].finished_at:
        yield (
            "The last run did not end in good order. What it left open is settled by the next "
            "one: run the same command again."
        )


def _endpoint(story: Story) -> str:
    return story.targets[0].endpoint if story.targets else ""


def _meter(summary: Summary) -> Iterator[tuple[str, float, float]]:
    """Yield the parts of a bar of all rows: status, where it begins, and how wide it is."""
    present = [status for status in ORDER if summary.counts[status]]
    room = _METER_WIDTH - _METER_LEAST * len(present)
    left = 0.0
    for status in present:
        width = _METER_LEAST + room * summary.counts[status] / summary.total
        yield status.value, round(left, 1), round(max(width - 2, 1), 1)
        left += width


def _owners(story: Story, language: str) -> Iterator[Share]:
    # That rows were not sent follows from something else; that comes first.
    groups = sorted(story.causes, key=lambda group: group.status is Status.NOT_ATTEMPTED)
    found = [_cause(group, explain_group(group, language=language), language) for group in groups]
    rows = by_owner(story.summary, story.causes)
    for owner, title in _TITLES.items():
        causes = [cause for cause in found if cause.owner is owner]
        if causes:
            has_rules = any(cause.group.rule for cause in causes)
            note = MEND_CELLS.words.said(language) if has_rules else ""
            yield Share(title=title, rows=rows[owner], note=note, causes=causes)


def _cause(group: CauseGroup, advice: Advice, language: str) -> Cause:
    own = advice.action.removesuffix(MEND_CELLS.words.said(language)).rstrip()
    return Cause(
        group=group,
        title=label_of(group) if group.causes > 1 else advice.meaning,
        code=code_of(group),
        status=words_of(group.status),
        action=own if group.rule else advice.action,
        can_retry=advice.can_retry,
        owner=advice.owner,
        more=group.rows - len(group.examples),
    )


def _courses(story: Story) -> Iterator[tuple[str, Sequence[Figure], Picture | None]]:
    """Yield, for each run that is worth a look, its name, its figures and its picture."""
    for course in story.courses:
        title = f"Creates over time, {course.name}" if course.name else "Creates over time"
        name = f"run-{course.run.number}"
        picture = (
            None
            if course.timeline is None
            else draw_timeline(course.timeline, name=name, title=title)
        )
        yield course.name, list(_figures(course)), picture


def _figures(course: Course) -> Iterator[Figure]:
    """Yield what there is to say about a run: name, value, more."""
    run, timeline = course.run, course.timeline
    if run.facts:
        yield "Duration", spell_duration(run.facts["elapsed_s"]), in_utc(run.started_at)
    if timeline is not None and timeline.elapsed_ms:
        created = sum(span.created for span in timeline.spans)
        speed = per_second(created * 1000 / timeline.elapsed_ms)
        sending = spell_duration(timeline.elapsed_ms / 1000)
        yield "Speed", f"{speed} per second", f"{created:,} creates answered in {sending}"
    if run.facts:
        yield _rate(run.facts["rate"])
    throttled = f"{run.throttled:,} answered with 429" if run.throttled else "none was throttled"
    yield "Requests", f"{run.attempts:,}", throttled


def _rate(rate: Mapping[str, Any]) -> Figure:
    configured, learned = rate["configured_per_s"], rate["learned_per_s"]
    times = "once" if rate["slowdowns"] == 1 else f"{rate['slowdowns']:,} times"
    more = f"slowed down {times}" if rate["slowdowns"] else "never slowed down"
    if learned != configured:
        more += f"; {per_second(learned)} per second at the end"
    return "Rate", f"{per_second(configured)} per second", more


def _pictures(story: Story) -> Iterator[Picture]:
    causes = [(label_of(group), group.status, group.rows) for group in story.causes[:CAUSES_DRAWN]]
    drawn = (
        None if story.latencies is None else draw_latencies(story.latencies),
        draw_causes(causes),
        draw_shares(story.files, name="files", noun="file"),
        draw_shares(story.instances, name="instances", noun="instance"),
    )
    return (picture for picture in drawn if picture is not None)
