"""What single settings accept; each returns the value as it is kept, or raises `ValueError`."""

import codecs
import ipaddress
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")

PATH_CHARS_MAX: Final = 255
"""A token is longer than that, a path hardly ever."""

DELIMITERS: Mapping[str, str] = MappingProxyType(
    {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
)
"""Words for the characters that may part the cells of a text file."""


_NOT_OF_FILES: Final = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
)


def origin(text: str) -> str:
    """Return *text* as an origin, or raise `ValueError` saying what is wrong with it."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not _is_host(host):
        msg = "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com"
        raise ValueError(msg)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        msg = "give the origin only, without a path, a query or a user name"
        raise ValueError(msg)
    if parts.scheme == "http" and not _is_loopback(host):
        msg = "plain http is accepted for this machine (loopback) only; use https"
        raise ValueError(msg)
    return _join(parts)


def _join(parts: SplitResult) -> str:
    """Return the origin that *parts* name."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port is not None else "")


def proxy(text: str) -> str:
    """Return *text* as an origin, or raise `ValueError`; a password in it would be seen by all."""
    parts = urlsplit(text)
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme != "http" or not _is_host(parts.hostname or "") or not is_bare:
        msg = (
            "give the origin of an HTTP proxy, such as http://proxy.example:3128; its user and "
            "password come from BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD"
        )
        raise ValueError(msg)
    return _join(parts)


def region(text: str) -> str:
    """Return *text* if it can be the name of a region."""
    if not REGION.fullmatch(text):
        msg = "give the name of a region, such as cn-north-4"
        raise ValueError(msg)
    return text


def path_part(text: str) -> str:
    """Return *text* if it can be a part of a path as it is."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        msg = "give 1 to 64 letters, digits, - or _"
        raise ValueError(msg)
    return text


def token_file(path: Path) -> Path:
    """Return *path* unless it is rather the token itself, which would be shown with the settings."""
    if len(str(path)) > PATH_CHARS_MAX:
        msg = "give the path of the file that holds the token, never the token itself"
        raise ValueError(msg)
    return path


def several(given: object) -> object:
    """Let one text stand for itself; several are a JSON list."""
    if not isinstance(given, str):
        return given
    if not given.startswith("["):
        return (given,)
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        msg = 'give one value, or several as a JSON list such as ["A", "B"]'
        raise ValueError(msg) from None


def encoding(text: str) -> str:
    """Return the name that Python gives the encoding *text*, if it is one of text files."""
    try:
        name = codecs.lookup(text).name
        "a".encode(name)
    except (LookupError, UnicodeError):
        name = ""
    if not name or name in _NOT_OF_FILES:
        msg = "give an encoding such as utf-8, gb18030, big5, shift_jis, windows-1252 or utf-16"
        raise ValueError(msg)
    return name


def delimiter(text: str) -> str:
    """Return the character that *text* is or names."""
    char = DELIMITERS.get(text.lower(), text)
    if char not in DELIMITERS.values():
        msg = "give comma, semicolon, tab or pipe"
        raise ValueError(msg)
    return char


def renaming(text: str) -> str:
    """Return *text* if it reads ``Their header=field``."""
    header, equals, field = text.rpartition("=")
    if not (header.strip() and equals and field.strip()):
        msg = "give 'Their header=task_name'"
        raise ValueError(msg)
    return text


def _is_host(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char in "-._:%" for char in text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
