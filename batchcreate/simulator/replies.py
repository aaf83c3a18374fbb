"""The documented shapes of answers: plain JSON, FDI errors, gateway errors, IAM errors."""

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

JSON_TYPE = "application/json;charset=utf-8"
_MAX_MESSAGE_CHARS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Why a call is not obeyed, in the terms of the API.

    Attributes:
        status: HTTP status.
        code: ``FDI.dddd`` from the service, ``APIGW.dddd`` from the gateway.
        message: for the answer's ``error_msg``.
        headers: further headers of the answer.

    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_gateway(self) -> bool:
        """Only the gateway's own errors carry a request id in the body."""
        return self.code.startswith("APIGW.")


def encode(value: object) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def answer_json(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with a JSON document and a request id."""
    every = {"Content-Type": JSON_TYPE, "X-Request-Id": secrets.token_hex(16), **(headers or {})}
    return web.Response(body=encode(value), status=status, headers=every)


def answer_refusal(refusal: Refusal) -> web.Response:
    """Answer in the error shape of the service, or of the gateway in front of it."""
    request_id = secrets.token_hex(16)
    body = {"error_code": refusal.code, "error_msg": refusal.message[:_MAX_MESSAGE_CHARS]}
    if refusal.is_gateway:
        body["request_id"] = request_id
    headers = {"X-Request-Id": request_id, **refusal.headers}
    return answer_json(body, status=refusal.status, headers=headers)


def answer_iam_error(status: int, title: str, message: str) -> web.Response:
    """Answer in IAM's error shape: nested, the code an integer."""
    error = {"code": status, "message": message, "title": title}
    return answer_json({"error": error}, status=status)


def refuse_throttled(
    limit: int = 200, window_s: float = 1, retry_after_s: float | None = None
) -> Refusal:
    """Say which policy was exceeded, in the words of the gateway."""
    policy = f"policy api over ratelimit,limit:{limit},time:{window_s:g} second"
    headers = {} if retry_after_s is None else {"Retry-After": str(math.ceil(retry_after_s))}
    return Refusal(
        status=429,
        code="APIGW.0308",
        message=f"The throttling threshold has been reached: {policy}",
        headers=headers,
    )
