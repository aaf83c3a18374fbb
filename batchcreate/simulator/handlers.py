"""Handlers of the FDI calls (create, list, show, delete tasks) and of the IAM calls."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from batchcreate.simulator.fault_injection import FaultInjector
from batchcreate.simulator.gateway import Authenticator
from batchcreate.simulator.list_views import NOT_TASKS, ListViews, shift
from batchcreate.simulator.openapi import Contract, Values, Violation
from batchcreate.simulator.replies import (
    ApiError,
    error_response,
    iam_error_response,
    json_response,
)
from batchcreate.simulator.simulator_settings import (
    Clocks,
    FaultKind,
    Now,
    SimulatorSettings,
)
from batchcreate.simulator.store import Store, StoredTask

_SHOWN = ("source_app_id", "target_app_id", "task_tag")
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


class FdiHandlers:
    """
    Handlers of the task API, with injected faults.

    Args:
        contract: checks the calls.
        store: the tasks.
        injector: executes the faults.
        settings: the faults, and how lists are delayed and divided into pages.
        clocks: date of creation, and the moment at which lists show a task.

    """

    def __init__(
        self,
        contract: Contract,
        store: Store,
        injector: FaultInjector,
        *,
        settings: SimulatorSettings,
        clocks: Clocks,
    ) -> None:
        self._contract = contract
        self._store = store
        self._clocks = clocks
        self._settings = settings
        self.change_faults(settings.faults)
        self._injector = injector
        self._views = ListViews()

    def change_faults(self, shares: Mapping[FaultKind, float]) -> None:
        """Replace the shares of faults, for the calls from now on."""
        settings = replace(self._settings, faults=shares)
        self._create_faults = settings.plan_faults(is_list=False)
        self._list_faults = settings.plan_faults(is_list=True)

    async def create_task(self, request: web.Request) -> web.StreamResponse:
        """Handle ``POST .../multi-tasks``."""
        fault = self._create_faults.draw()
        if fault and not fault.is_executed:
            if fault is FaultKind.FOREIGN_500:
                self._create(request, await request.read(), fault)
            return await self._injector.respond(fault, request, {})
        task = self._create(request, await request.read(), fault)
        if isinstance(task, ApiError):
            return error_response(task)
        content = {"task_id": _spelled_id(task)}
        if fault:
            return await self._injector.respond(fault, request, content)
        return json_response(self._injector.due_content(request, content))

    async def list_tasks(self, request: web.Request) -> web.StreamResponse:
        """Handle ``GET .../tasks``."""
        fault = self._list_faults.draw()
        if fault and not fault.is_executed:
            return await self._injector.respond(fault, request, {})
        query = self._read_parameters("ListTasks", request)
        if isinstance(query, ApiError):
            return error_response(query)
        content = self._page(query, fault)
        if fault:
            return await self._injector.respond(fault, request, content)
        return json_response(content)

    async def show_task(self, request: web.Request) -> web.StreamResponse:
        """Handle ``GET .../tasks/{task_id}``."""
        task = self._find("ShowTask", request)
        if isinstance(task, ApiError):
            return error_response(task)
        return json_response(_task_details(task))

    async def delete_task(self, request: web.Request) -> web.StreamResponse:
        """Handle ``DELETE .../tasks/{task_id}``."""
        task = self._find("DeleteTask", request)
        if isinstance(task, ApiError):
            return error_response(task)
        self._store.remove(task)
        return web.Response(status=204, headers={"X-Request-Id": secrets.token_hex(16)})

    def _create(
        self, request: web.Request, raw: bytes, fault: FaultKind | None
    ) -> StoredTask | ApiError:
        parameters = self._read_parameters("CreateMultiTasks", request)
        if isinstance(parameters, ApiError):
            return parameters
        body = self._contract.read_body("CreateMultiTasks", raw)
        if isinstance(body, Violation):
            return _to_error(body)
        if fault is FaultKind.FOREIGN_500:
            body |= {"task_tag": "other-team"}
        is_numeric = fault is FaultKind.NUMERIC_ID
        task = StoredTask(
            project_id=parameters["project_id"],
            instance_id=parameters["instance_id"],
            task_id=str(secrets.randbits(50)) if is_numeric else secrets.token_hex(16),
            name=body["task_name"],
            body=body,
            created_at=self._clocks.now(),
            visible_at_s=self._clocks.monotonic() + self._settings.list_lag_s,
        )
        return self._store.add(task) or task

    def _page(self, query: Values, fault: FaultKind | None) -> dict[str, object]:
        matches: list[Any] = list(self._select(query, fault))
        if fault is FaultKind.LIST_SPELLING and matches:
            matches += NOT_TASKS
        if query.get("sort_type") == "DESC":
            matches.reverse()
        start = max(0, query["offset"])
        end = start + min(query["limit"], self._settings.list_page_max)
        entities = matches[start:end]
        if fault is FaultKind.LIST_SHIFTING and start:
            entities = shift(entities, matches[end:])
        return {"total": len(matches), "size": len(entities), "entities": entities}

    def _select(self, query: Values, fault: FaultKind | None) -> Iterator[dict[str, object]]:
        if query.get("task_mode", "") not in {"", "CDC"} or query.get("task_type") == "timing":
            return
        now_s = self._clocks.monotonic()
        parts = [query[name].casefold() for name in _NAME_FILTERS if name in query]
        wanted = {name: query[name] for name in _EXACT_FILTERS if name in query}
        instance = (query["project_id"], query["instance_id"])
        listed = [task for task in self._store.tasks(*instance) if task.visible_at_s <= now_s]
        for task in self._views.select(fault, instance, listed):
            entity = _list_entity(task)
            if all(part in task.name.casefold() for part in parts) and (
                all(entity.get(name) == value for name, value in wanted.items())
            ):
                yield entity

    def _find(self, operation: str, request: web.Request) -> StoredTask | ApiError:
        parameters = self._read_parameters(operation, request)
        if isinstance(parameters, ApiError):
            return parameters
        ids = (parameters[name] for name in ("project_id", "instance_id", "task_id"))
        task = self._store.find(*ids)
        return task or ApiError(status=404, code="FDI.3081", message="The task does not exist.")

    def _read_parameters(self, operation: str, request: web.Request) -> Values | ApiError:
        values = self._contract.read_parameters(operation, request.match_info, request.query)
        return _to_error(values) if isinstance(values, Violation) else values


class IamHandlers:
    """
    Handlers of the IAM API: tokens for passwords, project ids by name.

    Args:
        contract: checks the calls.
        authenticator: issues the tokens.
        password: the only password accepted; None accepts any.
        ttl_s: lifetime of a token, in seconds.
        now: wall clock in UTC.

    """

    def __init__(
        self,
        contract: Contract,
        authenticator: Authenticator,
        *,
        password: str | None,
        ttl_s: float,
        now: Now,
    ) -> None:
        self._contract = contract
        self._authenticator = authenticator
        self._password = password
        self._ttl_s = ttl_s
        self._now = now

    async def issue_token(self, request: web.Request) -> web.StreamResponse:
        """Handle ``POST /v3/auth/tokens``."""
        operation = "KeystoneCreateUserTokenByPassword"
        body = self._contract.read_body(operation, await request.read())
        if isinstance(body, Violation):
            return iam_error_response(400, "Bad Request", body.text)
        user = body["auth"]["identity"]["password"]["user"]
        if self._password not in {None, user["password"]}:
            return iam_error_response(401, "Unauthorized", "The username or password is wrong.")
        scope = body["auth"].get("scope", {})
        project = _describe_project(scope["project"]) if "project" in scope else None
        token = self._describe_token(user, project)
        issued = self._authenticator.issue("" if project is None else str(project["id"]))
        headers = {"X-Subject-Token": issued}
        return json_response({"token": token}, status=201, headers=headers)

    async def list_projects(self, request: web.Request) -> web.StreamResponse:
        """Handle ``GET /v3/projects``."""
        if await self._authenticator.authenticate(request):
            text = "The request you have made requires authentication."
            return iam_error_response(401, "Unauthorized", text)
        query = self._contract.read_parameters("KeystoneListProjects", {}, request.query)
        if isinstance(query, Violation):
            return iam_error_response(400, "Bad Request", query.text)
        names = [query["name"]] if "name" in query else []
        return json_response({"projects": [_describe_project({"name": name}) for name in names]})

    def _describe_token(
        self, user: Values, project: dict[str, object] | None
    ) -> dict[str, object]:
        issued_at = self._now()
        user_id = _invent_id("user", user["name"])
        token: dict[str, object] = {
            "methods": ["password"],
            "issued_at": _format_time(issued_at),
            "expires_at": _format_time(issued_at + timedelta(seconds=self._ttl_s)),
            "user": {"id": user_id, "name": user["name"], "domain": user["domain"]},
            "roles": [],
            "catalog": [],
        }
        if project is not None:
            token["project"] = project
        return token


def _to_error(violation: Violation) -> ApiError:
    if violation.parameter:
        text = f"The parameter {violation.parameter} is invalid: {violation.text}"
        return ApiError(status=400, code="FDI.3033", message=text)
    text = f"Invalid parameters: {violation.text}"
    return ApiError(status=400, code="FDI.3002", message=text)


def _spelled_id(task: StoredTask) -> str | int:
    # An id of digits only was assigned by the fault numeric-id.
    return int(task.task_id) if task.task_id.isdecimal() else task.task_id


def _list_entity(task: StoredTask) -> dict[str, object]:
    """Return the entity of *task* in ListTasks, without the fields that it does not have."""
    return {
        "task_id": _spelled_id(task),
        "task_name": task.name,
        "task_type": "REALTIME",
        "status": 0,
        "created_date": _date(task),
        "version": "1",
        "last_modified_time": _milliseconds(task),
        "execute_status": "UNSTARTED",
        "ext_type": "",
        **{name: task.body[name] for name in _SHOWN if name in task.body},
    }


def _task_details(task: StoredTask) -> dict[str, object]:
    """Return *task* as in the response of ShowTask."""
    shown = {
        "task_id": task.task_id,
        "task_name": task.name,
        "task_type": "REALTIME",
        "status": 0,
        "project_id": task.project_id,
        "created_date": _milliseconds(task),
        "last_modified_date": _milliseconds(task),
        **{name: task.body[name] for name in (*_SHOWN, "description") if name in task.body},
    }
    return {"task": shown, "task_detail": ""}


def _date(task: StoredTask) -> str:
    # The vendor's SDK reads only dates with Z, not with an offset.
    moment = task.created_at.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _milliseconds(task: StoredTask) -> int:
    return int(task.created_at.timestamp() * 1000)


def _describe_project(project: Mapping[str, Any]) -> dict[str, object]:
    name = project.get("name", "simulated")
    return {"id": project.get("id", _invent_id("project", name)), "name": name, "enabled": True}


def _invent_id(kind: str, name: str) -> str:
    return hashlib.blake2b(f"{kind}/{name}".encode(), digest_size=16).hexdigest()


def _format_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
