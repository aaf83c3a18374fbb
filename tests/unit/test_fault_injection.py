"""Every kind of fault has exactly one implementation."""

from collections import Counter

from batchcreate.simulator import FaultKind
from batchcreate.simulator.fault_injection import _BROKEN_RESPONSES, _ERRORS, _RESPONSES


def test_every_kind_has_one_implementation() -> None:
    """No kind is missing in the tables of responses, and none is in two."""
    special = [FaultKind.TOO_MANY_REQUESTS, FaultKind.LIST_429, FaultKind.SLOW_DRIP]

    handled = Counter([*_ERRORS, *_RESPONSES, *_BROKEN_RESPONSES, *special])

    assert handled == Counter(FaultKind)
