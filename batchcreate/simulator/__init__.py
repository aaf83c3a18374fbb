"""
The embedded ROMA Connect simulator: the documented API on loopback, with faults on demand.

It is a second reading of the API, kept apart from the client's: calls are checked against
``openapi.json``, which also lists, as ``x-assumptions``, what no page documents.
"""

from batchcreate.simulator.faults import FAULT_MEANINGS, FaultKind
from batchcreate.simulator.front import RequestRecord
from batchcreate.simulator.server import Simulator, serve
from batchcreate.simulator.settings import SimulatorSettings
from batchcreate.simulator.store import NAME_EXISTS_CODE, QUOTA_CODE, StoredTask

__all__ = [
    "FAULT_MEANINGS",
    "NAME_EXISTS_CODE",
    "QUOTA_CODE",
    "FaultKind",
    "RequestRecord",
    "Simulator",
    "SimulatorSettings",
    "StoredTask",
    "serve",
]
