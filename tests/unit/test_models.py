"""Values are immutable, and the counts of a summary add up."""

import hashlib
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate import models
from batchcreate.models import CauseGroup, Key, RowLocation, Status, Summary, Target, Task
from batchcreate.models.results import other_names

VALUES: list[type[Any]] = [
    value
    for value in vars(models).values()
    if isinstance(value, type)
    and is_dataclass(value)
    and value.__module__.startswith(models.__name__)
]
LOCATION = RowLocation(file="a.csv", sheet="", number=2)
KEY = Key(
    target=Target(endpoint="https://roma.example", project_id="p", instance_id="i"),
    task_name="crm-orders",
)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_value_is_frozen_and_keyword_only(kind: type[Any]) -> None:
    """Values have no positional fields and no other attributes."""
    value = object.__new__(kind)

    assert all(field.kw_only for field in fields(kind))
    assert not hasattr(value, "__dict__")
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(kind)[0].name, None)


def test_statuses_are_the_documented_ones() -> None:
    """Reports and other programs use these names."""
    assert [status.value for status in Status] == [
        "rejected",
        "not_attempted",
        "created",
        "failed",
        "unknown",
        "skipped",
        "withdrawn",
    ]


def test_digest_depends_on_the_body_only() -> None:
    """A row that moved has the same digest; a changed row has another one."""
    task = Task(location=LOCATION, key=KEY, body=b'{"task_name":"crm-orders"}')
    moved = replace(task, location=RowLocation(file="b.csv", sheet="", number=9))
    changed = replace(task, body=b"{}")

    assert task.digest == hashlib.sha256(b'{"task_name":"crm-orders"}').digest()
    assert moved.digest == task.digest
    assert changed.digest != task.digest


def test_empty_summary_has_all_statuses() -> None:
    """All six counts are zero."""
    assert Summary() == Summary(counts=dict.fromkeys(Status, 0))
    assert Summary().total == 0


@given(st.lists(st.sampled_from(Status)))
def test_total_is_the_sum_of_the_counts(statuses: list[Status]) -> None:
    """Each row counts once, withdrawn ones excepted."""
    summary = Summary(counts={status: statuses.count(status) for status in Status})

    assert summary.total == len(statuses) - statuses.count(Status.WITHDRAWN)


def test_summaries_do_not_share_their_counts() -> None:
    """Two empty summaries have separate counts."""
    assert Summary().counts is not Summary().counts


def test_values_of_other_modules_are_not_collected() -> None:
    """A dataclass of this module is not in the collection."""

    @dataclass
    class Other:
        """Not from models."""

    assert Other not in VALUES
    assert len(VALUES) > 10


@pytest.mark.parametrize(
    ("code", "status", "codes"),
    [
        ("FDI.1", 400, ["FDI.1", "HTTP 400"]),
        ("HTTP_502", 502, ["HTTP 502"]),
        ("", 500, ["HTTP 500"]),
        ("CONNECT", None, ["CONNECT"]),
        ("", None, []),
    ],
    ids=["both", "status as code", "status alone", "no answer", "nothing"],
)
def test_codes_of_a_cause_contain_the_status_once(
    code: str, status: int | None, codes: list[str]
) -> None:
    """A code that only repeats the status is omitted."""
    group = CauseGroup(status=Status.FAILED, http_status=status, error_code=code, rows=1)

    assert group.codes == codes


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (["Wave", " 负责人 "], ["Wave", "负责人"]),
        (["status", "Row", "task_name"], ["status (a.csv)", "Row (a.csv)", "task_name (a.csv)"]),
        (["Note", "Note", "Note"], ["Note", "Note (2)", "Note (3)"]),
        (["Note (2)", "Note", "Note"], ["Note (2)", "Note", "Note (3)"]),
        (["file (a.csv)", "file"], ["file (a.csv)", "file (a.csv) (2)"]),
        (["note", "Note"], ["note", "Note"]),
    ],
    ids=["headings", "columns of results", "repeated", "numbered", "with a file", "case"],
)
def test_names_of_other_columns_are_unique(headings: list[str], names: list[str]) -> None:
    """Programs that read the results by column name find each of them."""
    assert other_names(headings, "a.csv") == names
