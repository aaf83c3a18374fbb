"""The gateway's own reading of signatures: what it accepts, refuses, and when it locks a key."""

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

from batchcreate.secret import Secret
from batchcreate.signing import AccessKey, sign
from batchcreate.simulator.clocks import Clocks
from batchcreate.simulator.signature import KeyGuard, SignedCall, canonical_request

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


def guarding(clock: FakeClock | None = None, security_token: str | None = None) -> KeyGuard:
    clocks = Clocks(monotonic=clock or FakeClock(), now=lambda: NOW)
    return KeyGuard(ak=AK, sk=SK, security_token=security_token, clocks=clocks)


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
) -> SignedCall:
    """Return a request as our client sends it; *more* are headers that it signs."""
    headers = sign(
        method=method,
        url=f"http://127.0.0.1:18080{target}",
        headers={name.replace("_", "-"): value for name, value in more.items()},
        body=body,
        key=key or key_of(),
        moment=moment,
    )
    return SignedCall(method=method, target=target, headers=headers, body=body)


def changed(call: SignedCall, **headers: str | None) -> SignedCall:
    """Return *call* with some headers replaced, or without those that are ``None``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    every = {**call.headers, **named}
    return replace(call, headers={name: text for name, text in every.items() if text is not None})


def reason(guard: KeyGuard, call: SignedCall) -> str | None:
    """Return what *guard* says against *call*; it is always the same status and code."""
    refusal = guard.refuse(call)
    if refusal is None:
        return None
    assert (refusal.status, refusal.code) == (401, "APIGW.0301")
    return refusal.message


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
            id="list with an odd name",
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
    """The canonical request is the one of the guide's sample and of the vendor's signer."""
    call = SignedCall(method=method, target=target, headers=headers, body=body)

    text = canonical_request(call, headers, ";".join(headers))

    assert hashlib.sha256(text.encode()).hexdigest() == expected


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(signed(Content_Type="application/json", X_Project_Id="p1"), id="create"),
        pytest.param(signed(method="GET", target=f"{TASKS}/tasks?limit=1&limit=0"), id="list"),
        pytest.param(signed(method="GET", target="/"), id="no path"),
        pytest.param(changed(signed(), Accept="text/html"), id="a further header"),
        pytest.param(
            changed(signed(), Host=None, host="127.0.0.1:18080"), id="header in capitals"
        ),
        pytest.param(signed(target="/a%2Fb%FF?c%FF=%FE"), id="odd bytes"),
        pytest.param(signed(moment=NOW - timedelta(minutes=15)), id="slow clock"),
        pytest.param(signed(moment=NOW + timedelta(minutes=15)), id="fast clock"),
    ],
)
def test_a_right_signature_is_accepted(call: SignedCall) -> None:
    """Nothing is said against it."""
    assert guarding().refuse(call) is None


def test_a_body_may_stay_unsigned() -> None:
    """UNSIGNED-PAYLOAD takes the place of the hash, but not of the hash of nothing."""
    empty = signed(body=b"", X_Sdk_Content_Sha256="UNSIGNED-PAYLOAD")
    headers = {name.lower(): value for name, value in empty.headers.items()}

    text = canonical_request(replace(empty, body=BODY), headers, "host")

    assert text.endswith("\nUNSIGNED-PAYLOAD")
    assert guarding().refuse(empty) is None


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
def test_whatever_changes_after_signing_is_noticed(call: SignedCall) -> None:
    """The answer shows the canonical request that the gateway has computed, as the service does."""
    said = reason(guarding(), call)

    assert said is not None
    assert said.startswith(f"{PREFIX}verify aksk signature fail, canonicalRequest:{call.method}|/")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(signed(key=key_of(ak="OTHER")), "AK access key not exist", id="unknown key"),
        pytest.param(
            changed(signed(), Authorization="SDK-HMAC-SHA256 A=B"),
            "the Authorization header has not the form that the guide gives",
            id="another form",
        ),
        pytest.param(
            changed(signed(), Authorization=None),
            "the Authorization header has not the form that the guide gives",
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
            "X-Sdk-Date 2025-01-01T00:00:00Z has not the form YYYYMMDDTHHMMSSZ",
            id="another date form",
        ),
        pytest.param(
            changed(signed(), X_Sdk_Date="20251301T000000Z"),
            "X-Sdk-Date 20251301T000000Z has not the form YYYYMMDDTHHMMSSZ",
            id="no date",
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
def test_a_wrong_header_is_named(call: SignedCall, said: str) -> None:
    """The message says what is wrong, always with 401 and APIGW.0301."""
    assert reason(guarding(), call) == PREFIX + said


def test_a_temporary_key_comes_with_its_token() -> None:
    """Neither another token nor none will do."""
    guard = guarding(security_token=STS)

    found = [
        reason(guard, signed(key=key_of(security_token=token))) for token in (STS, "other", None)
    ]

    assert found == [None, *[f"{PREFIX}the security token is not that of the AK"] * 2]


WRONG = signed(key=key_of(sk="wrong"))


def test_the_sixth_failure_in_a_row_locks_the_key() -> None:
    """Right signatures are refused too, for five minutes; then five may fail again."""
    clock = FakeClock()
    guard = guarding(clock)

    failures = [reason(guard, WRONG) for _ in range(6)]
    locked = []
    for now_s in (0.0, 299.9, 300.0):
        clock.now_s = now_s
        locked.append(reason(guard, signed()))
    again = [reason(guard, WRONG) for _ in range(5)]

    assert LOCKED not in failures
    assert locked == [LOCKED, LOCKED, None]
    assert LOCKED not in again
    assert guard.refuse(signed()) is None


def test_a_success_ends_the_row_of_failures() -> None:
    """Five failures lock nothing, however often."""
    guard = guarding()

    for _ in range(3):
        assert None not in [reason(guard, WRONG) for _ in range(5)]
        assert guard.refuse(signed()) is None


def test_failures_of_other_keys_lock_nothing() -> None:
    """What does not name the key does not count against it."""
    guard = guarding()

    for _ in range(20):
        guard.refuse(signed(key=key_of(ak="OTHER")))
        guard.refuse(changed(WRONG, Authorization="SDK-HMAC-SHA256 x"))

    assert guard.refuse(signed()) is None


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
def test_the_two_readings_agree(
    segments: list[str], query: list[tuple[str, str]], value: str, body: bytes
) -> None:
    """Whatever the client's signer signs, the gateway accepts, and not with another body."""
    parts = "&".join(f"{quote(name)}={quote(text)}" for name, text in query)
    target = "".join(f"/{quote(segment, safe='')}" for segment in segments) + f"/?{parts}"
    call = signed(target=target, body=body, X_Odd=value)
    guard = guarding()

    found: tuple[Any, ...] = (guard.refuse(call), guard.refuse(replace(call, body=body + b"x")))

    assert found[0] is None
    assert found[1] is not None
