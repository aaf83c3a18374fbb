import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from aiohttp import ClientResponse, ClientSession

from batchcreate.errors import SettingsError
from batchcreate.simulator import (
    NAME_EXISTS_CODE,
    QUOTA_CODE,
    Simulator,
    SimulatorSettings,
    StoredTask,
    serve,
)
from batchcreate.simulator.openapi import load_document

BASE = "/v2/p1/fdi/instances/i1"
CREATED_AT = datetime(2025, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
HEX = set("0123456789abcdef")


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def calling(
    clock: FakeClock | None = None, **knobs: Any
) -> AsyncIterator[tuple[Simulator, ClientSession]]:
    settings = SimulatorSettings(**knobs)
    async with (
        serve(settings, clock=clock, now=lambda: CREATED_AT) as simulator,
        ClientSession(simulator.url, headers={"X-Auth-Token": "any"}) as session,
    ):
        yield simulator, session


def body(name: str, **fields: object) -> dict[str, object]:
    return {"task_name": name, "operation_types": ["INSERT"], **fields}


async def create(session: ClientSession, name: str, base: str = BASE, **fields: object) -> str:
    async with session.post(f"{base}/multi-tasks", json=body(name, **fields)) as response:
        assert response.status == 200, await response.text()
        answer = await response.json()
        assert list(answer) == ["task_id"]
        return str(answer["task_id"])


async def refused(response: ClientResponse) -> tuple[int, str, str]:
    answer = await response.json()
    return response.status, answer["error_code"], answer["error_msg"]


async def listed(session: ClientSession, **query: str | int) -> list[str]:
    async with session.get(f"{BASE}/tasks", params=query) as response:
        assert response.status == 200, await response.text()
        answer = await response.json()
        assert answer["size"] == len(answer["entities"])
        return [entity["task_name"] for entity in answer["entities"]]


async def test_a_created_task_is_stored_as_sent() -> None:
    """The task has the allocated id, the body and the time of its create call."""
    fields = {"task_tag": "tag1", "description": "été\ud800", "task_id": "mine"}

    async with calling() as (simulator, session):
        task_id = await create(session, "orders", base=BASE, **fields)
        stored = simulator.tasks("p1", "i1")

    assert len(task_id) == 32
    assert set(task_id) <= HEX
    assert [(task.task_id, task.name, task.body, task.created_at) for task in stored] == [
        (task_id, "orders", body("orders", **fields), CREATED_AT)
    ]


async def test_a_task_is_listed_shown_and_deleted() -> None:
    """A task can be read by list and by id until it is deleted."""
    async with calling() as (simulator, session):
        task_id = await create(session, "orders", source_app_id="app1", description="all")
        async with session.get(f"{BASE}/tasks") as response:
            page = await response.json()
        async with session.get(f"{BASE}/tasks/{task_id}") as response:
            shown = await response.json()
        async with session.delete(f"{BASE}/tasks/{task_id}") as response:
            deleted = (response.status, await response.read())
        async with session.delete(f"{BASE}/tasks/{task_id}") as response:
            again = await refused(response)
        async with session.get(f"{BASE}/tasks/{task_id}") as response:
            gone = await refused(response)
        left = simulator.tasks("p1", "i1")

    milliseconds = 1_735_787_045_678
    entity = {
        "task_id": task_id,
        "task_name": "orders",
        "task_type": "REALTIME",
        "status": 0,
        "created_date": "2025-01-02T03:04:05.678Z",
        "version": "1",
        "last_modified_time": milliseconds,
        "execute_status": "UNSTARTED",
        "ext_type": "",
        "source_app_id": "app1",
    }
    task = {
        "task_id": task_id,
        "task_name": "orders",
        "task_type": "REALTIME",
        "status": 0,
        "project_id": "p1",
        "created_date": milliseconds,
        "last_modified_date": milliseconds,
        "source_app_id": "app1",
        "description": "all",
    }
    assert page == {"total": 1, "size": 1, "entities": [entity]}
    assert shown == {"task": task, "task_detail": ""}
    assert deleted == (204, b"")
    assert again == gone == (404, "FDI.3081", "The task does not exist.")
    assert left == []


@pytest.mark.parametrize(
    ("sent", "code", "name"),
    [
        pytest.param(b'{"task_name": "abc"}', "FDI.3033", "operation_types", id="field missing"),
        pytest.param(json.dumps(body("a b c")).encode(), "FDI.3033", "task_name", id="bad name"),
        pytest.param(b"<xml/>", "FDI.3002", "not JSON", id="not JSON"),
    ],
)
async def test_a_body_that_breaks_the_contract_is_refused(
    sent: bytes, code: str, name: str
) -> None:
    """The response is 400, its text contains the parameter, and nothing is created."""
    async with calling() as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", data=sent) as response:
            status, error_code, message = await refused(response)
        stored = simulator.tasks("p1", "i1")

    assert (status, error_code) == (400, code)
    assert name in message
    assert stored == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "multi-tasks"),
        ("GET", "tasks"),
        ("GET", "tasks/t1"),
        ("DELETE", "tasks/t1"),
    ],
)
async def test_a_path_parameter_that_is_too_long_is_refused(method: str, path: str) -> None:
    """Every operation checks its path."""
    url = f"/v2/{'p' * 65}/fdi/instances/i1/{path}"

    async with calling() as (_, session), session.request(method, url) as response:
        status, code, message = await refused(response)

    assert (status, code) == (400, "FDI.3033")
    assert "project_id" in message


async def test_a_name_is_taken_once_by_default() -> None:
    """A second task of a name is refused until the first is deleted; another case is another name."""
    async with calling() as (simulator, session):
        first = await create(session, "orders")
        async with session.post(f"{BASE}/multi-tasks", json=body("orders")) as response:
            second = await refused(response)
        await create(session, "Orders")
        await create(session, "orders", base="/v2/p1/fdi/instances/i2")
        async with session.delete(f"{BASE}/tasks/{first}"):
            pass
        await create(session, "orders")
        names = [task.name for task in simulator.tasks("p1", "i1")]

    assert second == (400, NAME_EXISTS_CODE, "The task name orders already exists.")
    assert names == ["Orders", "orders"]


async def test_names_may_repeat_if_configured() -> None:
    """Without unique names the same create call makes two tasks."""
    async with calling(unique_names=False) as (simulator, session):
        ids = [await create(session, "orders") for _ in range(2)]
        stored = simulator.tasks("p1", "i1")

    assert ids[0] != ids[1]
    assert [(task.task_id, task.name) for task in stored] == [(id_, "orders") for id_ in ids]


async def test_the_quota_of_an_instance_is_kept() -> None:
    """The task beyond the quota is refused, in that instance only."""
    async with calling(quota=2) as (_, session):
        await create(session, "first")
        await create(session, "second")
        async with session.post(f"{BASE}/multi-tasks", json=body("third")) as response:
            third = await refused(response)
        await create(session, "third", base="/v2/p1/fdi/instances/i2")

    assert third == (400, QUOTA_CODE, "The instance already holds 2 tasks, its quota.")


@pytest.mark.parametrize("spelling", ["taks_name", "task_name", "name"])
async def test_the_name_filter_is_fuzzy_in_every_spelling(spelling: str) -> None:
    """Part of a name in any case matches."""
    async with calling() as (_, session):
        for name in ("Orders-1", "orders-2", "stock"):
            await create(session, name)

        assert await listed(session, **{spelling: "ORDERS"}) == ["Orders-1", "orders-2"]
        assert await listed(session, **{spelling: "s-2"}) == ["orders-2"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({}, ["first", "second"], id="no filter"),
        pytest.param({"task_mode": "CDC"}, ["first", "second"], id="composite"),
        pytest.param({"task_mode": ""}, ["first", "second"], id="every kind"),
        pytest.param({"task_mode": "NORMAL"}, [], id="ordinary"),
        pytest.param({"task_type": "realtime"}, ["first", "second"], id="real-time"),
        pytest.param({"task_type": "timing"}, [], id="scheduled"),
        pytest.param({"status": 0}, ["first", "second"], id="not started"),
        pytest.param({"status": 1}, [], id="running"),
        pytest.param({"task_tag": "blue"}, ["first"], id="tag"),
        pytest.param({"source_datasource_id": "d1"}, [], id="data source"),
        pytest.param({"sort_type": "DESC"}, ["second", "first"], id="newest first"),
        pytest.param({"limit": 1}, ["first"], id="first page"),
        pytest.param({"limit": 1, "offset": 1}, ["second"], id="second page"),
        pytest.param({"offset": 2}, [], id="past the end"),
        pytest.param({"offset": -5}, ["first", "second"], id="negative offset"),
        pytest.param({"limit": 1000}, ["first", "second"], id="largest limit"),
    ],
)
async def test_lists_are_filtered_sorted_and_paged(
    query: dict[str, Any], names: list[str]
) -> None:
    """Each parameter selects as documented."""
    async with calling() as (_, session):
        await create(session, "first", task_tag="blue")
        await create(session, "second")

        assert await listed(session, **query) == names


async def test_total_counts_all_matches() -> None:
    """The total does not depend on the page."""
    async with calling() as (_, session):
        for name in ("first", "second", "third"):
            await create(session, name)
        query: dict[str, Any] = {"limit": 1, "name": "ir"}
        async with session.get(f"{BASE}/tasks", params=query) as response:
            answer = await response.json()

    assert (answer["total"], answer["size"]) == (2, 1)


async def test_a_limit_above_1000_is_refused() -> None:
    """The documented range ends at 1000."""
    async with (
        calling() as (_, session),
        session.get(f"{BASE}/tasks", params={"limit": 1001}) as response,
    ):
        status, code, message = await refused(response)

    assert (status, code) == (400, "FDI.3033")
    assert "limit" in message


async def test_a_new_task_is_listed_after_the_lag() -> None:
    """Lists show the task late, by its id it is there at once."""
    clock = FakeClock()

    async with calling(clock, list_lag_s=5) as (simulator, session):
        task_id = await create(session, "orders")
        clock.now_s = 4.9
        before = await listed(session)
        async with session.get(f"{BASE}/tasks/{task_id}") as response:
            shown = response.status
        stored = len(simulator.tasks("p1", "i1"))
        clock.now_s = 5.0
        after = await listed(session)

    assert (before, shown, stored, after) == ([], 200, 1, ["orders"])


async def test_tasks_survive_a_restart(tmp_path: Path) -> None:
    """Another simulator on the same file knows what was created and deleted before."""
    path = tmp_path / "state.jsonl"
    async with calling(state_path=path) as (_, session):
        first = await create(session, "first")
        await create(session, "second", description="été")
        async with session.delete(f"{BASE}/tasks/{first}"):
            pass
    with path.open("ab") as file:
        file.write(b'{"event":"created","project')

    async with calling(state_path=path, list_lag_s=60) as (simulator, session):
        await create(session, "third")
        names = await listed(session)
    async with calling(state_path=path) as (simulator, _):
        stored = simulator.tasks("p1", "i1")

    assert names == ["second"]
    assert stored == [
        StoredTask(
            project_id="p1",
            instance_id="i1",
            task_id=task.task_id,
            name=task.name,
            body=fields,
            created_at=CREATED_AT,
        )
        for task, fields in zip(
            stored, [body("second", description="été"), body("third")], strict=True
        )
    ]


async def test_a_deletion_without_its_creation_is_ignored(tmp_path: Path) -> None:
    """A state file that was cut at its beginning can still be used."""
    path = tmp_path / "state.jsonl"
    entry = {"event": "deleted", "project_id": "p1", "instance_id": "i1", "task_id": "gone"}
    path.write_text(json.dumps(entry) + "\n", encoding="utf-8")

    async with calling(state_path=path) as (simulator, _):
        assert simulator.tasks("p1", "i1") == []


@pytest.mark.parametrize("line", ["not JSON", "[]", "{}", '{"event": "created"}'])
async def test_a_foreign_state_file_is_refused(tmp_path: Path, line: str) -> None:
    """The message names file and line, and the file is left as it was."""
    path = tmp_path / "notes.txt"
    path.write_text(f"{line}\n", encoding="utf-8")

    with pytest.raises(
        SettingsError, match=r"notes\.txt, line 1 is not a record of the simulator"
    ):
        async with calling(state_path=path):
            pass

    assert path.read_text(encoding="utf-8") == f"{line}\n"


async def test_a_state_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """A folder that does not exist is named."""
    with pytest.raises(SettingsError, match=r"state_path .*state\.jsonl cannot be opened"):
        async with calling(state_path=tmp_path / "missing" / "state.jsonl"):
            pass


async def test_answers_keep_to_the_document() -> None:
    """What each operation answers is what the shipped document promises."""
    answers: list[tuple[str, str, int, Any]] = []

    async def note(operation: str, method: str, url: str, **options: Any) -> Any:
        async with session.request(method, url, **options) as response:
            answer = await response.json() if response.status != 204 else None
            answers.append((operation, method, response.status, answer))
            return answer

    async with calling(token_ttl_s=60, password="right") as (_, session):
        made = await note(
            "CreateMultiTasks",
            "POST",
            f"{BASE}/multi-tasks",
            json=body("x" * 100, task_tag="blue"),
        )
        await note("CreateMultiTasks", "POST", f"{BASE}/multi-tasks", json={})
        await note(
            "CreateMultiTasks",
            "POST",
            f"{BASE}/multi-tasks",
            json=body("abc"),
            headers={"X-Auth-Token": ""},
        )
        await note("ListTasks", "GET", f"{BASE}/tasks")
        await note("ListTasks", "GET", f"{BASE}/tasks", params={"limit": "x" * 2000})
        await note("ShowTask", "GET", f"{BASE}/tasks/{made['task_id']}")
        await note("DeleteTask", "DELETE", f"{BASE}/tasks/{made['task_id']}")
        await note("DeleteTask", "DELETE", f"{BASE}/tasks/{made['task_id']}")
        for password in ("right", "wrong", ""):
            user = {"name": "u", "password": password, "domain": {"name": "d"}}
            identity = {"methods": ["password"], "password": {"user": user}}
            await note(
                "KeystoneCreateUserTokenByPassword",
                "POST",
                "/v3/auth/tokens",
                json={"auth": {"identity": identity}},
            )
        await note("KeystoneListProjects", "GET", "/v3/projects?name=eu-west-101")

    assert [(operation, status) for operation, _, status, _ in answers] == [
        ("CreateMultiTasks", 200),
        ("CreateMultiTasks", 400),
        ("CreateMultiTasks", 401),
        ("ListTasks", 200),
        ("ListTasks", 400),
        ("ShowTask", 200),
        ("DeleteTask", 204),
        ("DeleteTask", 404),
        ("KeystoneCreateUserTokenByPassword", 201),
        ("KeystoneCreateUserTokenByPassword", 401),
        ("KeystoneCreateUserTokenByPassword", 400),
        ("KeystoneListProjects", 200),
    ]
    document = load_document()
    for operation, method, status, answer in answers:
        schema = _find_answer(document, operation, method, status)
        fastjsonschema.validate({**schema, "components": document["components"]}, answer)


def _find_answer(document: Any, operation: str, method: str, status: int) -> dict[str, Any]:
    details = next(
        methods[method.lower()]
        for methods in document["paths"].values()
        if methods.get(method.lower(), {}).get("operationId") == operation
    )
    answer = details["responses"][str(status)]
    found: dict[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return found


async def test_creates_can_run_side_by_side() -> None:
    """Many creates at once make as many tasks."""
    async with calling() as (simulator, session):
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(create(session, f"task-{number}"))
        stored = simulator.tasks("p1", "i1")

    assert len({task.task_id for task in stored}) == 50
