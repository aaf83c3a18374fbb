"""
The embedded ROMA Connect simulator: the documented API on loopback, with fault injection.

It implements the API independently of the client side: calls are checked against
``openapi.json``, whose ``x-assumptions`` list what the documentation does not specify.
"""

from batchcreate.simulator.gateway import RequestRecord
from batchcreate.simulator.server import Simulator, serve
from batchcreate.simulator.simulator_settings import FAULT_MEANINGS, FaultKind, SimulatorSettings
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
