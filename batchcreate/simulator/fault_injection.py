"""Faulty responses: what each kind of fault sends."""

import asyncio
import gzip
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, cast
from weakref import WeakKeyDictionary

from aiohttp import web

from batchcreate.simulator.gateway import UNAUTHENTICATED
from batchcreate.simulator.list_views import LIST_VIEWS
from batchcreate.simulator.replies import (
    JSON_TYPE,
    ApiError,
    encode_json,
    error_response,
    json_response,
    throttled_error,
)
from batchcreate.simulator.simulator_settings import FaultKind, Sleep
from batchcreate.simulator.store import NAME_EXISTS_CODE

_FORBIDDEN = ApiError(
    status=403, code="APIGW.0302", message="The IAM user is not authorized to access this API"
)
_NETWORK_ERROR = ApiError(status=500, code="FDI.9999", message="Network error.")
_IAM_UNAVAILABLE = ApiError(
    status=503, code="APIGW.0613", message="The IAM service is unavailable"
)
_NAME_EXISTS = ApiError(status=400, code=NAME_EXISTS_CODE, message="The task already exists.")
_BACKEND_TIMEOUT = ApiError(status=504, code="APIGW.0201", message="Backend timeout")

_ERRORS: Mapping[FaultKind, ApiError] = MappingProxyType(
    {
        FaultKind.UNAUTHORIZED: UNAUTHENTICATED,
        FaultKind.FORBIDDEN: _FORBIDDEN,
        FaultKind.SERVER_ERROR: _NETWORK_ERROR,
        FaultKind.UNAVAILABLE: _IAM_UNAVAILABLE,
        FaultKind.CREATED_500: _NETWORK_ERROR,
        FaultKind.FOREIGN_500: _NETWORK_ERROR,
        FaultKind.EXISTS: _NAME_EXISTS,
        FaultKind.CREATED_EXISTS: _NAME_EXISTS,
        FaultKind.CREATED_504: _BACKEND_TIMEOUT,
        FaultKind.LIST_403: _FORBIDDEN,
        FaultKind.LIST_500: _NETWORK_ERROR,
    }
)
_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


_FIREWALL = "Your request was blocked by the web application firewall. Event id: 09-11-07"


class FaultInjector:
    """
    Responds to calls with faults.

    Attributes:
        counts: number of injected faults of each kind.

    Args:
        retry_after_s: value of Retry-After in a 429 response; None omits the header.
        sleep: waits between the bytes of a slow response.

    """

    def __init__(self, *, retry_after_s: float | None, sleep: Sleep) -> None:
        self.counts: Counter[FaultKind] = Counter()
        self._retry_after_s = retry_after_s
        self._sleep = sleep
        self._late: WeakKeyDictionary[asyncio.BaseTransport, Mapping[str, Any]] = (
            WeakKeyDictionary()
        )

    async def respond(
        self, kind: FaultKind, request: web.Request, content: Mapping[str, Any]
    ) -> web.StreamResponse:
        """
        Respond to *request* with a fault.

        Args:
            kind: the fault.
            request: the call.
            content: JSON of the correct response; empty if the call is not executed.

        """
        self.counts[kind] += 1
        if kind in _ERRORS:
            return error_response(_ERRORS[kind])
        if kind in {FaultKind.TOO_MANY_REQUESTS, FaultKind.LIST_429}:
            return error_response(throttled_error(retry_after_s=self._retry_after_s))
        if kind is FaultKind.LATE:
            self._late[cast("asyncio.Transport", request.transport)] = content
            return error_response(_BACKEND_TIMEOUT)
        if kind is FaultKind.SLOW_DRIP:
            return await self._send_slowly(request, encode_json(content))
        if kind in _RESPONSES:
            return _RESPONSES[kind](request, content)
        return await _BROKEN_RESPONSES[kind](request, content)

    def due_content(self, request: web.Request, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *content*, or what an earlier call on the same connection still waits for."""
        transport = cast("asyncio.Transport", request.transport)
        late = self._late.get(transport)
        if late is None:
            return content
        self._late[transport] = content
        return late

    async def _send_slowly(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        response.content_length = len(body)
        await response.prepare(request)
        for index in range(len(body)):
            await response.write(body[index : index + 1])
            await self._sleep(1)
        return response


def _html_page(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    return web.Response(status=502, text=_HTML, content_type="text/html")


def _redirect(request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    location = f"http://redirected.invalid{request.raw_path}"
    return web.Response(status=307, headers={"Location": location})


def _empty_id(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    return json_response({"task_id": ""})


def _no_id(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    return json_response({})


def _firewall(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    return web.Response(status=418, text=_FIREWALL)


def _error_200(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    return json_response({"error_code": "FDI.3026", "error_msg": "The data source is busy."})


def _nested_error(_request: web.Request, _content: Mapping[str, Any]) -> web.Response:
    error = {"badRequest": {"message": "The source application is disabled.", "code": 400}}
    return json_response(error, status=400)


def _normal(_request: web.Request, content: Mapping[str, Any]) -> web.Response:
    return json_response(content)


def _other_spelling(_request: web.Request, content: Mapping[str, Any]) -> web.Response:
    return json_response({"total": str(content["total"]), "entities": content["entities"] or None})


def _compressed(_request: web.Request, content: Mapping[str, Any]) -> web.Response:
    response = json_response(content, headers={"Content-Encoding": "gzip"})
    response.body = gzip.compress(encode_json(content))
    return response


def _half_body(_request: web.Request, content: Mapping[str, Any]) -> web.Response:
    body = encode_json(content)
    return web.Response(body=body[: len(body) // 2], headers={"Content-Type": JSON_TYPE})


def _short_page(_request: web.Request, content: Mapping[str, Any]) -> web.Response:
    entities = content["entities"][:-1]
    total = max(1, content["total"])
    return json_response({"total": total, "size": len(entities), "entities": entities})


async def _hang(_request: web.Request, _content: Mapping[str, Any]) -> web.StreamResponse:
    never: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
    return await never


async def _reset(request: web.Request, content: Mapping[str, Any]) -> web.StreamResponse:
    # A running handler has a transport: it is cancelled as soon as its connection is lost.
    transport = cast("asyncio.Transport", request.transport)
    lingering = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
    transport.abort()
    return await _hang(request, content)


async def _truncate(request: web.Request, content: Mapping[str, Any]) -> web.StreamResponse:
    body = encode_json(content)
    response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    cast("asyncio.Transport", request.transport).close()
    return await _hang(request, content)


_Respond = Callable[[web.Request, Mapping[str, Any]], web.Response]
_Break = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]

_RESPONSES: Mapping[FaultKind, _Respond] = MappingProxyType(
    {
        FaultKind.BAD_GATEWAY_HTML: _html_page,
        FaultKind.REDIRECT: _redirect,
        FaultKind.REFUSED_NO_ID: _empty_id,
        FaultKind.NO_ID: _no_id,
        FaultKind.FIREWALL: _firewall,
        FaultKind.ERROR_200: _error_200,
        FaultKind.NESTED_ERROR: _nested_error,
        FaultKind.NUMERIC_ID: _normal,
        FaultKind.LIST_MALFORMED: _half_body,
        FaultKind.LIST_SHORT_PAGE: _short_page,
        **dict.fromkeys(LIST_VIEWS, _normal),
        FaultKind.LIST_SPELLING: _other_spelling,
        FaultKind.LIST_GZIP: _compressed,
    }
)
_BROKEN_RESPONSES: Mapping[FaultKind, _Break] = MappingProxyType(
    {
        FaultKind.RESET_BEFORE: _reset,
        FaultKind.RESET_AFTER: _reset,
        FaultKind.HANG_BEFORE: _hang,
        FaultKind.HANG: _hang,
        FaultKind.TRUNCATED: _truncate,
    }
)
