"""HTTP as far as it is the same for every server: bounded, never redirected, failures translated."""

from batchcreate.transport.exchanging import (
    ANSWER_BYTES_MAX,
    CONTENT_TYPE,
    Network,
    exchange,
    get,
    masked,
    open_session,
    post,
    trust_in,
)
from batchcreate.transport.failures import translate

__all__ = [
    "ANSWER_BYTES_MAX",
    "CONTENT_TYPE",
    "Network",
    "exchange",
    "get",
    "masked",
    "open_session",
    "post",
    "translate",
    "trust_in",
]
