"""Verification of AK/SK signatures, independent of the client's implementation."""

import hashlib
import hmac
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote

from batchcreate.simulator.replies import ApiError
from batchcreate.simulator.simulator_settings import Clocks

SCHEME = "SDK-HMAC-SHA256"
TOLERANCE = timedelta(minutes=15)
MAX_FAILURES = 5
LOCK_S = 300

_AUTHORIZATION = re.compile(
    SCHEME + r" Access=([^\s,]+), *SignedHeaders=([^\s,]+), *Signature=([0-9a-f]{64})"
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """
    A request as received.

    Attributes:
        method: method in the request line.
        target: path and query in the request line, percent-encoded.
        headers: header values by name, in any case.
        body: the complete body.

    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class SignatureVerifier:
    """
    Verifies the signatures of one access key, and locks it after consecutive failures.

    Args:
        ak: id of the key in a request.
        sk: secret of the key.
        security_token: required in every request if the key is a temporary one.
        clocks: the wall clock checks X-Sdk-Date, the monotonic clock ends a lock.

    """

    def __init__(self, *, ak: str, sk: str, security_token: str | None, clocks: Clocks) -> None:
        self._ak = ak
        self._sk = sk
        self._security_token = security_token
        self._clocks = clocks
        self._failures = 0
        self._lock_ends_s: float | None = None

    def verify(self, request: SignedRequest) -> ApiError | None:
        """Return the error if *request* is not signed correctly."""
        headers = {name.lower(): value.strip() for name, value in request.headers.items()}
        parts = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if parts is None:
            return _error("the Authorization header does not have the documented format")
        ak, names, signature = parts.groups()
        if ak != self._ak:
            return _error("AK access key not exist")
        if self._is_locked():
            return _error("AK access failed to reach the limit, forbidden: the key is locked")
        reason = self._check_headers(headers, names) or self._check_signature(
            request, headers, (names, signature)
        )
        self._count(is_failure=reason is not None)
        return None if reason is None else _error(reason)

    def _is_locked(self) -> bool:
        return self._lock_ends_s is not None and self._clocks.monotonic() < self._lock_ends_s

    def _count(self, *, is_failure: bool) -> None:
        self._failures = self._failures + 1 if is_failure else 0
        if self._failures > MAX_FAILURES:
            self._failures = 0
            self._lock_ends_s = self._clocks.monotonic() + LOCK_S

    def _check_headers(self, headers: Mapping[str, str], names: str) -> str | None:
        signed = names.split(";")
        if "x-sdk-date" not in signed:
            return "X-Sdk-Date is not signed"
        missing = [name for name in signed if name not in headers]
        if missing:
            return f"the signed header {missing[0]} is missing"
        if headers.get("x-security-token") != self._security_token:
            return "the security token is not that of the AK"
        return self._check_date(headers["x-sdk-date"])

    def _check_date(self, date: str) -> str | None:
        moment = _read_date(date)
        if moment is None:
            return f"X-Sdk-Date {date} does not have the format YYYYMMDDTHHMMSSZ"
        now = self._clocks.now()
        if abs(now - moment) > TOLERANCE:
            return (
                f"signature expired: X-Sdk-Date {date} is more than 15 minutes off the "
                f"server's {now:%Y%m%dT%H%M%SZ}"
            )
        return None

    def _check_signature(
        self, request: SignedRequest, headers: Mapping[str, str], claim: tuple[str, str]
    ) -> str | None:
        names, signature = claim
        canonical = canonical_request(request, headers, names)
        text = "\n".join((SCHEME, headers["x-sdk-date"], _hash(_bytes(canonical))))
        mac = hmac.new(self._sk.encode(), _bytes(text), hashlib.sha256)
        if hmac.compare_digest(mac.hexdigest(), signature):
            return None
        # As the service does, although the canonical request contains the values of the headers.
        return f"verify aksk signature fail, canonicalRequest:{canonical.replace(chr(10), '|')}"


def canonical_request(request: SignedRequest, headers: Mapping[str, str], names: str) -> str:
    """
    Return the canonical request, whose hash is signed.

    Args:
        request: the request.
        headers: its headers by name in lower case.
        names: names of the signed headers, as in Authorization.

    """
    # One character for each byte, so that bytes that are not UTF-8 are kept.
    path, _, query = _bytes(request.target).decode("latin-1").partition("?")
    segments = [_encode(part) for part in unquote(path, encoding="latin-1").split("/")]
    if segments[-1]:
        segments.append("")
    pairs = sorted(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))
    every = sorted(names.split(";"))
    return "\n".join(
        (
            request.method,
            "/".join(segments),
            "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs),
            "".join(f"{name}:{headers[name]}\n" for name in every),
            ";".join(every),
            _payload(request.body, headers),
        )
    )


def _payload(body: bytes, headers: Mapping[str, str]) -> str:
    is_unsigned = headers.get("x-sdk-content-sha256") == "UNSIGNED-PAYLOAD"
    return "UNSIGNED-PAYLOAD" if body and is_unsigned else _hash(body)


def _encode(text: str) -> str:
    return "".join(char if char in _UNRESERVED else f"%{ord(char):02X}" for char in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_date(date: str) -> datetime | None:
    if not _DATE.fullmatch(date):
        return None
    try:
        return datetime.fromisoformat(date)
    except ValueError:
        return None


def _error(reason: str) -> ApiError:
    message = f"Incorrect IAM authentication information: {reason}"
    return ApiError(status=401, code="APIGW.0301", message=message)
