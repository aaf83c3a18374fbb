"""Finds the one way to authenticate that is configured; none or two are an error."""

import configparser
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from batchcreate.errors import SettingsError
from batchcreate.secret import Secret

TOKEN: Final = "BATCHCREATE_TOKEN"  # noqa: S105 # the name of a variable, no secret
IAM: Final = ("BATCHCREATE_IAM_USER", "BATCHCREATE_IAM_PASSWORD", "BATCHCREATE_IAM_DOMAIN")
KEY: Final = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")
KEY_TOKEN: Final = "HUAWEICLOUD_SDK_SECURITY_TOKEN"  # noqa: S105 # likewise
PROFILE: Final = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
_TOKEN_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """A token, and where it was found."""

    token: Secret
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUser:
    """An IAM user's name, password and account, and where they were found."""

    name: str
    password: Secret
    domain: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenKey:
    """An access key, permanent or temporary, and where it was found."""

    ak: Secret
    sk: Secret
    security_token: Secret | None
    source: str


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
            _from_token(environment),
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
        raise SettingsError(msg)
    if len(found) > 1:
        sources = " and ".join(way.source for way in found)
        msg = f"several credentials: {sources}; keep one of them"
        raise SettingsError(msg)
    return found[0]


def is_readable_by_others(path: Path) -> bool:
    """Tell whether people other than its owner may read *path*."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _from_token(environment: Mapping[str, str]) -> GivenToken | None:
    text = environment.get(TOKEN, "").strip()
    return GivenToken(token=_header_text(text, TOKEN), source=TOKEN) if text else None


def _from_token_file(path: Path | None) -> GivenToken | None:
    if path is None:
        return None
    token = _header_text(_read_token(path), str(path))
    return GivenToken(token=token, source=f"--token-file {path}")


def _from_user(environment: Mapping[str, str]) -> GivenUser | None:
    values = [environment.get(name, "") for name in IAM]
    if not any(values):
        return None
    _require_all(IAM, values)
    name, password, domain = values
    return GivenUser(name=name, password=Secret(password), domain=domain, source=IAM[0])


def _from_key(environment: Mapping[str, str]) -> GivenKey | None:
    values = [environment.get(name, "").strip() for name in KEY]
    if not any(values):
        return None
    _require_all(KEY, values)
    ak, sk = values
    return _key(ak, sk, environment.get(KEY_TOKEN, "").strip(), KEY[0])


def _from_profile(environment: Mapping[str, str]) -> GivenKey | None:
    """Return the key of the vendor's credentials file, section ``[basic]``."""
    named = environment.get(PROFILE, "")
    home = environment.get("HOME", "")
    if not named and not home:
        return None
    path = Path(named) if named else Path(home) / ".huaweicloud" / "credentials"
    if not path.is_file():
        return None
    parser = configparser.ConfigParser(interpolation=None)
    is_sound = True
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        is_sound = False
    # Raised out here, so that the parser's exception, which holds a line, is not kept as context.
    if not is_sound:
        msg = f"{path}: not a credentials file (INI with a section [basic])"
        raise SettingsError(msg)
    if not parser.has_section("basic"):
        return None
    section = parser["basic"]
    values = [section.get(name, "").strip() for name in ("ak", "sk")]
    if not any(values):
        return None
    _require_all((f"ak in {path}", f"sk in {path}"), values)
    ak, sk = values
    return _key(ak, sk, section.get("security_token", "").strip(), str(path))


def _key(ak: str, sk: str, security_token: str, source: str) -> GivenKey:
    return GivenKey(
        ak=_header_text(ak, source),
        sk=Secret(sk),
        security_token=_header_text(security_token, source) if security_token else None,
        source=source,
    )


def _require_all(names: tuple[str, ...], values: list[str]) -> None:
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        msg = f"incomplete credentials: {' and '.join(missing)} missing"
        raise SettingsError(msg)


def _read_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_TOKEN_BYTES_MAX + 1)
    except OSError as error:
        msg = f"--token-file {path}: cannot be read: {error.strerror}"
        raise SettingsError(msg) from error
    if len(content) > _TOKEN_BYTES_MAX:
        msg = f"--token-file {path}: holds more than {_TOKEN_BYTES_MAX} bytes; a token is shorter"
        raise SettingsError(msg)
    # Asked first, because a failing decoder's exception would keep the content.
    if not content.isascii():
        msg = f"--token-file {path}: holds no token (a token is plain ASCII text)"
        raise SettingsError(msg)
    return content.decode("ascii").strip()


def _header_text(text: str, source: str) -> Secret:
    if not text:
        msg = f"{source}: is empty; it should hold the token"
        raise SettingsError(msg)
    if not (text.isascii() and text.isprintable()) or " " in text:
        msg = f"{source}: holds a space, a line break or a special character; a token has none"
        raise SettingsError(msg)
    return Secret(text)
