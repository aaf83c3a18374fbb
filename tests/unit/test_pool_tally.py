"""The counts of a running batch follow its outcomes."""

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Created, Failed, Outcome, TaskId, Unknown
from batchcreate.pool.stop import RunCounters

CREATED = Created(task_id=TaskId("t"))
FAILED = Failed(http_status=400, error_code="X.1", error_msg="No")
UNKNOWN = Unknown(reason="no answer in time")


def test_begins_with_nothing() -> None:
    """Before anything is planned every count is zero."""
    assert set(asdict(RunCounters()).values()) == {0}
    assert RunCounters().settled == 0


@given(st.lists(st.sampled_from([CREATED, FAILED, UNKNOWN])))
def test_every_outcome_counts_once(outcomes: list[Outcome]) -> None:
    """What is settled is the sum of created, failed and unknown."""
    tally = RunCounters(planned=len(outcomes))

    for outcome in outcomes:
        tally.count(outcome)

    assert tally == RunCounters(
        planned=len(outcomes),
        created=outcomes.count(CREATED),
        failed=outcomes.count(FAILED),
        unknown=outcomes.count(UNKNOWN),
    )
    assert tally.settled == tally.planned
