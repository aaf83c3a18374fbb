"""Settings and journal determine the service, the credential, the network and the project."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from batchcreate.auth import IamTokens, SignedKey, Token
from batchcreate.errors import CredentialError, SettingsError
from batchcreate.journal import Journal
from batchcreate.pipeline.service import (
    SIMULATED_TARGET,
    Service,
    find_network,
    find_service,
    name_credential,
    service_of,
    target_defaults,
)
from batchcreate.pool import StopCause, StopReason
from batchcreate.settings import Settings, load
from batchcreate.settings.endpoint_group import SIMULATED
from batchcreate.simulator import SimulatorSettings, serve
from tests.functional.outside import certify
from tests.journals import ENDPOINT, read

TOKEN: Final = {"BATCHCREATE_TOKEN": "canary-token"}
USER: Final = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": "canary-password",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {"HUAWEICLOUD_SDK_AK": "canary-ak", "HUAWEICLOUD_SDK_SK": "canary-sk"}
PROXY: Final = {"BATCHCREATE_PROXY_USER": "me", "BATCHCREATE_PROXY_PASSWORD": "canary-proxy"}
REGION: Final = "cn-north-4"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestFind:
    def test_simulator_requires_no_settings(self) -> None:
        """There is neither an endpoint nor a credential to configure."""
        service = service_for(load({"simulate": True}), {}, None)

        assert (service.endpoint, service.warning) == (SIMULATED, "")
        assert service.credential.name == "no credentials (simulated)"

    def test_simulator_stores_its_tasks_in_the_results_folder(self, tmp_path: Path) -> None:
        """Without a results folder it stores nothing."""

        async def url_of(results: Path | None) -> str:
            async with service_for(load({"simulate": True}), {}, results).open() as url:
                return url

        for results in (tmp_path, None):
            assert asyncio.run(url_of(results)).startswith("http://127.0.0.1:")
        assert [path.name for path in tmp_path.iterdir()] == ["simulator.jsonl"]

    @pytest.mark.parametrize(
        ("environment", "kind", "name"),
        [
            (TOKEN, Token, "the token from BATCHCREATE_TOKEN"),
            (KEY, SignedKey, "the access key from HUAWEICLOUD_SDK_AK"),
            (USER, IamTokens, "IAM user jane at https://iam.cn-north-4.myhuaweicloud.com"),
        ],
        ids=["token", "key", "user"],
    )
    async def test_credential_is_named_after_its_source(
        self, environment: dict[str, str], kind: type, name: str
    ) -> None:
        """A message identifies the refused credential without showing it."""
        service = service_for(load({"region": REGION}), environment, None)

        assert isinstance(service.credential, kind)
        assert service.credential.name == name
        refused = StopReason(cause=StopCause.UNAUTHORIZED, message="refused")
        message = f"{name}, https://roma.cn-north-4.myhuaweicloud.com: refused"
        assert name_credential(refused, service) == replace(refused, message=message)
        stopped = StopReason(cause=StopCause.OUTAGE, message="away")
        assert name_credential(stopped, service) is stopped
        async with service.open() as url:
            assert url == service.endpoint == "https://roma.cn-north-4.myhuaweicloud.com"

    def test_iam_user_requires_an_iam_endpoint(self) -> None:
        """A password is sent only to an endpoint that the user has configured."""
        settings = load({"endpoint": "https://roma.example", "project_id": "p1"})

        with pytest.raises(SettingsError, match="also give --iam-endpoint"):
            service_for(settings, USER, None)

    @pytest.mark.parametrize("environment", [TOKEN, KEY], ids=["token", "key"])
    def test_other_credentials_require_no_iam_endpoint(self, environment: dict[str, str]) -> None:
        """A setting that is not used does not have to be configured."""
        settings = load({"endpoint": "https://roma.example", "project_id": "p1"})

        assert service_for(settings, environment, None).endpoint == "https://roma.example"

    @pytest.mark.parametrize("mode", [0o600, 0o640], ids=oct)
    def test_file_that_others_can_read_is_reported(self, mode: int, tmp_path: Path) -> None:
        """The warning contains the command that changes the mode."""
        path = tmp_path / "my token.txt"
        path.write_text("canary-token", encoding="ascii")
        path.chmod(mode)

        service = service_for(load({"region": REGION, "token_file": path}), {}, None)

        warning = f"{path} is readable by other users; run chmod 600 '{path}'"
        assert service.warning == ("" if mode == 0o600 else warning)


class TestNetwork:
    def test_connection_is_direct_by_default(self) -> None:
        """The proxy variables of the environment are not used."""
        network = find_network(load({}).endpoint, {"HTTPS_PROXY": "http://proxy.example:1"})

        assert (network.proxy, network.proxy_password, network.trust) == (None, None, True)

    async def test_certificate_file_is_read_once(self, tmp_path: Path) -> None:
        """A token can be renewed after the file has been deleted."""
        ca_file = (await asyncio.to_thread(certify, tmp_path / "tls")).path
        async with iam({"error": {"message": "no"}}) as (url, logins):
            settings = load({"endpoint": url, "iam_endpoint": url, "ca_file": ca_file})
            service = service_for(settings, USER, None)
            ca_file.unlink()
            with pytest.raises(CredentialError):
                await service.credential.ready("p1")

        assert len(logins) == 1

    def test_proxy_password_is_read_from_the_environment(self) -> None:
        """An option would be visible in the process list."""
        network = find_network(load({"proxy": "http://proxy.example:3128"}).endpoint, PROXY)

        assert network.proxy_password is not None
        assert (network.proxy, network.proxy_user, network.proxy_password.reveal()) == (
            "http://proxy.example:3128", "me", "canary-proxy",
        )  # fmt: skip
        assert "canary" not in repr(network)

    @pytest.mark.parametrize("missing", PROXY)
    def test_incomplete_proxy_credentials_are_refused(self, missing: str) -> None:
        """The message contains the missing variable."""
        environment = {name: text for name, text in PROXY.items() if name != missing}

        with pytest.raises(SettingsError) as caught:
            find_network(load({}).endpoint, environment)

        assert str(caught.value) == f"incomplete credentials of the proxy: {missing} missing"

    @pytest.mark.parametrize(
        ("user", "password"),
        [("m:e", "77"), ("m€", "77"), ("me", "77€"), ("me", "77\n"), ("me", "77\udcff")],
        ids=["colon", "user beyond Latin-1", "beyond Latin-1", "line break", "no UTF-8"],
    )
    def test_proxy_credentials_that_cannot_be_sent_are_refused(
        self, user: str, password: str
    ) -> None:
        """The message does not contain the password."""
        environment = dict(zip(PROXY, (user, password), strict=True))

        with pytest.raises(SettingsError, match="cannot contain a colon") as caught:
            find_network(load({}).endpoint, environment)

        assert password not in str(caught.value)


class TestOfJournal:
    def test_journal_without_rows_is_refused(self, tmp_path: Path) -> None:
        """The message contains the command to run first."""
        with Journal.open(tmp_path) as journal, pytest.raises(SettingsError) as caught:
            service_in(journal, load({}), TOKEN, tmp_path)

        assert str(caught.value) == (
            f"{tmp_path}: the journal has no rows yet; use batchcreate run"
        )

    @pytest.mark.parametrize(
        "options", [{}, {"endpoint": ENDPOINT}, {"endpoint": ENDPOINT, "region": REGION}], ids=str
    )
    def test_endpoint_of_the_journal_is_used(
        self, options: dict[str, Any], tmp_path: Path
    ) -> None:
        """The options may repeat the endpoint."""
        with journal_with_a_row(tmp_path) as journal:
            service = service_in(journal, load(options), TOKEN, tmp_path)

        assert service.endpoint == ENDPOINT

    @pytest.mark.parametrize(
        ("options", "other"),
        [
            ({"endpoint": "https://roma.other"}, "https://roma.other"),
            ({"region": REGION}, f"https://roma.{REGION}.myhuaweicloud.com"),
            ({"simulate": True}, "simulator"),
        ],
        ids=["endpoint", "region", "simulator"],
    )
    def test_another_endpoint_is_refused(
        self, options: dict[str, Any], other: str, tmp_path: Path
    ) -> None:
        """The ids of one service are not valid for another one."""
        with journal_with_a_row(tmp_path) as journal, pytest.raises(SettingsError) as caught:
            service_in(journal, load(options), TOKEN, tmp_path)

        assert str(caught.value) == (
            f"{tmp_path}: this batch belongs to {ENDPOINT}, not to {other}; omit --endpoint, "
            "--region and --simulate"
        )

    def test_simulated_batch_uses_the_simulator(self, tmp_path: Path) -> None:
        """The option --simulate does not have to be repeated."""
        with Journal.open(tmp_path) as journal:
            with journal.enrol(endpoint=SIMULATED):
                pass
            service = service_in(journal, load({}), {}, tmp_path)

        assert service.endpoint == SIMULATED

    async def test_iam_user_logs_in_to_the_projects_of_the_batch(self, tmp_path: Path) -> None:
        """Commands on a results folder do not require --project-id."""
        async with iam({}) as (url, logins):
            settings = load({"iam_endpoint": url, "timeout": 5})
            with journal_with_a_row(tmp_path) as journal:
                service = service_in(journal, settings, USER, tmp_path)
            with pytest.raises(CredentialError, match="project p7 "):
                await service.credential.ready("p7")

        assert [login["auth"]["scope"]["project"] for login in logins] == [{"id": "p7"}]


class TestDefaults:
    async def test_simulated_run_has_a_default_target(self) -> None:
        """Configured values have precedence."""
        settings = load({"simulate": True, "instance_id": "i1"})

        found = await target_defaults(
            settings.target, settings.endpoint, settings.attempt, service_for(settings, {}, None)
        )

        assert found == SIMULATED_TARGET | {"instance_id": "i1"}

    @pytest.mark.parametrize("environment", [USER, KEY], ids=["user", "key"])
    async def test_project_is_looked_up_by_the_name_of_the_region(
        self, environment: dict[str, str]
    ) -> None:
        """The project id is not required with an IAM user or an access key."""
        async with serve(SimulatorSettings(record=True)) as simulator:
            found = await defaults(simulator.url, environment, region=REGION)
            again = await defaults(simulator.url, environment, region=REGION)

        assert found == again
        assert (len(found["project_id"]), found["instance_id"]) == (32, "")
        paths = {(record.method, record.path) for record in simulator.requests}
        asked = ("POST", "/v3/auth/tokens") if environment is USER else ("GET", "/v3/projects")
        assert paths == {asked}

    @pytest.mark.parametrize(
        ("environment", "options"),
        [
            (TOKEN, {"region": REGION}),
            (KEY, {}),
            (KEY, {"region": REGION, "project_id": "p1"}),
            (USER, {"region": REGION, "project_id": "p1"}),
        ],
        ids=["token", "no region", "key and project", "user and project"],
    )
    async def test_project_is_not_looked_up_otherwise(
        self, environment: dict[str, str], options: dict[str, str]
    ) -> None:
        """No request is sent if its result is not required or not available."""
        async with serve(SimulatorSettings(record=True)) as simulator:
            found = await defaults(simulator.url, environment, **options)

        assert found == {"project_id": options.get("project_id", ""), "instance_id": ""}
        assert list(simulator.requests) == []

    async def test_refused_key_is_sent_once(self) -> None:
        """The message contains the source of the key, the endpoint and the code, but no secret."""
        settings = SimulatorSettings(record=True, ak="canary-ak", sk="another")
        temporary = KEY | {"HUAWEICLOUD_SDK_SECURITY_TOKEN": "canary-sts"}
        async with serve(settings) as simulator:
            with pytest.raises(CredentialError) as caught:
                await defaults(simulator.url, temporary, region=REGION)

        message = str(caught.value)
        assert message.startswith(
            f"IAM at {simulator.url} does not accept the access key from HUAWEICLOUD_SDK_AK "
            "(HTTP 401, "
        )
        assert "canary" not in message
        assert len(simulator.requests) == 1

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ({"projects": []}, "0 of that name"),
            ({"projects": [{"name": "cn-north-9", "id": "p9"}]}, "0 of that name"),
            (
                {"projects": [{"name": REGION, "id": "p1"}, {"name": REGION, "id": "p2"}]},
                "2 of that name",
            ),
            ({"projects": [{"name": REGION}]}, "1 of that name"),
            ({"projects": [{"name": REGION, "id": "../x"}]}, "1 of that name"),
            ({"projects": "p1"}, "0 of that name"),
            ({"projects": ["p1", None]}, "0 of that name"),
            ([], "0 of that name"),
        ],
        ids=[
            "none", "of another region", "two", "no id", "invalid id", "a text", "no projects",
            "a list",
        ],
    )  # fmt: skip
    async def test_project_lookup_requires_exactly_one_project(
        self, answer: object, reason: str
    ) -> None:
        """The message contains the option that replaces the lookup."""
        async with iam(answer, status=200) as (url, _):
            with pytest.raises(CredentialError) as caught:
                await defaults(url, KEY, region=REGION)

        assert str(caught.value) == (
            f"IAM at {url} has no project cn-north-4 ({reason}); give --project-id"
        )

    async def test_fault_of_iam_is_reported(self) -> None:
        """The message contains its status and its text."""
        async with iam({"error_msg": "down for canary-sk", "error_code": "X"}, status=503) as (
            url,
            _,
        ):
            with pytest.raises(CredentialError) as caught:
                await defaults(url, KEY, region=REGION)

        assert str(caught.value) == (
            f"IAM at {url} has no project cn-north-4 (HTTP 503, X, down for ***); "
            "give --project-id"
        )

    async def test_unreachable_iam_is_reported(self) -> None:
        """The message contains the endpoint and the option that replaces the lookup."""
        async with iam({}) as (url, _):
            pass
        with pytest.raises(CredentialError) as caught:
            await defaults(url, KEY, region=REGION)

        assert str(caught.value).startswith(
            f"the project cn-north-4 cannot be looked up at {url}: cannot connect to 127.0.0.1"
        )
        assert str(caught.value).endswith("; or give --project-id")


def service_for(
    settings: Settings, environment: Mapping[str, str], results: Path | None
) -> Service:
    return find_service(settings.endpoint, settings.attempt, environment, results)


def service_in(
    journal: Journal, settings: Settings, environment: Mapping[str, str], results: Path
) -> Service:
    return service_of(journal, settings.endpoint, settings.attempt, environment, results)


def journal_with_a_row(folder: Path) -> Journal:
    journal = Journal.open(folder)
    read(journal, {"a.csv": ["task-1"]})
    return journal


async def defaults(url: str, environment: dict[str, str], **options: Any) -> Mapping[str, str]:
    settings = load({"endpoint": url, "iam_endpoint": url, "timeout": 5} | options)
    service = service_for(settings, environment, None)
    return await asyncio.wait_for(
        target_defaults(settings.target, settings.endpoint, settings.attempt, service), 30
    )


@asynccontextmanager
async def iam(answer: object, *, status: int = 401) -> AsyncIterator[tuple[str, list[Any]]]:
    """Run an IAM that returns *answer* to each request; return its URL and the logins."""
    logins: list[Any] = []

    async def reply(request: web.Request) -> web.Response:
        if request.can_read_body:
            logins.append(await request.json())
        return web.Response(status=status, text=json.dumps(answer))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", reply)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", logins
    finally:
        await runner.cleanup()
