"""Credentials on real connections: renewed once, tried once, sent to no other host."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from batchcreate.auth import IamUser
from batchcreate.auth.iam import login_body
from batchcreate.secret import Secret
from batchcreate.simulator import Simulator
from batchcreate.transport import Network, post
from tests.functional.inside import invoke
from tests.functional.outside import Ear, certify, listening, proxying
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Ended,
    OnDemand,
    at,
    creates,
    read_lines,
    read_summary,
    recording,
    reserved_port,
    task_rows,
    write_rows,
)

RUN: Final = ("run", "tasks.csv")
WORKERS: Final = ("--concurrency", "50")
TARGET: Final = ("--project-id", PROJECT, "--instance-id", INSTANCE)
PASSWORD: Final = "canary-password-71"  # noqa: S105 # opens nothing
USER: Final = {
    "BATCHCREATE_TOKEN": "",
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": PASSWORD,
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {
    "BATCHCREATE_TOKEN": "",
    "HUAWEICLOUD_SDK_AK": "CANARYAK",
    "HUAWEICLOUD_SDK_SK": "canary-secret-key",
}
LOGIN: Final = "/v3/auth/tokens"


def rows_in(folder: Path, count: int = 60) -> Path:
    write_rows(folder / "tasks.csv", task_rows(count))
    return folder


def logins(simulator: Simulator) -> int:
    return sum(record.path == LOGIN for record in simulator.requests)


def with_iam(simulator: Simulator) -> tuple[str, ...]:
    return (*at(simulator), "--iam-endpoint", simulator.url)


class TestTokenThatEnds:
    async def test_fails_no_row(self, tmp_path: Path) -> None:
        """Fifty workers outlive a token of two seconds; each end costs one login."""
        count, rate, life_s = 320, 80, 2.0
        folder = rows_in(tmp_path, count)
        async with recording(token_ttl_s=life_s, token="another") as simulator:  # opens nothing
            ended = await invoke(
                *(*RUN, *with_iam(simulator), *WORKERS, "--rate", str(rate), "--json"),
                folder=folder,
                **USER,
            )

        summary = json.loads(ended.out)
        assert (ended.code, summary["counts"]["created"]) == (0, count)
        assert len(simulator.tasks(PROJECT, INSTANCE)) == count
        elapsed_s = summary["elapsed_s"]
        assert 2 <= logins(simulator) <= elapsed_s / (life_s * 0.9) + 1
        refused = sum(record.status == 401 for record in simulator.requests)
        assert summary["this_run"]["attempts"] == count + refused

    async def test_and_cannot_be_renewed_ends_the_run(self, tmp_path: Path) -> None:
        """A given token is not renewed: one request, and the message names it."""
        folder = rows_in(tmp_path)
        async with recording(token="another") as simulator:  # opens nothing
            ended = await invoke(*RUN, *at(simulator), *WORKERS, folder=folder)

        assert ended.code == 4
        assert len(simulator.requests) == 1
        assert (
            f"the token from BATCHCREATE_TOKEN, {simulator.url}: the server does not accept the "
            "credentials (project p1, instance i1: HTTP 401, APIGW.0301, "
        ) in ended.err


def rows_in_two_projects(folder: Path, count: int) -> Path:
    rows = [
        row | {"project_id": f"p{1 + number % 2}"} for number, row in enumerate(task_rows(count))
    ]
    write_rows(folder / "tasks.csv", rows)
    return folder


class TestSeveralProjects:
    """A token belongs to one project; the simulator refuses it for another one."""

    async def test_take_one_login_each(self, tmp_path: Path) -> None:
        """An IAM user needs no --project-id where every row names its own; undo works alike."""
        folder = rows_in_two_projects(tmp_path, 60)
        async with recording(token="another") as simulator:  # opens nothing
            places = ("--endpoint", simulator.url, "--iam-endpoint", simulator.url)
            pace = ("--rate", "1000", *WORKERS)
            ended = await invoke(*RUN, *places, *TARGET[2:], *pace, folder=folder, **USER)
            created = [len(simulator.tasks(project, INSTANCE)) for project in ("p1", "p2")]
            seen = logins(simulator)
            undone = await invoke(
                *("undo", "tasks-results", "--yes", "--iam-endpoint", simulator.url, *pace),
                folder=folder,
                **USER,
            )
            left = [len(simulator.tasks(project, INSTANCE)) for project in ("p1", "p2")]

        assert (ended.code, created, seen) == (0, [30, 30], 2)
        assert (undone.code, left) == (0, [0, 0])

    async def test_outlive_their_tokens(self, tmp_path: Path) -> None:
        """Each one's end costs one login, and no row."""
        folder = rows_in_two_projects(tmp_path, 100)
        async with recording(token_ttl_s=1.5, token="another") as simulator:  # opens nothing
            ended = await invoke(*RUN, *with_iam(simulator), "--rate", "40", folder=folder, **USER)

        summary = read_summary(folder / "tasks-results")
        assert (ended.code, summary["counts"]["created"]) == (0, 100)
        assert 4 <= logins(simulator) <= 2 * (summary["elapsed_s"] / 1.35 + 1)

    async def test_are_too_many_for_one_token(self, tmp_path: Path) -> None:
        """Before anything is sent the message names both projects and what would do."""
        folder = rows_in_two_projects(tmp_path, 4)
        async with recording(token="another") as simulator:  # opens nothing
            user = IamUser(name="jane", password=Secret("x"), domain="acme", endpoint="")
            reply = await post(
                *(Network(), f"{simulator.url}{LOGIN}", {"Content-Type": "application/json"}),
                login_body(user, {"id": "p1"}),
                timeout_s=5,
            )
            token = reply.headers["X-Subject-Token"]
            ended = await invoke(*RUN, *at(simulator), folder=folder, BATCHCREATE_TOKEN=token)

        assert ended.code == 4
        assert creates(simulator) == 1  # the login
        assert "(project p2, instance i1: HTTP 403, APIGW.0302, " in ended.err
        assert (
            "nothing was sent: the token is valid for project p1 only: "
            "use an IAM user or an access key (AK/SK), or a file and a token for each project"
        ) in ended.err


class TestWrongPassword:
    @pytest.mark.parametrize("target", [TARGET, TARGET[2:]], ids=["project", "no project"])
    async def test_is_tried_once(self, target: tuple[str, ...], tmp_path: Path) -> None:
        """Whether the login looks up the project or authenticates the first request."""
        async with recording(password="another") as simulator:  # opens nothing
            ended = await invoke(
                *(*RUN, "--endpoint", simulator.url, "--iam-endpoint", simulator.url),
                *(*target, "--region", "cn-north-4", *WORKERS),
                folder=rows_in(tmp_path),
                **USER,
            )

        assert ended.code == 4
        assert [record.path for record in simulator.requests] == [LOGIN]
        assert f"IAM at {simulator.url} refused a token for user jane, account acme" in ended.err
        assert PASSWORD not in ended.err + ended.out


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (500, {"error_code": "X"}, "HTTP 500"),
        (201, "<html>", "HTTP 201 without a valid token"),
        (302, {}, "HTTP 302"),
    ],
    ids=["500", "garbage", "redirect"],
)
async def test_iam_that_fails_ends_the_run(
    status: int, answer: object, reason: str, tmp_path: Path
) -> None:
    """Nothing is sent to the service, and nothing where IAM points to."""
    async with recording() as simulator, listening() as elsewhere:
        headers = {"Location": elsewhere.url}
        async with listening(status=status, answer=answer, headers=headers) as iam:
            ended = await invoke(
                *(*RUN, *at(simulator), "--iam-endpoint", iam.url),
                folder=rows_in(tmp_path),
                **USER,
            )

    assert ended.code == 4
    assert reason in ended.err
    assert list(simulator.requests) == []
    assert elsewhere.requests == []
    assert set(iam.requests) == {f"POST {LOGIN}?nocatalog=true"}


async def test_iam_that_is_away_ends_the_run(tmp_path: Path) -> None:
    """The endpoint that does not answer is named."""
    with reserved_port() as port:
        url = f"http://127.0.0.1:{port}"
        async with recording() as simulator:
            ended = await invoke(
                *(*RUN, *at(simulator), "--iam-endpoint", url), folder=rows_in(tmp_path), **USER
            )

    assert ended.code == 4
    assert f"IAM at {url} did not return a token: cannot connect to 127.0.0.1" in ended.err
    assert list(simulator.requests) == []


class TestWrongKey:
    @pytest.mark.parametrize(
        "knobs",
        [
            {"ak": "CANARYAK", "sk": "another"},
            {"ak": "ANOTHER", "sk": "canary-secret-key"},
            {"token": "another"},
        ],
        ids=["wrong SK", "wrong AK", "no signatures"],
    )
    async def test_is_tried_once(self, knobs: dict[str, Any], tmp_path: Path) -> None:
        """Fifty workers, one request: five more would lock the key."""
        async with recording(**knobs) as simulator:
            ended = await invoke(
                *(*RUN, *at(simulator), *WORKERS), folder=rows_in(tmp_path), **KEY
            )

        assert ended.code == 4
        assert len(simulator.requests) == 1
        assert creates(simulator) == 0
        assert f"the access key from HUAWEICLOUD_SDK_AK, {simulator.url}: " in ended.err
        assert "HTTP 401, APIGW.0301" in ended.err
        assert "nothing was sent: check AK and SK, the security token" in ended.err
        assert "CANARYAK" not in ended.err

    async def test_is_tried_once_where_the_project_is_looked_up(self, tmp_path: Path) -> None:
        """The look-up is the first request, and the last one."""
        async with recording(ak="CANARYAK", sk="another") as simulator:
            ended = await invoke(
                *(*RUN, "--endpoint", simulator.url, "--iam-endpoint", simulator.url),
                *("--region", "cn-north-4", "--instance-id", INSTANCE, *WORKERS),
                folder=rows_in(tmp_path),
                **KEY,
            )

        assert ended.code == 4
        assert [record.path for record in simulator.requests] == ["/v3/projects"]

    async def test_is_not_tried_by_undo(self, tmp_path: Path) -> None:
        """Undo has its probe, too."""
        folder = rows_in(tmp_path, 3)
        async with recording(ak="CANARYAK", sk="canary-secret-key") as simulator:
            first = await invoke(*RUN, *at(simulator), folder=folder, **KEY)
            before = len(simulator.requests)
            wrong = KEY | {"HUAWEICLOUD_SDK_SK": "another"}
            ended = await invoke("undo", "tasks-results", "--yes", folder=folder, **wrong)

        assert (first.code, ended.code) == (0, 4)
        assert len(simulator.requests) == before + 1
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 3


async def test_signed_run_finds_its_project(tmp_path: Path) -> None:
    """A temporary key and a region's name are enough; the report has the project's id."""
    temporary = KEY | {"HUAWEICLOUD_SDK_SECURITY_TOKEN": "canary-security-token"}
    knobs: dict[str, Any] = {
        "ak": "CANARYAK",
        "sk": "canary-secret-key",
        "security_token": "canary-security-token",
    }
    async with recording(**knobs) as simulator:
        ended = await invoke(
            *(*RUN, "--endpoint", simulator.url, "--iam-endpoint", simulator.url),
            *("--region", "cn-north-4", "--instance-id", INSTANCE, "--rate", "1000"),
            folder=rows_in(tmp_path),
            **temporary,
        )

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    (project,) = {line["project_id"] for line in lines}
    assert ended.code == 0
    assert len(simulator.tasks(project, INSTANCE)) == 60


@pytest.mark.parametrize(
    ("code", "cause"),
    [("ROMA.1000", "unauthorized"), ("ROMA.1002", "unauthorized"), ("ROMA.1006", "forbidden")],
)
async def test_roma_codes_with_400_are_interpreted(code: str, cause: str, tmp_path: Path) -> None:
    """Authentication and permission end the run at the first request."""
    answer = {"error_code": code, "error_msg": "no"}
    async with listening(status=400, answer=answer) as ear:
        ended = await invoke(*(*RUN, "--endpoint", ear.url, *TARGET), folder=rows_in(tmp_path))

    assert ended.code == 4
    assert len(ear.requests) == 1
    assert read_summary(tmp_path / "tasks-results")["stopped"]["cause"] == cause
    assert f"HTTP 400, {code}, no" in ended.err


async def test_open_token_file_is_warned_of(tmp_path: Path) -> None:
    """The run continues; with --quiet the warning is not printed."""
    folder = rows_in(tmp_path, 2)
    (folder / "token.txt").write_text(TOKEN, encoding="ascii")
    (folder / "token.txt").chmod(0o644)
    own = ("--token-file", "token.txt")
    async with recording(token=TOKEN) as simulator:
        command = (*RUN, *at(simulator), *own)
        ended = await invoke(*command, folder=folder, BATCHCREATE_TOKEN="")
        quiet = await invoke(*command, "--quiet", folder=folder, BATCHCREATE_TOKEN="")
        retried = await invoke("retry", "tasks-results", *own, folder=folder, BATCHCREATE_TOKEN="")

    warning = "token.txt is readable by other users; run chmod 600 token.txt"
    assert [warning in each.err for each in (ended, quiet, retried)] == [True, False, True]
    assert (ended.code, quiet.code, retried.code) == (0, 0, 0)


# Whom the credentials reach -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A run against a server that is not trusted, and the requests that the server received."""

    ended: Ended
    ear: Ear


CERTIFICATES: Final[Mapping[str, Mapping[str, str]]] = {
    "self-signed": {},
    "expired": {"ends": "2021"},
    "wrong host": {"name": "DNS:roma.example"},
}


async def test_warning_about_a_readable_secret_precedes_errors_of_the_input(
    tmp_path: Path,
) -> None:
    """It is printed even if the run ends because an input file cannot be read."""
    (tmp_path / "token.txt").write_text(TOKEN)
    (tmp_path / "token.txt").chmod(0o644)
    options = ("--endpoint", "http://127.0.0.1:9", "--project-id", "p", "--instance-id", "i")

    ended = await invoke(
        *("run", "none.csv", *options, "--token-file", "token.txt"),
        folder=tmp_path,
        BATCHCREATE_TOKEN="",
    )

    warning, error = ended.err.splitlines()
    assert (ended.code, "token.txt is readable by other users" in warning) == (2, True)
    assert error.startswith("error: none.csv")


async def meet(
    folder: Path,
    name: str,
    *,
    is_trusted: bool = False,
    iam: bool = False,
    **variables: str,
) -> Met:
    rows_in(folder, 2)
    certificate = await asyncio.to_thread(certify, folder / "tls", **CERTIFICATES[name])
    trust = ("--ca-file", str(certificate.path)) if is_trusted else ()
    async with listening(tls=certificate.context) as ear, recording() as simulator:
        places = ("--endpoint", simulator.url, "--iam-endpoint", ear.url) if iam else (
            "--endpoint", ear.url
        )  # fmt: skip
        command = (*RUN, *places, *TARGET, *trust, "--settle", "0")
        ended = await invoke(*command, folder=folder, **variables)
        return Met(ended=ended, ear=ear)


MEETINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "self-signed": {"name": "self-signed"},
    "expired": {"name": "expired", "is_trusted": True},
    "wrong host": {"name": "wrong host", "is_trusted": True},
    "self-signed, signed requests": {"name": "self-signed", **KEY},
    "IAM, self-signed": {"name": "self-signed", "iam": True, **USER},
    "IAM, wrong host": {"name": "wrong host", "is_trusted": True, "iam": True, **USER},
    "trusted": {"name": "self-signed", "is_trusted": True},
}


@pytest.fixture(scope="module")
def meetings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Met]:
    folder = tmp_path_factory.mktemp("tls")
    return OnDemand(
        {name: partial(meet, folder / name, **case) for name, case in MEETINGS.items()}
    )


@pytest.mark.parametrize("name", [name for name in MEETINGS if name != "trusted"])
def test_certificate_that_does_not_verify_ends_the_run(
    meetings: Mapping[str, Met], name: str
) -> None:
    """No request reaches the server, and the message contains a remedy."""
    met = meetings[name]

    assert met.ended.code == 4
    assert met.ear.requests == []
    assert "certificate verify failed" in met.ended.err
    assert "--ca-file" in met.ended.err


def test_certificate_of_a_private_authority_is_trusted_with_ca_file(
    meetings: Mapping[str, Met],
) -> None:
    """With --ca-file the same server gets its requests; its empty list leaves two rows unsent."""
    met = meetings["trusted"]

    assert "certificate" not in met.ended.err
    assert met.ear.requests[0].startswith("GET /v2/p1/fdi/instances/i1/tasks?")
    assert met.ear.headers[0]["X-Auth-Token"] == TOKEN


@pytest.mark.parametrize("content", [None, b"no certificate\n"], ids=["missing", "no certificate"])
async def test_unusable_ca_file_is_reported(content: bytes | None, tmp_path: Path) -> None:
    """Before anything is sent."""
    folder = rows_in(tmp_path, 2)
    if content is not None:
        (folder / "ca.pem").write_bytes(content)
    async with recording() as simulator:
        ended = await invoke(*RUN, *at(simulator), "--ca-file", "ca.pem", folder=folder)

    assert ended.code == 2
    assert "--ca-file ca.pem: cannot be used: " in ended.err
    assert list(simulator.requests) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_to_another_host_is_not_followed(status: int, tmp_path: Path) -> None:
    """The other host receives no request, and the message contains its name."""
    async with listening() as other:
        headers = {"Location": f"{other.url}/v2/p1"}
        async with listening(status=status, headers=headers) as ear:
            ended = await invoke(
                *(*RUN, "--endpoint", ear.url, *TARGET), folder=rows_in(tmp_path, 2)
            )

    assert ended.code == 4
    assert (len(ear.requests), other.requests) == (1, [])
    assert "the server redirects to 127.0.0.1" in ended.err


class TestProxy:
    PASSWORD = "canary-pröxy-password"  # noqa: S105 # opens nothing

    async def test_of_the_environment_is_not_used(self, tmp_path: Path) -> None:
        """The values of the variables are ignored."""
        async with recording() as simulator, proxying() as proxy:
            names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
            ended = await invoke(
                *(*RUN, *at(simulator)),
                folder=rows_in(tmp_path, 2),
                **dict.fromkeys(names, proxy.url),
            )

        assert ended.code == 0
        assert proxy.connections == 0

    async def test_configured_proxy_is_used(self, tmp_path: Path) -> None:
        """Its name and password come from the environment and go to the proxy."""
        variables = {"BATCHCREATE_PROXY_USER": "me", "BATCHCREATE_PROXY_PASSWORD": self.PASSWORD}
        async with recording() as simulator, proxying() as proxy:
            ended = await invoke(
                *(*RUN, *at(simulator), "--proxy", proxy.url),
                folder=rows_in(tmp_path, 2),
                **variables,
            )

        pair = b64encode(f"me:{self.PASSWORD}".encode("latin-1")).decode()
        assert ended.code == 0, ended.err
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 2
        assert proxy.requests[0].startswith(f"GET {simulator.url}/v2/p1/fdi/")
        assert {headers["Proxy-Authorization"] for headers in proxy.headers} == {f"Basic {pair}"}

    async def test_sees_no_credentials_of_the_service(self, tmp_path: Path) -> None:
        """Through a tunnel the proxy learns the host, and the server not the proxy's password."""
        certificate = await asyncio.to_thread(certify, tmp_path / "tls")
        variables = {"BATCHCREATE_PROXY_USER": "me", "BATCHCREATE_PROXY_PASSWORD": self.PASSWORD}
        async with listening(tls=certificate.context) as ear, proxying() as proxy:
            found = await invoke(
                *("doctor", "--endpoint", ear.url, *TARGET, "--proxy", proxy.url),
                *("--ca-file", str(certificate.path)),
                folder=tmp_path,
                **variables,
            )

        assert found.code == 0
        host = ear.url.removeprefix("https://")
        assert {request.split(" HTTP")[0] for request in proxy.requests} == {f"CONNECT {host}"}
        assert "X-Auth-Token" not in str(proxy.headers)
        assert ear.headers
        assert "Proxy-Authorization" not in str(ear.headers)

    async def test_refusal_is_reported(self, tmp_path: Path) -> None:
        """Nothing was sent, so that no row is in doubt."""
        certificate = await asyncio.to_thread(certify, tmp_path / "tls")
        refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        async with listening(tls=certificate.context) as ear, proxying(refusal=refusal) as proxy:
            found = await invoke(
                *("doctor", "--endpoint", ear.url, *TARGET, "--proxy", proxy.url), folder=tmp_path
            )

        assert found.code == 1
        assert (
            "the proxy refused the connection: HTTP 407; check --proxy, BATCHCREATE_PROXY_USER and "
            "BATCHCREATE_PROXY_PASSWORD"
        ) in found.err
        assert ear.requests == []


def test_every_row_of_a_stopped_run_is_left_to_send(meetings: Mapping[str, Met]) -> None:
    """The counts are true, and the next command is the same one."""
    err = meetings["self-signed"].ended.err

    assert "2 rows: 2 not_attempted" in err
    assert "next: batchcreate run tasks.csv" in err
