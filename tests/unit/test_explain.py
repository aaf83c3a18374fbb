"""Advice agrees with the way a run interprets responses."""

import json
import re
from datetime import UTC, datetime
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.advice import (
    CATALOGUE,
    FIX_CELLS,
    Advice,
    Owner,
    Retry,
    explain,
    explain_each,
    explain_group,
    explain_row,
    format_advice,
    format_catalogue,
    format_unknown_code,
    known_code,
    similar_codes,
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
from batchcreate.responses import read_reply
from batchcreate.validator.converted_values import Doubt

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
STATUSES: Final = [
    *range(200, 209),
    *range(300, 309),
    *range(400, 432),
    451,
    494,
    *range(500, 512),
]

# The page documents it as temporary, although a run does not resend it.
TRY_LATER: Final = "FDI.3028"


def read(code: str, http_status: int) -> Decision:
    """Return how a run reads an answer that carries *code*."""
    fields = {"error_code": code, "error_msg": "words"}
    reply = Reply(status=http_status, headers={}, body=json.dumps(fields).encode())
    return read_reply(reply, now=NOW)


def row_status(decision: Decision) -> Status:
    match decision.outcome:
        case Created():
            return Status.CREATED
        case Failed():
            return Status.FAILED
        case Unknown():
            return Status.UNKNOWN


def helps(decision: Decision) -> bool:
    """Return True if a run expects that the next attempt may succeed."""
    if decision.signal in {Signal.UNAUTHORIZED, Signal.FORBIDDEN, Signal.REDIRECTED}:
        return False  # the run stops
    return decision.signal is Signal.THROTTLED or isinstance(decision.outcome, Unknown)


def test_advice_to_retry_agrees_with_a_run() -> None:
    """Refusals and stops need a fix; throttling, server faults and unknown outcomes do not."""
    wrong = []
    for code, entries in CATALOGUE.items():
        for entry in entries:
            for http_status in entry.http_statuses if entry.phrase is None else ():
                decision = read(code, http_status)
                advice = explain(code, http_status=http_status, status=row_status(decision))
                can_retry = helps(decision) or code == TRY_LATER
                if (advice.is_known, advice.can_retry) != (True, can_retry):
                    wrong.append((code, http_status))

    assert wrong == []


def test_status_has_precedence_over_a_contradictory_code() -> None:
    """The status decides, as it does in a run."""
    wrong = []
    for http_status in STATUSES:
        for code in ("FDI.3002", "APIGW.0308", "APIGW.0301", "NEW.1", ""):
            decision = read(code, http_status)
            advice = explain(code, http_status=http_status, status=row_status(decision))
            if advice.can_retry != helps(decision):
                wrong.append((code, http_status))

    assert wrong == []


def test_status_alone_decides_whether_the_task_may_exist() -> None:
    """If a run leaves the outcome unknown, the advice is to check the task list."""
    wrong = []
    for http_status in STATUSES:
        is_unknown = isinstance(read("NEW.1", http_status).outcome, Unknown)
        is_redirect = 300 <= http_status < 400
        advice = explain("NEW.1", http_status=http_status)
        found = ("may exist" in advice.meaning, "checked against the task list" in advice.action)
        if found != (is_unknown, is_unknown and not is_redirect):
            wrong.append(http_status)

    assert wrong == []


@pytest.mark.parametrize(
    ("code", "action", "retry"),
    [
        ("ROMA.1000", "Renew the configured credential", Retry.AFTER_FIX),
        ("ROMA.1002", "Renew the configured credential", Retry.AFTER_FIX),
        ("ROMA.1006", "roma:tasks:create", Retry.AFTER_FIX),
        ("APIGW.0301", "After several wrong keys, wait 5 minutes", Retry.AFTER_FIX),
    ],
)
def test_authentication_codes_are_recognised_with_a_400(
    code: str, action: str, retry: Retry
) -> None:
    """The pages give them with HTTP 400, although no cell is wrong."""
    advice = explain(code, http_status=400, status=Status.FAILED)

    assert action in advice.action
    assert (advice.owner, advice.retry) == (Owner.ENGINEER, retry)


def test_absent_task_is_not_unknown() -> None:
    """The advice for a server fault that was reconciled as failed mentions no existing task."""
    advice = explain("FDI.9999", http_status=500, status=Status.FAILED)

    assert advice.meaning == "Network error in the service."
    assert (advice.owner, advice.can_retry) == (Owner.CLOUD, True)


@pytest.mark.parametrize(
    ("status", "owner", "retry"),
    [
        (Status.REJECTED, Owner.ANALYST, Retry.USELESS),
        (Status.NOT_ATTEMPTED, Owner.ENGINEER, Retry.HELPS),
        (Status.CREATED, Owner.ENGINEER, Retry.USELESS),
        (Status.UNKNOWN, Owner.ENGINEER, Retry.HELPS),
        (Status.SKIPPED, Owner.ANALYST, Retry.AFTER_FIX),
        (Status.FAILED, Owner.ENGINEER, Retry.AFTER_FIX),
    ],
)
def test_status_alone_has_its_advice(status: Status, owner: Owner, retry: Retry) -> None:
    """The advice for a status is the same whether it is given as status or as code."""
    advice = explain("", status=status)

    assert (advice.owner, advice.retry) == (owner, retry)
    assert bool(advice.text) == (status is not Status.CREATED)
    assert advice == explain(status.value.upper())


@pytest.mark.parametrize("status", [Status.NOT_ATTEMPTED, Status.CREATED, Status.SKIPPED])
def test_row_status_has_precedence_over_the_last_response(status: Status) -> None:
    """An earlier refusal does not matter."""
    advice = explain("APIGW.0301", http_status=401, status=status)

    assert advice.text == explain("", status=status).text


def test_rejected_row_is_explained_by_its_rule() -> None:
    """Without a rule, or with an unknown one, the advice is to fix the cells."""
    by_rule = explain("task_tag.too_short", status=Status.REJECTED)

    assert by_rule.meaning == "Task tag shorter than 4 characters."
    assert by_rule.action == f"Enter 4 to 64 characters. {FIX_CELLS.action.en}"
    assert explain("no.such.rule", status=Status.REJECTED).action == FIX_CELLS.action.en
    assert explain("INVALID_ROW", status=Status.REJECTED).action == FIX_CELLS.action.en


def test_rules_are_explained_with_the_texts_of_the_messages() -> None:
    """Only the part that does not depend on the value of a row is used."""
    assert explain("operation_types.count").action.startswith(
        "Enter 1 to 3 of INSERT, UPDATE or DELETE, separated by commas."
    )
    assert explain("task_type.value").action.startswith(
        "Enter REALTIME or leave the cell empty. F"
    )
    assert explain("task_tag.too_short", language="zh").action.startswith(
        "请填写：英文字母（A-Z、a-z）、数字、下划线（_）和连字符（-），长度 4～64 个字符。"
    )
    assert explain("task_name.repeated", language="zh").meaning.startswith("任务名称")


def test_rules_of_warnings_reject_no_row() -> None:
    """Their advice differs from that of the rules that reject a row."""
    kinds = {*get_args(Doubt), "zero_result"}

    warned = {
        code
        for code in CATALOGUE
        if explain(code).action.endswith("the task is created anyway, except with --strict.")
    }

    assert warned == {
        "row.struck_through",
        *(code for code in CATALOGUE if code.rpartition(".")[2] in kinds),
    }


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("FDI.1", "Undocumented error; see the server's message."),
        ("roma.1", "Undocumented error; see the server's message."),
        ("IAM.1", "IAM refused the login."),
        ("APIGW.9", "The gateway did not forward the request to the service."),
        ("APIG.9", "The gateway did not forward the request to the service."),
        ("XYZ", "Unknown code; see the server's message."),
    ],
)
def test_unknown_code_is_explained_by_its_prefix(code: str, meaning: str) -> None:
    """Without an HTTP status, the prefix of the code decides."""
    advice = explain(code)

    assert (advice.code, advice.is_known, advice.meaning) == (code, False, meaning)


@pytest.mark.parametrize(
    ("http_status", "owner"),
    [(400, Owner.ANALYST), (401, Owner.ENGINEER), (429, Owner.ENGINEER), (503, Owner.CLOUD)],
)
def test_http_status_has_precedence_over_the_prefix(http_status: int, owner: Owner) -> None:
    """An unknown code is explained by the status of its response."""
    assert explain("APIGW.9999", http_status=http_status).owner is owner


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("The task name already exists.", "Change task_name"),
        ("任务名称已存在", "Change task_name"),
        ("The quota of tasks is used up.", "instance_id"),
        ("The app id is wrong.", "Correct the value named in the message"),
    ],
)
def test_message_decides_if_the_code_is_undocumented(message: str, action: str) -> None:
    """The codes for existing names and exceeded quotas are undocumented."""
    advice = explain("FDI.4711", http_status=400, status=Status.FAILED, message=message)

    assert action in advice.action


def test_known_code_with_a_similar_status_keeps_its_meaning() -> None:
    """Refusals are similar to refusals, and server faults to server faults."""
    assert explain("FDI.3021", http_status=404).meaning == "One or more tasks do not exist."
    assert explain("FDI.9999", http_status=502).meaning.startswith("Network error in the service.")


@given(
    code=st.text(max_size=80),
    http_status=st.none() | st.integers(0, 999),
    status=st.none() | st.sampled_from(Status),
    message=st.text(max_size=80),
    language=st.sampled_from(["en", "zh"]),
)
def test_there_is_advice_for_every_input(
    code: str, http_status: int | None, status: Status | None, message: str, language: str
) -> None:
    """Every code has a meaning, and a retry is advised only for rows that a run sends."""
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


def test_row_is_explained_by_all_its_fields() -> None:
    """Code, statuses, message and reason are taken from the row."""
    assert explain_row(ROW) == TAKEN


def test_group_is_explained_like_its_first_row() -> None:
    """A rule has precedence over the code."""
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
    """The meaning comes before the action."""
    advice = Advice(
        code="X",
        http_statuses=(),
        meaning="It broke.",
        owner=Owner.CLOUD,
        action="Fix it.",
        retry=Retry.USELESS,
        source="page",
    )

    assert advice.text == "It broke. Fix it."


def test_http_status_selects_the_meaning() -> None:
    """Each status of a code has the meaning of its entry."""
    expected = {
        (code, status): entry.meaning.en
        for code, entries in CATALOGUE.items()
        for entry in reversed(entries)  # the first of several counts
        if entry.phrase is None
        for status in entry.http_statuses
    }

    assert expected == {
        (code, status): explain(code, http_status=status, status=Status.FAILED).meaning
        for code, status in expected
    }


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("fdi.3033", "FDI.3033"),
        (" APIGW.0308 ", "APIGW.0308"),
        ("apig.0308", "APIG.0308"),
        ("invalid_row", "INVALID_ROW"),
        ("Task_Name.Charset", "task_name.charset"),
        ("UNKNOWN", "unknown"),
        ("http_404", "HTTP_404"),
        ("http 404", "HTTP_404"),
        ("404", "HTTP_404"),
        ("FDI.1", ""),
        ("451", ""),
        ("", ""),
    ],
)
def test_case_and_spelling_of_a_status_do_not_matter(typed: str, code: str) -> None:
    """A code is found in upper and lower case, and a status with or without HTTP."""
    assert known_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("FDI.303", "FDI.3033"),
        ("0613", "APIGW.0613"),
        ("APIGW.3033", "FDI.3033"),
        ("INVALIDROW", "INVALID_ROW"),
        ("task_nam.charset", "task_name.charset"),
        ("no_answers", "NO_ANSWER"),
    ],
)
def test_similar_codes_are_suggested(typed: str, first: str) -> None:
    """Codes with a typing error, a missing prefix or a wrong prefix are recognised."""
    assert first in similar_codes(typed)


@pytest.mark.parametrize("typed", ["", " ", "全角", "zzzzzz", "\x00", "." * 5000])
def test_texts_unlike_any_code_have_no_similar_codes(typed: str) -> None:
    """No suggestion is better than an arbitrary one."""
    assert similar_codes(typed) == []


def test_every_meaning_of_a_code_is_explained() -> None:
    """A code with several statuses has advice for each."""
    assert [case.http_statuses for case in explain_each("apigw.0201")] == [
        (400,),
        (413,),
        (414, 494),
        (502, 504),
    ]


def test_unknown_code_has_one_meaning() -> None:
    """The advice is marked as unknown."""
    (case,) = explain_each("XYZ.1", language="zh")

    assert (case.code, case.is_known) == ("XYZ.1", False)


@pytest.mark.parametrize("code", ["APIGW.0308", "CONNECT", "task_tag.charset", "created", "XYZ"])
def test_both_languages_have_the_same_lines(code: str) -> None:
    """No line is missing in a translation."""
    english, chinese = (
        [
            list(format_advice(each, language=language))
            for each in explain_each(code, language=language)
        ]
        for language in ("en", "zh")
    )

    assert [len(each) for each in english] == [len(each) for each in chinese]
    assert all(re.search(r"[一-鿿]", line) for each in chinese for line in each[1:])


def test_useful_retry_is_a_command() -> None:
    """The command selects the rows with that code; if no retry can help, there is none."""
    commands = {
        code: [line for line in format_advice(explain(code)) if "batchcreate retry" in line]
        for code in ("APIGW.0308", "APIGW.0301", "FDI.3033")
    }

    assert commands == {
        "APIGW.0308": ["Retry: yes: batchcreate retry RESULTS_DIR --only APIGW.0308"],
        "APIGW.0301": ["Retry: after the fix: batchcreate retry RESULTS_DIR --only APIGW.0301"],
        "FDI.3033": [],
    }


def test_catalogue_has_a_line_for_each_meaning() -> None:
    """Statuses, reasons and phrases distinguish the meanings of a code."""
    listed = list(format_catalogue())

    assert len(listed) == sum(len(entries) for entries in CATALOGUE.values())
    assert len(set(listed)) == len(listed)
    assert "APIGW.0201 (HTTP 413): The request body is over 12 MB." in listed
    assert "HTTP_413: The values of this row are too long for the service." in listed
    assert [line.partition(":")[0] for line in listed if line.startswith("CONNECT")] == [
        "CONNECT",
        *(f"CONNECT ({name})" for name in ("certificate", "proxy", "name", "timeout", "refused")),
    ]


def test_unknown_code_comes_with_similar_ones() -> None:
    """If no code is similar, none is suggested."""
    chinese = list(format_unknown_code("FDI.303", similar_codes("FDI.303"), language="zh"))

    assert chinese[1].startswith("您要查询的可能是：FDI.3")
    assert list(format_unknown_code("zzz", [])) == [
        "Unknown code zzz; the following applies to codes of this kind."
    ]
