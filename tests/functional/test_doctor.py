"""The command ``doctor``: every requirement of a run is checked, and nothing is created."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.cli.commands import doctor
from batchcreate.errors import NoCredentialsError
from batchcreate.models import Reply
from batchcreate.pipeline.doctor import clock_skew, diagnose, rate_headers
from batchcreate.settings import load
from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.outside import certify, listening
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    at,
    recording,
)

GIVEN: Final = {"BATCHCREATE_TOKEN": TOKEN}
USER: Final = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": "canary-password",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {"HUAWEICLOUD_SDK_AK": "CANARYAK", "HUAWEICLOUD_SDK_SK": "canary-secret-key"}
NOW: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)

Found = list[tuple[str, bool, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def examine(url: str, environment: dict[str, str] | None = None, **options: Any) -> Found:
    """Return the diagnoses for *url*."""
    target = {"project_id": PROJECT, "instance_id": INSTANCE}
    settings = load({"endpoint": url, "timeout": 5} | target | options)
    asked = diagnose(settings, environment=GIVEN if environment is None else environment)
    return [(each.about, each.is_good, each.text) async for each in asked]


def bad(found: Found) -> list[tuple[str, str]]:
    return [(about, text) for about, is_good, text in found if not is_good]


class TestGood:
    async def test_every_line_is_good_if_all_requirements_are_met(self) -> None:
        """The lines are credentials, endpoint, clock, permission and quota, in this order."""
        async with recording() as simulator:
            found = await examine(simulator.url)

        about = ["credentials", "endpoint", "clock", "permission", "tasks"]
        assert [each[:2] for each in found] == [(each, True) for each in about]
        texts = [text for _, _, text in found]
        assert texts[:2] == [
            "found the token from BATCHCREATE_TOKEN",
            f"{simulator.url} is reachable",
        ]
        assert texts[3:] == [
            "accepted; project p1, instance i1: tasks can be listed",
            "0 of 1000 used, 1000 left",
        ]

    async def test_nothing_is_created(self) -> None:
        """The only requests are lists, and a login for a user."""
        async with recording() as simulator:
            found = await examine(simulator.url, USER, iam_endpoint=simulator.url)

        assert bad(found) == []
        assert {(record.method, record.path) for record in simulator.requests} == {
            ("POST", "/v3/auth/tokens"),
            ("GET", "/v2/p1/fdi/instances/i1/tasks"),
        }
        assert simulator.tasks(PROJECT, INSTANCE) == []

    async def test_simulator_can_be_examined_too(self) -> None:
        """No account is needed."""
        found = [each async for each in diagnose(load({"simulate": True}), environment={})]

        assert [each.is_good for each in found] == [True] * 5

    async def test_rate_limits_of_the_gateway_are_shown(self) -> None:
        """They are shown unchanged."""
        headers = {"X-Apig-RateLimit-Api": "remain:9,limit:10,time:1 minute"}
        async with listening(headers=headers) as ear:
            found = await examine(ear.url)

        text = "x-apig-ratelimit-api: remain:9,limit:10,time:1 minute"
        assert ("rate limit", True, text) in [
            (about, is_good, text.lower()) for about, is_good, text in found
        ]

    async def test_gateway_is_asked_for_its_rate_limits(self) -> None:
        """The gateway sends them only on request."""
        async with recording(limit_rate=5) as simulator:
            found = await examine(simulator.url)

        text = "X-Apig-RateLimit-api: remain:4,limit:5,time:1 second"
        assert ("rate limit", True, text) in found

    async def test_missing_date_is_skipped(self) -> None:
        """A server does not have to send a valid date."""
        async with listening(headers={"Date": "today"}) as ear:
            found = await examine(ear.url)

        assert [about for about, *_ in found] == ["credentials", "endpoint", "permission", "tasks"]

    async def test_verified_certificate_is_reported(self, folder: Path) -> None:
        """The line of a TLS endpoint mentions it."""
        certificate = certify(folder / "tls")
        async with listening(tls=certificate.context) as ear:
            found = await examine(ear.url, ca_file=certificate.path)

        assert found[1] == ("endpoint", True, f"{ear.url} is reachable, certificate verified")


class TestBad:
    async def test_invalid_settings_are_reported(self) -> None:
        """Without an endpoint no further checks are possible."""
        settings = load({})

        (found,) = [each async for each in diagnose(settings, environment=GIVEN)]

        assert (found.about, found.is_good) == ("settings", False)
        assert found.text.startswith("no endpoint: give --region")

    @pytest.mark.parametrize(
        ("options", "missing"),
        [
            ({"project_id": None}, "--project-id"),
            ({"instance_id": None}, "--instance-id"),
            ({"project_id": None, "instance_id": None}, "--project-id and --instance-id"),
        ],
        ids=["project", "instance", "both"],
    )
    async def test_missing_ids_are_reported(self, options: dict[str, None], missing: str) -> None:
        """No request is sent without them."""
        async with recording() as simulator:
            found = await examine(simulator.url, **options)

        look_up = "; with --region, an IAM user or an access key looks the project up"
        text = f"give {missing}{look_up if 'project_id' in options else ''}"
        assert bad(found) == [("project and instance", text)]
        assert list(simulator.requests) == []

    async def test_readable_secret_file_is_reported(self, folder: Path) -> None:
        """The other checks continue."""
        path = folder / "token.txt"
        path.write_text(TOKEN, encoding="ascii")
        path.chmod(0o644)
        async with recording() as simulator:
            found = await examine(simulator.url, {}, token_file=path)

        assert bad(found) == [
            ("secrets", f"{path} is readable by other users; run chmod 600 {path}")
        ]
        assert len(found) == 6

    @pytest.mark.parametrize(
        "options", [{}, {"project_id": None, "region": "cn-north-4"}], ids=["project", "none"]
    )
    async def test_refused_login_is_reported(self, options: dict[str, Any]) -> None:
        """The message contains user and endpoint; there is one login only."""
        async with recording(password="another") as simulator:
            found = await examine(simulator.url, USER, iam_endpoint=simulator.url, **options)

        ((about, text),) = bad(found)
        assert about == "credentials"
        assert text.startswith(f"IAM at {simulator.url} refused a token for user jane")
        assert len(simulator.requests) == 1

    @pytest.mark.parametrize(
        ("environment", "remedy"),
        [(GIVEN, "get a new token for this project"), (KEY, "check AK and SK, ")],
        ids=["token", "key"],
    )
    async def test_refused_credential_is_reported(
        self, environment: dict[str, str], remedy: str
    ) -> None:
        """The message contains the server's code and a remedy; there is one request only."""
        async with recording(token="another") as simulator:
            found = await examine(simulator.url, environment)

        ((about, text),) = bad(found)
        assert about == "credentials"
        assert text.startswith("not accepted: HTTP 401, APIGW.0301, ")
        assert f" (project p1, instance i1); {remedy}" in text
        assert len(simulator.requests) == 1

    @pytest.mark.parametrize(
        ("status", "code", "about", "remedy"),
        [
            (400, "ROMA.1000", "credentials", "get a new token"),
            (400, "ROMA.1002", "credentials", "get a new token"),
            (400, "ROMA.1006", "permission", "grant the account roma:tasks:list"),
            (403, "APIGW.0302", "permission", "grant the account roma:tasks:list"),
            (404, "APIG.0101", "project and instance", "compare both ids"),
            (400, "FDI.3033", "service", "try again once"),
            (500, "FDI.9999", "service", "try again once"),
            (520, "X.1", "service", "try again once"),
            (204, "", "service", "try again once"),
        ],
    )
    async def test_refusal_is_reported_with_its_requirement(
        self, status: int, code: str, about: str, remedy: str
    ) -> None:
        """Every status has a line with a remedy, non-standard ones included."""
        answer = {"error_code": code, "error_msg": "no"}
        async with listening(status=status, answer=answer) as ear:
            found = await examine(ear.url)

        ((requirement, text),) = bad(found)
        assert requirement == about
        assert f"HTTP {status}" in text
        assert f"; {remedy}" in text
        assert len(ear.requests) == 1

    async def test_redirect_is_reported_and_not_followed(self) -> None:
        """The message contains the other host."""
        headers = {"Location": "https://elsewhere.example/"}
        async with listening(status=302, headers=headers) as ear:
            found = await examine(ear.url)

        ((about, text),) = bad(found)
        assert (about, len(ear.requests)) == ("endpoint", 1)
        assert text == (
            "HTTP 302: the server redirects to elsewhere.example (project p1, instance i1); redirects "
            "are not followed: correct --endpoint"
        )

    async def test_refused_connection_is_reported(self) -> None:
        """The message contains possible reasons."""
        async with listening() as ear:
            pass
        found = await examine(ear.url)

        ((about, text),) = bad(found)
        assert about == "endpoint"
        assert text.startswith(f"{ear.url} cannot be reached: cannot connect to 127.0.0.1:")
        assert text.endswith("; check --endpoint or --region, and --proxy")

    async def test_untrusted_certificate_is_reported(self, folder: Path) -> None:
        """The message contains the option that adds a trusted certificate."""
        certificate = certify(folder / "tls")
        async with listening(tls=certificate.context) as ear:
            found = await examine(ear.url)

        ((about, text),) = bad(found)
        assert (about, ear.requests) == ("endpoint", [])
        assert "certificate verify failed" in text
        assert text.endswith(
            "; check --endpoint; for a private certificate authority, give --ca-file"
        )

    async def test_wrong_clock_is_reported(self) -> None:
        """It invalidates signatures; the other checks continue."""
        date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
        async with listening(headers={"Date": date}) as ear:
            found = await examine(ear.url)

        ((about, text),) = bad(found)
        assert about == "clock"
        assert text.endswith(
            "signed requests allow less than 15 minutes: correct this machine's clock"
        )

    async def test_full_instance_is_reported(self) -> None:
        """The free quota is 0."""
        async with recording() as simulator:
            found = await examine(simulator.url, quota=0)

        text = "0 of 0 used, 0 left; delete tasks, use another instance, or raise --quota"
        assert bad(found) == [("tasks", f"{text} if the instance allows more")]

    async def test_inconsistent_task_list_is_reported(self) -> None:
        """The number of tasks is not known."""
        async with recording(faults={FaultKind.LIST_SHORT_PAGE: 1}) as simulator:
            found = await examine(simulator.url)

        ((about, text),) = bad(found)
        assert about == "tasks"
        assert text.startswith("the task list is inconsistent")
        assert text.endswith("; try again when no other tasks are being created")

    async def test_missing_credentials_are_an_error(self) -> None:
        """The command can then ask for a token."""
        settings = load({"endpoint": "http://127.0.0.1:1"})

        with pytest.raises(NoCredentialsError):
            [each async for each in diagnose(settings, environment={})]


class TestClock:
    @pytest.mark.parametrize(
        ("ahead_s", "is_good"),
        [(0, True), (-3, True), (899, True), (-899, True), (900, False), (-86_400, False)],
    )
    def test_clock_skew_of_fifteen_minutes_is_tolerated(
        self, ahead_s: int, *, is_good: bool
    ) -> None:
        """The clock may be ahead or behind."""
        found = clock_skew(dated(format_datetime(NOW + timedelta(seconds=ahead_s))), NOW)

        assert found is not None
        assert (found.about, found.is_good) == ("clock", is_good)
        assert found.text.startswith(f"{abs(ahead_s)} s difference from the server's clock")

    def test_date_without_a_zone_is_utc(self) -> None:
        """All HTTP dates are in UTC."""
        found = clock_skew(dated("Thu, 02 Jan 2025 03:04:05 -0000"), NOW)

        assert found is not None
        assert found.text == "0 s difference from the server's clock"

    @given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [+-]\d+"))
    def test_invalid_dates_are_skipped(self, text: str) -> None:
        """The header of a server does not end the checks."""
        found = clock_skew(dated(text), NOW)

        assert found is None or found.about == "clock"

    def test_missing_headers_produce_no_lines(self) -> None:
        """This applies to dates and rate limits."""
        reply = Reply(status=200, headers={}, body=b"")

        assert (clock_skew(reply, NOW), rate_headers(reply)) == (None, [])


def dated(text: str) -> Reply:
    return Reply(status=200, headers={"date": text}, body=b"")


class TestCommand:
    async def test_exit_code_is_0_if_all_checks_succeed(self, folder: Path) -> None:
        """Each diagnosis is a line on standard error."""
        async with recording() as simulator:
            ended = await invoke("doctor", *at(simulator), folder=folder)

        assert (ended.code, ended.out) == (0, "")
        assert [line[:3] for line in ended.err.splitlines()] == ["ok "] * 5

    async def test_exit_code_is_1_if_a_check_fails(self, folder: Path) -> None:
        """The failed line begins with FAIL."""
        async with recording(token="another") as simulator:
            ended = await invoke("doctor", *at(simulator), folder=folder)

        assert ended.code == 1
        assert ended.err.splitlines()[-1].startswith("FAIL credentials: not accepted: HTTP 401")

    def test_missing_credentials_are_reported(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a terminal it is the only line."""
        monkeypatch.delenv("BATCHCREATE_TOKEN", raising=False)
        monkeypatch.setenv("HOME", "")

        code = doctor.main(["--endpoint", "http://127.0.0.1:1"], standalone_mode=False)

        assert code == 1
        assert capsys.readouterr().err.startswith("FAIL credentials: no credentials: set ")
