"""A file is a version of the input that it belongs to, or it is refused with the reason."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.errors import SettingsError
from batchcreate.journal import Enrolment, GivenFile, Journal
from batchcreate.models import Stamp
from tests.journals import ENDPOINT, checked, explain, layout, task

MORNING, NOON, EVENING = (f"2026-01-31T{hour}:15:00.000Z" for hour in ("08", "12", "18"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "results")


def give(  # one for each property of a file
    journal: Journal,
    label: str,
    rows: Sequence[str],
    *,
    path: str = "",
    stamp: Stamp | None = None,
    at: str = MORNING,
) -> None:
    """Enrol a file with these rows."""
    with journal.enrol(endpoint=ENDPOINT, at=at) as enrolment:
        begin(enrolment, label, rows, path=path, stamp=stamp)
        tasks = [task(text, number, file=label) for number, text in enumerate(rows, start=2)]
        enrolment.add(checked(tasks), layout(label))
        enrolment.finish(explain)


def begin(
    enrolment: Enrolment,
    label: str,
    rows: Sequence[str],
    *,
    path: str = "",
    stamp: Stamp | None = None,
) -> None:
    digest = enrolment.add_file(io.BytesIO("\n".join(rows).encode()))
    enrolment.begin(GivenFile(label=label, path=path, content=digest, stamp=stamp))


def batch_of(journal: Journal) -> str:
    with journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment:
        return enrolment.versions.batch()


@pytest.mark.parametrize(
    ("label", "path", "found"),
    [
        pytest.param("tasks.csv", "/a/tasks.csv", "tasks.csv", id="the same file"),
        pytest.param("new.csv", "/a/tasks.csv", "tasks.csv", id="another label"),
        pytest.param("tasks.csv", "/b/tasks.csv", "tasks.csv", id="another folder"),
        pytest.param("tasks.csv", "", "tasks.csv", id="no path"),
        pytest.param("tasks.xlsx", "/b/tasks.xlsx", "tasks.csv", id="another extension"),
        pytest.param("june.ods", "/b/june.ods", "june.ods", id="two extensions"),
        pytest.param("other.csv", "/b/other.csv", "other.csv", id="another name"),
        pytest.param("taken.csv", "/a/taken.csv", "taken.csv", id="taken"),
    ],
)
def test_file_belongs_to_the_input_with_its_path_or_name(
    journal: Journal, label: str, path: str, found: str
) -> None:
    """The path is more certain than the name, and the extension can differ."""
    for name in ("tasks.csv", "june.csv", "june.xlsx", "taken.csv"):
        give(journal, name, [name], path=f"/a/{name}")

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        label_found = enrolment.versions.find_label(label, path, taken=["taken.csv"])

    assert label_found == found


def test_original_of_a_correction_does_not_replace_it(journal: Journal) -> None:
    """This holds for corrections of corrections, but not for edits of the file itself."""
    give(journal, "a.csv", ["x"])
    give(journal, "a.csv", ["edited"], at=NOON)
    for version, rows in ((2, ["fixed"]), (3, ["fixed twice"])):
        stamp = Stamp(batch=batch_of(journal), input="a.csv", version=version)
        give(journal, "a.csv", rows, stamp=stamp, at=EVENING)

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        found = {
            text: enrolment.versions.correction_of(
                "a.csv", enrolment.add_file(io.BytesIO(text.encode()))
            )
            for text in ("x", "edited", "fixed", "fixed twice", "new")
        }

    assert {text: each and each.number for text, each in found.items()} == {
        "x": None,
        "edited": 4,
        "fixed": 4,
        "fixed twice": None,
        "new": None,
    }


def test_correction_of_an_older_version_is_refused(journal: Journal) -> None:
    """Both dates are in the message; the same content as the newest version is accepted."""
    give(journal, "a.csv", ["x"])
    stamp = Stamp(batch=batch_of(journal), input="a.csv", version=1)
    give(journal, "a.csv", ["fixed"], stamp=stamp, at=NOON)
    give(journal, "a.csv", ["fixed"], stamp=stamp, at=EVENING)

    with pytest.raises(
        SettingsError,
        match=r"^/f/a\.xlsx: corrects a\.csv as it was given on 2026-01-31 08:15 UTC, but a newer"
        r" version was given on 2026-01-31 12:15 UTC\. Move this file",
    ):
        give(journal, "a.csv", ["late"], stamp=stamp, path="/f/a.xlsx")


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param({"batch": "0" * 32}, id="batch"),
        pytest.param({"input": "b.csv"}, id="input"),
        pytest.param({"version": 2}, id="version"),
    ],
)
def test_correction_of_another_batch_is_refused(
    journal: Journal, stamp: dict[str, object]
) -> None:
    """The remedy is its own results folder."""
    give(journal, "a.csv", ["x"])
    facts = {"batch": batch_of(journal), "input": "a.csv", "version": 1} | stamp
    other = Stamp(**facts)  # type: ignore[arg-type] # of mixed types

    with pytest.raises(SettingsError, match=r"^/f/a\.xlsx: this is the to-fix file of another"):
        give(journal, other.input, ["fixed"], stamp=other, path="/f/a.xlsx")


def test_correction_of_a_check_is_the_first_version(journal: Journal) -> None:
    """A check has no batch; its to-fix file has the name of its input."""
    give(journal, "a.csv", ["x"], stamp=Stamp(batch="", input="a.csv", version=0))

    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        newest = enrolment.versions.newest("a.csv")

    assert newest is not None
    assert (newest.number, newest.base) == (1, None)


def test_two_versions_of_a_file_are_refused(journal: Journal) -> None:
    """Both paths are named."""
    with journal.enrol(endpoint=ENDPOINT, is_kept=False) as enrolment:
        begin(enrolment, "a.csv", ["x"], path="/a.csv")

        with pytest.raises(SettingsError, match=r"^/f/a\.xlsx and /a\.csv are versions of the"):
            begin(enrolment, "a.csv", ["y"], path="/f/a.xlsx")


def test_other_file_with_the_same_name_is_refused(journal: Journal) -> None:
    """A moved file has mostly the same rows; both paths are named."""
    give(journal, "a.csv", ["x", "y", "z"], path="/may/a.csv")
    give(journal, "a.csv", ["x", "y=changed", "v"], path="/moved/a.csv")

    with pytest.raises(
        SettingsError, match=r"^/june/a\.csv has other rows than /moved/a\.csv, which has the same"
    ):
        give(journal, "a.csv", ["u", "v", "w"], path="/june/a.csv")
    give(journal, "a.csv", ["u", "v", "w"], path="/moved/a.csv")


def test_checked_file_needs_no_batch() -> None:
    """A check ignores the stamp of a to-fix file."""
    stamp = Stamp(batch="0" * 32, input="a.csv", version=7)

    with Journal.scratch() as journal, journal.enrol(endpoint="") as enrolment:
        begin(enrolment, "a.csv", ["x"], stamp=stamp)

        assert list(enrolment.files) == ["a.csv"]
