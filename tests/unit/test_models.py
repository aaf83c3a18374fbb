"""Values cannot be changed or mixed up, and the numbers of a summary add up."""

import hashlib
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate import models
from batchcreate.models import CauseGroup, Key, RowLocation, Status, Summary, Target, Task

VALUES: list[type[Any]] = [
    value
    for value in vars(models).values()
    if isinstance(value, type)
    and is_dataclass(value)
    and value.__module__.startswith(models.__name__)
]
PLACE = RowLocation(file="a.csv", sheet="", number=2)
KEY = Key(
    target=Target(endpoint="https://roma.example", project_id="p", instance_id="i"),
    task_name="crm-orders",
)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_value_is_frozen_and_named_field_by_field(kind: type[Any]) -> None:
    """No value has positional fields, further attributes or a way to be changed."""
    value = object.__new__(kind)

    assert all(field.kw_only for field in fields(kind))
    assert not hasattr(value, "__dict__")
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(kind)[0].name, None)


def test_statuses_are_the_documented_ones() -> None:
    """Reports and other tools rely on these six names."""
    assert [status.value for status in Status] == [
        "rejected",
        "not_attempted",
        "created",
        "failed",
        "unknown",
        "skipped",
    ]


def test_digest_tells_a_changed_row_from_a_moved_one() -> None:
    """The digest depends on the request body only."""
    task = Task(location=PLACE, key=KEY, body=b'{"task_name":"crm-orders"}')
    moved = replace(task, location=RowLocation(file="b.csv", sheet="", number=9))
    changed = replace(task, body=b"{}")

    assert task.digest == hashlib.sha256(b'{"task_name":"crm-orders"}').digest()
    assert moved.digest == task.digest
    assert changed.digest != task.digest


def test_summary_begins_with_every_status_at_zero() -> None:
    """An empty batch has all six counts."""
    assert Summary() == Summary(counts=dict.fromkeys(Status, 0))
    assert Summary().total == 0


@given(st.lists(st.sampled_from(Status)))
def test_total_is_the_sum_of_the_counts(statuses: list[Status]) -> None:
    """Every row counts exactly once."""
    summary = Summary(counts={status: statuses.count(status) for status in Status})

    assert summary.total == len(statuses)


def test_summaries_do_not_share_their_counts() -> None:
    """The zeros of one summary are not those of another."""
    assert Summary().counts is not Summary().counts


def test_value_of_another_module_is_recognised_by_the_walk() -> None:
    """The walk over the values finds classes, not names: a dataclass here is none of them."""

    @dataclass
    class Stranger:
        """Not from models."""

    assert Stranger not in VALUES
    assert len(VALUES) > 10


@pytest.mark.parametrize(
    ("code", "status", "message", "codes", "words"),
    [
        ("FDI.1", 400, "no such thing", ["FDI.1", "HTTP 400"], "no such thing"),
        ("HTTP_502", 502, "HTTP 502: bad gateway", ["HTTP 502"], "bad gateway"),
        ("", 500, "HTTP 500", ["HTTP 500"], ""),
        ("CONNECT", None, "refused", ["CONNECT"], "refused"),
        ("", None, "", [], ""),
    ],
    ids=["both", "status as code", "status alone", "no answer", "nothing"],
)
def test_cause_says_nothing_twice(
    code: str, status: int | None, message: str, codes: list[str], words: str
) -> None:
    """A status stands once, whether it came as a code, as itself or in the message."""
    group = CauseGroup(
        status=Status.FAILED, http_status=status, error_code=code, message=message, rows=1
    )

    assert (group.codes, group.words) == (codes, words)
