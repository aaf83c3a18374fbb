"""Finds the one way to authenticate that is configured; none or two are an error."""

import configparser
import contextlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.auth.credentials import fits_header
from batchcreate.errors import NoCredentialsError, SettingsError
from batchcreate.secret import Secret
from batchcreate.settings.variables import IAM, KEY, KEY_TOKEN, TOKEN

PROMPT: Final = "the prompt"
"""Stands where a variable's name stands, for a token that was typed."""

PROFILE: Final = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
_PASS_OVER: Final = f"set {PROFILE} to an empty text"
_PROFILE_KEYS: Final = ("ak", "sk", "security_token")
_TOKEN_BYTES_MAX: Final = 64 * 1024
_PROFILE_BYTES_MAX: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """A token, where it was found, and in which file if it was one."""

    token: Secret
    source: str
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUser:
    """An IAM user's name, password and account, and where they were found."""

    name: str
    password: Secret
    domain: str
    source: str
    file: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenKey:
    """An access key, permanent or temporary, where it was found, and in which file if so."""

    ak: Secret
    sk: Secret
    security_token: Secret | None
    source: str
    file: Path | None = None


Given = GivenToken | GivenUser | GivenKey


def find_way(environment: Mapping[str, str], token_file: Path | None) -> Given:
    """
    Return the one way to authenticate that is configured.

    Args:
        environment: the process's.
        token_file: from ``--token-file``.

    Raises:
        SettingsError: there is none, there are several, or one is incomplete or malformed; the
            message names what was found and where.

    """
    found = [
        way
        for way in (
            _from_token(environment, TOKEN),
            _from_token(environment, PROMPT),
            _from_token_file(token_file),
            _from_user(environment),
            _from_key(environment) or _from_profile(environment),
        )
        if way is not None
    ]
    if not found:
        msg = (
            f"no credentials: set {TOKEN} or give --token-file FILE; or set {', '.join(IAM)}; or "
            f"set {' and '.join(KEY)} (or try the tool without an account: --simulate)"
        )
        raise NoCredentialsError(msg)
    if len(found) > 1:
        sources = " and ".join(f"{way.source} (to leave it out: {_remedy(way)})" for way in found)
        msg = f"several credentials: {sources}; keep one of them"
        raise SettingsError(msg)
    return found[0]


def is_readable_by_others(path: Path) -> bool:
    """Tell whether people other than its owner may read *path*."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _remedy(way: Given) -> str:
    """Return how to leave *way* out."""
    match way:
        case GivenUser():
            return f"unset {', '.join(IAM)}"
        case GivenKey(file=None):
            return f"unset {', '.join((*KEY, KEY_TOKEN))}"
        case GivenKey():
            return _PASS_OVER
        case GivenToken(file=None):
            return f"unset {way.source}"
        case GivenToken():  # pragma: no branch # there is no other
            return "give no --token-file"


def _from_token(environment: Mapping[str, str], name: str) -> GivenToken | None:
    text = environment.get(name, "").strip()
    return GivenToken(token=_header_text(text, name), source=name) if text else None


def _from_token_file(path: Path | None) -> GivenToken | None:
    if path is None:
        return None
    text = _read(path, f"--token-file {path}", _TOKEN_BYTES_MAX, "a token").strip()
    if not text:
        msg = f"{path}: is empty; it should hold the token"
        raise SettingsError(msg)
    # Asked here, because a failing decoder's exception would keep the content.
    if not text.isascii():
        msg = f"--token-file {path}: holds no token (a token is plain ASCII text)"
        raise SettingsError(msg)
    token = _header_text(text.decode("ascii"), str(path))
    return GivenToken(token=token, source=f"--token-file {path}", file=path)


def _from_user(environment: Mapping[str, str]) -> GivenUser | None:
    values = [environment.get(name, "") for name in IAM]
    if not any(values):
        return None
    _require_all(IAM, values)
    name, password, domain = values
    return GivenUser(name=name, password=Secret(password), domain=domain, source=IAM[0])


def _from_key(environment: Mapping[str, str]) -> GivenKey | None:
    names = (*KEY, KEY_TOKEN)
    values = [environment.get(name, "").strip() for name in names]
    return _key(names, values, source=KEY[0]) if any(values) else None


def _from_profile(environment: Mapping[str, str]) -> GivenKey | None:
    """Return the key of the vendor's credentials file, section ``[basic]``."""
    path = _profile_path(environment)
    if path is None:
        return None
    if environment.get(PROFILE):
        return _from_profile_at(path, f"{PROFILE} {path}")
    try:
        return _from_profile_at(path)
    except SettingsError as error:
        # Nobody has named the file; perhaps nobody knows of it.
        msg = f"{error} (to leave the file out: {_PASS_OVER})"
        raise SettingsError(msg) from None


def _from_profile_at(path: Path, named: str = "") -> GivenKey | None:
    values = _read_profile(path, named or str(path))
    if any(values):
        names = [f"{name} in {path}" for name in _PROFILE_KEYS]
        return _key(names, values, source=str(path), file=path)
    if named:
        msg = f"{named}: holds no ak and sk in a section [basic]"
        raise SettingsError(msg)
    return None


def _profile_path(environment: Mapping[str, str]) -> Path | None:
    """Return where the vendor's file is: as told, nowhere if told so, or at its usual place."""
    if (named := environment.get(PROFILE)) is not None:
        return Path(named) if named else None
    if not (home := environment.get("HOME", "")):
        return None
    usual = Path(home) / ".huaweicloud" / "credentials"
    return usual if usual.is_file() else None


def _read_profile(path: Path, source: str) -> list[str]:
    content = _read(path, source, _PROFILE_BYTES_MAX, "a credentials file")
    parser = configparser.ConfigParser(interpolation=None)
    with contextlib.suppress(configparser.Error, UnicodeDecodeError):
        parser.read_string(content.decode("utf-8-sig"))
        return [parser.get("basic", name, fallback="").strip() for name in _PROFILE_KEYS]
    # Raised out here, because the parser's exception holds the lines that it stumbled over.
    msg = f"{source}: not a credentials file (INI with a section [basic])"
    raise SettingsError(msg)


def _key(
    names: Sequence[str], values: Sequence[str], *, source: str, file: Path | None = None
) -> GivenKey:
    """Make a key of AK, SK and security token, in this order; the last one may be empty."""
    _require_all(names[:2], values[:2])
    ak, sk, security_token = (
        _header_text(value, name, "a key") for name, value in zip(names, values, strict=True)
    )
    return GivenKey(
        ak=ak,
        sk=sk,
        security_token=security_token if values[2] else None,
        source=source,
        file=file,
    )


def _require_all(names: Sequence[str], values: Sequence[str]) -> None:
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        msg = f"incomplete credentials: {' and '.join(missing)} missing"
        raise SettingsError(msg)


def _read(path: Path, source: str, bytes_max: int, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        msg = f"{source}: cannot be read: {error.strerror}"
        raise SettingsError(msg) from error
    if len(content) > bytes_max:
        msg = f"{source}: holds more than {bytes_max} bytes; {what} is shorter"
        raise SettingsError(msg)
    return content


def _header_text(text: str, source: str, what: str = "a token") -> Secret:
    if not fits_header(text):
        msg = f"{source}: holds a space, a line break or a special character; {what} has none"
        raise SettingsError(msg)
    return Secret(text)
