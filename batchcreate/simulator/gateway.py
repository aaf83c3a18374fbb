"""The API gateway in front of the service: host, authentication, throttling."""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from batchcreate.simulator.clocks import Clock
from batchcreate.simulator.contract import Operation
from batchcreate.simulator.replies import Refusal, refuse_throttled
from batchcreate.simulator.signature import SCHEME, KeyGuard, SignedCall

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})

NOT_FOUND = Refusal(
    status=404,
    code="APIGW.0101",
    message="The API does not exist or has not been published in the environment",
)
UNAUTHENTICATED = Refusal(
    status=401,
    code="APIGW.0301",
    message="Incorrect IAM authentication information: token missing, unknown or not decryptable",
)
EXPIRED = Refusal(
    status=401, code="APIGW.0307", message="The token must be updated: it has expired"
)
OF_ANOTHER_PROJECT = Refusal(
    status=403,
    code="APIGW.0302",
    message="The IAM user is not allowed to access the API: the token is of another project",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    """What is remembered of a token: when it ends, and for which project it is, if for one."""

    ends_s: float
    project_id: str


class Authenticator:
    """
    Decides whether a request comes from somebody known, and issues tokens.

    Args:
        token: the one token accepted besides those issued.
        guard: knows the one access key; without it and *token*, anything is accepted that
            looks like a token or a signature.
        ttl_s: lifetime of an issued token.
        clock: monotonic seconds.

    """

    def __init__(
        self, *, token: str | None, guard: KeyGuard | None, ttl_s: float, clock: Clock
    ) -> None:
        self._token = token
        self._guard = guard
        self._ttl_s = ttl_s
        self._clock = clock
        self._issued: dict[str, _Issued] = {}

    def issue(self, project_id: str = "") -> str:
        """Return a new token of a project, if any; older ones stay valid until their own end."""
        token = secrets.token_urlsafe(48)
        self._issued[token] = _Issued(ends_s=self._clock() + self._ttl_s, project_id=project_id)
        return token

    async def refuse(self, request: web.Request) -> Refusal | None:
        """Return why *request* is not authenticated; a signature goes before a token."""
        is_signed = request.headers.get("Authorization", "").startswith(SCHEME)
        if is_signed and self._guard is not None:
            return self._guard.refuse(await _signed_call(request))
        token = request.headers.get("X-Auth-Token")
        if token:
            return self._refuse_token(token, request.match_info.get("project_id", ""))
        return None if is_signed and self._is_open() else UNAUTHENTICATED

    def _refuse_token(self, token: str, project_id: str) -> Refusal | None:
        issued = self._issued.get(token)
        if issued is None:
            return None if self._is_open() or token == self._token else UNAUTHENTICATED
        if self._clock() >= issued.ends_s:
            return EXPIRED
        is_foreign = issued.project_id and project_id and issued.project_id != project_id
        return OF_ANOTHER_PROJECT if is_foreign else None

    def _is_open(self) -> bool:
        return self._token is None and self._guard is None


class SlidingWindow:
    """
    Admits at most *rate* calls in any second; refused calls do not count.

    Args:
        rate: calls per second; a fraction stretches the window to a whole number of calls.
        clock: monotonic seconds.

    """

    def __init__(self, rate: float, clock: Clock) -> None:
        self.limit = max(1, int(rate))
        self.window_s = self.limit / rate
        self._clock = clock
        self._admitted: deque[float] = deque()

    @property
    def left(self) -> int:
        """How many more calls would be admitted now."""
        return self.limit - len(self._admitted)

    def is_open(self) -> bool:
        """Admit the next call, or not."""
        now_s = self._clock()
        while self._admitted and self._admitted[0] <= now_s - self.window_s:
            self._admitted.popleft()
        if len(self._admitted) >= self.limit:
            return False
        self._admitted.append(now_s)
        return True


class Gateway:
    """
    Refuses calls before the service sees them.

    Args:
        authenticator: shared with IAM, which issues the tokens.
        limit_rate: calls per second and API; ``None`` admits all.
        retry_after_s: sent with a throttled call, if given.
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

    async def refuse(self, request: web.Request, operation: Operation | None) -> Refusal | None:
        """Return why a request does not pass; IAM is another service and judges for itself."""
        host = request.host.partition(":")[0].lower()
        if operation is None or host not in _LOOPBACK:
            return NOT_FOUND
        if operation.service == "IAM":
            return None
        return await self._authenticator.refuse(request) or self._throttle(operation.name)

    def limits(self, request: web.Request, operation: Operation | None) -> Mapping[str, str]:
        """Return the headers that tell the limits, where a request asks for them."""
        window = None if operation is None else self._windows.get(operation.name)
        if window is None or request.headers.get("X-Apig-Mode") != "debug":
            return {}
        told = f"remain:{window.left},limit:{window.limit},time:{window.window_s:g} second"
        return {"X-Apig-RateLimit-api": told}

    def _throttle(self, operation: str) -> Refusal | None:
        if self._limit_rate is None:
            return None
        if operation not in self._windows:
            self._windows[operation] = SlidingWindow(self._limit_rate, self._clock)
        window = self._windows[operation]
        if window.is_open():
            return None
        return refuse_throttled(window.limit, window.window_s, self._retry_after_s)


async def _signed_call(request: web.BaseRequest) -> SignedCall:
    return SignedCall(
        method=request.method,
        target=request.raw_path,
        headers=request.headers,
        body=await request.read(),
    )
