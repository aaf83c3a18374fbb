"""One HTTP attempt at a time against the FDI task API; decides nothing, repeats no create."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from batchcreate.auth import Credential
from batchcreate.models import Reply, Target, TaskId
from batchcreate.outcome import is_unauthorized
from batchcreate.secret import Secret
from batchcreate.transport import ANSWER_BYTES_MAX, Network, exchange, masked, open_session

LIST_BYTES_MAX: Final = 16 * 1024 * 1024
"""How much of a list page is read: 1,000 tasks of the documented lengths take under 2 MiB."""


class RomaClient:
    """
    The calls of the FDI task API that this package needs (pages CreateMultiTasks, ListTasks).

    Args:
        session: sends the requests.
        base_url: origin of the service, no trailing slash.
        credential: authenticates every request; no answer shows it.
        hidden: secrets that no answer shows either.

    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        credential: Credential,
        hidden: Sequence[Secret] = (),
    ) -> None:
        self._session = session
        self._hidden = hidden
        self._base_url = base_url
        self._credential = credential
        self._create_urls: dict[Target, URL] = {}

    async def create(self, target: Target, body: bytes) -> Reply:
        """
        Send one CreateMultiTasks request.

        Raises:
            NotSentError: the request certainly did not arrive.
            MaybeSentError: it may have been acted on.

        """
        url = self._create_urls.get(target)
        if url is None:
            url = self._create_urls[target] = self._url(target, "multi-tasks")
        return await self._attempt("POST", url, body)

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """
        Ask for one page of an instance's tasks of every kind.

        No name filter is sent: its spelling differs between editions of the page, it is
        fuzzy, and shorter than names may be.

        Args:
            target: the instance.
            offset: how many tasks to pass over.
            limit: 1-1000; some editions cut it to 999.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable reply.

        """
        url = self._url(target, "tasks").with_query(limit=limit, offset=offset)
        return await self._repeatable("GET", target, url, answer_bytes_max=LIST_BYTES_MAX)

    async def probe(self, target: Target) -> Reply:
        """
        Ask for one task of an instance, and the gateway for its limits.

        Gateways tell these only where they are asked (ROMA Connect User Guide, APIC).

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable reply.

        """
        url = self._url(target, "tasks").with_query(limit=1, offset=0)
        return await self._repeatable("GET", target, url, more={"X-Apig-Mode": "debug"})

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        """
        Send one DeleteTask request.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable reply.

        """
        url = self._url(target, f"tasks/{quote(task_id, safe='')}")
        return await self._repeatable("DELETE", target, url)

    async def _repeatable(
        self,
        method: str,
        target: Target,
        url: URL,
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """Send a request that may be sent twice: again, where its credential had ended."""
        project_id = target.project_id
        attempt = partial(self._attempt, method, url, answer_bytes_max=answer_bytes_max, more=more)
        await self._credential.ready(project_id)
        sent_at = asyncio.get_running_loop().time()
        reply = await attempt()
        if is_unauthorized(reply) and await self._credential.renew(project_id, sent_at):
            reply = await attempt()
        return reply

    async def _attempt(
        self,
        method: str,
        url: URL,
        body: bytes = b"",
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        headers = {**more, **self._credential.headers(method, str(url), body)}
        secrets = (*self._credential.secrets, *self._hidden)  # a token may be renewed meanwhile
        reply = await exchange(
            self._session,
            method,
            url,
            headers=headers,
            body=body,
            answer_bytes_max=answer_bytes_max,
        )
        return masked(reply, secrets)

    def _url(self, target: Target, rest: str) -> URL:
        project = quote(target.project_id, safe="")
        instance = quote(target.instance_id, safe="")
        path = f"{self._base_url}/v2/{project}/fdi/instances/{instance}/{rest}"
        return URL(path, encoded=True)


@asynccontextmanager
async def connect(
    base_url: str,
    credential: Credential,
    *,
    timeout_s: float,
    connections: int,
    network: Network | None = None,
) -> AsyncIterator[RomaClient]:
    """
    Open a client; its connections are closed at the end of the block.

    Args:
        base_url: origin of the service, no trailing slash.
        credential: authenticates every request.
        timeout_s: for one attempt as a whole, connecting included.
        connections: how many requests may be under way at once.
        network: how to get there.

    """
    way = network or Network()
    async with open_session(way, timeout_s=timeout_s, connections=connections) as session:
        yield RomaClient(session, base_url=base_url, credential=credential, hidden=way.secrets)
