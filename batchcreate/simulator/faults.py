"""The ways in which the simulator can go wrong, and which calls are hit; decides, never acts."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class FaultKind(StrEnum):
    """One way of going wrong; the value is what the command line takes."""

    TOO_MANY_REQUESTS = "429"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    SERVER_ERROR = "500"
    BAD_GATEWAY_HTML = "502-html"
    UNAVAILABLE = "503"
    REDIRECT = "redirect"
    RESET_BEFORE = "reset-before"
    HANG_BEFORE = "hang-before"
    REFUSED_NO_ID = "refused-no-id"
    RESET_AFTER = "reset-after"
    HANG = "hang"
    CREATED_500 = "created-500"
    CREATED_504 = "created-504"
    TRUNCATED = "truncated"
    SLOW_DRIP = "slow-drip"
    NO_ID = "no-id"
    LIST_429 = "list-429"
    LIST_403 = "list-403"
    LIST_500 = "list-500"
    LIST_MALFORMED = "list-malformed"
    LIST_SHORT_PAGE = "list-short-page"

    @property
    def meaning(self) -> str:
        """What happens, in one line."""
        return FAULT_MEANINGS[self]

    @property
    def is_list(self) -> bool:
        """Hits list calls; every other kind hits create calls."""
        return self.value.startswith("list-")

    @property
    def is_acting(self) -> bool:
        """The call is obeyed first and only its answer goes wrong."""
        return self in _ACTING


FAULT_MEANINGS: Mapping[FaultKind, str] = MappingProxyType(
    {
        FaultKind.TOO_MANY_REQUESTS: "creates nothing; answers 429 APIGW.0308 (throttled)",
        FaultKind.UNAUTHORIZED: "creates nothing; answers 401 APIGW.0301",
        FaultKind.FORBIDDEN: "creates nothing; answers 403 APIGW.0302",
        FaultKind.SERVER_ERROR: "creates nothing; answers 500 FDI.9999",
        FaultKind.BAD_GATEWAY_HTML: "creates nothing; answers 502 with an HTML page",
        FaultKind.UNAVAILABLE: "creates nothing; answers 503 APIGW.0613",
        FaultKind.REDIRECT: "creates nothing; answers 307 to another host",
        FaultKind.RESET_BEFORE: "creates nothing; resets the connection",
        FaultKind.HANG_BEFORE: "creates nothing; never answers",
        FaultKind.REFUSED_NO_ID: "creates nothing; answers 200 with an empty task_id",
        FaultKind.RESET_AFTER: "creates the task; resets the connection",
        FaultKind.HANG: "creates the task; never answers",
        FaultKind.CREATED_500: "creates the task; answers 500 FDI.9999",
        FaultKind.CREATED_504: "creates the task; answers 504 APIGW.0201",
        FaultKind.TRUNCATED: "creates the task; closes in the middle of the answer's body",
        FaultKind.SLOW_DRIP: "creates the task; sends the answer's body one byte per second",
        FaultKind.NO_ID: "creates the task; answers 200 with an empty object",
        FaultKind.LIST_429: "a list call answers 429 APIGW.0308 (throttled)",
        FaultKind.LIST_403: "a list call answers 403 APIGW.0302",
        FaultKind.LIST_500: "a list call answers 500 FDI.9999",
        FaultKind.LIST_MALFORMED: "a list call answers 200 with half of its JSON",
        FaultKind.LIST_SHORT_PAGE: "a list call leaves one task out that its total counts",
    }
)

_ACTING = frozenset(
    {
        FaultKind.RESET_AFTER,
        FaultKind.HANG,
        FaultKind.CREATED_500,
        FaultKind.CREATED_504,
        FaultKind.TRUNCATED,
        FaultKind.SLOW_DRIP,
        FaultKind.NO_ID,
        FaultKind.LIST_MALFORMED,
        FaultKind.LIST_SHORT_PAGE,
    }
)


class FaultPlan:
    """
    Which calls of one stream are hit, and by what.

    The decision for the k-th call depends on the seed, the stream and k alone, so a run can
    be repeated whatever the timing.

    Args:
        shares: share of the calls hit by each kind, together at most 1.
        seed: another seed hits other calls.
        stream: name that keeps the decisions for creates and lists apart.

    """

    def __init__(self, shares: Mapping[FaultKind, float], *, seed: int, stream: str) -> None:
        self._shares = tuple((kind, shares[kind]) for kind in FaultKind if kind in shares)
        self._salt = f"{seed}/{stream}"
        self._calls = 0

    def draw(self) -> FaultKind | None:
        """Decide for the next call."""
        if not self._shares:
            return None
        self._calls += 1
        return self._decide(self._calls)

    def _decide(self, number: int) -> FaultKind | None:
        digest = hashlib.blake2b(f"{self._salt}/{number}".encode(), digest_size=6).digest()
        left = int.from_bytes(digest) / 2 ** (8 * len(digest))
        for kind, share in self._shares:
            left -= share
            if left < 0:
                return kind
        return None
