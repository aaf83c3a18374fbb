"""Verification of signatures: what is accepted and refused, and when a key is locked."""

import hashlib
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchcreate.auth.signing import AccessKey, sign
from batchcreate.secret import Secret
from batchcreate.simulator.signature_check import (
    SignatureVerifier,
    SignedRequest,
    canonical_request,
)
from batchcreate.simulator.simulator_settings import Clocks

AK, SK, STS = "AKEXAMPLE", "SKEXAMPLE", "STS"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
PROJECT = "0123456789abcdef0123456789abcdef"
TASKS = f"/v2/{PROJECT}/fdi/instances/inst-1"
CREATE = f"{TASKS}/multi-tasks"
BODY = b'{"task_name":"cdctest1","operation_types":["INSERT"]}'
PREFIX = "Incorrect IAM authentication information: "
LOCKED = f"{PREFIX}AK access failed to reach the limit, forbidden: the key is locked"


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def make_verifier(
    clock: FakeClock | None = None, security_token: str | None = None
) -> SignatureVerifier:
    clocks = Clocks(monotonic=clock or FakeClock(), now=lambda: NOW)
    return SignatureVerifier(ak=AK, sk=SK, security_token=security_token, clocks=clocks)


def key_of(*, ak: str = AK, sk: str = SK, security_token: str | None = None) -> AccessKey:
    token = None if security_token is None else Secret(security_token)
    return AccessKey(ak=Secret(ak), sk=Secret(sk), security_token=token)


def signed(
    *,
    key: AccessKey | None = None,
    moment: datetime = NOW,
    method: str = "POST",
    target: str = CREATE,
    body: bytes = BODY,
    **more: str,
) -> SignedRequest:
    """Return a request as the client sends it; *more* are additional signed headers."""
    headers = sign(
        method=method,
        url=f"http://127.0.0.1:18080{target}",
        headers={name.replace("_", "-"): value for name, value in more.items()},
        body=body,
        key=key or key_of(),
        moment=moment,
    )
    return SignedRequest(method=method, target=target, headers=headers, body=body)


def changed(call: SignedRequest, **headers: str | None) -> SignedRequest:
    """Return *call* with some headers replaced, or without those that are ``None``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    every = {**call.headers, **named}
    return replace(call, headers={name: text for name, text in every.items() if text is not None})


def error_message(verifier: SignatureVerifier, call: SignedRequest) -> str | None:
    """Return what the message of the error for *call*, or None; status and code are always the same."""
    error = verifier.verify(call)
    if error is None:
        return None
    assert (error.status, error.code) == (401, "APIGW.0301")
    return error.message


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "expected"),
    [
        pytest.param(
            "GET",
            "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
            "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
            {
                "content-type": "application/json",
                "host": "service.region.example.com",
                "x-sdk-date": "20191115T033655Z",
            },
            b"",
            "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
            id="published sample",
        ),
        pytest.param(
            "POST",
            CREATE,
            {
                "content-type": "application/json",
                "host": "roma.cn-north-4.myhuaweicloud.com",
                "x-project-id": PROJECT,
                "x-sdk-date": "20250101T000000Z",
            },
            BODY,
            "6b460ddaaf86fa1624e1f1f105d94e1558a8abd6d4ccb01ff6825739111bab6b",
            id="create",
        ),
        pytest.param(
            "GET",
            f"{TASKS}/tasks?offset=0&limit=100&task_name=a+b%2Bc%2F%C3%A9~",
            {"host": "127.0.0.1:18080", "x-sdk-date": "20250101T000000Z"},
            b"",
            "9982488dea065e40a0081ee90245d20ced9141a68e3120c38b19de6d570d8625",
            id="list with an unusual name",
        ),
        pytest.param(
            "POST",
            CREATE,
            {
                "content-type": "application/json;charset=utf-8",
                "host": "127.0.0.1:18080",
                "x-project-id": PROJECT,
                "x-sdk-date": "20250101T000000Z",
                "x-security-token": STS,
            },
            BODY,
            "ab9f87f8db8f8a10f9fdee1e7e109e936ad3a245a2e73b1aba28d47b5883a55b",
            id="create with a temporary key",
        ),
    ],
)
def test_a_known_request_has_its_known_hash(
    method: str, target: str, headers: Mapping[str, str], body: bytes, expected: str
) -> None:
    """The canonical request equals that of the guide's sample and of the vendor's signer."""
    call = SignedRequest(method=method, target=target, headers=headers, body=body)

    text = canonical_request(call, headers, ";".join(headers))

    assert hashlib.sha256(text.encode()).hexdigest() == expected


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(signed(Content_Type="application/json", X_Project_Id="p1"), id="create"),
        pytest.param(signed(method="GET", target=f"{TASKS}/tasks?limit=1&limit=0"), id="list"),
        pytest.param(signed(method="GET", target="/"), id="no path"),
        pytest.param(changed(signed(), Accept="text/html"), id="an additional header"),
        pytest.param(
            changed(signed(), Host=None, host="127.0.0.1:18080"), id="header in capitals"
        ),
        pytest.param(signed(target="/a%2Fb%FF?c%FF=%FE"), id="unusual bytes"),
        pytest.param(signed(moment=NOW - timedelta(minutes=15)), id="slow clock"),
        pytest.param(signed(moment=NOW + timedelta(minutes=15)), id="fast clock"),
    ],
)
def test_a_valid_signature_is_accepted(call: SignedRequest) -> None:
    """No error is returned."""
    assert make_verifier().verify(call) is None


def test_a_body_can_be_unsigned() -> None:
    """UNSIGNED-PAYLOAD replaces the hash of a body, but not the hash of an empty body."""
    empty = signed(body=b"", X_Sdk_Content_Sha256="UNSIGNED-PAYLOAD")
    headers = {name.lower(): value for name, value in empty.headers.items()}

    text = canonical_request(replace(empty, body=BODY), headers, "host")

    assert text.endswith("\nUNSIGNED-PAYLOAD")
    assert make_verifier().verify(empty) is None


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(replace(signed(), method="PUT"), id="method"),
        pytest.param(replace(signed(), target=f"{CREATE}x"), id="path"),
        pytest.param(replace(signed(), target=f"{CREATE}?x"), id="query"),
        pytest.param(replace(signed(), target=f"{CREATE}/\u00e9\udcff"), id="raw bytes"),
        pytest.param(replace(signed(), body=BODY + b" "), id="body"),
        pytest.param(changed(signed(), Host="127.0.0.1"), id="host"),
        pytest.param(changed(signed(), X_Sdk_Date="20250101T000001Z"), id="date"),
        pytest.param(changed(signed(X_Project_Id="p1"), X_Project_Id="p2"), id="header"),
        pytest.param(signed(key=key_of(sk="wrong")), id="key"),
    ],
)
def test_changes_after_signing_are_detected(call: SignedRequest) -> None:
    """The message contains the canonical request of the gateway, as the service's does."""
    message = error_message(make_verifier(), call)

    assert message is not None
    assert message.startswith(
        f"{PREFIX}verify aksk signature fail, canonicalRequest:{call.method}|/"
    )
    assert "\n" not in message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(signed(key=key_of(ak="OTHER")), "AK access key not exist", id="unknown key"),
        pytest.param(
            changed(signed(), Authorization="SDK-HMAC-SHA256 A=B"),
            "the Authorization header does not have the documented format",
            id="another format",
        ),
        pytest.param(
            changed(signed(), Authorization=None),
            "the Authorization header does not have the documented format",
            id="no header",
        ),
        pytest.param(
            changed(
                signed(),
                Authorization=f"SDK-HMAC-SHA256 Access={AK}, SignedHeaders=host, Signature={'0' * 64}",
            ),
            "X-Sdk-Date is not signed",
            id="date not signed",
        ),
        pytest.param(
            changed(signed(X_Project_Id="p1"), X_Project_Id=None),
            "the signed header x-project-id is missing",
            id="signed header missing",
        ),
        pytest.param(
            changed(signed(), X_Sdk_Date="2025-01-01T00:00:00Z"),
            "X-Sdk-Date 2025-01-01T00:00:00Z does not have the format YYYYMMDDTHHMMSSZ",
            id="another date format",
        ),
        pytest.param(
            changed(signed(), X_Sdk_Date="20251301T000000Z"),
            "X-Sdk-Date 20251301T000000Z does not have the format YYYYMMDDTHHMMSSZ",
            id="invalid date",
        ),
        pytest.param(
            signed(moment=NOW - timedelta(minutes=15, seconds=1)),
            "signature expired: X-Sdk-Date 20241231T234459Z is more than 15 minutes off the "
            "server's 20250101T000000Z",
            id="clock too slow",
        ),
        pytest.param(
            signed(moment=NOW + timedelta(minutes=15, seconds=1)),
            "signature expired: X-Sdk-Date 20250101T001501Z is more than 15 minutes off the "
            "server's 20250101T000000Z",
            id="clock too fast",
        ),
        pytest.param(
            signed(key=key_of(security_token=STS)),
            "the security token is not that of the AK",
            id="token of a permanent key",
        ),
    ],
)
def test_a_wrong_header_is_named(call: SignedRequest, message: str) -> None:
    """The message contains the reason, always with 401 and APIGW.0301."""
    assert error_message(make_verifier(), call) == PREFIX + message


def test_a_temporary_key_requires_its_token() -> None:
    """Another token is refused, and so is none."""
    verifier = make_verifier(security_token=STS)

    messages = [
        error_message(verifier, signed(key=key_of(security_token=token)))
        for token in (STS, "other", None)
    ]

    assert messages == [None, *[f"{PREFIX}the security token is not that of the AK"] * 2]


WRONG = signed(key=key_of(sk="wrong"))


def test_the_sixth_consecutive_failure_locks_the_key() -> None:
    """Valid signatures are refused for five minutes; then five failures are allowed again."""
    clock = FakeClock()
    verifier = make_verifier(clock)

    failures = [error_message(verifier, WRONG) for _ in range(6)]
    locked = []
    for now_s in (0.0, 299.9, 300.0):
        clock.now_s = now_s
        locked.append(error_message(verifier, signed()))
    again = [error_message(verifier, WRONG) for _ in range(5)]

    assert LOCKED not in failures
    assert locked == [LOCKED, LOCKED, None]
    assert LOCKED not in again
    assert verifier.verify(signed()) is None


def test_a_success_resets_the_failures() -> None:
    """Repeated groups of five failures do not lock the key."""
    verifier = make_verifier()

    for _ in range(3):
        assert None not in [error_message(verifier, WRONG) for _ in range(5)]
        assert verifier.verify(signed()) is None


def test_failures_of_other_keys_are_not_counted() -> None:
    """Only requests with the id of the key count."""
    verifier = make_verifier()

    for _ in range(20):
        verifier.verify(signed(key=key_of(ak="OTHER")))
        verifier.verify(changed(WRONG, Authorization="SDK-HMAC-SHA256 x"))

    assert verifier.verify(signed()) is None


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    string.punctuation + " ", max_size=8
)


@settings(max_examples=100, deadline=None)
@given(
    segments=st.lists(TEXTS, max_size=4),
    query=st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
    value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10),
    body=st.binary(max_size=20),
)
def test_client_and_gateway_agree(
    segments: list[str], query: list[tuple[str, str]], value: str, body: bytes
) -> None:
    """The gateway accepts every request signed by the client, and not with another body."""
    parts = "&".join(f"{quote(name)}={quote(text)}" for name, text in query)
    target = "".join(f"/{quote(segment, safe='')}" for segment in segments) + f"/?{parts}"
    call = signed(target=target, body=body, X_Extra=value)
    verifier = make_verifier()

    errors: tuple[Any, ...] = (
        verifier.verify(call),
        verifier.verify(replace(call, body=body + b"x")),
    )

    assert errors[0] is None
    assert errors[1] is not None
