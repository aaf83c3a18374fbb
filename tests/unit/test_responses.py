"""Responses are interpreted as in section 3 of the failure model, without resends by mistake."""

import json
from dataclasses import astuple, replace
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate import responses
from batchcreate.errors import MaybeSentError, NotSentError, NotSentReason, TransportError
from batchcreate.models import (
    Created,
    Decision,
    Deletion,
    DeletionStatus,
    Failed,
    Reply,
    Signal,
    TaskId,
    Unknown,
)

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

# Section 3 of the failure model, written independently of the code.

STATES: Final = {
    "created if there is a task_id": [200, 201, 202],
    "unknown": [203, 204, 205, 206, 207, 208, 226, 299, 408, 425],
    "unknown, redirected": [300, 301, 302, 303, 304, 305, 307, 308, 399],
    "failed": [400, 404, 405, 411, 413, 414, 415, 416, 417, 418, 421, 422, 426, 428, 431],
    "unknown, not a refusal": [409],
    "failed, unauthorized": [401],
    "failed, forbidden": [403],
    "failed, sent again": [429],
    "unknown, server fault": [500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 599],
    "unknown, not in the table": [
        *(0, 100, 101, 102, 103, 199),
        *(402, 406, 407, 410, 412, 423, 424, 430, 444, 451, 494, 499),
    ],
    # Not in the table either; such a server is faulty for every row.
    "unknown, server fault, by no standard": [600, 700, 999],
}
STATUSES: Final = [
    (status, state.split(", not")[0].split(", by")[0])
    for state, statuses in STATES.items()
    for status in statuses
]

NO_TASK_ID: Final = {
    "empty": b"",
    "white space": b" \r\n",
    "cut off": b'{"task_id":"task-',
    "plain words": b"created",
    "an array": b'["task-1"]',
    "a string": b'"task-1"',
    "a number": b"1",
    "null": b"null",
    "no task_id": b"{}",
    "task_id is empty": b'{"task_id":""}',
    "task_id is blank": b'{"task_id":" \\t"}',
    "task_id is null": b'{"task_id":null}',
    "task_id is zero": b'{"task_id":0}',
    "task_id is negative": b'{"task_id":-7}',
    "task_id is a number with a fraction": b'{"task_id":7.0}',
    "task_id is true": b'{"task_id":true}',
    "task_id is a list": b'{"task_id":["task-1"]}',
    "task_id is an object": b'{"task_id":{"id":"task-1"}}',
    "an error of the service": b'{"error_code":"FDI.3002","error_msg":"Illegal parameter."}',
    "an error of the gateway": (
        b'{"error_code":"APIGW.0201","error_msg":"Bad request","request_id":"r-1"}'
    ),
    "an error of IAM": b'{"error":{"code":400,"message":"Bad body","title":"Bad Request"}}',
    "a page": b"<html><body><h1>Welcome</h1></body></html>",
    "nested too deeply": b"[" * 100_000 + b"]" * 100_000,
    "objects nested too deeply": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number too long to read": b'{"task_id":' + b"1" * 5_000 + b"}",
    "not UTF-8": b'{"task_id":"\xff\xfe"}',
    "not a number": b'{"task_id":NaN}',
}
TASK_ID: Final = {
    "a task_id": b'{"task_id":"task-1"}',
    "a task_id among others": b'{"task_name":"n","task_id":"task-1","status":0}',
    "task_id is a number": b'{"task_id":7}',
    "task_id is a long number": b'{"task_id":12345678901234567890123}',
    "a task_id on several lines": b'{\r\n  "task_id" : "task-1"\r\n}\r\n',
}


def states(body: bytes, *, is_truncated: bool = False) -> list[tuple[int, str]]:
    """Return each status and the state that it leads to with *body*."""
    replies = [
        Reply(status=status, headers={}, body=body, is_truncated=is_truncated)
        for status, _ in STATUSES
    ]
    return [(reply.status, state_of(responses.read_reply(reply, now=NOW))) for reply in replies]


def expected_states(*, has_task_id: bool) -> list[tuple[int, str]]:
    created = "created" if has_task_id else "unknown"
    return [
        (status, state.replace("created if there is a task_id", created))
        for status, state in STATUSES
    ]


@pytest.mark.parametrize("body", TASK_ID.values(), ids=TASK_ID.keys())
def test_status_decides_with_a_task_id(body: bytes) -> None:
    """A task_id with 200, 201 or 202 means created; with any other status it is ignored."""
    assert states(body) == expected_states(has_task_id=True)


@pytest.mark.parametrize("body", NO_TASK_ID.values(), ids=NO_TASK_ID.keys())
def test_status_decides_without_a_task_id(body: bytes) -> None:
    """Without a task_id nothing is created, and everything but a clear refusal is unknown."""
    assert states(body) == expected_states(has_task_id=False)


def test_truncated_response_confirms_nothing() -> None:
    """The status decides as if there was no task_id."""
    body = TASK_ID["a task_id"]

    assert states(body, is_truncated=True) == expected_states(has_task_id=False)


def state_of(decision: Decision) -> str:
    """Return the key of `STATES` for *decision*."""
    name = type(decision.outcome).__name__.lower()
    match decision.signal:
        case Signal.REDIRECTED | Signal.UNAUTHORIZED | Signal.FORBIDDEN | Signal.SERVER_FAULT:
            name += f", {decision.signal.value.replace('_', ' ')}"
        case Signal.THROTTLED if decision.may_resend:
            name += ", sent again"
        case Signal.NONE:
            pass
        case other:
            name += f", {other} {decision.may_resend}"
    return name


def refused(status: int, code: str, message: str) -> Failed:
    return Failed(http_status=status, error_code=code, error_msg=message)


def answer(status: int, body: object, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=names, body=content)


def error(code: str, message: str) -> dict[str, object]:
    return {"error_code": code, "error_msg": message, "request_id": "r-1"}


class TestSuccess:
    @pytest.mark.parametrize("status", [200, 201, 202])
    def test_task_id_creates(self, status: int) -> None:
        """The id is not changed, and the status is kept."""
        reply = answer(status, {"task_id": "0f5a-77", "task_name": "n"})

        assert responses.read_reply(reply, now=NOW) == Decision(
            outcome=Created(task_id=TaskId("0f5a-77"), how="created", http_status=status)
        )

    def test_number_is_read_as_text(self) -> None:
        """The digits are the id, in journals and in paths."""
        reply = answer(200, {"task_id": 9007199254740993})

        assert responses.read_reply(reply, now=NOW) == Decision(
            outcome=Created(task_id=TaskId("9007199254740993"))
        )

    @pytest.mark.parametrize(
        ("body", "code", "reason"),
        [
            pytest.param(error("FDI.3026", "Busy."), "FDI.3026", ": Busy.", id="error"),
            pytest.param({"error": {"code": 7, "message": "No"}}, "7", ": No", id="object"),
            pytest.param({"task_id": "", "message": "Queued"}, "", ": Queued", id="no code"),
            pytest.param(b"<h1>\nLog in</h1>", "", ": <h1> Log in</h1>", id="page"),
            pytest.param({}, "", ": {}", id="empty object"),
            pytest.param(b"", "", "", id="empty"),
        ],
    )
    def test_error_in_a_success_is_kept(
        self, body: bytes | dict[str, object], code: str, reason: str
    ) -> None:
        """Code and message are part of the outcome, which is unknown as without them."""
        assert responses.read_reply(answer(200, body), now=NOW) == Decision(
            outcome=Unknown(
                reason=f"no valid task_id in the response{reason}",
                http_status=200,
                error_code=code,
            )
        )

    @pytest.mark.parametrize(
        "task_id",
        ["a\nb", "\x00", "\x1b[31m", "\ud800", "\u202e1"],
        ids=["line break", "zero byte", "escape", "half a pair", "right to left"],
    )
    def test_unprintable_task_id_is_invalid(self, task_id: str) -> None:
        """An id that cannot be typed is not recorded."""
        decision = responses.read_reply(answer(200, {"task_id": task_id}), now=NOW)

        assert decision == Decision(
            outcome=Unknown(
                reason=f"no valid task_id in the response: {json.dumps({'task_id': task_id})}",
                http_status=200,
            )
        )


class TestRedirect:
    @pytest.mark.parametrize(
        ("location", "where"),
        [
            pytest.param("https://elsewhere.example/v2?x=1", "to elsewhere.example", id="address"),
            pytest.param("http://user:pw@elsewhere.example", "to elsewhere.example", id="user"),
            pytest.param("/login", "to /login", id="path"),
            pytest.param("http://[::1", "to http://[::1", id="no address"),
            pytest.param("", "without a target", id="empty"),
            pytest.param("\x1b[2J\u202e", "to \\x1b[2J\\u202e", id="unprintable"),
            pytest.param("x" * 300, "to " + "x" * 256 + "…", id="long"),
        ],
    )
    def test_reason_contains_the_other_host(self, location: str, where: str) -> None:
        """The target of the redirect is reported; nothing is sent to it."""
        decision = responses.read_reply(answer(307, b"", location=location), now=NOW)

        assert decision == Decision(
            outcome=Unknown(
                reason=f"the server redirects {where}",
                http_status=307,
                error_code="HTTP_307",
            ),
            signal=Signal.REDIRECTED,
        )

    def test_location_may_be_missing(self) -> None:
        """A redirect may have no Location header."""
        decision = responses.read_reply(answer(304, b""), now=NOW)

        assert decision == Decision(
            outcome=Unknown(
                reason="the server redirects without a target",
                http_status=304,
                error_code="HTTP_304",
            ),
            signal=Signal.REDIRECTED,
        )


class TestRefusal:
    def test_code_and_message_are_kept(self) -> None:
        """A refusal by the service is final, with its code and message."""
        reply = answer(400, error("FDI.3002", "Illegal parameter: task_name."))

        assert responses.read_reply(reply, now=NOW) == Decision(
            outcome=refused(400, "FDI.3002", "Illegal parameter: task_name.")
        )

    @pytest.mark.parametrize(
        ("status", "code"),
        [(401, "APIGW.0301"), (400, "ROMA.1000"), (400, "ROMA.1002")],
        ids=["401", "no token, with 400", "wrong token, with 400"],
    )
    def test_refused_credential_may_be_renewed(self, status: int, code: str) -> None:
        """The request had no effect and may be sent again with a new credential."""
        decision = responses.read_reply(answer(status, error(code, "Bad token")), now=NOW)

        assert decision == Decision(
            outcome=refused(status, code, "Bad token"),
            may_resend=True,
            signal=Signal.UNAUTHORIZED,
        )

    @pytest.mark.parametrize(
        ("status", "code", "message"),
        [
            pytest.param(403, "APIGW.0302", "Not allowed", id="403"),
            pytest.param(400, "ROMA.1006", "No permission", id="permission, with 400"),
            pytest.param(404, "APIG.3030", "The instance does not exist", id="instance"),
            pytest.param(404, "APIGW.0310", "Project unavailable", id="project"),
            pytest.param(404, "APIG.3030", "实例不存在", id="instance, in Chinese"),
            pytest.param(404, "ROMA.1", "项目不存在", id="project, in Chinese"),
        ],
    )
    def test_refusal_of_the_whole_instance_has_a_signal(
        self, status: int, code: str, message: str
    ) -> None:
        """A refusal of the account or the target concerns every row."""
        decision = responses.read_reply(answer(status, error(code, message)), now=NOW)

        assert decision == Decision(
            outcome=refused(status, code, message), signal=Signal.FORBIDDEN
        )

    @pytest.mark.parametrize(
        ("status", "code", "message"),
        [
            pytest.param(404, "FDI.3081", "Task does not exist", id="another 404"),
            pytest.param(404, "FDI.1", "Instances and subprojects", id="longer words"),
            pytest.param(400, "FDI.3039", "Project id empty", id="another status"),
            pytest.param(404, "ROMA.1000", "No token", id="token code, with 404"),
        ],
    )
    def test_other_refusals_concern_one_row(self, status: int, code: str, message: str) -> None:
        """A word or a code alone does not mean that the whole instance is refused."""
        decision = responses.read_reply(answer(status, error(code, message)), now=NOW)

        assert decision == Decision(outcome=refused(status, code, message))

    NAME_EXISTS: Final = (
        pytest.param(409, "Conflict", id="409"),
        pytest.param(400, "The task name already exists.", id="already exists"),
        pytest.param(400, "A task of this name has existed", id="name exists"),
        pytest.param(422, "DUPLICATE task", id="duplicate"),
        pytest.param(400, "任务名称已存在", id="exists, in Chinese"),
        pytest.param(400, "名称重复", id="repeated, in Chinese"),
    )

    @pytest.mark.parametrize(("status", "message"), NAME_EXISTS)
    def test_existing_name_may_be_that_of_the_row(self, status: int, message: str) -> None:
        """The name was free before: an earlier attempt or a gateway may have created the task."""
        decision = responses.read_reply(answer(status, error("FDI.3", message)), now=NOW)

        expected = Unknown(
            reason=f"the service reports that the name exists: {message}",
            http_status=status,
            error_code="FDI.3",
        )
        assert decision == Decision(outcome=expected)
        assert responses.is_name_taken(expected)

    @pytest.mark.parametrize("status", [None, 200, 408, 500])
    def test_other_unknown_outcomes_are_not_about_the_name(self, status: int | None) -> None:
        """A server fault is not a statement about the name, whatever its message is."""
        assert not responses.is_name_taken(Unknown(reason="name exists", http_status=status))


class TestServerFault:
    @pytest.mark.parametrize(
        ("body", "reason", "code"),
        [
            (error("FDI.9999", "Network error"), "Network error", "FDI.9999"),
            (b"", "", "HTTP_500"),
            (b"<h1>\n Oops </h1>", "<h1> Oops </h1>", "HTTP_500"),
        ],
        ids=["with a code", "empty", "a page"],
    )
    def test_outcome_is_unknown_even_with_a_code(
        self, body: bytes | dict[str, object], reason: str, code: str
    ) -> None:
        """A faulty server may have created the task before; its Retry-After is ignored."""
        decision = responses.read_reply(answer(500, body, retry_after="7"), now=NOW)

        assert decision == Decision(
            outcome=Unknown(reason=reason, http_status=500, error_code=code),
            signal=Signal.SERVER_FAULT,
        )

    def test_credential_codes_are_ignored_in_a_fault(self) -> None:
        """The status has precedence over the code."""
        decision = responses.read_reply(answer(503, error("ROMA.1000", "No token")), now=NOW)

        assert decision == Decision(
            outcome=Unknown(reason="No token", http_status=503, error_code="ROMA.1000"),
            signal=Signal.SERVER_FAULT,
        )


class TestThrottling:
    @pytest.mark.parametrize(
        ("value", "wait_s"),
        [
            pytest.param("0", 0.0, id="none"),
            pytest.param("7", 7.0, id="seconds"),
            pytest.param(" 7 ", 7.0, id="seconds amid spaces"),
            pytest.param("000000000007", 7.0, id="leading zeros"),
            pytest.param("86400", 86_400.0, id="longer than accepted"),
            pytest.param("9" * 400, 31_536_000.0, id="more than a number holds"),
            pytest.param("Sun, 01 Mar 2026 12:00:42 GMT", 42.0, id="date"),
            pytest.param("Sun, 01 Mar 2026 20:00:42 +0800", 42.0, id="date elsewhere"),
            pytest.param("Sun, 01 Mar 2026 12:00:42 -0000", 42.0, id="date without zone"),
            pytest.param("Sun, 01 Mar 2026 11:59:00 GMT", 0.0, id="past date"),
            pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 31_536_000.0, id="distant date"),
            pytest.param("abc", None, id="letters"),
            pytest.param("", None, id="empty"),
            pytest.param("1e9", None, id="absurd"),
            pytest.param("-5", None, id="negative"),
            pytest.param("7.5", None, id="fraction"),
            pytest.param("\u0667", None, id="foreign digits"),
            pytest.param("\u00b2", None, id="superscript"),
            pytest.param("Sun, 31 Feb 2026 12:00:00 GMT", None, id="impossible date"),
            pytest.param("1 Jan 2026 00:00:00 +99999999999999999999", None, id="impossible zone"),
        ],
    )
    def test_wait_is_that_of_the_header(self, value: str, wait_s: float | None) -> None:
        """Seconds or a date are read, up to a year; other values are ignored."""
        reply = answer(429, error("APIGW.0308", "Throttled"), retry_after=value)

        assert responses.read_reply(reply, now=NOW) == Decision(
            outcome=refused(429, "APIGW.0308", "Throttled"),
            may_resend=True,
            wait_s=wait_s,
            signal=Signal.THROTTLED,
        )

    @pytest.mark.parametrize(
        ("policy", "wait_s"),
        [
            pytest.param("limit:10 time:1 minute", 60.0, id="one minute"),
            pytest.param("limit:10,time: 2 Minutes", 120.0, id="two minutes"),
            pytest.param("limit:10 time:1 hour", 3600.0, id="one hour"),
            pytest.param("limit:10 time:1 day", 86_400.0, id="one day"),
            pytest.param("limit:200 time:1 second", None, id="one second"),
            pytest.param("limit:10 time:99999 minute", None, id="absurd"),
            pytest.param("overtime:1 minute", None, id="another word"),
        ],
    )
    def test_wait_is_the_period_of_the_policy_in_the_message(
        self, policy: str, wait_s: float | None
    ) -> None:
        """Without Retry-After, the wait is the period of the policy."""
        message = f"The throttling threshold has been reached: policy user over, {policy}"

        decision = responses.read_reply(answer(429, error("APIGW.0308", message)), now=NOW)

        assert decision == Decision(
            outcome=refused(429, "APIGW.0308", message),
            may_resend=True,
            wait_s=wait_s,
            signal=Signal.THROTTLED,
        )

    @pytest.mark.parametrize(
        ("value", "wait_s"), [("7", 7.0), ("abc", 60.0)], ids=["readable", "unreadable"]
    )
    def test_header_has_precedence_over_the_policy(self, value: str, wait_s: float) -> None:
        """The policy counts only if the header is invalid."""
        reply = answer(429, error("APIGW.0308", "limit:1 time:1 minute"), retry_after=value)

        assert responses.read_reply(reply, now=NOW).wait_s == wait_s


class TestErrorOf:
    @pytest.mark.parametrize(
        ("body", "code", "message"),
        [
            pytest.param(error("FDI.3002", "No"), "FDI.3002", "No", id="service"),
            pytest.param({"errorCode": "A.1", "errorMsg": "No"}, "A.1", "No", id="camel case"),
            pytest.param({"code": "A.1", "message": "No"}, "A.1", "No", id="short"),
            pytest.param(
                {"error": {"code": 401, "message": "Renew", "title": "Unauthorized"}},
                "401",
                "Renew",
                id="IAM",
            ),
            pytest.param({"error": "x", "code": 0}, "0", "x", id="error is not an object"),
            pytest.param(
                {"error_code": True, "error_msg": 1.5},
                "HTTP_400",
                '{"error_code": true, "error_msg": 1.5}',
                id="no text",
            ),
            pytest.param({"error_code": None, "error_msg": ["x"]}, "HTTP_400", "x", id="list"),
            pytest.param(
                {"error_msg": {"en-us": "No", "zh-cn": "不"}}, "HTTP_400", "No", id="languages"
            ),
            pytest.param({"badRequest": {"message": "No", "code": 409}}, "409", "No", id="nested"),
            pytest.param(
                {"error": "invalid_grant", "error_description": "Expired"},
                "HTTP_400",
                "Expired",
                id="OAuth",
            ),
            pytest.param(
                {"errors": [{"field": "a", "message": "No"}, {"message": "Nor"}]},
                "HTTP_400",
                "No",
                id="list of errors",
            ),
            pytest.param({"errors": ["No", "Nor"]}, "HTTP_400", "No", id="list of texts"),
            pytest.param([{"errorCode": "A.1", "msg": "No"}], "A.1", "No", id="outer list"),
            pytest.param(
                {"Error-Code": "A.1", "Error_Message": "No"}, "A.1", "No", id="other letter case"
            ),
            pytest.param(
                {"code": "A.1", "message": "", "data": {"detail": "No"}}, "A.1", "No", id="data"
            ),
            pytest.param(
                {"status": 400, "title": "Bad"},
                "HTTP_400",
                '{"status": 400, "title": "Bad"}',
                id="no known field",
            ),
            pytest.param(
                {"message": {"code": {"code": {"code": {"code": {"code": "x"}}}}}},
                "HTTP_400",
                '{"message": {"code": {"code": {"code": {"code": {"code": "x"}}}}}}',
                id="too deep",
            ),
            pytest.param({"error_code": "", "error_msg": "No"}, "HTTP_400", "No", id="no code"),
            pytest.param(error("My own:code/7", "No"), "My own:code/7", "No", id="any code"),
            pytest.param(error("C" * 65, "No"), "C" * 64 + "…", "No", id="long code"),
            pytest.param(
                error("A\n1", "a\x1b\n\u202e"), "A\\n1", "a\\x1b\\n\\u202e", id="escapes"
            ),
            pytest.param(b'{"error_msg":"\\ud800"}', "HTTP_400", "\\ud800", id="half a pair"),
            pytest.param(b'["FDI.3002"]', "HTTP_400", '["FDI.3002"]', id="array"),
            pytest.param(b"<b>\r\n\tNo</b>", "HTTP_400", "<b> No</b>", id="page"),
            pytest.param(b"\xff\x00", "HTTP_400", "\ufffd\\x00", id="bytes"),
            pytest.param(b"x" * 9000, "HTTP_400", "x" * 2048 + "…", id="long text"),
            pytest.param(
                b'{"error_code":"FDI.3002","error_msg":"\xce\xde\xcf\xde"}',
                "FDI.3002",
                "\ufffd\ufffd\ufffd\ufffd",
                id="another encoding",
            ),
            pytest.param(
                b'{"error_code":"FDI.3002","error_msg":"a\nb\tc\x00"}',
                "FDI.3002",
                "a\\nb\\tc\\x00",
                id="raw control characters",
            ),
            pytest.param(
                b'\xef\xbb\xbf{"error_code":"FDI.3002","error_msg":"No"}',
                "FDI.3002",
                "No",
                id="byte order mark",
            ),
        ],
    )
    def test_code_and_message_are_found(self, body: object, code: str, message: str) -> None:
        """Every format of gateways and services is supported, and the texts are printable."""
        assert responses.error_of(answer(400, body)) == (code, message)

    def test_long_message_is_truncated(self) -> None:
        """At most 2,048 characters of a message are kept; an ellipsis marks the end."""
        code, message = responses.error_of(answer(400, error("FDI.1", "ä" * 3000)))

        assert (code, message) == ("FDI.1", "ä" * 2048 + "…")


class TestParseJson:
    @pytest.mark.parametrize(
        ("body", "value"),
        [
            pytest.param(b'{"a":[1,"\xc3\xa4"]}', {"a": [1, "ä"]}, id="sound"),
            pytest.param(b'"\xe4"', None, id="not UTF-8"),
            pytest.param(b'"a\nb"', None, id="raw line break"),
            pytest.param(b"[" * 100_000, None, id="too deep"),
            pytest.param(b"1" * 5_000, None, id="too long a number"),
            pytest.param(b"", None, id="empty"),
        ],
    )
    def test_only_valid_json_has_a_value(self, body: bytes, value: object) -> None:
        """A confirmation must be valid JSON."""
        assert responses.parse_json(body) == value


class TestFailure:
    def test_request_that_was_not_sent_may_be_sent_again(self) -> None:
        """It had no effect, and its reason is part of the outcome."""
        failure = NotSentError("connection refused", reason=NotSentReason.REFUSED)

        assert responses.read_failure(failure) == Decision(
            outcome=Failed(
                http_status=None,
                error_code="CONNECT",
                error_msg="connection refused",
                not_sent_reason=NotSentReason.REFUSED,
            ),
            may_resend=True,
            signal=Signal.UNREACHABLE,
        )

    def test_permanent_failure_is_not_retried(self) -> None:
        """A certificate that cannot be verified stops the run."""
        failure = NotSentError("bad certificate", reason=NotSentReason.CERTIFICATE)

        assert responses.read_failure(failure) == Decision(
            outcome=Failed(
                http_status=None,
                error_code="CONNECT",
                error_msg="bad certificate",
                not_sent_reason=NotSentReason.CERTIFICATE,
            ),
            signal=Signal.UNTRUSTED,
        )

    @pytest.mark.parametrize(
        "kind", [MaybeSentError, TransportError], ids=lambda kind: kind.__name__
    )
    def test_every_other_failure_is_unknown(self, kind: type[TransportError]) -> None:
        """The server may have acted on any request that was possibly sent."""
        assert responses.read_failure(kind("response timed out")) == Decision(
            outcome=Unknown(reason="response timed out"), signal=Signal.SERVER_FAULT
        )


JSON_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error_code", "error_msg", "error", "code", "message", "task_id"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES: Final = (
    st.binary(max_size=300)
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | JSON_VALUES.map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore")
    )
    | st.sampled_from([*TASK_ID.values(), *NO_TASK_ID.values()])
    | st.sampled_from(
        ["limit:1 time:1 minute", "The name already exists", "no such instance"]
    ).map(lambda text: json.dumps(error("ROMA.1000", text)).encode())
)
HEADERS: Final = st.dictionaries(
    st.sampled_from(["retry-after", "location", "content-type"]),
    st.text(max_size=40)
    | st.integers().map(str)
    | st.datetimes().map(lambda date: date.strftime("%a, %d %b %Y %H:%M:%S GMT")),
)
REPLIES: Final = st.builds(
    Reply,
    status=st.integers(0, 999)
    | st.sampled_from([200, 307, 400, 401, 403, 404, 409, 429, 500, 503]),
    headers=HEADERS,
    body=BODIES,
    is_truncated=st.booleans(),
)


class TestEveryResponse:
    @given(reply=REPLIES, now=st.datetimes(timezones=st.just(UTC)))
    def test_is_interpreted_without_a_guess(self, *, reply: Reply, now: datetime) -> None:
        """None raises, has an absurd wait, or is sent again unless the request was clearly refused."""
        decision = responses.read_reply(reply, now=now)

        is_refusal_of_the_request = reply.status in {401, 429} or (
            reply.status == 400 and decision.signal is Signal.UNAUTHORIZED
        )
        assert decision.may_resend is is_refusal_of_the_request
        assert decision.wait_s is None or 0 <= decision.wait_s <= 31_536_000
        assert not isinstance(decision.outcome, Created) or reply.status in {200, 201, 202}
        assert not isinstance(decision.outcome, Failed) or 400 <= reply.status < 500

    @given(reply=REPLIES)
    def test_has_printable_texts(self, *, reply: Reply) -> None:
        """The texts that are kept are printable and limited."""
        decision = responses.read_reply(reply, now=NOW)

        texts = [value for value in astuple(decision.outcome) if isinstance(value, str)]
        assert all(text.isprintable() and len(text) < 2**15 for text in texts)

    @given(reply=REPLIES)
    def test_that_is_truncated_creates_nothing(self, *, reply: Reply) -> None:
        """A part of a response does not confirm a task."""
        decision = responses.read_reply(replace(reply, is_truncated=True), now=NOW)

        assert not isinstance(decision.outcome, Created)


class TestDescribe:
    @pytest.mark.parametrize(
        ("outcome", "text"),
        [
            pytest.param(Created(task_id=TaskId("t-1")), "created as t-1", id="created"),
            pytest.param(
                refused(400, "FDI.3002", "Bad name"), "HTTP 400, FDI.3002, Bad name", id="refused"
            ),
            pytest.param(refused(400, "FDI.3002", ""), "HTTP 400, FDI.3002", id="no message"),
            pytest.param(
                Failed(http_status=None, error_code="CONNECT", error_msg="no route"),
                "no route",
                id="not sent",
            ),
            pytest.param(Unknown(reason="response timed out"), "response timed out", id="unknown"),
            pytest.param(Unknown(reason="Oops", http_status=500), "HTTP 500: Oops", id="fault"),
            pytest.param(Unknown(reason="", http_status=500), "HTTP 500", id="fault, no message"),
        ],
    )
    def test_outcome_has_a_short_description(
        self, outcome: Created | Failed | Unknown, text: str
    ) -> None:
        """Status, code and message are on one line; missing parts leave no gap."""
        assert responses.describe(outcome) == text


class TestDeletion:
    @pytest.mark.parametrize("status", [200, 202, 204])
    def test_success_deletes(self, status: int) -> None:
        """The documented 204 and similar statuses need no body."""
        assert responses.read_deletion(answer(status, b""), now=NOW) == (
            Decision(outcome=Unknown(reason="", http_status=status)),
            Deletion(status=DeletionStatus.DELETED, http_status=status),
        )

    def test_service_reports_that_a_task_does_not_exist(self) -> None:
        """The second time there is nothing to delete."""
        reply = answer(404, error("FDI.3081", "The task does not exist."))

        assert responses.read_deletion(reply, now=NOW) == (
            responses.read_reply(reply, now=NOW),
            Deletion(status=DeletionStatus.GONE, http_status=404),
        )

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            pytest.param(404, "APIGW.0101", id="no such path"),
            pytest.param(404, "APIG.3030", id="no such instance"),
            pytest.param(404, "HTTP_404", id="404 without a code"),
            pytest.param(400, "FDI.3028", id="delete failed"),
            pytest.param(401, "APIGW.0301", id="credentials"),
            pytest.param(403, "APIGW.0302", id="permission"),
            pytest.param(418, "HTTP_418", id="firewall"),
        ],
    )
    def test_refusal_keeps_the_task(self, status: int, code: str) -> None:
        """A component that does not know the path cannot report that the task does not exist."""
        reply = answer(status, error(code, "No"))

        assert responses.read_deletion(reply, now=NOW) == (
            responses.read_reply(reply, now=NOW),
            Deletion(
                status=DeletionStatus.REFUSED, http_status=status, error_code=code, error_msg="No"
            ),
        )

    def test_conflict_keeps_the_task(self) -> None:
        """An existing name is a matter of create requests only."""
        decision, deletion = responses.read_deletion(answer(409, error("FDI.1", "No")), now=NOW)

        assert decision == Decision(outcome=refused(409, "FDI.1", "No"))
        assert deletion == Deletion(
            status=DeletionStatus.REFUSED, http_status=409, error_code="FDI.1", error_msg="No"
        )

    @pytest.mark.parametrize("status", [100, 203, 302, 408, 425, 429, 500, 503, 599, 999])
    def test_any_other_response_is_retried(self, status: int) -> None:
        """A deletion by id may be repeated until the response is clear."""
        reply = answer(status, error("FDI.3081", "The task does not exist."))

        assert responses.read_deletion(reply, now=NOW) == (
            responses.read_reply(reply, now=NOW),
            None,
        )
