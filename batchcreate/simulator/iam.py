"""The two calls of IAM that a client of ROMA Connect needs: a token and a project's id."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from batchcreate.simulator.clocks import Now
from batchcreate.simulator.contract import Contract, Values, Violation
from batchcreate.simulator.gateway import Authenticator
from batchcreate.simulator.replies import answer_iam_error, answer_json


class Iam:
    """
    Issues tokens for passwords and finds projects by name.

    Args:
        contract: checks the calls.
        authenticator: keeps the tokens.
        password: the one accepted; ``None`` accepts any.
        ttl_s: lifetime of a token.
        now: wall clock, UTC.

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
        """Answer ``POST /v3/auth/tokens``."""
        operation = "KeystoneCreateUserTokenByPassword"
        body = self._contract.read_body(operation, await request.read())
        if isinstance(body, Violation):
            return answer_iam_error(400, "Bad Request", body.text)
        user = body["auth"]["identity"]["password"]["user"]
        if self._password not in {None, user["password"]}:
            return answer_iam_error(401, "Unauthorized", "The username or password is wrong.")
        scope = body["auth"].get("scope", {})
        project = _describe_project(scope["project"]) if "project" in scope else None
        token = self._describe_token(user, project)
        issued = self._authenticator.issue("" if project is None else str(project["id"]))
        headers = {"X-Subject-Token": issued}
        return answer_json({"token": token}, status=201, headers=headers)

    async def list_projects(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET /v3/projects``."""
        if await self._authenticator.refuse(request):
            text = "The request you have made requires authentication."
            return answer_iam_error(401, "Unauthorized", text)
        query = self._contract.read_parameters("KeystoneListProjects", {}, request.query)
        if isinstance(query, Violation):
            return answer_iam_error(400, "Bad Request", query.text)
        names = [query["name"]] if "name" in query else []
        return answer_json({"projects": [_describe_project({"name": name}) for name in names]})

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


def _describe_project(project: Mapping[str, Any]) -> dict[str, object]:
    name = project.get("name", "simulated")
    return {"id": project.get("id", _invent_id("project", name)), "name": name, "enabled": True}


def _invent_id(kind: str, name: str) -> str:
    return hashlib.blake2b(f"{kind}/{name}".encode(), digest_size=16).hexdigest()


def _format_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
