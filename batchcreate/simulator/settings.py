"""What a simulator may be told; a knob out of its range is refused when the group is built."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from batchcreate.errors import SettingsError
from batchcreate.simulator.faults import FAULT_MEANINGS, FaultKind

_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "port": (0, 65_535),
        "limit_rate": (0.01, 1_000_000),
        "latency_ms": (0, 600_000),
        "quota": (0, 10_000_000),
        "list_lag_s": (0, 86_400),
        "token_ttl_s": (0.001, 31_536_000),
        "retry_after_s": (0, 86_400),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """
    The knobs of one simulator.

    Attributes:
        port: on 127.0.0.1; 0 takes a free one.
        limit_rate: calls that each API admits in any second; ``None`` admits all.
        latency_ms: delay of every answer; a create has acted before it.
        faults: share of the calls hit by each kind, creates and lists counted apart.
        seed: decides which calls are hit.
        state_path: file in which tasks survive a restart.
        quota: tasks that an instance holds.
        list_lag_s: seconds until lists show a new task.
        unique_names: refuse a second task of the same name in an instance.
        token: the one X-Auth-Token accepted besides those issued by the IAM call. Without it
            and *ak*, anything is accepted that looks like a token or a signature; with one of
            them, nothing else.
        token_ttl_s: lifetime of a token issued by the IAM call.
        retry_after_s: value of Retry-After in 429 answers; ``None`` leaves the header out.
        record: keep a line for every API call in ``Simulator.requests``.
        password: the one password that the IAM call accepts; ``None`` accepts any.
        ak: names the one access key, whose signatures are verified.
        sk: what that key signs with; given together with *ak*.
        security_token: that of the key, if it is a temporary one.

    Raises:
        SettingsError: a value is out of its range, or half a key; the message names knob, value
            and range.

    """

    port: int = 0
    limit_rate: float | None = None
    latency_ms: float = 0
    faults: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 0
    state_path: Path | None = None
    quota: int = 1000
    list_lag_s: float = 0
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
        for knob, (low, high) in _RANGES.items():
            value = getattr(self, knob)
            if value is not None and not low <= value <= high:
                message = f"{knob} is {value!r}: give a number from {low:,} to {high:,}"
                raise SettingsError(message)
        for knob in ("token", "password", "ak", "sk", "security_token"):
            if getattr(self, knob) == "":
                message = f"{knob} is empty: give at least one character, or leave it out"
                raise SettingsError(message)
        _check_key(self.ak, self.sk, self.security_token)
        object.__setattr__(self, "faults", _check_faults(self.faults))


def _check_key(ak: str | None, sk: str | None, security_token: str | None) -> None:
    if (ak is None) != (sk is None):
        given, missing = ("sk", "ak") if ak is None else ("ak", "sk")
        message = f"{missing} is missing: {given} is given, and a key has both"
        raise SettingsError(message)
    if security_token is not None and ak is None:
        message = "ak is missing: security_token is given, and belongs to a key"
        raise SettingsError(message)


def _check_faults(shares: Mapping[FaultKind, float]) -> Mapping[FaultKind, float]:
    checked: dict[FaultKind, float] = {}
    for name, share in shares.items():
        if name not in FAULT_MEANINGS:
            message = f"faults has {name!r}: give one of {', '.join(FaultKind)}"
            raise SettingsError(message)
        if not 0 <= share <= 1:
            message = f"faults has {name}={share!r}: give a share from 0 to 1"
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
