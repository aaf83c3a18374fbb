"""Every kind of fault has exactly one implementation, and is in the README."""

from collections import Counter
from pathlib import Path

from batchcreate.simulator import FaultKind
from batchcreate.simulator.fault_injection import _BROKEN_RESPONSES, _ERRORS, _RESPONSES


def test_every_kind_has_one_implementation() -> None:
    """No kind is missing in the tables of responses, and none is in two."""
    special = [
        FaultKind.TOO_MANY_REQUESTS,
        FaultKind.LIST_429,
        FaultKind.SLOW_DRIP,
        FaultKind.LATE,
    ]

    handled = Counter([*_ERRORS, *_RESPONSES, *_BROKEN_RESPONSES, *special])

    assert handled == Counter(FaultKind)


def test_the_readme_names_every_kind() -> None:
    """The table of faults for rehearsals is complete."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    missing = [kind.value for kind in FaultKind if f"`{kind.value}`" not in readme]

    assert missing == []
