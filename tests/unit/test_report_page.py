"""The page says what the journal says, asks for nothing, and does nothing."""

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
from batchcreate.pipeline.reports import gather, story_of
from batchcreate.report import Handout, Story, write_page
from batchcreate.report.to_fix import HandedBack, Written
from tests.batches import make_batch
from tests.pages import Page, read_page

CHINA: Final = timezone(timedelta(hours=8))
HOSTILE: Final = "</style><script>alert(1)</script> onload='x' {{ 7*7 }} \x1b[2J\u202e\ud800 客户"
SHOWN: Final = "</style><script>alert(1)</script> onload='x' {{ 7*7 }} \\x1b[2J\\u202e\\ud800 客户"
NAME: Final = '<script> 客\udcff"onclick='
"""Of a file, with a byte that is no UTF-8."""

NONE: Final = dict.fromkeys(Status, 0)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Give the story of a batch that has everything to tell."""
    folder = tmp_path_factory.mktemp("batch")
    make_batch(folder, 1000)
    to_fix = Written(path=folder / "to-fix 客户.xlsx", file="客户.xlsx", rows=3)
    with Journal.open(folder) as journal:
        return story_of(journal, gather(journal, {}), HandedBack(files=[to_fix]))


EMPTY: Final = Story(
    summary=Summary(),
    runs=(),
    courses=(),
    latencies=None,
    files=(),
    instances=(),
    causes=(),
    rows=(),
    targets=(),
    target_count=0,
)


@pytest.fixture(scope="module")
def page(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Give the page of that story."""
    return page_of(story, tmp_path_factory.mktemp("page"))


def plain(story: Story, **changes: Any) -> Story:
    """Return *story* without pictures, which take their time, but with *changes*."""
    without = replace(story, courses=(), latencies=None, files=(), instances=(), causes=())
    return replace(without, **changes)


def page_of(story: Story, folder: Path, language: str = "en") -> Page:
    write_page(folder / "report.html", story, language=language, zone=CHINA)
    return read_page(folder / "report.html")


class TestSafety:
    def test_policy_allows_one_style_sheet_and_nothing_else(self, page: Page) -> None:
        """The hash is that of the style sheet as it stands between its tags."""
        (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        (policy,) = [
            each.attributes["content"]
            for each in page.all("meta")
            if each.attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        assert page.text.index("Content-Security-Policy") < page.text.index("<style>")

    def test_nothing_is_fetched_and_nothing_runs(self, page: Page) -> None:
        """There is no script, no handler, no inline style and no address but files beside it."""
        assert not {each.tag for each in page.elements} & {
            *("script", "link", "img", "image", "iframe", "object", "embed", "use", "form"),
            *("base", "foreignObject", "audio", "video", "a:href"),
        }
        names = {name for each in page.elements for name in each.attributes}
        assert not {name for name in names if name.startswith("on") or name in {"style", "src"}}
        links = {each.attributes["href"] for each in page.all("a")}
        assert {link for link in links if not link.startswith("#")} == {
            *("results.csv", "results.xlsx", "issues.csv", "to-fix%20%E5%AE%A2%E6%88%B7.xlsx"),
        }
        assert "url(" not in page.text
        assert "@import" not in page.text

    def test_ids_are_unique_and_found(self, page: Page) -> None:
        """Every link within the page and every label leads somewhere."""
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

    def test_hostile_text_stays_text(self, page: Page, story: Story, tmp_path: Path) -> None:
        """Wherever it stands, it is shown as it was written, with the invisible spelled out."""
        place = RowLocation(file=HOSTILE, sheet=HOSTILE, number=7)
        group = CauseGroup(
            status=Status.REJECTED,
            rule=HOSTILE,
            column=HOSTILE,
            rows=2,
            message=HOSTILE,
            examples=(IssueExample(location=place, cell=HOSTILE),),
        )
        (run, *_) = story.runs
        hostile = replace(
            story,
            causes=(group, replace(group, status=Status.FAILED, error_code=HOSTILE, rule="")),
            rows=(
                replace(
                    story.rows[0],
                    location=place,
                    task_name=HOSTILE,
                    error_code=HOSTILE,
                    error_msg=HOSTILE,
                ),
            ),
            files=[replace(share, name=HOSTILE) for share in story.files],
            instances=[replace(share, name=HOSTILE) for share in story.instances],
            targets=[
                replace(target, project_id=HOSTILE, instance_id=HOSTILE, endpoint=HOSTILE)
                for target in story.targets
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
            handouts=(Handout(name=NAME, content=HOSTILE, reader=HOSTILE),),
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
    def test_verdict_is_title_and_first_heading(self, page: Page) -> None:
        """Who only reads one line reads this one."""
        assert page.texts("h1") == page.texts("title")[:1]
        assert page.texts("h1")[0].endswith("2 were not sent yet.")

    def test_headings_are_in_order(self, page: Page) -> None:
        """No level is left out, so that a screen reader can walk them."""
        levels = [int(each.tag[1]) for each in page.elements if re.fullmatch("h[1-6]", each.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(level <= before + 1 for before, level in pairwise(levels))

    def test_causes_stand_with_those_who_can_mend_them(self, page: Page) -> None:
        """Each has its rows, what it means, what to do and its first cells."""
        owners = [text for text in page.texts("h3") if text.startswith("For ")]
        assert [text.partition(" ·")[0] for text in owners] == [
            *("For analysts", "For the engineer", "For the cloud's support"),
        ]
        (first, *_) = page.all("div", class_="cause")
        told = " ".join(first.text.split())
        assert told.startswith("15 rows Task tag shorter than 4 characters. task_tag.too_short")
        assert "Type a longer one." in told
        assert page.text.count("Mend the cells that issues.csv lists") == 1
        assert "crm-orders.xlsx, Orders, F75" in told

    def test_nobody_has_to_mend_what_existed_already(self, story: Story, tmp_path: Path) -> None:
        """A skipped row says why it was skipped, and names nobody."""
        row = replace(story.rows[0], status=Status.SKIPPED, error_code="", http_status=None)
        told = page_of(plain(story, rows=[row, story.rows[0]]), tmp_path)

        owners = [
            each.text.strip()
            for each in told.all("td")
            if each.attributes.get("data-name") == "Who can mend it"
        ]
        assert owners == ["", "analyst"]

    def test_what_was_not_sent_yet_comes_last(self, tmp_path: Path) -> None:
        """However many rows they are: why the run ended stands above them."""
        groups = [
            CauseGroup(status=Status.NOT_ATTEMPTED, rows=738),
            CauseGroup(status=Status.FAILED, http_status=401, error_code="APIGW.0301", rows=1),
        ]
        write_page(tmp_path / "a.html", replace(EMPTY, causes=groups))

        causes = read_page(tmp_path / "a.html").all("div", class_="cause")
        assert [cause.text.split()[0] for cause in causes] == ["1", "738"]

    def test_every_picture_says_the_same_in_words(self, page: Page) -> None:
        """Its title, its description and a table of all numbers."""
        pictures = page.all("svg", class_="plot")
        assert {each.attributes["role"] for each in pictures} == {"img"}
        assert all(len(each.attributes["aria-labelledby"].split()) == 2 for each in pictures)
        assert len(page.all("desc")) == len(pictures) == 8
        assert page.texts("summary") == ["The same in numbers"] * 6
        assert {
            "Creates over time, the last run",
            "Creates over time, the largest run",
            "Time to answer",
            "Rows per cause",
            "Rows per file",
            "Rows per instance",
        } <= {*page.texts("h3"), *page.texts("h4")}

    def test_times_are_in_utc_and_local(self, page: Page) -> None:
        """The reader's clock has its offset beside it."""
        assert page.texts("time")[0] == "2026-06-22 10:00:00 UTC"
        assert "2026-06-22 18:00:00 +08:00" in page.texts("small")

    def test_figures_of_a_run_are_told(self, page: Page) -> None:
        """How long, how fast, which rate was used and learned, and how much was throttled."""
        figures = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
        assert figures["Rate"] == "50 per second slowed down once; 40 per second at the end"
        assert figures["Requests"].endswith("answered with 429")

    def test_first_rows_point_at_all_of_them(self, story: Story, tmp_path: Path) -> None:
        """Where there are more rows than the page shows, it says where they are."""
        few = plain(story, rows=story.rows[:2])

        page = page_of(few, tmp_path)

        (pointer,) = [text for text in page.texts("p") if text.startswith("These are the first")]
        count = story.summary.total - story.summary.counts[Status.CREATED]
        assert pointer == f"These are the first 2 of {count}; results.csv has all of them."
        whole = page_of(plain(story), tmp_path)
        assert not [text for text in whole.texts("p") if "the first" in text]

    def test_advice_is_in_the_language_of_the_run(self, story: Story, tmp_path: Path) -> None:
        """What is not English is marked as such, for voices."""
        page = page_of(plain(story, causes=story.causes[:1]), tmp_path, language="zh")

        (first, *_) = page.all("h4", lang="zh")
        assert not first.text.isascii()
        assert page.all("html")[0].attributes["lang"] == "en"

    def test_early_end_is_told(self, story: Story, tmp_path: Path) -> None:
        """Why a run stopped, or that it did not end in good order, stands below the verdict."""
        (last, *earlier) = story.runs
        facts = {**last.facts, "stopped": {"cause": "outage", "message": "the server is gone"}}
        stopped = plain(story, runs=[replace(last, facts=facts), *earlier])
        killed = plain(story, runs=[replace(last, facts={}, finished_at=""), *earlier])

        assert page_of(stopped, tmp_path).texts("p", class_="notice") == [
            "The last run stopped early: the server is gone"
        ]
        (notice,) = page_of(killed, tmp_path).texts("p", class_="notice")
        assert notice.startswith("The last run did not end in good order.")
        assert page_of(plain(story), tmp_path).texts("p", class_="notice") == []

    @pytest.mark.parametrize(
        ("rate", "words"),
        [
            ((10.0, 10.0, 0), "10 per second never slowed down"),
            ((10.0, 7.25, 3), "10 per second slowed down 3 times; 7.25 per second at the end"),
            ((10.0, 10.0, 1), "10 per second slowed down once"),
        ],
        ids=["steady", "slower", "back again"],
    )
    def test_rate_used_and_learned_is_told(
        self, rate: tuple[float, float, int], words: str, story: Story, tmp_path: Path
    ) -> None:
        """A rate that came back is not told twice."""
        (course, *_) = story.courses
        names = ("configured_per_s", "learned_per_s", "slowdowns")
        facts = {**course.run.facts, "rate": dict(zip(names, rate, strict=True))}
        told = replace(course, run=replace(course.run, facts=facts), timeline=None)

        page = page_of(plain(story, courses=[told]), tmp_path)

        assert dict(zip(page.texts("dt"), page.texts("dd"), strict=True))["Rate"] == words

    def test_many_instances_are_counted(self, story: Story, tmp_path: Path) -> None:
        """Those beyond the first ones are a number."""
        page = page_of(plain(story, target_count=1004), tmp_path)

        assert page.texts("ul", class_="list")[0].endswith("and 1,000 more")


class TestLittleToTell:
    def test_empty_batch_has_a_page(self, tmp_path: Path) -> None:
        """No rows, no runs: a page all the same, without empty sections."""
        page = page_of(EMPTY, tmp_path)

        assert page.texts("h1") == ["There are no rows."]
        assert page.texts("h2") == ["This batch"]
        assert page.all("figure") == []

    def test_batch_that_is_done_shows_no_causes(self, story: Story, tmp_path: Path) -> None:
        """Where every row is created there is nothing to do and nothing to hand on."""
        done = replace(
            story,
            summary=Summary(counts=NONE | {Status.CREATED: 300}),
            causes=(),
            rows=(),
            handouts=(),
        )
        page = page_of(done, tmp_path)

        assert page.texts("h1") == ["All 300 rows are created."]
        assert page.texts("h2") == ["How it went", "This batch"]

    def test_run_that_was_killed_at_once_has_no_figures_of_its_end(
        self, story: Story, tmp_path: Path
    ) -> None:
        """What it did not note is not told; what it sent is."""
        (course, *_) = story.courses
        run = replace(course.run, facts={}, finished_at="")
        instant = Timeline(start_ms=0, elapsed_ms=0, width_ms=200, spans=())

        for timeline in (None, instant):
            told = replace(course, run=run, name="", timeline=timeline)
            page = page_of(plain(story, runs=[run], courses=[told]), tmp_path)
            assert page.texts("dt") == ["Requests", "Endpoint", "Instances"]


def test_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """The old one stays."""
    (tmp_path / "report.html").mkdir()

    with pytest.raises(ReportError, match=r"report\.html: cannot be written"):
        write_page(tmp_path / "report.html", EMPTY)


def test_page_that_cannot_be_made_is_no_crash(story: Story, tmp_path: Path) -> None:
    """Facts that nobody expected, of another version perhaps, cost the page and nothing else."""
    (course, *_) = story.courses
    strange = replace(course, run=replace(course.run, facts={"elapsed_s": "\x1b"}))

    with pytest.raises(ReportError) as caught:
        write_page(tmp_path / "report.html", plain(story, courses=[strange]))
    assert str(caught.value).startswith(f"{tmp_path / 'report.html'}: cannot be made (TypeError: ")
    assert str(caught.value).isprintable()
