"""All reports are written at once, each for itself, and tell of the runs worth a look."""

import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.errors import ReportError
from batchcreate.journal import Journal
from batchcreate.journal.deletions import UNDO_RUN_ID
from batchcreate.models import RunId
from batchcreate.pipeline.reports import gather, overview_of, rebuild, story_of
from batchcreate.report import Handout, Story
from batchcreate.report.to_fix import HandedBack, Written
from tests.batches import make_batch
from tests.journals import LOST, REFUSED, attempt, created, opened

WRITTEN = {"report.html", "results.csv", "results.xlsx", "issues.csv", "summary.json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def reports_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name in WRITTEN}


def story(journal: Journal, *files: Written) -> Story:
    return story_of(journal, gather(journal, {}), HandedBack(files=files))


class TestWriting:
    def test_every_report_is_for_its_owner_only(self, folder: Path) -> None:
        """The journal is all that they need; nobody else may read them."""
        opened(folder, {"a.csv": ["one", "!two"]}).close()

        reports = rebuild(folder)

        assert reports_in(folder) == WRITTEN
        assert {path.name for path in reports.files.values()} >= WRITTEN
        modes = {stat.S_IMODE((folder / name).stat().st_mode) for name in WRITTEN}
        assert modes == {0o600}

    @pytest.mark.parametrize("name", sorted(WRITTEN))
    def test_report_that_cannot_be_written_costs_no_other(self, name: str, folder: Path) -> None:
        """All others are written anew; the error names the one that is missing."""
        opened(folder, {"a.csv": ["one", "!two"]}).close()
        (folder / name).mkdir()

        with pytest.raises(ReportError, match=rf"{name}: cannot be written"):
            rebuild(folder)
        assert {each for each in reports_in(folder) if (folder / each).is_file()} == WRITTEN - {
            name
        }

    def test_reports_are_the_same_every_time(self, folder: Path) -> None:
        """Nothing in them tells when they were written."""
        make_batch(folder, 100)
        rebuild(folder)
        before = {name: (folder / name).read_bytes() for name in WRITTEN}

        rebuild(folder)

        assert {name: (folder / name).read_bytes() for name in WRITTEN} == before


class TestStory:
    async def test_last_and_largest_run_are_worth_a_look(self, folder: Path) -> None:
        """A rerun of a few rows does not hide the run that sent them all."""
        with opened(folder, {"a.csv": ["one", "two", "three"]}) as journal:
            assert story(journal).courses == []

            await attempt(journal, {"one": created("1"), "two": REFUSED, "three": REFUSED})
            assert names(story(journal)) == [("", 1)]

            await attempt(journal, {"two": REFUSED})
            journal.start_run(RunId("sent nothing"), at="")
            assert names(story(journal)) == [("the last run", 2), ("the largest run", 1)]

            await attempt(journal, {"two": REFUSED, "three": created("3"), "one": created("1")})
            assert names(story(journal)) == [("the last run", 4)]

    def test_files_are_named_with_their_readers(self, folder: Path) -> None:
        """Analysts get their own rows and the list of issues, where there are any."""
        with opened(folder, {"a.csv": ["one"], "b.csv": ["!two"]}) as journal:
            found = story(journal, Written(path=folder / "to-fix-b.csv", file="b.csv", rows=1))
            handouts = [(each.name, each.reader) for each in found.handouts]
        with opened(folder.with_name("clean"), {"a.csv": ["one"]}) as journal:
            clean = [each.name for each in story(journal).handouts]

        assert handouts == [
            ("to-fix-b.csv", "analysts"),
            ("issues.csv", "analysts"),
            ("results.xlsx", "engineer, analysts"),
            ("results.csv", "engineer"),
        ]
        assert found.handouts[0] == Handout(
            name="to-fix-b.csv",
            content="the rows of b.csv that are not created, to be mended and sent back",
            reader="analysts",
        )
        assert clean == ["results.xlsx", "results.csv"]

    def test_undoing_is_no_course(self, folder: Path) -> None:
        """A run that removes tasks did not end badly because it noted no facts."""
        with opened(folder, {"a.csv": ["one"]}) as journal:
            journal.start_run(UNDO_RUN_ID, at="2026-01-01T00:00:00.000Z")

            assert story(journal).runs == []


class TestOverview:
    def test_facts_of_the_last_run_are_told(self, folder: Path) -> None:
        """Where, when and how fast; nothing where no run has ended."""
        make_batch(folder, 100)
        with Journal.open(folder) as journal:
            told = overview_of(gather(journal, {}))
        with opened(folder.with_name("unsent"), {"a.csv": ["one"]}) as journal:
            untold = overview_of(gather(journal, {}))

        assert [name for name, _ in told.facts] == [
            *("endpoint", "last run", "began", "ended", "took"),
            *("rate", "rate at the end", "slowed down"),
        ]
        assert untold.facts == []


async def test_rows_that_are_not_created_come_in_input_order(folder: Path) -> None:
    """What was there before stands behind what is left to do; the limit cuts the end."""
    with opened(folder, {"a.csv": ["one", "two", "!three", "four", "five"]}) as journal:
        await attempt(journal, {"one": created("1"), "two": LOST, "five": REFUSED})
        journal._connection.execute("UPDATE tasks SET status = 'skipped' WHERE name = 'two'")

        assert found(journal, 9) == ["three", "four", "five", "two"]
        assert found(journal, 2) == ["three", "four"]


def names(story: Story) -> Sequence[tuple[str, int]]:
    return [(course.name, course.run.number) for course in story.courses]


def found(journal: Journal, limit: int) -> list[str]:
    return [row.task_name for row in journal.not_created(limit=limit)]
