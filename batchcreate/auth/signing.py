"""SDK-HMAC-SHA256: signatures of requests with an access key (API Request Signing Guide)."""

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
_URLS_MAX: Final = 1024
_HEADS_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """
    An access key.

    Attributes:
        ak: id of the key; sent in every request.
        sk: secret of the key; never sent.
        security_token: security token of a temporary key, sent in every request; None for a
            permanent key.

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
    Return the headers of the signed request.

    They include *headers*, Host, X-Sdk-Date, X-Security-Token for a temporary key, all of which
    are signed, and Authorization. The request must contain them unchanged.

    Args:
        method: HTTP method.
        url: absolute, percent-encoded URL, exactly as it is sent; a plus sign in the query is
            a space.
        headers: headers to sign, such as Content-Type and X-Project-Id; the request can have
            others, which are not signed.
        body: the complete body; empty if there is none.
        key: the access key.
        moment: timezone-aware time of sending; the server tolerates a difference of 15 minutes.

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
    """A request without its body: signed headers, their names, and their canonical text."""

    signed: Mapping[str, str]
    names: str
    text: str


@lru_cache(maxsize=_HEADS_MAX)  # creates for one instance within a second differ only in the body
def _head(
    method: str, url: str, headers: tuple[tuple[str, str], ...], date: str, token: Secret | None
) -> _Head:
    canonical = _canonicalize(url)
    signed = {name: value.strip() for name, value in headers}
    signed["Host"] = canonical.host
    signed[_DATE_HEADER] = date
    if token is not None:
        signed["X-Security-Token"] = token.reveal()
    lines = sorted([(name.lower(), value) for name, value in signed.items()])
    names = ";".join([name for name, _ in lines])
    fields = "".join([f"{name}:{value}\n" for name, value in lines])
    text = f"{method}\n{canonical.path}\n{canonical.query}\n{fields}\n{names}\n"
    return _Head(signed=signed, names=names, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CanonicalUrl:
    """The canonical form of a URL, which both sides sign."""

    host: str
    path: str
    query: str


@lru_cache(maxsize=_URLS_MAX)  # a batch has few URLs, and parsing one takes longer than the HMAC
def _canonicalize(url: str) -> _CanonicalUrl:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return _CanonicalUrl(
        host=host.removesuffix(_DEFAULT_PORTS.get(parts.scheme, "")),
        path=_canonical_path(parts.path),
        query=_canonical_query(parts.query),
    )


def _canonical_path(path: str) -> str:
    """Return *path* encoded according to RFC 3986, with a slash at the end."""
    # An encoded slash becomes a plain one: the vendor's signer decodes the path as a whole.
    plain = _encode(unquote_to_bytes(path), safe="/~")
    return plain if plain.endswith("/") else f"{plain}/"


def _canonical_query(query: str) -> str:
    """Return *query* encoded in the same way, sorted by the decoded names and values."""
    pairs = sorted(_pair(part) for part in query.split("&") if part)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _pair(part: str) -> tuple[bytes, bytes]:
    name, _, value = part.replace("+", " ").partition("=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def _encode(text: bytes, safe: str = "~") -> str:
    return quote(text, safe=safe)
