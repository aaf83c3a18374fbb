"""Discovery of the configured credential; exactly one must be configured."""

import configparser
import contextlib
import os
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.auth.credentials import fits_header
from batchcreate.errors import NoCredentialsError, SettingsError
from batchcreate.secret import Secret
from batchcreate.settings.settings import (
    KEY_VARIABLES,
    SECURITY_TOKEN_VARIABLE,
    TOKEN_VARIABLE,
    USER_VARIABLES,
)

PROMPT: Final = "the prompt"
"""Source of a token that was entered interactively, in place of the name of a variable."""

CREDENTIALS_FILE: Final = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
"""Name of the variable with the path of the vendor's credentials file."""

_IGNORE_FILE: Final = f"set {CREDENTIALS_FILE} to an empty text"
_FILE_KEYS: Final = ("ak", "sk", "security_token")
_TOKEN_BYTES_MAX: Final = 64 * 1024
_FILE_BYTES_MAX: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredToken:
    """A token, its source, and the file that contains it, if any."""

    token: Secret
    source: str
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredUser:
    """Name, password and account of an IAM user, and their source."""

    name: str
    password: Secret
    domain: str
    source: str
    file: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredKey:
    """A permanent or temporary access key, its source, and the file that contains it, if any."""

    ak: Secret
    sk: Secret
    security_token: Secret | None
    source: str
    file: Path | None = None


ConfiguredCredential = ConfiguredToken | ConfiguredUser | ConfiguredKey


def find_credential(
    environment: Mapping[str, str], token_file: Path | None
) -> ConfiguredCredential:
    """
    Return the configured credential.

    Args:
        environment: environment variables of the process.
        token_file: path given with ``--token-file``, if any.

    Raises:
        NoCredentialsError: none is configured.
        SettingsError: several are configured, or one is incomplete or malformed; the message
            contains the source.

    """
    found = [
        credential
        for credential in (
            _from_token(environment, TOKEN_VARIABLE),
            _from_token(environment, PROMPT),
            _from_token_file(token_file),
            _from_user(environment),
            _from_key(environment) or _from_credentials_file(environment),
        )
        if credential is not None
    ]
    if not found:
        msg = (
            f"no credentials: set {TOKEN_VARIABLE} or give --token-file FILE; or set "
            f"{', '.join(USER_VARIABLES)}; or set {' and '.join(KEY_VARIABLES)} (or try the tool without an account: --simulate)"
        )
        raise NoCredentialsError(msg)
    if len(found) > 1:
        sources = " and ".join(f"{each.source} (to remove it: {_removal(each)})" for each in found)
        msg = f"more than one credential is configured: {sources}; keep one"
        raise SettingsError(msg)
    return found[0]


def permission_warning(path: Path | None, label: str = "") -> str:
    """
    Return a warning if users other than the owner have access to a file with a secret, or "".

    Args:
        path: the file; None for a secret that is not in a file.
        label: description of the file in the warning; its path by default.

    """
    if path is None or os.name != "posix":
        return ""
    if not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ""
    return f"{label or path} is readable by other users; run chmod 600 {shlex.quote(str(path))}"


def _removal(credential: ConfiguredCredential) -> str:
    """Return how to remove *credential* from the configuration."""
    match credential:
        case ConfiguredUser():
            return f"unset {', '.join(USER_VARIABLES)}"
        case ConfiguredKey(file=None):
            return f"unset {', '.join((*KEY_VARIABLES, SECURITY_TOKEN_VARIABLE))}"
        case ConfiguredKey():
            return _IGNORE_FILE
        case ConfiguredToken(file=None):
            return f"unset {credential.source}"
        case ConfiguredToken():  # pragma: no branch # the last case
            return "omit --token-file"


def _from_token(environment: Mapping[str, str], name: str) -> ConfiguredToken | None:
    text = environment.get(name, "").strip()
    return ConfiguredToken(token=_header_text(text, name), source=name) if text else None


def _from_token_file(path: Path | None) -> ConfiguredToken | None:
    if path is None:
        return None
    text = _read(path, f"--token-file {path}", _TOKEN_BYTES_MAX, "a token").strip()
    if not text:
        msg = f"{path}: the file is empty; it must contain the token"
        raise SettingsError(msg)
    # Checked before decoding, because the exception of a decoder contains the content.
    if not text.isascii():
        msg = f"--token-file {path}: not a token (expected ASCII text)"
        raise SettingsError(msg)
    token = _header_text(text.decode("ascii"), str(path))
    return ConfiguredToken(token=token, source=f"--token-file {path}", file=path)


def _from_user(environment: Mapping[str, str]) -> ConfiguredUser | None:
    values = [environment.get(name, "") for name in USER_VARIABLES]
    if not any(values):
        return None
    _require_all(USER_VARIABLES, values)
    name, password, domain = values
    return ConfiguredUser(
        name=name, password=Secret(password), domain=domain, source=USER_VARIABLES[0]
    )


def _from_key(environment: Mapping[str, str]) -> ConfiguredKey | None:
    names = (*KEY_VARIABLES, SECURITY_TOKEN_VARIABLE)
    values = [environment.get(name, "").strip() for name in names]
    return _to_key(names, values, source=KEY_VARIABLES[0]) if any(values) else None


def _from_credentials_file(environment: Mapping[str, str]) -> ConfiguredKey | None:
    """Return the key in section ``[basic]`` of the vendor's credentials file."""
    path = _credentials_file(environment)
    if path is None:
        return None
    if environment.get(CREDENTIALS_FILE):
        return _read_key(path, f"{CREDENTIALS_FILE} {path}")
    try:
        return _read_key(path)
    except SettingsError as error:
        # The default file: the user may not be aware that it exists.
        msg = f"{error} (to ignore the file: {_IGNORE_FILE})"
        raise SettingsError(msg) from None


def _read_key(path: Path, label: str = "") -> ConfiguredKey | None:
    values = _read_values(path, label or str(path))
    if any(values):
        names = [f"{name} in {path}" for name in _FILE_KEYS]
        return _to_key(names, values, source=str(path), file=path)
    if label:
        msg = f"{label}: no ak and sk in section [basic]"
        raise SettingsError(msg)
    return None


def _credentials_file(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the vendor's file: the configured one, none if empty, or the default."""
    if (configured := environment.get(CREDENTIALS_FILE)) is not None:
        return Path(configured) if configured else None
    if not (home := environment.get("HOME", "")):
        return None
    default = Path(home) / ".huaweicloud" / "credentials"
    return default if default.is_file() else None


def _read_values(path: Path, source: str) -> list[str]:
    content = _read(path, source, _FILE_BYTES_MAX, "a credentials file")
    parser = configparser.ConfigParser(interpolation=None)
    with contextlib.suppress(configparser.Error, UnicodeDecodeError):
        parser.read_string(content.decode("utf-8-sig"))
        return [parser.get("basic", name, fallback="").strip() for name in _FILE_KEYS]
    # Raised outside the block, because the exception of the parser contains lines of the file.
    msg = f"{source}: not a credentials file (INI with a section [basic])"
    raise SettingsError(msg)


def _to_key(
    names: Sequence[str], values: Sequence[str], *, source: str, file: Path | None = None
) -> ConfiguredKey:
    """Return the key of AK, SK and security token, in this order; the last can be empty."""
    _require_all(names[:2], values[:2])
    ak, sk, security_token = (
        _header_text(value, name, "a key") for name, value in zip(names, values, strict=True)
    )
    return ConfiguredKey(
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
        msg = f"{source}: larger than {bytes_max} bytes, so it is not {what}"
        raise SettingsError(msg)
    return content


def _header_text(text: str, source: str, what: str = "a token") -> Secret:
    if not fits_header(text):
        msg = f"{source}: contains a space, a line break or a special character; {what} has none"
        raise SettingsError(msg)
    return Secret(text)
