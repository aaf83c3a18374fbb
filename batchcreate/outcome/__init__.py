"""Reads what came back from one attempt; pure."""

from batchcreate.outcome.bodies import error_of, parse_json
from batchcreate.outcome.creating import (
    CONNECT,
    NAME_TAKEN,
    REFUSALS,
    WAIT_MAX_S,
    describe,
    is_unauthorized,
    read_failure,
    read_reply,
)
from batchcreate.outcome.deleting import read_deletion

__all__ = [
    "CONNECT",
    "NAME_TAKEN",
    "REFUSALS",
    "WAIT_MAX_S",
    "describe",
    "error_of",
    "is_unauthorized",
    "parse_json",
    "read_deletion",
    "read_failure",
    "read_reply",
]
