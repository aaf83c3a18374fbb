"""The verdict says in one sentence what is done and who has to do what."""

from collections.abc import Sequence

import pytest

from batchcreate.advice import Owner
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.report.verdict import by_owner, verdict

REFUSED = CauseGroup(status=Status.FAILED, http_status=400, error_code="FDI.3033", rows=7)
DENIED = CauseGroup(status=Status.FAILED, http_status=403, error_code="APIGW.0305", rows=12)
BROKEN = CauseGroup(status=Status.UNKNOWN, http_status=500, error_code="FDI.9999", rows=3)
UNSENT = CauseGroup(status=Status.NOT_ATTEMPTED, rows=2)
SHORT = CauseGroup(status=Status.REJECTED, rule="task_tag.too_short", rows=30)
STRANGE = CauseGroup(status=Status.REJECTED, rule="task_name.charset", rows=20)


def summary(**counts: int) -> Summary:
    return Summary(counts={status: counts.get(status.value, 0) for status in Status})


@pytest.mark.parametrize(
    ("counts", "causes", "words"),
    [
        ({}, [], "There are no rows."),
        ({"created": 1}, [], "The one row is created."),
        ({"created": 1200}, [], "All 1,200 rows are created."),
        (
            {"created": 7, "skipped": 2},
            [],
            "Nothing is left to do: of 9 rows, 7 are created and 2 were skipped.",
        ),
        (
            {"created": 742, "rejected": 37, "failed": 19, "unknown": 3},
            [SHORT, STRANGE, REFUSED, DENIED, BROKEN],
            (
                "742 of 801 rows are created; 59 need mending: 44 by analysts, "
                "12 by the engineer, 3 by the cloud."
            ),
        ),
        (
            {"created": 5, "skipped": 1, "not_attempted": 2},
            [UNSENT],
            "5 of 8 rows are created, 1 skipped; 2 were not sent yet.",
        ),
        (
            {"created": 1, "failed": 12, "not_attempted": 1},
            [DENIED, UNSENT],
            "1 of 14 rows is created; 12 need mending by the engineer; 1 was not sent yet.",
        ),
        (
            {"rejected": 1, "not_attempted": 2},
            [SHORT, UNSENT],
            "0 of 3 rows are created; 1 needs mending by analysts; 2 were not sent yet.",
        ),
    ],
)
def test_verdict_tells_it_all(
    counts: dict[str, int], causes: Sequence[CauseGroup], words: str
) -> None:
    """Every row is in it once; whoever has nothing to do is not named."""
    assert verdict(summary(**counts), causes) == words


def test_rejected_row_counts_once() -> None:
    """Rows that break two rules stand in two groups, and are one row all the same."""
    counted = by_owner(summary(rejected=37, failed=12), [SHORT, STRANGE, DENIED])

    assert counted == {Owner.ANALYST: 37, Owner.ENGINEER: 12}
