"""Settings of a simulator: ranges, clocks, kinds of faults, and the plan of which calls fail."""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from batchcreate.clock import utc_now
from batchcreate.errors import SettingsError

Clock = Callable[[], float]
Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """
    The clocks of one simulator.

    Attributes:
        monotonic: seconds, for lags, limits and lifetimes.
        now: wall clock in UTC, for the dates in responses.
        sleep: waits a number of seconds.

    """

    monotonic: Clock
    now: Now = utc_now
    sleep: Sleep = asyncio.sleep


class FaultKind(StrEnum):
    """A kind of fault; the value is its name on the command line."""

    TOO_MANY_REQUESTS = "429"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    SERVER_ERROR = "500"
    BAD_GATEWAY_HTML = "502-html"
    UNAVAILABLE = "503"
    FIREWALL = "418"
    REDIRECT = "redirect"
    RESET_BEFORE = "reset-before"
    HANG_BEFORE = "hang-before"
    REFUSED_NO_ID = "refused-no-id"
    ERROR_200 = "error-200"
    NESTED_ERROR = "nested-error"
    EXISTS = "exists"
    FOREIGN_500 = "foreign-500"
    RESET_AFTER = "reset-after"
    HANG = "hang"
    CREATED_500 = "created-500"
    CREATED_504 = "created-504"
    TRUNCATED = "truncated"
    SLOW_DRIP = "slow-drip"
    NO_ID = "no-id"
    CREATED_EXISTS = "created-exists"
    NUMERIC_ID = "numeric-id"
    LATE = "late"
    LIST_429 = "list-429"
    LIST_403 = "list-403"
    LIST_500 = "list-500"
    LIST_MALFORMED = "list-malformed"
    LIST_SHORT_PAGE = "list-short-page"
    LIST_EMPTY = "list-empty"
    LIST_FROZEN = "list-frozen"
    LIST_CAPPED = "list-capped"
    LIST_OTHER_IDS = "list-other-ids"
    LIST_FOREIGN = "list-foreign"
    LIST_SHIFTING = "list-shifting"
    LIST_SPELLING = "list-spelling"
    LIST_GZIP = "list-gzip"

    @property
    def meaning(self) -> str:
        """The effect of the fault, in one line."""
        return FAULT_MEANINGS[self]

    @property
    def is_list(self) -> bool:
        """True if the fault affects list calls; all other kinds affect create calls."""
        return self.value.startswith("list-")

    @property
    def is_executed(self) -> bool:
        """True if the call is executed and only its response is faulty."""
        return self in _EXECUTED


FAULT_MEANINGS: Mapping[FaultKind, str] = MappingProxyType(
    {
        FaultKind.TOO_MANY_REQUESTS: "creates nothing; responds 429 APIGW.0308 (throttled)",
        FaultKind.UNAUTHORIZED: "creates nothing; responds 401 APIGW.0301",
        FaultKind.FORBIDDEN: "creates nothing; responds 403 APIGW.0302",
        FaultKind.SERVER_ERROR: "creates nothing; responds 500 FDI.9999",
        FaultKind.BAD_GATEWAY_HTML: "creates nothing; responds 502 with an HTML page",
        FaultKind.UNAVAILABLE: "creates nothing; responds 503 APIGW.0613",
        FaultKind.FIREWALL: "creates nothing; responds 418 with the text of a firewall",
        FaultKind.REDIRECT: "creates nothing; responds 307 to another host",
        FaultKind.RESET_BEFORE: "creates nothing; resets the connection",
        FaultKind.HANG_BEFORE: "creates nothing; never responds",
        FaultKind.REFUSED_NO_ID: "creates nothing; responds 200 with an empty task_id",
        FaultKind.ERROR_200: "creates nothing; responds 200 with error_code and error_msg",
        FaultKind.NESTED_ERROR: "creates nothing; responds 400 with a message in an object",
        FaultKind.EXISTS: "creates nothing; responds 400 FDI.3901 (the name exists)",
        FaultKind.FOREIGN_500: "another user creates a task of that name; responds 500 FDI.9999",
        FaultKind.RESET_AFTER: "creates the task; resets the connection",
        FaultKind.HANG: "creates the task; never responds",
        FaultKind.CREATED_500: "creates the task; responds 500 FDI.9999",
        FaultKind.CREATED_504: "creates the task; responds 504 APIGW.0201",
        FaultKind.TRUNCATED: "creates the task; closes the connection within the response body",
        FaultKind.SLOW_DRIP: "creates the task; sends the response body one byte per second",
        FaultKind.NO_ID: "creates the task; responds 200 with an empty object",
        FaultKind.CREATED_EXISTS: "creates the task; responds 400 FDI.3901 (the name exists)",
        FaultKind.NUMERIC_ID: "creates the task; its id is a number, also in lists",
        FaultKind.LATE: "creates the task; responds 504, and later to the next create call",
        FaultKind.LIST_429: "a list call responds 429 APIGW.0308 (throttled)",
        FaultKind.LIST_403: "a list call responds 403 APIGW.0302",
        FaultKind.LIST_500: "a list call responds 500 FDI.9999",
        FaultKind.LIST_MALFORMED: "a list call responds 200 with half of its JSON",
        FaultKind.LIST_SHORT_PAGE: "a list call omits one task that its total includes",
        FaultKind.LIST_EMPTY: "a list call contains no tasks",
        FaultKind.LIST_FROZEN: "a list call contains the tasks of the instance's first list call",
        FaultKind.LIST_CAPPED: "a list call contains the older half of the tasks only",
        FaultKind.LIST_OTHER_IDS: "a list call contains each task under another id",
        FaultKind.LIST_FOREIGN: "a list call also contains another task under each name",
        FaultKind.LIST_SHIFTING: "from the second page on, a list call omits one task per page",
        FaultKind.LIST_SPELLING: "a list call has a total as text, null, and entries without name",
        FaultKind.LIST_GZIP: "a list call responds with a compressed body",
    }
)

_EXECUTED = frozenset(
    {
        FaultKind.RESET_AFTER,
        FaultKind.HANG,
        FaultKind.CREATED_500,
        FaultKind.CREATED_504,
        FaultKind.TRUNCATED,
        FaultKind.SLOW_DRIP,
        FaultKind.NO_ID,
        FaultKind.CREATED_EXISTS,
        FaultKind.NUMERIC_ID,
        FaultKind.LATE,
        FaultKind.LIST_MALFORMED,
        FaultKind.LIST_SHORT_PAGE,
        FaultKind.LIST_EMPTY,
        FaultKind.LIST_FROZEN,
        FaultKind.LIST_CAPPED,
        FaultKind.LIST_OTHER_IDS,
        FaultKind.LIST_FOREIGN,
        FaultKind.LIST_SHIFTING,
        FaultKind.LIST_SPELLING,
        FaultKind.LIST_GZIP,
    }
)


class FaultPlan:
    """
    Selects the calls of one stream that fail, and the kind of each fault.

    The selection for the k-th call depends only on the seed, the stream and k, so that a run
    can be repeated independently of its timing.

    Args:
        shares: share of calls for each kind, at most 1 in total.
        seed: selects a different set of calls.
        stream: separates the selections for creates and lists.

    """

    def __init__(self, shares: Mapping[FaultKind, float], *, seed: int, stream: str) -> None:
        self._shares = tuple((kind, shares[kind]) for kind in FaultKind if kind in shares)
        self._salt = f"{seed}/{stream}"
        self._calls = 0

    def draw(self) -> FaultKind | None:
        """Return the fault of the next call, or None if it succeeds."""
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


_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "port": (0, 65_535),
        "limit_rate": (0.01, 1_000_000),
        "latency_ms": (0, 600_000),
        "quota": (0, 10_000_000),
        "list_lag_s": (0, 86_400),
        "list_page_max": (1, 1000),
        "token_ttl_s": (0.001, 31_536_000),
        "retry_after_s": (0, 86_400),
    }
)
_TEXTS = ("token", "password", "ak", "sk", "security_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """
    The settings of one simulator; checked on construction.

    Attributes:
        port: port on 127.0.0.1; 0 selects a free one.
        limit_rate: maximum calls per second for each API; None for no limit.
        latency_ms: delay of every response, in milliseconds; a create is executed before it.
        faults: share of calls for each kind of fault, creates and lists counted separately.
        seed: selects which calls fail.
        state_path: file that keeps the tasks over a restart.
        quota: maximum number of tasks in an instance.
        list_lag_s: delay before a new task appears in lists, in seconds.
        list_page_max: maximum number of tasks in one page of a list, whatever the call requests.
        unique_names: refuse a second task with the same name in an instance.
        token: the only X-Auth-Token accepted in addition to those issued by the IAM call.
            Without it and *ak*, everything that resembles a token or a signature is accepted;
            with one of them, nothing else.
        token_ttl_s: lifetime of a token issued by the IAM call, in seconds.
        retry_after_s: value of Retry-After in 429 responses; None omits the header.
        record: keep a record of every API call in ``Simulator.requests``.
        password: the only password accepted by the IAM call; None accepts any.
        ak: id of the only access key, whose signatures are verified.
        sk: secret of that key; given together with *ak*.
        security_token: security token of that key, if it is a temporary one.

    Raises:
        SettingsError: a value is outside its range, or a key is incomplete; the message
            contains setting, value and range.

    """

    port: int = 0
    limit_rate: float | None = None
    latency_ms: float = 0
    faults: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    state_path: Path | None = None
    quota: int = 1000
    list_lag_s: float = 0
    list_page_max: int = 1000
    unique_names: bool = True
    token: str | None = field(default=None, repr=False)
    token_ttl_s: float = 86_400
    retry_after_s: float | None = None
    record: bool = False
    password: str | None = field(default=None, repr=False)
    ak: str | None = field(default=None, repr=False)
    sk: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                message = f"{name} is {value!r}: give a number from {low:,} to {high:,}"
                raise SettingsError(message)
        for name in _TEXTS:
            if getattr(self, name) == "":
                message = f"{name} is empty: give at least one character, or omit it"
                raise SettingsError(message)
        _check_key(self.ak, self.sk, self.security_token)
        object.__setattr__(self, "faults", _check_faults(self.faults))

    def plan_faults(self, *, is_list: bool) -> FaultPlan:
        """Return the plan of the faults of list calls or of create calls."""
        shares = {kind: share for kind, share in self.faults.items() if kind.is_list is is_list}
        return FaultPlan(shares, seed=self.seed, stream="list" if is_list else "create")


def _check_key(ak: str | None, sk: str | None, security_token: str | None) -> None:
    if (ak is None) != (sk is None):
        given, missing = ("sk", "ak") if ak is None else ("ak", "sk")
        message = f"{missing} is missing: {given} is given, and an access key has both"
        raise SettingsError(message)
    if security_token is not None and ak is None:
        message = "ak is missing: security_token is given, which belongs to an access key"
        raise SettingsError(message)


def _check_faults(shares: Mapping[FaultKind, float]) -> Mapping[FaultKind, float]:
    checked: dict[FaultKind, float] = {}
    for name, share in shares.items():
        if name not in FAULT_MEANINGS:
            message = f"faults contains {name!r}: give one of {', '.join(FaultKind)}"
            raise SettingsError(message)
        if not 0 <= share <= 1:
            message = f"faults contains {name}={share!r}: give a share from 0 to 1"
            raise SettingsError(message)
        checked[FaultKind(name)] = share
    for is_list, calls in ((False, "create"), (True, "list")):
        total = math.fsum(share for kind, share in checked.items() if kind.is_list is is_list)
        if total > 1 + 1e-9:
            message = (
                f"faults of {calls} calls add up to {total:g}: give shares that sum to at most 1"
            )
            raise SettingsError(message)
    return MappingProxyType(checked)
