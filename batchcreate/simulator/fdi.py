"""The calls of the FDI service itself: create, list, show and delete tasks."""

import secrets
from collections.abc import Iterator

from aiohttp import web

from batchcreate.simulator.clocks import Clocks
from batchcreate.simulator.contract import Contract, Values, Violation
from batchcreate.simulator.entities import brief, detail
from batchcreate.simulator.faults import FaultPlan
from batchcreate.simulator.misbehaviour import Misbehaviour
from batchcreate.simulator.replies import Refusal, answer_json, answer_refusal
from batchcreate.simulator.store import Store, StoredTask

_NAME_FILTERS = ("taks_name", "task_name", "name")
_EXACT_FILTERS = (
    "task_id",
    "status",
    "execute_status",
    "source_datasource_id",
    "target_datasource_id",
    "source_app_id",
    "target_app_id",
    "task_tag",
)


class Fdi:
    """
    Obeys, refuses or mistreats a call.

    Args:
        contract: checks the calls.
        store: keeps the tasks.
        misbehaviour: carries the faults out.
        clocks: tell the time.
        list_lag_s: seconds until lists show a new task.
        faults: plans for creates and lists, in this order.

    """

    def __init__(
        self,
        contract: Contract,
        store: Store,
        misbehaviour: Misbehaviour,
        *,
        clocks: Clocks,
        list_lag_s: float,
        faults: tuple[FaultPlan, FaultPlan],
    ) -> None:
        self._contract = contract
        self._store = store
        self._clocks = clocks
        self._list_lag_s = list_lag_s
        self._create_faults, self._list_faults = faults
        self._misbehaviour = misbehaviour

    async def create_task(self, request: web.Request) -> web.StreamResponse:
        """Answer ``POST .../multi-tasks``."""
        fault = self._create_faults.draw()
        if fault and not fault.is_acting:
            return await self._misbehaviour.answer(fault, request, {})
        task = self._create(request, await request.read())
        if isinstance(task, Refusal):
            return answer_refusal(task)
        answer = {"task_id": task.task_id}
        if fault:
            return await self._misbehaviour.answer(fault, request, answer)
        return answer_json(answer)

    async def list_tasks(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET .../tasks``."""
        fault = self._list_faults.draw()
        if fault and not fault.is_acting:
            return await self._misbehaviour.answer(fault, request, {})
        query = self._read("ListTasks", request)
        if isinstance(query, Refusal):
            return answer_refusal(query)
        answer = self._page(query)
        if fault:
            return await self._misbehaviour.answer(fault, request, answer)
        return answer_json(answer)

    async def show_task(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET .../tasks/{task_id}``."""
        task = self._find("ShowTask", request)
        return answer_refusal(task) if isinstance(task, Refusal) else answer_json(detail(task))

    async def delete_task(self, request: web.Request) -> web.StreamResponse:
        """Answer ``DELETE .../tasks/{task_id}``."""
        task = self._find("DeleteTask", request)
        if isinstance(task, Refusal):
            return answer_refusal(task)
        self._store.remove(task)
        return web.Response(status=204, headers={"X-Request-Id": secrets.token_hex(16)})

    def _create(self, request: web.Request, raw: bytes) -> StoredTask | Refusal:
        place = self._read("CreateMultiTasks", request)
        if isinstance(place, Refusal):
            return place
        body = self._contract.read_body("CreateMultiTasks", raw)
        if isinstance(body, Violation):
            return _refuse(body)
        task = StoredTask(
            project_id=place["project_id"],
            instance_id=place["instance_id"],
            task_id=secrets.token_hex(16),
            name=body["task_name"],
            body=body,
            created_at=self._clocks.now(),
            visible_at_s=self._clocks.monotonic() + self._list_lag_s,
        )
        return self._store.add(task) or task

    def _page(self, query: Values) -> dict[str, object]:
        matches = list(self._select(query))
        if query.get("sort_type") == "DESC":
            matches.reverse()
        start = max(0, query["offset"])
        entities = matches[start : start + query["limit"]]
        return {"total": len(matches), "size": len(entities), "entities": entities}

    def _select(self, query: Values) -> Iterator[dict[str, object]]:
        if query.get("task_mode", "") not in {"", "CDC"} or query.get("task_type") == "timing":
            return
        now_s = self._clocks.monotonic()
        parts = [query[name].casefold() for name in _NAME_FILTERS if name in query]
        wanted = {name: query[name] for name in _EXACT_FILTERS if name in query}
        for task in self._store.tasks(query["project_id"], query["instance_id"]):
            entity = brief(task)
            if (
                task.visible_at_s <= now_s
                and all(part in task.name.casefold() for part in parts)
                and all(entity.get(name) == value for name, value in wanted.items())
            ):
                yield entity

    def _find(self, operation: str, request: web.Request) -> StoredTask | Refusal:
        place = self._read(operation, request)
        if isinstance(place, Refusal):
            return place
        task = self._store.find(place["project_id"], place["instance_id"], place["task_id"])
        return task or Refusal(status=404, code="FDI.3081", message="The task does not exist.")

    def _read(self, operation: str, request: web.Request) -> Values | Refusal:
        values = self._contract.read_parameters(operation, request.match_info, request.query)
        return _refuse(values) if isinstance(values, Violation) else values


def _refuse(violation: Violation) -> Refusal:
    if violation.parameter:
        text = f"The parameter {violation.parameter} is invalid: {violation.text}"
        return Refusal(status=400, code="FDI.3033", message=text)
    text = f"Invalid parameters: {violation.text}"
    return Refusal(status=400, code="FDI.3002", message=text)
