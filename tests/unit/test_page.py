"""The report page has the content of the journal, and neither scripts nor external resources."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from batchcreate.errors import ReportError
from batchcreate.journal import Journal
from batchcreate.models import (
    CauseGroup,
    IssueExample,
    RowLocation,
    RunId,
    Status,
    Summary,
    Timeline,
)
from batchcreate.pipeline.reports import gather, page_model
from batchcreate.report.formatting import STATUS_COLORS
from batchcreate.report.page import PageModel, ResultFile, write_page
from batchcreate.to_fix.write import ToFixFile, ToFixResult
from tests.batches import make_batch
from tests.pages import Page, read_page

CHINA: Final = timezone(timedelta(hours=8))
HOSTILE: Final = "</style><script>alert(1)</script> onload='x' {{ 7*7 }} \x1b[2J\u202e\ud800 客户"
SHOWN: Final = "</style><script>alert(1)</script> onload='x' {{ 7*7 }} \\x1b[2J\\u202e\\ud800 客户"
NAME: Final = '<script> 客\udcff"onclick='
"""Name of a file, with a byte that is not UTF-8."""

NONE: Final = dict.fromkeys(Status, 0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PageModel:
    """Return the model of a batch that has content for every section."""
    folder = tmp_path_factory.mktemp("batch")
    make_batch(folder, 1000)
    to_fix = ToFixFile(path=folder / "to-fix" / "客户 1.xlsx", file="客户.xlsx", rows=3)
    with Journal.open(folder) as journal:
        return page_model(journal, gather(journal, {}), ToFixResult(files=[to_fix]))


EMPTY: Final = PageModel(
    summary=Summary(),
    runs=(),
    charts=(),
    latencies=None,
    files=(),
    instances=(),
    causes=(),
    rows=(),
    targets=(),
    target_count=0,
)


@pytest.fixture(scope="module")
def page(model: PageModel, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Return the page of that model."""
    return page_of(model, tmp_path_factory.mktemp("page"))


def without_charts(model: PageModel, **changes: Any) -> PageModel:
    """Return *model* with *changes* and without charts, which are slow."""
    without = replace(model, charts=(), latencies=None, files=(), instances=(), causes=())
    return replace(without, **changes)


def page_of(model: PageModel, folder: Path, language: str = "en") -> Page:
    write_page(folder / "report.html", model, language=language, zone=CHINA)
    return read_page(folder / "report.html")


class TestSafety:
    def test_policy_allows_one_style_sheet_and_inline_images(self, page: Page) -> None:
        """The hash is that of the style sheet in the page; images are inline."""
        (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        (policy,) = [
            each.attributes["content"]
            for each in page.all("meta")
            if each.attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == (
            f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'"
        )
        assert page.text.index("Content-Security-Policy") < page.text.index("<style>")

    def test_nothing_is_fetched_and_nothing_runs(self, page: Page) -> None:
        """There are no scripts, handlers and inline styles; links lead to files in the folder."""
        assert not {each.tag for each in page.elements} & {
            *("script", "link", "image", "iframe", "object", "embed", "use", "form"),
            *("base", "foreignObject", "audio", "video", "a:href"),
        }
        names = {name for each in page.elements for name in each.attributes}
        assert not {name for name in names if name.startswith("on") or name == "style"}
        sources = [each.attributes["src"] for each in page.elements if "src" in each.attributes]
        assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
        links = {each.attributes["href"] for each in page.all("a")}
        assert {link for link in links if not link.startswith("#")} == {
            *("results.csv", "results.xlsx", "issues.csv", "to-fix/%E5%AE%A2%E6%88%B7%201.xlsx"),
        }
        assert "url(" not in page.text
        assert "@import" not in page.text

    def test_ids_are_unique_and_exist(self, page: Page) -> None:
        """The target of every link within the page and of every label exists."""
        ids = Counter(each.attributes["id"] for each in page.elements if "id" in each.attributes)
        wanted = {
            name
            for each in page.elements
            for name in each.attributes.get("aria-labelledby", "").split()
        } | {
            each.attributes["href"][1:]
            for each in page.all("a")
            if each.attributes["href"].startswith("#")
        }
        assert set(ids.values()) == {1}
        assert wanted <= set(ids)

    def test_hostile_text_stays_text(self, page: Page, model: PageModel, tmp_path: Path) -> None:
        """It is shown as it was written, with unprintable characters escaped."""
        place = RowLocation(file=HOSTILE, sheet=HOSTILE, number=7)
        group = CauseGroup(
            status=Status.REJECTED,
            rule=HOSTILE,
            column=HOSTILE,
            rows=2,
            message=HOSTILE,
            examples=(IssueExample(location=place, cell=HOSTILE),),
        )
        (run, *_) = model.runs
        hostile = replace(
            model,
            causes=(group, replace(group, status=Status.FAILED, error_code=HOSTILE, rule="")),
            rows=(
                replace(
                    model.rows[0],
                    location=place,
                    task_name=HOSTILE,
                    error_code=HOSTILE,
                    error_msg=HOSTILE,
                ),
            ),
            files=[replace(share, name=HOSTILE) for share in model.files],
            instances=[replace(share, name=HOSTILE) for share in model.instances],
            targets=[
                replace(target, project_id=HOSTILE, instance_id=HOSTILE, endpoint=HOSTILE)
                for target in model.targets
            ],
            runs=[
                replace(
                    run,
                    run_id=RunId(HOSTILE),
                    facts={
                        **run.facts,
                        "endpoint": HOSTILE,
                        "versions": {HOSTILE: HOSTILE},
                        "stopped": {"message": HOSTILE},
                    },
                )
            ],
            result_files=(ResultFile(name=NAME, content=HOSTILE, reader=HOSTILE),),
        )

        shown = page_of(hostile, tmp_path)

        assert {each.tag for each in shown.elements} <= {each.tag for each in page.elements}
        assert {name for each in shown.elements for name in each.attributes} <= {
            name for each in page.elements for name in each.attributes
        }
        assert shown.all("html")[0].text.count(SHOWN) > 20
        assert not [char for char in shown.text if not char.isprintable() and char != "\n"]
        (link,) = [
            each.attributes["href"]
            for each in shown.all("a")
            if "script" in each.attributes["href"]
        ]
        assert link == "%3Cscript%3E%20%E5%AE%A2%FF%22onclick%3D"


class TestContent:
    def test_colours_of_statuses_are_those_of_the_charts(self, page: Page) -> None:
        """A status has one colour on the page and in the workbook."""
        for status, color in STATUS_COLORS.items():
            assert f"--{status.value}: {color};" in page.text

    def test_headline_is_title_and_first_heading(self, page: Page) -> None:
        """The title of the page is the result of the batch."""
        assert page.texts("h1") == page.texts("title")[:1]
        assert page.texts("h1")[0].endswith("2 rows not sent yet.")

    def test_headings_are_in_order(self, page: Page) -> None:
        """No level is skipped, as screen readers require."""
        levels = [int(each.tag[1]) for each in page.elements if re.fullmatch("h[1-6]", each.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(level <= before + 1 for before, level in pairwise(levels))

    def test_causes_are_grouped_by_owner(self, page: Page) -> None:
        """Each has its rows, its meaning, what to do and the first cells."""
        owners = [text for text in page.texts("h3") if text.startswith("For ")]
        assert [text.partition(" ·")[0] for text in owners] == [
            *("For analysts", "For the engineer", "For the cloud provider"),
        ]
        (first, *_) = page.all("div", class_="cause")
        text = " ".join(first.text.split())
        assert text.startswith("15 rows Task tag shorter than 4 characters. task_tag.too_short")
        assert "Enter 4 to 64 characters." in text
        assert page.text.count("Fix the cells listed in issues.csv") == 1
        assert "crm-orders.xlsx, Orders, F75" in text

    def test_skipped_row_has_no_owner(self, model: PageModel, tmp_path: Path) -> None:
        """A row whose task already exists needs no fix."""
        row = replace(model.rows[0], status=Status.SKIPPED, error_code="", http_status=None)
        page = page_of(without_charts(model, rows=[row, model.rows[0]]), tmp_path)

        owners = [
            each.text.strip()
            for each in page.all("td")
            if each.attributes.get("data-name") == "Fixed by"
        ]
        assert owners == ["", "analyst"]

    def test_rows_not_sent_yet_are_the_last_cause(self, tmp_path: Path) -> None:
        """The reason why the run ended comes first, even if it has fewer rows."""
        groups = [
            CauseGroup(status=Status.NOT_ATTEMPTED, rows=738),
            CauseGroup(status=Status.FAILED, http_status=401, error_code="APIGW.0301", rows=1),
        ]
        write_page(tmp_path / "a.html", replace(EMPTY, causes=groups))

        causes = read_page(tmp_path / "a.html").all("div", class_="cause")
        assert [cause.text.split()[0] for cause in causes] == ["1", "738"]

    def test_every_chart_has_a_text_alternative(self, page: Page) -> None:
        """It has a caption, a description and a table with all numbers."""
        images = page.all("img", class_="chart")
        descriptions = page.texts("p", class_="small")
        assert len(images) == len(page.all("figure")) == len(page.all("figcaption")) == 6
        assert {each.attributes["alt"] for each in images} <= set(descriptions)
        assert page.texts("summary") == ["Show the numbers"] * 6
        assert {
            "Creates over time, the last run",
            "Creates over time, the largest run",
            "Response times",
            "Rows per cause",
            "Rows per file",
            "Rows per instance",
        } <= {*page.texts("h3"), *page.texts("h4")}

    def test_times_are_in_utc_and_local(self, page: Page) -> None:
        """The local time has its offset."""
        assert page.texts("time")[0] == "2026-06-22 10:00:00 UTC"
        assert "2026-06-22 18:00:00 +08:00" in page.texts("small")

    def test_run_has_facts(self, page: Page) -> None:
        """The facts are duration, speed, rate limit and throttling."""
        facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
        assert facts["Rate limit"] == "50 per second slowed down once; 40 per second at the end"
        assert facts["Requests"].endswith("responses with 429")

    def test_omitted_rows_are_mentioned(self, model: PageModel, tmp_path: Path) -> None:
        """If there are more rows than the page shows, it links to all of them."""
        few = without_charts(model, rows=model.rows[:2])

        page = page_of(few, tmp_path)

        (pointer,) = [text for text in page.texts("p") if "contains all of them" in text]
        count = model.summary.total - model.summary.counts[Status.CREATED]
        assert pointer == f"The first 2 of {count} rows; results.csv contains all of them."
        whole = page_of(without_charts(model), tmp_path)
        assert not [text for text in whole.texts("p") if "contains all of them" in text]

    def test_advice_is_in_the_given_language(self, model: PageModel, tmp_path: Path) -> None:
        """Texts in another language are marked for screen readers."""
        page = page_of(without_charts(model, causes=model.causes[:1]), tmp_path, language="zh")

        (first, *_) = page.all("h4", lang="zh")
        assert not first.text.isascii()
        assert page.all("html")[0].attributes["lang"] == "en"

    def test_early_end_has_a_notice(self, model: PageModel, tmp_path: Path) -> None:
        """The reason, or that the run was interrupted, is below the headline."""
        (last, *earlier) = model.runs
        facts = {**last.facts, "stopped": {"cause": "outage", "message": "the server is gone"}}
        stopped = without_charts(model, runs=[replace(last, facts=facts), *earlier])
        killed = without_charts(model, runs=[replace(last, facts={}, finished_at=""), *earlier])

        assert page_of(stopped, tmp_path).texts("p", class_="notice") == [
            "The last run stopped early: the server is gone"
        ]
        (notice,) = page_of(killed, tmp_path).texts("p", class_="notice")
        assert notice.startswith("The last run was interrupted.")
        assert page_of(without_charts(model), tmp_path).texts("p", class_="notice") == []

    @pytest.mark.parametrize(("count", "number"), [(1, "1 warning"), (12, "12 warnings")])
    def test_number_of_warnings_is_a_notice(
        self, model: PageModel, tmp_path: Path, count: int, number: str
    ) -> None:
        """The warnings are in issues.csv."""
        page = page_of(without_charts(model, warnings=count), tmp_path)

        assert page.texts("p", class_="notice") == [
            f"{number} in issues.csv; a warning does not reject its row."
        ]

    @pytest.mark.parametrize(
        ("rate", "text"),
        [
            ((10.0, 10.0, 0), "10 per second no slowdowns"),
            ((10.0, 7.25, 3), "10 per second slowed down 3 times; 7.25 per second at the end"),
            ((10.0, 10.0, 1), "10 per second slowed down once"),
        ],
        ids=["steady", "slower", "back again"],
    )
    def test_rate_limit_has_its_slowdowns(
        self, rate: tuple[float, float, int], text: str, model: PageModel, tmp_path: Path
    ) -> None:
        """The rate at the end is omitted if it is the configured one."""
        (chart, *_) = model.charts
        names = ("configured_per_s", "learned_per_s", "slowdowns")
        facts = {**chart.run.facts, "rate": dict(zip(names, rate, strict=True))}
        shown = replace(chart, run=replace(chart.run, facts=facts), timeline=None)

        page = page_of(without_charts(model, charts=[shown]), tmp_path)

        assert dict(zip(page.texts("dt"), page.texts("dd"), strict=True))["Rate limit"] == text

    def test_further_instances_are_counted(self, model: PageModel, tmp_path: Path) -> None:
        """Only the first instances are listed."""
        page = page_of(without_charts(model, target_count=1004), tmp_path)

        assert page.texts("ul", class_="list")[0].endswith("and 1,000 more")


class TestEmptySections:
    def test_empty_batch_has_a_page(self, tmp_path: Path) -> None:
        """A batch without rows and runs has a page without empty sections."""
        page = page_of(EMPTY, tmp_path)

        assert page.texts("h1") == ["There are no rows."]
        assert page.texts("h2") == ["This batch"]
        assert page.all("figure") == []

    def test_finished_batch_has_no_causes(self, model: PageModel, tmp_path: Path) -> None:
        """If all tasks are created, there is nothing to fix and no file to send."""
        done = replace(
            model,
            summary=Summary(counts=NONE | {Status.CREATED: 300}),
            causes=(),
            rows=(),
            result_files=(),
        )
        page = page_of(done, tmp_path)

        assert page.texts("h1") == ["All 300 tasks are created."]
        assert page.texts("h2") == ["Run details", "This batch"]

    def test_killed_run_has_no_facts_of_its_end(self, model: PageModel, tmp_path: Path) -> None:
        """Only the number of its requests is known."""
        (chart, *_) = model.charts
        run = replace(chart.run, facts={}, finished_at="")
        instant = Timeline(start_ms=0, elapsed_ms=0, width_ms=200, spans=())

        for timeline in (None, instant):
            shown = replace(chart, run=run, name="", timeline=timeline)
            page = page_of(without_charts(model, runs=[run], charts=[shown]), tmp_path)
            assert page.texts("dt") == ["Requests", "Endpoint", "Instances"]


def test_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The message contains the path."""
    (tmp_path / "report.html").mkdir()

    with pytest.raises(ReportError, match=r"report\.html: cannot be written"):
        write_page(tmp_path / "report.html", EMPTY)


def test_page_that_cannot_be_generated_is_an_error(model: PageModel, tmp_path: Path) -> None:
    """Unexpected facts, for example of another version, do not affect the other reports."""
    (chart, *_) = model.charts
    unexpected = replace(chart, run=replace(chart.run, facts={"elapsed_s": "\x1b"}))

    with pytest.raises(ReportError) as caught:
        write_page(tmp_path / "report.html", without_charts(model, charts=[unexpected]))
    assert str(caught.value).startswith(
        f"{tmp_path / 'report.html'}: could not be generated (TypeError: "
    )
    assert str(caught.value).isprintable()
