"""Signatures: the published and computed vectors, and the vendor's own signer as the oracle."""

import string
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchcreate.secret import Secret
from batchcreate.signing import AccessKey, sign
from tests.vendor import vendor

REQUESTS = 350
"""Made by hypothesis; each is signed in four variants."""

PROJECT = "0123456789abcdef0123456789abcdef"
CREATE = f"/v2/{PROJECT}/fdi/instances/inst-1/multi-tasks"
BODY = b'{"task_name":"cdctest1","operation_types":["INSERT"]}'
MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
EXAMPLE = AccessKey(ak=Secret("AKEXAMPLE"), sk=Secret("SKEXAMPLE"))
TEMPORARY = AccessKey(ak=Secret("AKEXAMPLE"), sk=Secret("SKEXAMPLE"), security_token=Secret("STS"))
PUBLISHED = AccessKey(
    ak=Secret("QTWAOYTTINDUT2QVKYUC"), sk=Secret("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
)


def signature(headers: dict[str, str]) -> str:
    return headers["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("request_", "names", "expected"),
    [
        pytest.param(
            {
                "method": "GET",
                "url": "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
                "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
                "headers": {"Content-Type": "application/json"},
                "body": b"",
                "key": PUBLISHED,
                "moment": datetime(2019, 11, 15, 3, 36, 55, tzinfo=UTC),
            },
            "content-type;host;x-sdk-date",
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
            id="published sample",
        ),
        pytest.param(
            {
                "method": "POST",
                "url": f"https://roma.cn-north-4.myhuaweicloud.com{CREATE}",
                "headers": {"Content-Type": "application/json", "X-Project-Id": PROJECT},
                "body": BODY,
                "key": EXAMPLE,
                "moment": MOMENT,
            },
            "content-type;host;x-project-id;x-sdk-date",
            "fc3445d6e97c2a4bebc26d78c67f27b987c4492c14beaa1d44bde4f82df16cc4",
            id="create",
        ),
        pytest.param(
            {
                "method": "GET",
                "url": f"http://127.0.0.1:18080/v2/{PROJECT}/fdi/instances/inst-1/tasks"
                "?task_name=a%20b%2Bc%2F%C3%A9~&limit=100&offset=0",
                "headers": {},
                "body": b"",
                "key": EXAMPLE,
                "moment": MOMENT,
            },
            "host;x-sdk-date",
            "9c70f4392dddbfbe09b620d38c5ccbe6d843643d1f701b9d0d60679523c621e9",
            id="list with an odd name, unsorted",
        ),
        pytest.param(
            {
                "method": "POST",
                "url": f"http://127.0.0.1:18080{CREATE}",
                "headers": {
                    "Content-Type": "application/json;charset=utf-8",
                    "X-Project-Id": PROJECT,
                },
                "body": BODY,
                "key": TEMPORARY,
                "moment": MOMENT,
            },
            "content-type;host;x-project-id;x-sdk-date;x-security-token",
            "5b37cd19be86b0e61671782534cb2f7d04bb4137f2121a486b8391772aca748d",
            id="create with a temporary key",
        ),
    ],
)
def test_a_known_request_has_its_known_signature(
    request_: dict[str, Any], names: str, expected: str
) -> None:
    """The published sample and three requests that the vendor's signer has signed."""
    headers = sign(**request_)

    ak = request_["key"].ak.reveal()
    assert headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access={ak}, SignedHeaders={names}, Signature={expected}"
    )


def test_what_is_signed_comes_back() -> None:
    """The answer is all that was signed, trimmed, and the signature; nothing has to be guessed."""
    headers = sign(
        method="post",
        url=f"https://roma.example:443{CREATE}",
        headers={"X-Project-Id": " p1\t"},
        body=BODY,
        key=TEMPORARY,
        moment=MOMENT,
    )

    assert {**headers, "Authorization": ""} == {
        "X-Project-Id": "p1",
        "Host": "roma.example",
        "X-Sdk-Date": "20250101T000000Z",
        "X-Security-Token": "STS",
        "Authorization": "",
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:18080/a", "127.0.0.1:18080"),
        ("http://roma.example:80/a", "roma.example"),
        ("https://roma.example:80/a", "roma.example:80"),
        ("https://roma.example:8443/a", "roma.example:8443"),
        ("https://[::1]:443/a", "[::1]"),
        ("https://user@roma.example/a", "roma.example"),
    ],
)
def test_host_is_without_a_default_port(url: str, host: str) -> None:
    """The port of the scheme is left out, any other is a part of the host."""
    headers = sign(method="GET", url=url, headers={}, body=b"", key=EXAMPLE, moment=MOMENT)

    assert headers["Host"] == host


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("/a", "/a/", id="slash at the end"),
        pytest.param("", "/", id="no path"),
        pytest.param("/%7E%2d%C3%A9", "/~-%c3%a9", id="spelling of the path"),
        pytest.param("/a?x=1&y=2", "/a?y=2&x=1", id="order of the query"),
        pytest.param("/a?x=b+c", "/a?x=b%20c", id="plus for a space"),
        pytest.param("/a?x", "/a?x=", id="name alone"),
        pytest.param("/a?&x=1&", "/a?x=1", id="empty parts"),
        pytest.param("/a?x=%ff", "/a?x=%FF", id="no UTF-8"),
    ],
)
def test_two_spellings_of_a_url_have_one_signature(one: str, other: str) -> None:
    """What a server cannot tell apart is signed alike."""
    first, second = (
        sign(
            method="GET",
            url=f"http://127.0.0.1{rest}",
            headers={},
            body=b"",
            key=EXAMPLE,
            moment=MOMENT,
        )
        for rest in (one, other)
    )

    assert first == second


def test_bytes_beyond_utf8_are_told_apart() -> None:
    """Two names that differ in a broken byte have two signatures."""
    found = {
        signature(
            sign(
                method="GET",
                url=f"http://127.0.0.1/a{rest}",
                headers={},
                body=b"",
                key=EXAMPLE,
                moment=MOMENT,
            )
        )
        for rest in ("%fe", "%ff", "?x=%fe", "?x=%ff")
    }

    assert len(found) == 4


def test_the_moment_is_signed_in_utc() -> None:
    """A moment of another zone is the same moment."""
    east = timezone(timedelta(hours=8))
    found = [
        sign(
            method="GET",
            url="http://127.0.0.1/",
            headers={},
            body=b"",
            key=EXAMPLE,
            moment=moment,
        )
        for moment in (MOMENT, MOMENT.astimezone(east))
    ]

    assert found[0] == found[1]


def test_a_key_shows_nothing_of_itself() -> None:
    """Its text form is all stars."""
    assert repr(TEMPORARY) == "AccessKey(ak=***, sk=***, security_token=***)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A request as a caller means it: nothing is encoded yet."""

    method: str
    scheme: str
    host: str
    segments: list[str]
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    moment: datetime
    ak: str
    sk: str
    security_token: str | None

    @property
    def path(self) -> str:
        return "".join(f"/{quote(segment, safe='')}" for segment in self.segments) or "/"

    @property
    def url(self) -> str:
        query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in self.query)
        return f"{self.scheme}://{self.host}{self.path}" + (f"?{query}" if query else "")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    string.punctuation + " ", max_size=8
)
TOKEN_CHARACTERS = string.ascii_letters + string.digits + "!#$%&'*+-.^`|~"
# Those that the signer sets itself; a name with "_" the vendor's does not sign.
OWN = {"host", "x-sdk-date", "x-security-token", "authorization", "x-sdk-content-sha256"}
CONTENT_TYPES = st.sampled_from(
    ["application/json", "application/json;charset=utf-8", " application/json\t"]
)
REQUEST = st.builds(
    Made,
    method=st.sampled_from(["POST", "PUT", "DELETE", "post"]),
    scheme=st.sampled_from(["http", "https"]),
    host=st.sampled_from(
        ["roma.cn-north-4.myhuaweicloud.com", "127.0.0.1:18080", "localhost", "[::1]:8443"]
    ),
    segments=st.lists(TEXTS, max_size=5),
    query=st.lists(st.tuples(TEXTS, TEXTS), max_size=5),
    headers=st.dictionaries(
        st.text(TOKEN_CHARACTERS, min_size=1, max_size=12).filter(
            lambda name: name.lower() not in OWN
        ),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
        max_size=4,
    ).filter(lambda headers: len({name.lower() for name in headers}) == len(headers)),
    body=st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=40),
    moment=st.integers(0, 10**9).map(lambda past_s: MOMENT - timedelta(seconds=past_s)),
    ak=st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=20),
    sk=st.text(min_size=1, max_size=40).filter(lambda sk: sk.isprintable()),
    security_token=st.just(None),
)


def variants(made: Made) -> tuple[Made, ...]:
    """Return *made*, and the same with a temporary key, as a GET, and without a query."""
    return (
        made,
        replace(made, security_token=f"token/of+{made.ak}=="),
        replace(made, method="GET", body=b""),
        replace(made, query=[], scheme="https" if made.scheme == "http" else "http"),
    )


def sign_ours(made: Made, content_type: str) -> dict[str, str]:
    token = made.security_token
    return sign(
        method=made.method,
        url=made.url,
        headers={"Content-Type": content_type, **made.headers},
        body=made.body,
        key=AccessKey(
            ak=Secret(made.ak),
            sk=Secret(made.sk),
            security_token=None if token is None else Secret(token),
        ),
        moment=made.moment,
    )


def sign_theirs(made: Made, content_type: str) -> str:
    headers = {
        "Content-Type": content_type.strip(),
        **made.headers,
        "X-Sdk-Date": f"{made.moment:%Y%m%dT%H%M%SZ}",
    }
    if made.security_token is not None:
        headers["X-Security-Token"] = made.security_token
    request = vendor("huaweicloudsdkcore.sdk_request").SdkRequest(
        method=made.method,
        schema=made.scheme,
        host=made.host,
        resource_path=made.path,
        query_params=list(made.query),
        header_params=headers,
        body=made.body,
    )
    signer = vendor("huaweicloudsdkcore.signer.signer").Signer(
        SimpleNamespace(ak=made.ak, sk=made.sk)
    )
    authorization: str = signer.sign(request).header_params["Authorization"]
    return authorization


def test_signatures_equal_those_of_the_vendors_signer() -> None:
    """More than a thousand odd requests get the same Authorization header from both."""
    vendor("huaweicloudsdkcore.signer.signer")
    seen: set[str] = set()

    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(made=REQUEST, content_type=CONTENT_TYPES)
    def compare(made: Made, content_type: str) -> None:
        for each in variants(made):
            ours = sign_ours(each, content_type)["Authorization"]

            assert ours == sign_theirs(each, content_type)
            seen.add(ours)

    compare()

    assert len(seen) >= 1000
