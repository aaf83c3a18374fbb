"""API gateway in front of the service: host, authentication, throttling, records of calls."""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from batchcreate.simulator.openapi import Contract, Operation
from batchcreate.simulator.replies import ApiError, error_response, throttled_error
from batchcreate.simulator.signature_check import SCHEME, SignatureVerifier, SignedRequest
from batchcreate.simulator.simulator_settings import Clock, Clocks

MAX_BODY_BYTES = 12 * 1024 * 1024
_MAX_RECORDS = 1_000_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})

NOT_FOUND = ApiError(
    status=404,
    code="APIGW.0101",
    message="The API does not exist or has not been published in the environment",
)
UNAUTHENTICATED = ApiError(
    status=401,
    code="APIGW.0301",
    message="Incorrect IAM authentication information: token missing, unknown or not decryptable",
)
EXPIRED = ApiError(
    status=401, code="APIGW.0307", message="The token must be updated: it has expired"
)
WRONG_PROJECT = ApiError(
    status=403,
    code="APIGW.0302",
    message="The IAM user is not allowed to access the API: the token is of another project",
)
_TOO_LARGE = ApiError(status=413, code="APIGW.0201", message="The request body exceeds 12 MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class _IssuedToken:
    """Expiry of an issued token, and the project that it is scoped to, if any."""

    expires_at_s: float
    project_id: str


class Authenticator:
    """
    Authenticates requests, and issues tokens.

    Args:
        token: the only token accepted in addition to those issued.
        verifier: verifies signatures of the only access key; without it and *token*, everything
            that resembles a token or a signature is accepted.
        ttl_s: lifetime of an issued token, in seconds.
        clock: monotonic seconds.

    """

    def __init__(
        self, *, token: str | None, verifier: SignatureVerifier | None, ttl_s: float, clock: Clock
    ) -> None:
        self._token = token
        self._verifier = verifier
        self._ttl_s = ttl_s
        self._clock = clock
        self._issued: dict[str, _IssuedToken] = {}

    def issue(self, project_id: str = "") -> str:
        """Return a new token, scoped to the project if one is given; earlier ones stay valid."""
        token = secrets.token_urlsafe(48)
        expires_at_s = self._clock() + self._ttl_s
        self._issued[token] = _IssuedToken(expires_at_s=expires_at_s, project_id=project_id)
        return token

    async def authenticate(self, request: web.Request) -> ApiError | None:
        """Return the error if *request* is not authenticated; a signature precedes a token."""
        is_signed = request.headers.get("Authorization", "").startswith(SCHEME)
        if is_signed and self._verifier is not None:
            return self._verifier.verify(await _signed_request(request))
        token = request.headers.get("X-Auth-Token")
        if token:
            return self._check_token(token, request.match_info.get("project_id", ""))
        return None if is_signed and self._is_open() else UNAUTHENTICATED

    def _check_token(self, token: str, project_id: str) -> ApiError | None:
        issued = self._issued.get(token)
        if issued is None:
            return None if self._is_open() or token == self._token else UNAUTHENTICATED
        if self._clock() >= issued.expires_at_s:
            return EXPIRED
        is_foreign = issued.project_id and project_id and issued.project_id != project_id
        return WRONG_PROJECT if is_foreign else None

    def _is_open(self) -> bool:
        return self._token is None and self._verifier is None


class SlidingWindow:
    """
    Admits at most *rate* calls in any second; refused calls are not counted.

    Args:
        rate: calls per second; the window is adjusted so that it admits a whole number of calls.
        clock: monotonic seconds.

    """

    def __init__(self, rate: float, clock: Clock) -> None:
        self.limit = max(1, int(rate))
        self.window_s = self.limit / rate
        self._clock = clock
        self._admitted: deque[float] = deque()

    @property
    def left(self) -> int:
        """Number of calls that would still be admitted."""
        return self.limit - len(self._admitted)

    def admit(self) -> bool:
        """Return True and count the call if it is admitted."""
        now_s = self._clock()
        while self._admitted and self._admitted[0] <= now_s - self.window_s:
            self._admitted.popleft()
        if len(self._admitted) >= self.limit:
            return False
        self._admitted.append(now_s)
        return True


class Gateway:
    """
    Checks calls before they reach the service.

    Args:
        authenticator: shared with IAM, which issues the tokens.
        limit_rate: maximum calls per second for each API; None for no limit.
        retry_after_s: value of Retry-After for a throttled call; None omits the header.
        clock: monotonic seconds.

    """

    def __init__(
        self,
        authenticator: Authenticator,
        *,
        limit_rate: float | None,
        retry_after_s: float | None,
        clock: Clock,
    ) -> None:
        self._authenticator = authenticator
        self._limit_rate = limit_rate
        self._retry_after_s = retry_after_s
        self._clock = clock
        self._windows: dict[str, SlidingWindow] = {}

    async def check(self, request: web.Request, operation: Operation | None) -> ApiError | None:
        """Return the error if a call is refused; calls of IAM are not checked here."""
        host = request.host.partition(":")[0].lower()
        if operation is None or host not in _LOOPBACK:
            return NOT_FOUND
        if operation.service == "IAM":
            return None
        return await self._authenticator.authenticate(request) or self._throttle(operation.name)

    def limit_headers(
        self, request: web.Request, operation: Operation | None
    ) -> Mapping[str, str]:
        """Return the headers with the rate limit if the request asks for them."""
        window = None if operation is None else self._windows.get(operation.name)
        if window is None or request.headers.get("X-Apig-Mode") != "debug":
            return {}
        limit = f"remain:{window.left},limit:{window.limit},time:{window.window_s:g} second"
        return {"X-Apig-RateLimit-api": limit}

    def _throttle(self, operation: str) -> ApiError | None:
        if self._limit_rate is None:
            return None
        if operation not in self._windows:
            self._windows[operation] = SlidingWindow(self._limit_rate, self._clock)
        window = self._windows[operation]
        if window.admit():
            return None
        return throttled_error(window.limit, window.window_s, self._retry_after_s)


async def _signed_request(request: web.BaseRequest) -> SignedRequest:
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        headers=request.headers,
        body=await request.read(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """
    One API call.

    Attributes:
        method: HTTP method in upper case.
        path: decoded path, without the query.
        query: query as sent, without the question mark.
        status: HTTP status; None if the call ended without a complete response.
        at_s: arrival in seconds on the simulator's monotonic clock.

    """

    method: str
    path: str
    query: str
    status: int | None
    at_s: float


class ApiMiddleware:
    """
    The outermost handler of every call: gateway, latency, record.

    Attributes:
        requests: records of the latest million calls, in the order in which they ended; empty
            unless recording.

    Args:
        gateway: checks each call first.
        contract: contains the operations.
        clocks: the monotonic clock, and the wait for the latency.
        latency_s: delay of every response, in seconds.
        is_recording: keep a record of each call.

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
    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Respond to one call after the latency, and record the call."""
        at_s = self._clocks.monotonic()
        status = None
        try:
            response = await self._respond(request, handler)
            if self._latency_s:
                await self._clocks.sleep(self._latency_s)
            status = response.status
            return response
        finally:
            if self._is_recording:
                self._record(request, status, at_s)

    async def _respond(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = self._operations.get(request.match_info.route.name or "")
        try:
            error = await self._gateway.check(request, operation)
            response = error_response(error) if error else await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return error_response(_TOO_LARGE)
        if not response.prepared:
            response.headers.update(self._gateway.limit_headers(request, operation))
        return response

    def _record(self, request: web.Request, status: int | None, at_s: float) -> None:
        record = RequestRecord(
            method=request.method,
            path=request.path,
            query=request.query_string,
            status=status,
            at_s=at_s,
        )
        self.requests.append(record)
