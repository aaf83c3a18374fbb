"""How each kind of fault looks on the wire."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from aiohttp import web

from batchcreate.simulator.clocks import Sleep
from batchcreate.simulator.faults import FaultKind
from batchcreate.simulator.gateway import UNAUTHENTICATED
from batchcreate.simulator.replies import (
    JSON_TYPE,
    Refusal,
    answer_json,
    answer_refusal,
    encode,
    refuse_throttled,
)

_FORBIDDEN = Refusal(
    status=403, code="APIGW.0302", message="The IAM user is not authorized to access this API"
)
_NETWORK_ERROR = Refusal(status=500, code="FDI.9999", message="Network error.")
_IAM_AWAY = Refusal(status=503, code="APIGW.0613", message="The IAM service is unavailable")
_BACKEND_TIMEOUT = Refusal(status=504, code="APIGW.0201", message="Backend timeout")

_REFUSALS: Mapping[FaultKind, Refusal] = MappingProxyType(
    {
        FaultKind.UNAUTHORIZED: UNAUTHENTICATED,
        FaultKind.FORBIDDEN: _FORBIDDEN,
        FaultKind.SERVER_ERROR: _NETWORK_ERROR,
        FaultKind.UNAVAILABLE: _IAM_AWAY,
        FaultKind.CREATED_500: _NETWORK_ERROR,
        FaultKind.CREATED_504: _BACKEND_TIMEOUT,
        FaultKind.LIST_403: _FORBIDDEN,
        FaultKind.LIST_500: _NETWORK_ERROR,
    }
)
_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Misbehaviour:
    """
    Answers a call in the way of a fault.

    Attributes:
        seen: how often each kind has happened.

    Args:
        retry_after_s: sent with a 429, if given.
        sleep: waits between the bytes of a slow answer.

    """

    def __init__(self, *, retry_after_s: float | None, sleep: Sleep) -> None:
        self.seen: Counter[FaultKind] = Counter()
        self._retry_after_s = retry_after_s
        self._sleep = sleep

    async def answer(
        self, kind: FaultKind, request: web.Request, answer: Mapping[str, Any]
    ) -> web.StreamResponse:
        """
        Go wrong.

        Args:
            kind: what to do.
            request: the call.
            answer: what the call deserved; empty for a kind that does not act.

        """
        self.seen[kind] += 1
        if kind in _REFUSALS:
            return answer_refusal(_REFUSALS[kind])
        if kind in {FaultKind.TOO_MANY_REQUESTS, FaultKind.LIST_429}:
            return answer_refusal(refuse_throttled(retry_after_s=self._retry_after_s))
        if kind is FaultKind.SLOW_DRIP:
            return await self._drip(request, encode(answer))
        if kind in _ANSWERS:
            return _ANSWERS[kind](request, answer)
        return await _DEFECTS[kind](request, answer)

    async def _drip(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        response.content_length = len(body)
        await response.prepare(request)
        for index in range(len(body)):
            await response.write(body[index : index + 1])
            await self._sleep(1)
        return response


def _answer_html(_request: web.Request, _answer: Mapping[str, Any]) -> web.Response:
    return web.Response(status=502, text=_HTML, content_type="text/html")


def _answer_redirect(request: web.Request, _answer: Mapping[str, Any]) -> web.Response:
    location = f"http://redirected.invalid{request.raw_path}"
    return web.Response(status=307, headers={"Location": location})


def _answer_empty_id(_request: web.Request, _answer: Mapping[str, Any]) -> web.Response:
    return answer_json({"task_id": ""})


def _answer_no_id(_request: web.Request, _answer: Mapping[str, Any]) -> web.Response:
    return answer_json({})


def _answer_half(_request: web.Request, answer: Mapping[str, Any]) -> web.Response:
    body = encode(answer)
    return web.Response(body=body[: len(body) // 2], headers={"Content-Type": JSON_TYPE})


def _answer_short_page(_request: web.Request, answer: Mapping[str, Any]) -> web.Response:
    entities = answer["entities"][:-1]
    total = max(1, answer["total"])
    return answer_json({"total": total, "size": len(entities), "entities": entities})


async def _hang(_request: web.Request, _answer: Mapping[str, Any]) -> web.StreamResponse:
    never: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
    return await never


async def _reset(request: web.Request, answer: Mapping[str, Any]) -> web.StreamResponse:
    # The handler is cancelled with its connection, so that a running one still has its transport.
    transport = cast("asyncio.Transport", request.transport)
    lingering = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
    transport.abort()
    return await _hang(request, answer)


async def _truncate(request: web.Request, answer: Mapping[str, Any]) -> web.StreamResponse:
    body = encode(answer)
    response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    cast("asyncio.Transport", request.transport).close()
    return await _hang(request, answer)


_Answer = Callable[[web.Request, Mapping[str, Any]], web.Response]
_Defect = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]

_ANSWERS: Mapping[FaultKind, _Answer] = MappingProxyType(
    {
        FaultKind.BAD_GATEWAY_HTML: _answer_html,
        FaultKind.REDIRECT: _answer_redirect,
        FaultKind.REFUSED_NO_ID: _answer_empty_id,
        FaultKind.NO_ID: _answer_no_id,
        FaultKind.LIST_MALFORMED: _answer_half,
        FaultKind.LIST_SHORT_PAGE: _answer_short_page,
    }
)
_DEFECTS: Mapping[FaultKind, _Defect] = MappingProxyType(
    {
        FaultKind.RESET_BEFORE: _reset,
        FaultKind.RESET_AFTER: _reset,
        FaultKind.HANG_BEFORE: _hang,
        FaultKind.HANG: _hang,
        FaultKind.TRUNCATED: _truncate,
    }
)
