"""report.html: a self-contained page without scripts."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from batchcreate.advice import FIX_CELLS, Advice, Owner, explain_group, explain_row
from batchcreate.errors import ReportError
from batchcreate.models import (
    CauseGroup,
    Latencies,
    ResultRow,
    RowShare,
    RunRecord,
    Status,
    Summary,
    Target,
    Timeline,
)
from batchcreate.report.atomic_files import atomic_text_file
from batchcreate.report.charts import (
    Chart,
    draw_causes,
    draw_latencies,
    draw_shares,
    draw_timeline,
)
from batchcreate.report.formatting import (
    STATUS_ORDER,
    cause_code,
    cause_label,
    format_duration,
    format_local,
    format_rate,
    format_rows,
    format_run_duration,
    format_utc,
    one_line,
    status_label,
)
from batchcreate.report.headline import headline, rows_by_owner
from batchcreate.text import counted, printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

CHART_CAUSES_MAX: Final = 10
"""Maximum number of bars; the page lists all causes above the chart."""

_OWNER_TITLES: Final[Mapping[Owner, str]] = {
    Owner.ANALYST: "For analysts",
    Owner.ENGINEER: "For the engineer",
    Owner.CLOUD: "For the cloud provider",
}
_METER_WIDTH: Final = 1000
_METER_SEGMENT_MIN: Final = 4

Fact = tuple[str, str, str]
"""Name, value and additional information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """
    A file of the results folder that the page links to.

    Attributes:
        name: name of the file.
        content: description of its content.
        reader: the people it is intended for.

    """

    name: str
    content: str
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChart:
    """
    A run that the page shows in detail.

    Attributes:
        run: the run.
        name: name of the run on the page, such as ``the last run``.
        timeline: its requests over time, or ``None`` if there were no responses.

    """

    run: RunRecord
    name: str
    timeline: Timeline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageModel:
    """
    Content of the report page.

    Attributes:
        summary: number of rows per status.
        runs: the runs, latest first.
        charts: the last run that sent requests, and the largest run.
        latencies: response times of all runs.
        files: number of rows per file.
        instances: number of rows per instance.
        causes: reasons why rows are not created.
        rows: the first rows that are not created.
        warnings: number of warnings.
        targets: the first targets of the tasks.
        target_count: number of targets.
        result_files: the other files of the results folder.
        audit: the last comparison of the task lists with the journal, or ``None``.

    """

    summary: Summary
    runs: Sequence[RunRecord]
    charts: Sequence[RunChart]
    latencies: Latencies | None
    files: Sequence[RowShare]
    instances: Sequence[RowShare]
    causes: Sequence[CauseGroup]
    rows: Sequence[ResultRow]
    warnings: int = 0
    targets: Sequence[Target]
    target_count: int
    result_files: Sequence[ResultFile] = ()
    audit: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """
    A cause as the page shows it.

    Attributes:
        group: the rows.
        title: meaning of the cause.
        code: rule or error code; empty for several causes.
        status: status of the rows.
        action: what to do.
        can_retry: True if a retry can succeed.
        owner: who can fix it.
        more: number of rows that are not listed.

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
class OwnerShare:
    """
    The causes that one owner can fix.

    Attributes:
        title: heading of the section.
        rows: number of rows to fix.
        note: advice that applies to all issues, or an empty string.
        causes: the causes.

    """

    title: str
    rows: int
    note: str
    causes: Sequence[CauseView]


def write_page(
    path: Path, model: PageModel, *, language: str = "en", zone: tzinfo | None = None
) -> None:
    """
    Write report.html.

    Args:
        path: path of the page.
        model: content of the page.
        language: language of the advice.
        zone: time zone of the reader; ``None`` for the zone of this machine.

    Raises:
        ReportError: the page cannot be generated or written.

    """
    try:
        text = _render(model, language, zone)
    except Exception as error:
        msg = (
            f"{path}: could not be generated ({type(error).__name__}: {printable(str(error))}). "
            "The other reports are not affected."
        )
        raise ReportError(msg) from error
    with atomic_text_file(path) as file:
        file.write(text)


def _render(model: PageModel, language: str, zone: tzinfo | None) -> str:
    from markupsafe import Markup

    style = files(__package__).joinpath("templates/report.css").read_text(encoding="utf-8")
    template = _environment(zone).get_template("report.html")
    return template.render(
        style=Markup(style),  # noqa: S704 # a file of this package
        style_hash=_csp_hash(style),
        language=language,
        **_context(model, language),
    )


@cache
def _environment(zone: tzinfo | None) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_printable_value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": "{:,}".format,
        "data_uri": _data_uri,
        "duration": format_run_duration,
        "label": status_label,
        "link": partial(quote, errors="surrogateescape"),
        "local": partial(format_local, zone=zone),
        "owner": _owner,
        "rows": format_rows,
        "utc": format_utc,
    }
    return environment


def _data_uri(svg: str) -> "Markup":
    from markupsafe import Markup

    return Markup("data:image/svg+xml;base64,") + base64.b64encode(svg.encode()).decode()


def _owner(row: ResultRow) -> str:
    """Return who can fix *row*; empty for a row whose task already exists."""
    return "" if row.status is Status.SKIPPED else explain_row(row).owner.value


def _printable_value(value: object) -> object:
    """Make a text printable before it is escaped; markup is not changed."""
    is_markup = hasattr(value, "__html__")
    return one_line(value) if isinstance(value, str) and not is_markup else value


def _csp_hash(style: str) -> str:
    """Return the source expression that allows this style sheet in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _context(model: PageModel, language: str) -> dict[str, Any]:
    """Return the variables of the template."""
    ended = next((run for run in model.runs if run.facts), None)
    facts = {} if ended is None else ended.facts
    counts = model.summary.counts
    default_endpoint = model.targets[0].endpoint if model.targets else ""
    return {
        "headline": headline(model.summary, model.causes),
        "notices": list(_notices(model, facts)),
        "run_id": None if ended is None else ended.run_id,
        "started": facts.get("started_at", ""),
        "finished": facts.get("finished_at", ""),
        "endpoint": facts.get("endpoint") or default_endpoint,
        "versions": sorted(facts.get("versions", {}).items()),
        "meter": list(_meter(model.summary)),
        "meter_text": ", ".join(
            f"{counts[status]:,} {status_label(status)}" for status in STATUS_ORDER
        ),
        "counts": [(status, counts[status]) for status in STATUS_ORDER],
        "owners": list(_owner_shares(model, language)),
        "run_charts": [
            (each.name, list(_run_facts(each)), _run_chart(each)) for each in model.charts
        ],
        "charts": list(_charts(model)),
        "rows": model.rows,
        "row_count": model.summary.total - counts[Status.CREATED],
        "result_files": model.result_files,
        "audit": model.audit,
        "targets": model.targets,
        "target_count": model.target_count,
        "runs": model.runs,
    }


def _notices(model: PageModel, facts: Mapping[str, Any]) -> Iterator[str]:
    if stopped := facts.get("stopped"):
        yield f"The last run stopped early: {stopped['message']}"
    if model.runs and not model.runs[0].finished_at:
        yield "The last run was interrupted. Run the same command again to resolve the open rows."
    if withdrawn := model.summary.counts[Status.WITHDRAWN]:
        yield f"{counted(withdrawn, 'row')} withdrawn, at the end of results.csv"
    if model.warnings:
        yield f"{counted(model.warnings, 'warning')} in issues.csv; a warning does not reject its row."


def _meter(summary: Summary) -> Iterator[tuple[str, float, float]]:
    """Yield status, start and width of each segment of the status bar."""
    present = [status for status in STATUS_ORDER if summary.counts[status]]
    available = _METER_WIDTH - _METER_SEGMENT_MIN * len(present)
    start = 0.0
    for status in present:
        width = _METER_SEGMENT_MIN + available * summary.counts[status] / summary.total
        yield status.value, round(start, 1), round(max(width - 2, 1), 1)
        start += width


def _owner_shares(model: PageModel, language: str) -> Iterator[OwnerShare]:
    # Rows that were not sent are a consequence of other causes, which come first.
    groups = sorted(model.causes, key=lambda group: group.status is Status.NOT_ATTEMPTED)
    views = [
        _cause_view(group, explain_group(group, language=language), language) for group in groups
    ]
    rows = rows_by_owner(model.summary, model.causes)
    for owner, title in _OWNER_TITLES.items():
        causes = [view for view in views if view.owner is owner]
        if causes:
            has_rules = any(view.group.rule for view in causes)
            note = FIX_CELLS.action.text(language) if has_rules else ""
            yield OwnerShare(title=title, rows=rows[owner], note=note, causes=causes)


def _cause_view(group: CauseGroup, advice: Advice, language: str) -> CauseView:
    specific = advice.action.removesuffix(FIX_CELLS.action.text(language)).rstrip()
    return CauseView(
        group=group,
        title=cause_label(group) if group.causes > 1 else advice.meaning,
        code=cause_code(group),
        status=status_label(group.status),
        action=specific if group.rule else advice.action,
        can_retry=advice.can_retry,
        owner=advice.owner,
        more=group.rows - len(group.examples),
    )


def _run_chart(chart: RunChart) -> Chart | None:
    title = ", ".join(filter(None, ["Creates over time", chart.name]))
    return None if chart.timeline is None else draw_timeline(chart.timeline, title=title)


def _run_facts(chart: RunChart) -> Iterator[Fact]:
    run, timeline = chart.run, chart.timeline
    if run.facts:
        yield "Duration", format_duration(run.facts["elapsed_s"]), format_utc(run.started_at)
    if timeline is not None and timeline.elapsed_ms:
        created = sum(span.created for span in timeline.spans)
        rate = format_rate(created * 1000 / timeline.elapsed_ms)
        more = f"{created:,} tasks created in {format_duration(timeline.elapsed_ms / 1000)}"
        yield "Speed", f"{rate} per second", more
    if run.facts:
        yield _rate_fact(run.facts["rate"])
    more = f"{run.throttled:,} responses with 429" if run.throttled else "no throttling"
    yield "Requests", f"{run.attempts:,}", more


def _rate_fact(rate: Mapping[str, Any]) -> Fact:
    configured, learned = rate["configured_per_s"], rate["learned_per_s"]
    times = "once" if rate["slowdowns"] == 1 else f"{rate['slowdowns']:,} times"
    more = f"slowed down {times}" if rate["slowdowns"] else "no slowdowns"
    if learned != configured:
        more += f"; {format_rate(learned)} per second at the end"
    return "Rate limit", f"{format_rate(configured)} per second", more


def _charts(model: PageModel) -> Iterator[Chart]:
    causes = model.causes[:CHART_CAUSES_MAX]
    charts = (
        None if model.latencies is None else draw_latencies(model.latencies),
        draw_causes([(cause_label(group), group.status, group.rows) for group in causes]),
        draw_shares(model.files, noun="file"),
        draw_shares(model.instances, noun="instance"),
    )
    return (chart for chart in charts if chart is not None)
