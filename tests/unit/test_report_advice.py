"""Every line of the results says what to do next, if anything."""

from dataclasses import replace
from typing import Final

import pytest

from batchcreate.models import Place, ResultRow, Status
from batchcreate.report.advice import advice

ROW: Final = ResultRow(
    place=Place(file="tasks.csv", sheet="", number=2),
    task_name="crm-orders",
    status=Status.FAILED,
    task_id="",
    http_status=None,
    error_code="",
    error_msg="",
    attempts=1,
    first_sent_at="",
    finished_at="",
    duration_ms=None,
    project_id="p",
    instance_id="i",
)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.REJECTED, "Mend the cells that issues.csv lists"),
        (Status.NOT_ATTEMPTED, "Not sent yet. Run the same command again."),
        (Status.CREATED, ""),
        (Status.FAILED, "Correct what the message names"),
        (Status.UNKNOWN, "It may exist on the server."),
        (Status.SKIPPED, "Not sent on purpose"),
    ],
    ids=str,
)
def test_status_has_its_advice(status: Status, words: str) -> None:
    """A row that is created needs none, and every other has one."""
    text = advice(replace(ROW, status=status))

    assert words in text
    assert bool(text) == (status is not Status.CREATED)


@pytest.mark.parametrize(
    ("http_status", "words"),
    [
        (400, "refused the values"),
        (401, "Renew them"),
        (403, "permissions"),
        (404, "Check both ids"),
        (409, "Choose another name"),
        (429, "lower --rate"),
        (422, "Correct what the message names"),
        (None, "Correct what the message names"),
    ],
)
def test_refusal_is_explained_by_its_status(http_status: int | None, words: str) -> None:
    """The status of the answer tells what kind of mistake it was."""
    assert words in advice(replace(ROW, http_status=http_status, error_code="FDI.1"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("INVALID_ROW", "issues.csv"),
        ("CONNECT", "Check the endpoint and the network"),
        ("APIGW.0308", "lower --rate"),
        ("APIGW.0301", "Renew them"),
        ("APIGW.0307", "Get a new one"),
    ],
)
def test_known_code_goes_before_the_status(code: str, words: str) -> None:
    """A code that is known says more than the status that it came with."""
    assert words in advice(replace(ROW, http_status=400, error_code=code))


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.FAILED])
def test_code_of_an_earlier_answer_matters_to_failed_rows_only(status: Status) -> None:
    """What became of a row counts more than its last answer."""
    row = replace(ROW, status=status)

    assert advice(replace(row, http_status=401, error_code="CONNECT")) == advice(row)
