"""The vendor's SDK as an independent client of the simulator."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batchcreate.simulator import RequestRecord, Simulator, SimulatorSettings, serve
from tests.vendor import SILENCED, vendor

AK, SK, STS = "AKEXAMPLE", "SKEXAMPLE", "STS/of+AKEXAMPLE=="
PROJECT, INSTANCE = "0123456789abcdef0123456789abcdef", "inst-1"

pytestmark = SILENCED


@pytest.fixture(autouse=True)
def isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Use no proxy, and a folder of the test as the home folder."""
    for name in tuple(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


class Sdk:
    """The SDK's client for one instance; its calls block, so each runs in a thread."""

    def __init__(self, url: str, *, sk: str = SK, security_token: str | None = None) -> None:
        self.models = vendor("huaweicloudsdkroma.v2")
        credentials = vendor("huaweicloudsdkcore.auth.credentials").BasicCredentials(
            AK, sk, PROJECT
        )
        if security_token is not None:
            credentials.with_security_token(security_token)
        builder = self.models.RomaClient.new_builder().with_credentials(credentials)
        self._client = builder.with_endpoints([url]).build()

    async def create(self, name: str, **fields: Any) -> Any:
        body = self.models.MultiTaskRequestBody(
            task_name=name, operation_types=["INSERT", "DELETE"], **fields
        )
        request = self.models.CreateMultiTasksRequest(instance_id=INSTANCE, body=body)
        return await asyncio.to_thread(self._client.create_multi_tasks, request)

    async def list_tasks(self, **query: Any) -> Any:
        request = self.models.ListTasksRequest(instance_id=INSTANCE, **query)
        return await asyncio.to_thread(self._client.list_tasks, request)

    async def show(self, task_id: str) -> Any:
        request = self.models.ShowTaskRequest(instance_id=INSTANCE, task_id=task_id)
        return await asyncio.to_thread(self._client.show_task, request)

    async def delete(self, task_id: str) -> Any:
        request = self.models.DeleteTaskRequest(instance_id=INSTANCE, task_id=task_id)
        return await asyncio.to_thread(self._client.delete_task, request)


@asynccontextmanager
async def serving(**knobs: Any) -> AsyncIterator[Simulator]:
    """Serve a simulator that knows the one key and verifies its signatures."""
    async with serve(SimulatorSettings(ak=AK, sk=SK, record=True, **knobs)) as simulator:
        yield simulator


def statuses(records: Any) -> list[tuple[str, int | None]]:
    assert all(isinstance(record, RequestRecord) for record in records)
    return [(record.method, record.status) for record in records]


@pytest.mark.parametrize("security_token", [None, STS], ids=["permanent key", "temporary key"])
async def test_the_sdk_creates_lists_shows_and_deletes(security_token: str | None) -> None:
    """All of its signed calls are accepted, and the responses match its models."""
    async with serving(security_token=security_token) as simulator:
        sdk = Sdk(simulator.url, security_token=security_token)

        created = await sdk.create("cdctest-1", description="d\u00e9j\u00e0 vu")
        listed = await sdk.list_tasks(limit=100, offset=0, name="cdctest")
        shown = await sdk.show(created.task_id)
        deleted = await sdk.delete(created.task_id)
        left = await sdk.list_tasks(limit=100)
        stored = simulator.tasks(PROJECT, INSTANCE)
        seen = statuses(simulator.requests)

    assert re.fullmatch(r"[0-9a-f]{32}", created.task_id)
    assert (created.status_code, deleted.status_code) == (200, 204)
    assert [(task.task_id, task.task_name, task.status) for task in listed.entities] == [
        (created.task_id, "cdctest-1", 0)
    ]
    assert (shown.task.task_name, shown.task.description) == ("cdctest-1", "d\u00e9j\u00e0 vu")
    assert (left.total, left.entities, stored) == (0, [], [])
    assert seen == [
        ("POST", 200),
        ("GET", 200),
        ("GET", 200),
        ("DELETE", 204),
        ("GET", 200),
    ]


async def test_the_sdk_signs_odd_queries_and_paths_as_the_simulator_reads_them() -> None:
    """A filter with signs, blanks and letters beyond ASCII, and an id with a slash in the path."""
    errors = vendor("huaweicloudsdkcore.exceptions.exceptions")

    async with serving() as simulator:
        sdk = Sdk(simulator.url)

        await sdk.create("cdctest-1")
        listed = await sdk.list_tasks(name="c d+t/\u00e9~%&=", sort_type="ASC", limit=5)
        with pytest.raises(errors.ClientRequestException) as caught:
            await sdk.show("no such/t\u00e4sk")

    assert (listed.status_code, listed.total) == (200, 0)
    assert caught.value.status_code == 404


async def test_the_sdk_with_a_wrong_key_is_refused() -> None:
    """It gets 401 with the gateway's code, and nothing is created."""
    errors = vendor("huaweicloudsdkcore.exceptions.exceptions")

    async with serving() as simulator:
        with pytest.raises(errors.ClientRequestException) as caught:
            await Sdk(simulator.url, sk="wrong").create("cdctest-1")
        stored = simulator.tasks(PROJECT, INSTANCE)

    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")
    assert "verify aksk signature fail" in caught.value.error_msg
    assert stored == []


async def test_errors_of_the_service_reach_the_sdk_with_their_code() -> None:
    """A name that is taken is refused in a shape that it understands."""
    errors = vendor("huaweicloudsdkcore.exceptions.exceptions")

    async with serving() as simulator:
        sdk = Sdk(simulator.url)
        await sdk.create("cdctest-1")
        with pytest.raises(errors.ClientRequestException) as caught:
            await sdk.create("cdctest-1")

    assert (caught.value.status_code, caught.value.error_code) == (400, "FDI.3901")
