"""The gate before every request: evenly paced, first come first served, slowed by the server."""

from batchcreate.limiter.cut import Cut
from batchcreate.limiter.gate import Gate
from batchcreate.limiter.pacer import Pacer
from batchcreate.limiter.rate import RateLimit

__all__ = [
    "Cut",
    "Gate",
    "Pacer",
    "RateLimit",
]
