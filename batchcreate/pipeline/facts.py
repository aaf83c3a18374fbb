"""What a run notes of itself in the journal and in summary.json."""

from platform import python_version
from typing import Any

from batchcreate.limiter import Gate
from batchcreate.pool import Halt, Tally
from batchcreate.settings import Settings
from batchcreate.version import __version__


def facts_of(
    settings: Settings, tally: Tally, gate: Gate, *, endpoint: str, halt: Halt | None
) -> dict[str, Any]:
    """Return what summary.json tells of a run beside its times and the counts of its batch."""
    return {
        "endpoint": endpoint,
        "this_run": {
            "planned": tally.planned,
            "existing": tally.existing,
            "created": tally.created,
            "failed": tally.failed,
            "unknown": tally.unknown,
            "attempts": tally.attempts,
            "throttled": tally.throttled,
        },
        "rate": {
            "configured_per_s": settings.rate,
            "learned_per_s": round(gate.rate_per_s, 3),
            "slowdowns": gate.slowdowns,
        },
        "concurrency": settings.concurrency,
        "stopped": None if halt is None else {"cause": halt.cause, "message": halt.message},
        "versions": {"batchcreate": __version__, "python": python_version()},
    }
