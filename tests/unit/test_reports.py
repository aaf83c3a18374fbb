"""All reports are written, independently of one another, with the content of the journal."""

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.errors import LoadError, ReportError
from batchcreate.journal import Journal
from batchcreate.journal.deletions import UNDO_RUN_ID
from batchcreate.models import RunId
from batchcreate.pipeline.reports import (
    CheckedFiles,
    as_next_run_sees,
    gather,
    page_model,
    rebuild,
    workbook_overview,
)
from batchcreate.report.page import PageModel, ResultFile
from batchcreate.to_fix.write import ToFixFile, ToFixResult
from tests.batches import make_batch
from tests.journals import LOST, REFUSED, attempt, created, opened

WRITTEN = {"report.html", "results.csv", "results.xlsx", "issues.csv", "summary.json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def reports_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name in WRITTEN}


def model_of(journal: Journal, *files: ToFixFile) -> PageModel:
    return page_model(journal, gather(journal, {}), ToFixResult(files=files))


class TestWriting:
    def test_only_the_owner_can_read_the_reports(self, folder: Path) -> None:
        """They are written from the journal, with mode 0600."""
        opened(folder, {"a.csv": ["one", "!two"]}).close()

        reports = rebuild(folder)

        assert reports_in(folder) == WRITTEN
        assert {path.name for path in reports.files.values()} >= WRITTEN
        modes = {stat.S_IMODE((folder / name).stat().st_mode) for name in WRITTEN}
        assert modes == {0o600}

    @pytest.mark.parametrize("name", sorted(WRITTEN))
    def test_failed_report_does_not_affect_the_others(self, name: str, folder: Path) -> None:
        """All others are written; the error contains the path of the failed one."""
        opened(folder, {"a.csv": ["one", "!two"]}).close()
        (folder / name).mkdir()

        with pytest.raises(ReportError, match=rf"{name}: cannot be written"):
            rebuild(folder)
        assert {each for each in reports_in(folder) if (folder / each).is_file()} == WRITTEN - {
            name
        }

    def test_reports_are_the_same_every_time(self, folder: Path) -> None:
        """They do not contain the time of the write."""
        make_batch(folder, 100)
        rebuild(folder)
        before = {name: (folder / name).read_bytes() for name in WRITTEN}

        rebuild(folder)

        assert {name: (folder / name).read_bytes() for name in WRITTEN} == before


class TestPageModel:
    async def test_last_and_largest_run_have_charts(self, folder: Path) -> None:
        """A retry of a few rows does not replace the run that sent most of them."""
        with opened(folder, {"a.csv": ["one", "two", "three"]}) as journal:
            assert model_of(journal).charts == []

            await attempt(journal, {"one": created("1"), "two": REFUSED, "three": REFUSED})
            assert names(model_of(journal)) == [("", 1)]

            await attempt(journal, {"two": REFUSED})
            journal.start_run(RunId("sent nothing"), at="")
            assert names(model_of(journal)) == [("the last run", 2), ("the largest run", 1)]

            await attempt(journal, {"two": REFUSED, "three": created("3"), "one": created("1")})
            assert names(model_of(journal)) == [("the last run", 4)]

    def test_files_have_their_readers(self, folder: Path) -> None:
        """Analysts receive the to-fix files, and the issues if there are any."""
        with opened(folder, {"a.csv": ["one"], "b.csv": ["!two"]}) as journal:
            found = model_of(
                journal, ToFixFile(path=folder / "to-fix" / "b.xlsx", file="b.csv", rows=1)
            )
            result_files = [(each.name, each.reader) for each in found.result_files]
        with opened(folder.with_name("clean"), {"a.csv": ["one"]}) as journal:
            clean = [each.name for each in model_of(journal).result_files]

        assert result_files == [
            ("to-fix/b.xlsx", "analysts"),
            ("issues.csv", "analysts"),
            ("results.xlsx", "engineer, analysts"),
            ("results.csv", "engineer"),
        ]
        assert found.result_files[0] == ResultFile(
            name="to-fix/b.xlsx",
            content="copy of b.csv with the rows to fix, to send back",
            reader="analysts",
        )
        assert clean == ["results.xlsx", "results.csv"]

    def test_undo_is_not_a_run(self, folder: Path) -> None:
        """An undo records no facts, but was not interrupted."""
        with opened(folder, {"a.csv": ["one"]}) as journal:
            journal.start_run(UNDO_RUN_ID, at="2026-01-01T00:00:00.000Z")

            assert model_of(journal).runs == []


class TestOverview:
    def test_last_run_has_facts(self, folder: Path) -> None:
        """There are none if no run has ended."""
        make_batch(folder, 100)
        with Journal.open(folder) as journal:
            with_run = workbook_overview(gather(journal, {}))
        with opened(folder.with_name("unsent"), {"a.csv": ["one"]}) as journal:
            without_run = workbook_overview(gather(journal, {}))

        assert [name for name, _ in with_run.facts] == [
            *("endpoint", "last run", "started", "finished", "duration"),
            *("rate limit", "rate limit at the end", "slowdowns"),
        ]
        assert without_run.facts == []


async def test_rows_not_created_are_in_input_order(folder: Path) -> None:
    """Skipped rows are last, and the limit omits the last rows."""
    with opened(folder, {"a.csv": ["one", "two", "!three", "four", "five"]}) as journal:
        await attempt(journal, {"one": created("1"), "two": LOST, "five": REFUSED})
        journal._connection.execute("UPDATE tasks SET status = 'skipped' WHERE name = 'two'")

        assert found(journal, 9) == ["three", "four", "five", "two"]
        assert found(journal, 2) == ["three", "four"]


def names(model: PageModel) -> Sequence[tuple[str, int]]:
    return [(chart.name, chart.run.number) for chart in model.charts]


def found(journal: Journal, limit: int) -> list[str]:
    return [row.task_name for row in journal.not_created(limit=limit)]


def test_files_of_a_check_are_opened_at_their_paths(folder: Path, tmp_path: Path) -> None:
    """A file without a path is read from the journal; a deleted one is an error."""
    with opened(folder, {"a.csv": ["!one"]}) as journal:
        (sheet,) = journal.sheets_to_fix()
        path = tmp_path / "a.csv"
        path.write_text("edited")
        with CheckedFiles(journal, {}).opened(sheet.layout) as file:
            stored = file.read()
        files = CheckedFiles(journal, {sheet.layout.content: path})
        with files.opened(sheet.layout) as file:
            current = file.read()
        path.unlink()

        assert (current, hashlib.sha256(stored).hexdigest()) == (b"edited", sheet.layout.content)
        with pytest.raises(LoadError, match=r"^a.csv: can no longer be read \(No such file"):
            files.opened(sheet.layout)


def test_journal_whose_log_cannot_be_applied_is_an_error_of_the_reports(folder: Path) -> None:
    """The reports of a run are not written from a journal that cannot be read."""
    with opened(folder, {"a.csv": ["one"]}) as journal:
        journal._connection.execute("DROP TABLE outcomes")

        with pytest.raises(ReportError, match="no such table"), as_next_run_sees(journal):
            pass
