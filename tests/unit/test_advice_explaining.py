"""What is advised is what a run does: both read statuses and codes in the same way."""

import json
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.advice import (
    CATALOGUE,
    Advice,
    Owner,
    Retry,
    explain,
    explain_group,
    explain_row,
)
from batchcreate.models import (
    CauseGroup,
    Created,
    Decision,
    Failed,
    Reply,
    ResultRow,
    RowLocation,
    Signal,
    Status,
    Unknown,
)
from batchcreate.outcome import read_reply

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
STATUSES: Final = [
    *range(200, 209),
    *range(300, 309),
    *range(400, 432),
    451,
    494,
    *range(500, 512),
]

# Documented otherwise than a run behaves: it may be tried again as it is, later.
TRY_LATER: Final = "FDI.3028"

CODES: Final = sorted(code for code in CATALOGUE if CATALOGUE[code][0].http_statuses)
PAIRS: Final = [
    pytest.param(code, status, id=f"{code} {status}")
    for code in CODES
    for entry in CATALOGUE[code]
    if entry.phrase is None
    for status in entry.http_statuses
]


def read(code: str, http_status: int) -> Decision:
    """Return how a run reads an answer that carries *code*."""
    fields = {"error_code": code, "error_msg": "words"}
    reply = Reply(status=http_status, headers={}, body=json.dumps(fields).encode())
    return read_reply(reply, now=NOW)


def state(decision: Decision) -> Status:
    match decision.outcome:
        case Created():
            return Status.CREATED
        case Failed():
            return Status.FAILED
        case Unknown():
            return Status.UNKNOWN


def helps(decision: Decision) -> bool:
    """Tell whether a run expects that the same row may get through the next time."""
    if decision.signal in {Signal.UNAUTHORIZED, Signal.FORBIDDEN, Signal.REDIRECTED}:
        return False  # it stops, or will
    return decision.signal is Signal.THROTTLED or isinstance(decision.outcome, Unknown)


@pytest.mark.parametrize(("code", "http_status"), PAIRS)
def test_a_retry_helps_where_the_run_says_so(code: str, http_status: int) -> None:
    """Refusals and stops need mending; throttling, faults and doubt need another run."""
    decision = read(code, http_status)

    advice = explain(code, http_status=http_status, status=state(decision))

    assert advice.is_known
    assert advice.can_retry == (helps(decision) or code == TRY_LATER)


@pytest.mark.parametrize("http_status", STATUSES)
@pytest.mark.parametrize("code", ["FDI.3002", "APIGW.0308", "APIGW.0301", "NEW.1", ""])
def test_a_contradictory_code_changes_nothing(code: str, http_status: int) -> None:
    """The status decides, as it does in a run, and not the code that came with it."""
    decision = read(code, http_status)

    advice = explain(code, http_status=http_status, status=state(decision))

    assert advice.can_retry == helps(decision)


@pytest.mark.parametrize("http_status", STATUSES)
def test_the_status_alone_tells_whether_the_task_may_exist(http_status: int) -> None:
    """Where a run has doubts, the advice is to have the server's list asked."""
    is_unsettled = isinstance(read("NEW.1", http_status).outcome, Unknown)

    advice = explain("NEW.1", http_status=http_status)

    assert ("may exist" in advice.meaning) == is_unsettled
    assert ("list is asked first" in advice.action) == (
        is_unsettled and not 300 <= http_status < 400
    )


@pytest.mark.parametrize(
    ("code", "action", "retry"),
    [
        ("ROMA.1000", "Renew what is configured", Retry.AFTER_MENDING),
        ("ROMA.1002", "Renew what is configured", Retry.AFTER_MENDING),
        ("ROMA.1006", "roma:tasks:create", Retry.AFTER_MENDING),
        ("APIGW.0301", "Wait 5 minutes after several wrong keys", Retry.AFTER_MENDING),
    ],
)
def test_authentication_codes_are_seen_through_a_400(code: str, action: str, retry: Retry) -> None:
    """The pages give them with HTTP 400, and yet no cell is wrong."""
    advice = explain(code, http_status=400, status=Status.FAILED)

    assert action in advice.action
    assert (advice.owner, advice.retry) == (Owner.ENGINEER, retry)


def test_a_row_that_the_list_proved_absent_is_not_in_doubt() -> None:
    """A server fault that ended as failed says nothing of a task that may exist."""
    advice = explain("FDI.9999", http_status=500, status=Status.FAILED)

    assert advice.meaning == "The service met an error of its network."
    assert (advice.owner, advice.can_retry) == (Owner.CLOUD, True)


@pytest.mark.parametrize(
    ("status", "owner", "retry"),
    [
        (Status.REJECTED, Owner.ANALYST, Retry.USELESS),
        (Status.NOT_ATTEMPTED, Owner.ENGINEER, Retry.HELPS),
        (Status.CREATED, Owner.ENGINEER, Retry.USELESS),
        (Status.UNKNOWN, Owner.ENGINEER, Retry.HELPS),
        (Status.SKIPPED, Owner.ANALYST, Retry.USELESS),
        (Status.FAILED, Owner.ENGINEER, Retry.AFTER_MENDING),
    ],
)
def test_status_alone_has_its_advice(status: Status, owner: Owner, retry: Retry) -> None:
    """Where nothing else is known, the status says enough; typed as a code it is the same."""
    advice = explain("", status=status)

    assert (advice.owner, advice.retry) == (owner, retry)
    assert bool(advice.text) == (status is not Status.CREATED)
    assert advice == explain(status.value.upper())


@pytest.mark.parametrize("status", [Status.NOT_ATTEMPTED, Status.CREATED, Status.SKIPPED])
def test_what_became_of_a_row_counts_more_than_its_last_answer(status: Status) -> None:
    """An earlier refusal is past."""
    advice = explain("APIGW.0301", http_status=401, status=status)

    assert advice.text == explain("", status=status).text


def test_rejected_row_is_explained_by_its_rule() -> None:
    """Without a rule, or with one that is not known, the row is to be mended all the same."""
    by_rule = explain("task_tag.too_short", status=Status.REJECTED)

    assert by_rule.meaning == "Task tag shorter than 4 characters."
    assert by_rule.action.startswith(
        "Enter 4 to 64 characters. Mend the cells that issues.csv lists"
    )
    assert explain("no.such.rule", status=Status.REJECTED).action in by_rule.action
    assert explain("INVALID_ROW", status=Status.REJECTED).action in by_rule.action


def test_rules_are_explained_in_the_words_of_the_messages() -> None:
    """What only a certain row could tell is left open."""
    assert explain("operation_types.count").action.startswith(
        "Enter 1 to 3 of INSERT, UPDATE or DELETE, separated by commas."
    )
    assert explain("task_type.value").action.startswith(
        "Enter REALTIME or leave the cell empty. M"
    )
    assert explain("task_tag.too_short", language="zh").action.startswith(
        "请填写：英文字母（A-Z、a-z）、数字、下划线（_）和连字符（-），长度 4～64 个字符。"
    )
    assert explain("task_name.repeated", language="zh").meaning.startswith("任务名称")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("FDI.1", "The service has a reason that is not documented; the message names it."),
        ("roma.1", "The service has a reason that is not documented; the message names it."),
        ("IAM.1", "IAM refused the login."),
        ("APIGW.9", "The gateway did not let the request through to the service."),
        ("APIG.9", "The gateway did not let the request through to the service."),
        ("XYZ", "This code is not known here; the message that came with it says more."),
    ],
)
def test_unknown_code_is_read_by_its_beginning(code: str, meaning: str) -> None:
    """Where no status is at hand, who says it tells most."""
    advice = explain(code)

    assert (advice.code, advice.is_known, advice.meaning) == (code, False, meaning)


@pytest.mark.parametrize(
    ("http_status", "owner"),
    [(400, Owner.ANALYST), (401, Owner.ENGINEER), (429, Owner.ENGINEER), (503, Owner.CLOUD)],
)
def test_status_goes_before_the_beginning(http_status: int, owner: Owner) -> None:
    """A code that is not known is read by the status that it came with."""
    assert explain("APIGW.9999", http_status=http_status).owner is owner


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("The task name already exists.", "another task_name"),
        ("任务名称已存在", "another task_name"),
        ("The quota of tasks is used up.", "instance_id"),
        ("The app id is wrong.", "Correct in the spreadsheet"),
    ],
)
def test_words_tell_where_no_page_names_the_code(message: str, action: str) -> None:
    """Taken names and full instances have codes that nobody documents."""
    advice = explain("FDI.4711", http_status=400, status=Status.FAILED, message=message)

    assert action in advice.action


def test_code_of_another_kind_of_refusal_is_still_that_code() -> None:
    """A known code with a status of the same kind keeps its meaning."""
    assert explain("FDI.3021", http_status=404).meaning == "One or more tasks do not exist."
    assert explain("FDI.9999", http_status=502).meaning.startswith(
        "The service met an error of its"
    )


@given(
    code=st.text(max_size=80),
    http_status=st.none() | st.integers(0, 999),
    status=st.none() | st.sampled_from(Status),
    message=st.text(max_size=80),
    language=st.sampled_from(["en", "zh"]),
)
def test_there_is_always_something_to_say(
    code: str, http_status: int | None, status: Status | None, message: str, language: str
) -> None:
    """No code, whoever sent it, is left without a meaning, and what a run never sends is told."""
    advice = explain(
        code, http_status=http_status, status=status, message=message, language=language
    )

    assert advice.meaning
    assert bool(advice.action) == (advice.text != "")
    assert len(advice.text) < 600
    assert advice.can_retry <= (status not in {Status.REJECTED, Status.CREATED, Status.SKIPPED})


ROW: Final = ResultRow(
    location=RowLocation(file="tasks.csv", sheet="", number=2),
    task_name="crm-orders",
    status=Status.FAILED,
    task_id="",
    http_status=400,
    error_code="FDI.4711",
    error_msg="the name already exists",
    attempts=1,
    first_sent_at="",
    finished_at="",
    duration_ms=None,
    project_id="p",
    instance_id="i",
)
TAKEN: Final = explain(
    "FDI.4711", http_status=400, status=Status.FAILED, message="the name already exists"
)


def test_a_row_is_explained_by_all_that_is_known_of_it() -> None:
    """Code, statuses and message come from the row."""
    assert explain_row(ROW) == TAKEN


def test_a_group_is_explained_like_its_first_row() -> None:
    """A rule, where there is one, says more than the code."""
    refused = CauseGroup(
        status=ROW.status,
        http_status=ROW.http_status,
        error_code=ROW.error_code,
        rows=3,
        message=ROW.error_msg,
    )
    broken = CauseGroup(
        status=Status.REJECTED, error_code="INVALID_ROW", rule="task_id.too_long", rows=2
    )

    assert explain_group(refused) == TAKEN
    assert explain_group(broken, language="zh") == explain("task_id.too_long", language="zh")


def test_advice_is_one_line() -> None:
    """What it says comes before what to do."""
    advice = Advice(
        code="X",
        http_statuses=(),
        meaning="It broke.",
        owner=Owner.CLOUD,
        action="Mend it.",
        retry=Retry.USELESS,
        source="page",
    )

    assert advice.text == "It broke. Mend it."


def test_the_status_of_an_answer_chooses_the_case() -> None:
    """Of what a code can mean, and not only what is said of the status alone."""
    meant = {
        (code, status): entry.meaning.en
        for code, entries in CATALOGUE.items()
        for entry in reversed(entries)  # the first of several has its say
        if entry.phrase is None
        for status in entry.http_statuses
    }

    assert meant == {
        (code, status): explain(code, http_status=status, status=Status.FAILED).meaning
        for code, status in meant
    }
