"""The client of the FDI task API: one HTTP request per call; creates are not retried."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from batchcreate.auth import Credential
from batchcreate.errors import MaybeSentError
from batchcreate.models import Reply, Target, TaskId
from batchcreate.responses import is_unauthorized
from batchcreate.secret import Secret
from batchcreate.transport import RESPONSE_BYTES_MAX, Network, exchange, mask_reply, open_session

LIST_BYTES_MAX: Final = 16 * 1024 * 1024
"""Maximum bytes read of a list page; 1,000 tasks of the documented lengths take under 2 MiB."""


class RomaClient:
    """
    The calls of the FDI task API that batchcreate uses (pages CreateMultiTasks, ListTasks).

    Args:
        session: sends the requests.
        base_url: URL of the service, without a trailing slash.
        credential: authenticates every request; masked in responses.
        hidden: other secrets to mask in responses.

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
            NotSentError: the request was definitely not received.
            MaybeSentError: the server may have acted on it.

        """
        url = self._create_urls.get(target)
        if url is None:
            url = self._create_urls[target] = self._url(target, "multi-tasks")
        return await self._send("POST", url, body)

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """
        Request one page of the task list, tasks of every kind included.

        No name filter is sent: its name differs between editions of the page, it matches parts
        of names, and it is limited to fewer characters than a name.

        Args:
            target: the instance.
            offset: number of tasks to skip.
            limit: maximum number of tasks, 1-1000; some editions reduce it to 999.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable response; a list that contains a secret is not
                used, because a masked name would look absent.

        """
        url = self._url(target, "tasks").with_query(limit=limit, offset=offset)
        reply = await self._send_repeatable("GET", target, url, response_bytes_max=LIST_BYTES_MAX)
        if reply.is_masked and reply.status < HTTPStatus.MULTIPLE_CHOICES:
            msg = "the task list contains a part of the credentials and is not used"
            raise MaybeSentError(msg)
        return reply

    async def probe(self, target: Target) -> Reply:
        """
        Request one task of an instance, and the rate limits of the gateway.

        Gateways return their limits only on request (ROMA Connect User Guide, APIC).

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable response.

        """
        url = self._url(target, "tasks").with_query(limit=1, offset=0)
        return await self._send_repeatable(
            "GET", target, url, more_headers={"X-Apig-Mode": "debug"}
        )

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        """
        Send one DeleteTask request.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable response.

        """
        url = self._url(target, f"tasks/{quote(task_id, safe='')}")
        return await self._send_repeatable("DELETE", target, url)

    async def _send_repeatable(
        self,
        method: str,
        target: Target,
        url: URL,
        *,
        response_bytes_max: int = RESPONSE_BYTES_MAX,
        more_headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """Send a request that may be repeated; again with a new credential after a refusal."""
        project_id = target.project_id
        send = partial(
            self._send,
            method,
            url,
            response_bytes_max=response_bytes_max,
            more_headers=more_headers,
        )
        await self._credential.ready(project_id)
        sent_at = asyncio.get_running_loop().time()
        reply = await send()
        if is_unauthorized(reply) and await self._credential.renew(project_id, sent_at):
            reply = await send()
        return reply

    async def _send(
        self,
        method: str,
        url: URL,
        body: bytes = b"",
        *,
        response_bytes_max: int = RESPONSE_BYTES_MAX,
        more_headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        headers = {**more_headers, **self._credential.headers(method, str(url), body)}
        secrets = (*self._credential.secrets, *self._hidden)  # the token may be renewed meanwhile
        reply = await exchange(
            self._session,
            method,
            url,
            headers=headers,
            body=body,
            response_bytes_max=response_bytes_max,
        )
        return mask_reply(mask_reply(reply, secrets), _signatures(headers))

    def _url(self, target: Target, resource: str) -> URL:
        project = quote(target.project_id, safe="")
        instance = quote(target.instance_id, safe="")
        path = f"{self._base_url}/v2/{project}/fdi/instances/{instance}/{resource}"
        return URL(path, encoded=True)


def _signatures(headers: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return the signature of a request that is signed; it is valid for some minutes."""
    signed = headers.get("Authorization", "")
    return (Secret(signed.rpartition("=")[2]),) if signed else ()


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
        base_url: URL of the service, without a trailing slash.
        credential: authenticates every request.
        timeout_s: timeout of one request in seconds, connecting included.
        connections: maximum number of concurrent requests.
        network: proxy and trusted certificates.

    """
    network = network or Network()
    async with open_session(network, timeout_s=timeout_s, connections=connections) as session:
        yield RomaClient(session, base_url=base_url, credential=credential, hidden=network.secrets)
