"""What every call passes: the gateway, the latency, the record."""

from collections import deque
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from batchcreate.simulator.clocks import Clocks
from batchcreate.simulator.contract import Contract
from batchcreate.simulator.gateway import Gateway
from batchcreate.simulator.replies import Refusal, answer_refusal

MAX_BODY_BYTES = 12 * 1024 * 1024
_MAX_RECORDS = 1_000_000
_TOO_LARGE = Refusal(status=413, code="APIGW.0201", message="The request body exceeds 12 MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """
    One API call.

    Attributes:
        method: in upper case.
        path: decoded, without the query.
        query: as sent, without the question mark.
        status: ``None`` if the call ended without a whole answer.
        at_s: arrival, on the simulator's monotonic clock.

    """

    method: str
    path: str
    query: str
    status: int | None
    at_s: float


class Front:
    """
    The outermost layer of the simulator.

    Attributes:
        requests: the newest million of the calls, in order of their end; empty unless recording.

    Args:
        gateway: refuses calls.
        contract: knows the operations.
        clocks: tell the time and wait for the latency.
        latency_s: delay of every answer.
        is_recording: keep the calls.

    """

    def __init__(
        self,
        gateway: Gateway,
        contract: Contract,
        *,
        clocks: Clocks,
        latency_s: float,
        is_recording: bool,
    ) -> None:
        self.requests: deque[RequestRecord] = deque(maxlen=_MAX_RECORDS)
        self._gateway = gateway
        self._operations = contract.operations
        self._clocks = clocks
        self._latency_s = latency_s
        self._is_recording = is_recording

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one call, late if told so, and note it."""
        at_s = self._clocks.monotonic()
        status = None
        try:
            response = await self._answer(request, handler)
            if self._latency_s:
                await self._clocks.sleep(self._latency_s)
            status = response.status
            return response
        finally:
            if self._is_recording:
                self._note(request, status, at_s)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = self._operations.get(request.match_info.route.name or "")
        try:
            refusal = await self._gateway.refuse(request, operation)
            response = answer_refusal(refusal) if refusal else await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return answer_refusal(_TOO_LARGE)
        if not response.prepared:
            response.headers.update(self._gateway.limits(request, operation))
        return response

    def _note(self, request: web.Request, status: int | None, at_s: float) -> None:
        record = RequestRecord(
            method=request.method,
            path=request.path,
            query=request.query_string,
            status=status,
            at_s=at_s,
        )
        self.requests.append(record)
