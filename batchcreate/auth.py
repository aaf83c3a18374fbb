"""Credentials: where they come from and which headers they put on a request."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from batchcreate.errors import SettingsError
from batchcreate.secret import Secret

TOKEN_VARIABLE: Final = "BATCHCREATE_TOKEN"  # noqa: S105 # the name of a variable, no secret
_TOKEN_BYTES_MAX: Final = 64 * 1024


class Credential(Protocol):
    """Something that authenticates requests."""

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return the headers that authenticate one request."""
        ...


class Token:
    """A project-scoped IAM token in X-Auth-Token (IAM API, token by password)."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token does not depend on the request; a signature does
        """Return the token's header."""
        return {"X-Auth-Token": self._token.reveal()}


def find_token(environment: Mapping[str, str], token_file: Path | None) -> Token:
    """
    Return the token that the environment or *token_file* holds.

    Raises:
        SettingsError: there is none, there are two, or it cannot be a header.

    """
    from_environment = environment.get(TOKEN_VARIABLE, "").strip()
    if token_file is not None and from_environment:
        msg = f"two tokens: {TOKEN_VARIABLE} is set and --token-file is given; keep one of them"
        raise SettingsError(msg)
    if token_file is not None:
        return Token(_checked(_read_token(token_file), str(token_file)))
    if not from_environment:
        msg = (
            f"no credentials: set {TOKEN_VARIABLE} or give --token-file FILE "
            "(or try the tool without an account: --simulate)"
        )
        raise SettingsError(msg)
    return Token(_checked(from_environment, TOKEN_VARIABLE))


def is_readable_by_others(path: Path) -> bool:
    """Tell whether people other than its owner may read *path*."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


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


def _checked(text: str, source: str) -> Secret:
    if not text:
        msg = f"{source}: is empty; it should hold the token"
        raise SettingsError(msg)
    if not (text.isascii() and text.isprintable()) or " " in text:
        msg = f"{source}: holds a space, a line break or a special character; a token has none"
        raise SettingsError(msg)
    return Secret(text)
