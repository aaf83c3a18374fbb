"""Verifies requests signed with AK/SK, by the gateway's own reading of the signing guide."""

import hashlib
import hmac
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote

from batchcreate.simulator.clocks import Clocks
from batchcreate.simulator.replies import Refusal

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
class SignedCall:
    """
    A request as it arrived.

    Attributes:
        method: of the request line.
        target: of the request line: path and query, still percent-encoded.
        headers: by name in any case.
        body: all of it.

    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class KeyGuard:
    """
    Knows one access key, and locks it after too many failures in a row.

    Args:
        ak: names the key in a request.
        sk: the key itself.
        security_token: comes with every request if the key is a temporary one.
        clocks: the wall clock judges X-Sdk-Date, the monotonic one ends a lock.

    """

    def __init__(self, *, ak: str, sk: str, security_token: str | None, clocks: Clocks) -> None:
        self._ak = ak
        self._sk = sk
        self._security_token = security_token
        self._clocks = clocks
        self._failures = 0
        self._lock_ends_s: float | None = None

    def refuse(self, call: SignedCall) -> Refusal | None:
        """Return why *call* is not authenticated."""
        headers = {name.lower(): value.strip() for name, value in call.headers.items()}
        parts = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if parts is None:
            return _refusal("the Authorization header has not the form that the guide gives")
        ak, names, signature = parts.groups()
        if ak != self._ak:
            return _refusal("AK access key not exist")
        if self._is_locked():
            return _refusal("AK access failed to reach the limit, forbidden: the key is locked")
        reason = self._judge_headers(headers, names) or self._judge_signature(
            call, headers, (names, signature)
        )
        self._count(is_failure=reason is not None)
        return None if reason is None else _refusal(reason)

    def _is_locked(self) -> bool:
        return self._lock_ends_s is not None and self._clocks.monotonic() < self._lock_ends_s

    def _count(self, *, is_failure: bool) -> None:
        self._failures = self._failures + 1 if is_failure else 0
        if self._failures > MAX_FAILURES:
            self._failures = 0
            self._lock_ends_s = self._clocks.monotonic() + LOCK_S

    def _judge_headers(self, headers: Mapping[str, str], names: str) -> str | None:
        signed = names.split(";")
        if "x-sdk-date" not in signed:
            return "X-Sdk-Date is not signed"
        missing = [name for name in signed if name not in headers]
        if missing:
            return f"the signed header {missing[0]} is missing"
        if headers.get("x-security-token") != self._security_token:
            return "the security token is not that of the AK"
        return self._judge_date(headers["x-sdk-date"])

    def _judge_date(self, date: str) -> str | None:
        moment = _read_date(date)
        if moment is None:
            return f"X-Sdk-Date {date} has not the form YYYYMMDDTHHMMSSZ"
        now = self._clocks.now()
        if abs(now - moment) > TOLERANCE:
            return (
                f"signature expired: X-Sdk-Date {date} is more than 15 minutes off the "
                f"server's {now:%Y%m%dT%H%M%SZ}"
            )
        return None

    def _judge_signature(
        self, call: SignedCall, headers: Mapping[str, str], claim: tuple[str, str]
    ) -> str | None:
        names, signature = claim
        request = canonical_request(call, headers, names)
        text = "\n".join((SCHEME, headers["x-sdk-date"], _hash(_bytes(request))))
        mac = hmac.new(self._sk.encode(), _bytes(text), hashlib.sha256)
        if hmac.compare_digest(mac.hexdigest(), signature):
            return None
        # The service shows what it has computed, and with it what the headers hold.
        return f"verify aksk signature fail, canonicalRequest:{request.replace(chr(10), '|')}"


def canonical_request(call: SignedCall, headers: Mapping[str, str], names: str) -> str:
    """
    Return the text whose hash is signed.

    Args:
        call: the request.
        headers: its headers by names in lower case.
        names: of the signed ones, as in Authorization.

    """
    # A character for each byte from here on, so that what is no UTF-8 survives as well.
    path, _, query = _bytes(call.target).decode("latin-1").partition("?")
    segments = [_encode(part) for part in unquote(path, encoding="latin-1").split("/")]
    if segments[-1]:
        segments.append("")
    pairs = sorted(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))
    every = sorted(names.split(";"))
    return "\n".join(
        (
            call.method,
            "/".join(segments),
            "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs),
            "".join(f"{name}:{headers[name]}\n" for name in every),
            ";".join(every),
            _payload(call.body, headers),
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


def _refusal(reason: str) -> Refusal:
    message = f"Incorrect IAM authentication information: {reason}"
    return Refusal(status=401, code="APIGW.0301", message=message)
