"""Every event is one line of JSON, limited in length, printable and without secrets."""

import errno
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from structlog.testing import capture_logs
from yarl import URL

from batchcreate.errors import MaybeSentError, SettingsError
from batchcreate.logs import FIELD_CHARS_MAX, open_log, redact, run_log
from batchcreate.models import RunId, Status
from batchcreate.secret import Secret

CANARY: Final = "MIIDkgYJKoZIhvcNAQcC-canary"


def events_in(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class TestOpenLog:
    def test_event_is_one_line_with_run_level_and_time(self) -> None:
        """A line contains the event, the run, the level and the time in UTC."""
        stream = io.StringIO()
        log = open_log(stream, run_id="r-1", verbose=False)

        log.info("task.failed", row=7, error_msg="two\nlines", task_name="任务")

        (event,) = events_in(stream)
        at = datetime.fromisoformat(event.pop("at"))
        assert event == {
            "event": "task.failed",
            "level": "info",
            "run_id": "r-1",
            "row": 7,
            "error_msg": "two\\nlines",
            "task_name": "任务",
        }
        assert timedelta(0) <= datetime.now(UTC) - at < timedelta(minutes=1)
        assert stream.getvalue().endswith("}\n")
        assert "任务" in stream.getvalue()

    @pytest.mark.parametrize(
        ("verbose", "names"),
        [(True, ["task.created", "task.failed"]), (False, ["task.failed"])],
        ids=["verbose", "usual"],
    )
    def test_created_tasks_are_logged_if_verbose(self, *, verbose: bool, names: list[str]) -> None:
        """An event for every created task is optional."""
        stream = io.StringIO()
        log = open_log(stream, run_id="r-1", verbose=verbose)

        log.debug("task.created", task_id="t")
        log.info("task.failed")

        assert [event["event"] for event in events_in(stream)] == names

    def test_bound_values_are_on_every_line(self) -> None:
        """Values are bound once and written each time."""
        stream = io.StringIO()
        log = open_log(stream, run_id="r-1", verbose=False).bind(row=7)

        log.info("attempt.retry_scheduled")
        log.info("task.failed")

        assert [(event["run_id"], event["row"]) for event in events_in(stream)] == [("r-1", 7)] * 2

    def test_events_can_be_captured(self) -> None:
        """Tests compare events as dictionaries."""
        with capture_logs() as events:
            import structlog

            structlog.get_logger().info("run.started", rows=3)

        assert events == [{"event": "run.started", "rows": 3, "log_level": "info"}]

    @given(
        st.dictionaries(
            st.text(st.characters(codec=None), min_size=1, max_size=9),
            st.text(st.characters(codec=None)),
        )
    )
    def test_no_value_breaks_the_line(self, values: dict[str, str]) -> None:
        """With any text from a server or a cell, an event is one printable line of JSON."""
        stream = io.StringIO()
        log = open_log(stream, run_id="r-1", verbose=False)

        log.info("task.failed", values=values)

        line, end = stream.getvalue()[:-1], stream.getvalue()[-1:]
        assert line.isprintable()
        assert line.encode()
        assert end == "\n"


def request_error() -> aiohttp.ClientResponseError:
    headers = CIMultiDictProxy(CIMultiDict({"X-Auth-Token": CANARY}))
    url = URL("https://roma.example")
    return aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "POST", headers, url), ())


class TestRedact:
    @pytest.mark.parametrize(
        "name",
        [
            "token",
            "X-Auth-Token",
            "x_subject_token",
            "BATCHCREATE_TOKEN",
            "password",
            "IAM_PASSWORD",
            "client_secret",
            "HUAWEICLOUD_SDK_SK_SECRET",
            "Authorization",
            "signature",
        ],
    )
    @pytest.mark.parametrize(
        "value",
        [CANARY, CANARY.encode(), 7, None, [CANARY]],
        ids=lambda value: type(value).__name__,
    )
    def test_fields_named_like_secrets_are_masked(self, name: str, value: object) -> None:
        """The value does not matter, nor whether there is one."""
        assert redact(None, "info", {name: value}) == {name: "***"}

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            pytest.param(7, 7, id="number"),
            pytest.param(0.5, 0.5, id="fraction"),
            pytest.param(True, True, id="boolean"),
            pytest.param(None, None, id="nothing"),
            pytest.param("a\x1b[2J\n\u202e", "a\\x1b[2J\\n\\u202e", id="escapes"),
            pytest.param("x" * 3000, "x" * 2048 + "…", id="long"),
            pytest.param(Status.FAILED, "failed", id="status"),
            pytest.param(Secret(CANARY), "***", id="secret"),
            pytest.param(Path("a\nb"), "a\\nb", id="path"),
            pytest.param(("a\n", 1), ["a\\n", 1], id="tuple"),
            pytest.param([{"a\n": "b\n"}], [{"a\\n": "b\\n"}], id="nested"),
            pytest.param({Status.FAILED: 2}, {"failed": 2}, id="counts"),
            pytest.param(
                {"headers": {"X-Auth-Token": CANARY}},
                {"headers": {"X-Auth-Token": "***"}},
                id="headers",
            ),
            pytest.param(request_error(), "ClientResponseError", id="library error"),
            pytest.param(MaybeSentError("no\nanswer"), "no\\nanswer", id="own error"),
        ],
    )
    def test_values_are_made_safe(self, value: object, written: object) -> None:
        """Numbers are kept; text is made printable and limited, also in nested values."""
        event: Mapping[str, Any] = redact(None, "info", {"value": value})

        assert event == {"value": written}
        assert CANARY not in json.dumps(event)

    def test_limit_is_that_of_messages(self) -> None:
        """A field is limited like the message of a server."""
        assert FIELD_CHARS_MAX == 2048

    def test_event_of_the_caller_is_not_changed(self) -> None:
        """The processor returns a copy."""
        event = {"token": CANARY}

        redact(None, "info", event)

        assert event == {"token": CANARY}


def test_full_disk_costs_log_lines_only() -> None:
    """A stream that cannot be written does not end a run."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    full = Full()

    open_log(full, run_id="a", verbose=False).info("run.started")

    assert full.getvalue() == ""


def test_log_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    """The message contains the path, the error of the system and a remedy."""
    (tmp_path / "log.jsonl").mkdir()

    with (
        pytest.raises(SettingsError, match=r"log\.jsonl: cannot be written \(Is a directory\)"),
        run_log(tmp_path, RunId("r-1"), is_verbose=False),
    ):
        pass
