"""SDK-HMAC-SHA256, the signature of requests with AK/SK (API Request Signing Guide); sends nothing."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from batchcreate.secret import Secret

ALGORITHM: Final = "SDK-HMAC-SHA256"

_DATE_HEADER: Final = "X-Sdk-Date"
_DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_PLACES_MAX: Final = 1024
_HEADS_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """
    What a request is signed with.

    Attributes:
        ak: names the key; travels in every request.
        sk: signs; never travels.
        security_token: belongs to a temporary key and travels in every request; ``None`` for
            a permanent one.

    """

    ak: Secret
    sk: Secret
    security_token: Secret | None = None


def sign(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    key: AccessKey,
    moment: datetime,
) -> dict[str, str]:
    """
    Return the headers that make a signed request of one that is not.

    They are *headers* themselves, Host, X-Sdk-Date, X-Security-Token for a temporary key, all
    of which are signed, and Authorization. The request has to carry them as they are here.

    Args:
        method: of the request.
        url: absolute and percent-encoded, exactly as it is sent; a plus sign in its query is
            a space.
        headers: to be signed, such as Content-Type and X-Project-Id; others may be sent beside.
        body: all of it; empty for none.
        key: signs.
        moment: of sending, timezone-aware; the server tolerates 15 minutes.

    """
    date = moment.astimezone(UTC).strftime(_DATE_FORMAT)
    head = _head(method.upper(), url, tuple(headers.items()), date, key.security_token)
    request = f"{head.text}{sha256(body).hexdigest()}"
    text = f"{ALGORITHM}\n{date}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(key.sk.reveal().encode(), text.encode(), "sha256").hex()
    return {
        **head.signed,
        "Authorization": (
            f"{ALGORITHM} Access={key.ak.reveal()}, SignedHeaders={head.names}, "
            f"Signature={signature}"
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """All of a request but its body: the headers, their names, and the text that is signed."""

    signed: Mapping[str, str]
    names: str
    text: str


@lru_cache(maxsize=_HEADS_MAX)  # within a second, creates for one instance differ in the body only
def _head(
    method: str, url: str, headers: tuple[tuple[str, str], ...], date: str, token: Secret | None
) -> _Head:
    place = _read(url)
    signed = {name: value.strip() for name, value in headers}
    signed["Host"] = place.host
    signed[_DATE_HEADER] = date
    if token is not None:
        signed["X-Security-Token"] = token.reveal()
    lines = sorted([(name.lower(), value) for name, value in signed.items()])
    names = ";".join([name for name, _ in lines])
    fields = "".join([f"{name}:{value}\n" for name, value in lines])
    text = f"{method}\n{place.path}\n{place.query}\n{fields}\n{names}\n"
    return _Head(signed=signed, names=names, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A URL in the one spelling that both sides sign."""

    host: str
    path: str
    query: str


@lru_cache(maxsize=_PLACES_MAX)  # a batch has few URLs, and reading one costs more than the HMAC
def _read(url: str) -> _Place:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return _Place(
        host=host.removesuffix(_DEFAULT_PORTS.get(parts.scheme, "")),
        path=_canonical_path(parts.path),
        query=_canonical_query(parts.query),
    )


def _canonical_path(path: str) -> str:
    """Return *path* encoded as RFC 3986 has it; a slash always ends it."""
    # An encoded slash becomes a plain one: the vendor's signer decodes the path as a whole.
    plain = _encode(unquote_to_bytes(path), safe="/~")
    return plain if plain.endswith("/") else f"{plain}/"


def _canonical_query(query: str) -> str:
    """Return *query* encoded so, in the order that names and values have before encoding."""
    pairs = sorted(_pair(part) for part in query.split("&") if part)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _pair(part: str) -> tuple[bytes, bytes]:
    name, _, value = part.replace("+", " ").partition("=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def _encode(text: bytes, safe: str = "~") -> str:
    return quote(text, safe=safe)
