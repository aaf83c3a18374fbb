"""Documented response bodies: JSON, errors of the service and the gateway, IAM errors."""

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

JSON_TYPE = "application/json;charset=utf-8"
_MAX_MESSAGE_CHARS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """
    An error of the API, with which a call is refused.

    Attributes:
        status: HTTP status.
        code: ``FDI.dddd`` from the service, ``APIGW.dddd`` from the gateway.
        message: ``error_msg`` of the response.
        headers: additional headers of the response.

    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_gateway(self) -> bool:
        """True for errors of the gateway, whose body includes the request id."""
        return self.code.startswith("APIGW.")


def encode_json(value: object) -> bytes:
    """Return *value* as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def json_response(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a response with a JSON document and a request id."""
    every = {"Content-Type": JSON_TYPE, "X-Request-Id": secrets.token_hex(16), **(headers or {})}
    return web.Response(body=encode_json(value), status=status, headers=every)


def error_response(error: ApiError) -> web.Response:
    """Return *error* in the format of the service or of the gateway, depending on its code."""
    request_id = secrets.token_hex(16)
    body = {"error_code": error.code, "error_msg": error.message[:_MAX_MESSAGE_CHARS]}
    if error.is_gateway:
        body["request_id"] = request_id
    headers = {"X-Request-Id": request_id, **error.headers}
    return json_response(body, status=error.status, headers=headers)


def iam_error_response(status: int, title: str, message: str) -> web.Response:
    """Return an error in IAM's format: nested, with an integer code."""
    error = {"code": status, "message": message, "title": title}
    return json_response({"error": error}, status=status)


def throttled_error(
    limit: int = 200, window_s: float = 1, retry_after_s: float | None = None
) -> ApiError:
    """Return the gateway's error for a throttled call, with the exceeded policy."""
    policy = f"policy api over ratelimit,limit:{limit},time:{window_s:g} second"
    headers = {} if retry_after_s is None else {"Retry-After": str(math.ceil(retry_after_s))}
    return ApiError(
        status=429,
        code="APIGW.0308",
        message=f"The throttling threshold has been reached: {policy}",
        headers=headers,
    )
