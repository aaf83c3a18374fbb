"""Parsers of single settings: each returns the value to keep, or raises `ValueError`."""

import codecs
import ipaddress
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")

PATH_CHARS_MAX: Final = 255
"""Maximum length of the path of a token file; tokens are longer."""

DELIMITERS: Mapping[str, str] = MappingProxyType(
    {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
)
"""Separators of text files by name."""

_NOT_FOR_FILES: Final = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
)


class RowNumbers:
    """A set of row numbers, stored as ranges: its size does not depend on their length."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(ranges):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        index = bisect_right(self._firsts, number) - 1
        return index >= 0 and number <= self._lasts[index]


def parse_rows(text: str) -> RowNumbers | None:
    """Return the row numbers in *text*, such as ``5-20,31``, or None for all rows."""
    if not text.strip():
        return None
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,8})\s*(?:-\s*(\d{1,8})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            msg = "give row numbers and ranges, such as 5-20,31"
            raise ValueError(msg)
        ranges.append((first, last))
    return RowNumbers(ranges)


def check_rows(text: str) -> str:
    """Return *text* if it contains row numbers."""
    parse_rows(text)
    return text


def parse_origin(text: str) -> str:
    """Return the origin of a service; with http for loopback addresses only."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not _is_host(host):
        msg = "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com"
        raise ValueError(msg)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        msg = "give the origin only, without a path, a query or a user name"
        raise ValueError(msg)
    if parts.scheme == "http" and not _is_loopback(host):
        msg = "http is allowed for loopback addresses only; use https"
        raise ValueError(msg)
    return _origin(parts)


def parse_proxy(text: str) -> str:
    """Return the origin of an HTTP proxy; user and password are not accepted in it."""
    parts = urlsplit(text)
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme != "http" or not _is_host(parts.hostname or "") or not is_bare:
        msg = (
            "give the origin of an HTTP proxy, such as http://proxy.example:3128; its user and "
            "password come from BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD"
        )
        raise ValueError(msg)
    return _origin(parts)


def parse_region(text: str) -> str:
    """Return *text* if it has the format of a region."""
    if not REGION.fullmatch(text):
        msg = "give the name of a region, such as cn-north-4"
        raise ValueError(msg)
    return text


def parse_id(text: str) -> str:
    """Return *text* if it has the format of a project or instance id."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        msg = "give 1 to 64 letters, digits, - or _"
        raise ValueError(msg)
    return text


def parse_token_file(path: Path) -> Path:
    """Return *path* unless it is so long that it must be a token, which would be displayed."""
    if len(str(path)) > PATH_CHARS_MAX:
        msg = "give the path of the file that contains the token, not the token itself"
        raise ValueError(msg)
    return path


def parse_several(given: object) -> object:
    """Return a text as a tuple, or the values of a JSON list."""
    if not isinstance(given, str):
        return given
    if not given.startswith("["):
        return (given,)
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        msg = 'give one value, or several as a JSON list such as ["A", "B"]'
        raise ValueError(msg) from None


def parse_encoding(text: str) -> str:
    """Return Python's name of an encoding for text files."""
    try:
        name = codecs.lookup(text).name
        "a".encode(name)
    except (LookupError, UnicodeError):
        name = ""
    if not name or name in _NOT_FOR_FILES:
        msg = "give an encoding such as utf-8, gb18030, big5, shift_jis, windows-1252 or utf-16"
        raise ValueError(msg)
    return name


def parse_delimiter(text: str) -> str:
    """Return the separator of a name or character."""
    char = DELIMITERS.get(text.lower(), text)
    if char not in DELIMITERS.values():
        msg = "give comma, semicolon, tab or pipe"
        raise ValueError(msg)
    return char


def parse_mapping(text: str) -> str:
    """Return *text* if it has the format ``Their header=field``."""
    header, equals, field = text.rpartition("=")
    if not (header.strip() and equals and field.strip()):
        msg = "give 'Their header=task_name'"
        raise ValueError(msg)
    return text


def parse_given(text: str) -> str:
    """Return *text* if it has the format ``column=value``."""
    column, _, value = text.partition("=")
    if not (column.strip() and value.strip()):
        msg = "give a column and its value, such as task_tag=crm-orders"
        raise ValueError(msg)
    return text


def parse_condition(text: str) -> str:
    """Return *text* if it has the format ``heading=value``."""
    heading, equals, _ = text.partition("=")
    if not (heading.strip() and equals):
        msg = "give a heading and a value, such as Wave=2"
        raise ValueError(msg)
    return text


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port is not None else "")


def _is_host(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char in "-._:%" for char in text)


def is_loopback(origin: str) -> bool:
    """Return True if the host of *origin* is this machine."""
    return _is_loopback(urlsplit(origin).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
