"""What a client needs of a credential, and the two that never change during a run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from batchcreate.secret import Secret
from batchcreate.signing import AccessKey, sign
from batchcreate.transport import CONTENT_TYPE


class Credential(Protocol):
    """
    Something that authenticates requests.

    Attributes:
        name: tells people which one it is; holds no secret.
        remedy: what to do where it is refused.
        is_of_one_project: it cannot serve a second one.

    """

    name: str
    remedy: str
    is_of_one_project: bool

    @property
    def secrets(self) -> Sequence[Secret]:
        """What no message may show."""
        ...

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return the headers that authenticate one request."""
        ...

    async def ready(self, project_id: str | None = None) -> None:
        """
        Make sure that it will be accepted; called before a request takes its turn.

        Args:
            project_id: what the request is about; ``None`` for all that it served before.

        Raises:
            CredentialError: it cannot be obtained.

        """
        ...

    async def renew(self, project_id: str, used_at: float) -> bool:
        """
        Get a new one after a request that left at *used_at* (loop time) was refused.

        Returns whether there is a new one. One renewal serves all who ask for it.

        Args:
            project_id: what the request was about.
            used_at: when it left.

        Raises:
            CredentialError: it cannot be obtained.

        """
        ...


class Token:
    """A project-scoped IAM token in X-Auth-Token (IAM API, token by password)."""

    remedy = "get a new token of this project: they live for a day at most"
    is_of_one_project = True

    def __init__(self, token: Secret, *, name: str = "the token") -> None:
        self.name = name
        self._token = token

    @property
    def secrets(self) -> Sequence[Secret]:
        """The token."""
        return (self._token,)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token does not depend on the request; a signature does
        """Return the token's header."""
        return {"X-Auth-Token": self._token.reveal()}

    async def ready(self, project_id: str | None = None) -> None:
        """Do nothing: whether it is accepted is for the server to say."""

    async def renew(self, project_id: str, used_at: float) -> bool:  # noqa: ARG002 # nothing to renew
        """Return that there is no other token."""
        return False


class SignedKey:
    """
    An access key that signs every request (API Request Signing Guide).

    Args:
        key: signs.
        name: tells people which one it is.
        now: the wall clock; the server tolerates 15 minutes.

    """

    remedy = (
        "check AK and SK, the security token of a temporary key and this machine's clock; more "
        "than five failures in a row lock a key for 5 minutes"
    )
    is_of_one_project = False

    def __init__(self, key: AccessKey, *, name: str, now: Callable[[], datetime]) -> None:
        self.name = name
        self._key = key
        self._now = now

    @property
    def secrets(self) -> Sequence[Secret]:
        """Both halves of the key, and what a temporary one comes with."""
        parts = (self._key.ak, self._key.sk, self._key.security_token)
        return tuple(part for part in parts if part is not None)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return the signature and all that it covers."""
        signed = {"Content-Type": CONTENT_TYPE}
        if project_id := project_of(url):
            signed["X-Project-Id"] = project_id
        return sign(
            method=method, url=url, headers=signed, body=body, key=self._key, moment=self._now()
        )

    async def ready(self, project_id: str | None = None) -> None:
        """Do nothing: a key has no end that we could know of."""

    async def renew(self, project_id: str, used_at: float) -> bool:  # noqa: ARG002 # nothing to renew
        """Return that there is no other key: a refused one is locked if it is tried again."""
        return False


def fits_header(text: str) -> bool:
    """Tell whether *text* can travel in a header as it is: no space, nothing but ASCII."""
    return text.isascii() and text.isprintable() and " " not in text


def project_of(url: str) -> str:
    """Return the project that the path of an FDI call names: ``/v2/{project_id}/...``."""
    parts = urlsplit(url).path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "v2" else ""  # noqa: PLR2004 # its place in the path
