"""The interface of a credential, and the two that do not change during a run: token and key."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from batchcreate.auth.signing import AccessKey, sign
from batchcreate.secret import Secret
from batchcreate.transport import CONTENT_TYPE


class Credential(Protocol):
    """
    Authenticates requests.

    Attributes:
        name: description for messages, without secrets.
        remedy: what to do if the credential is refused.
        is_of_one_project: True if it is valid for a single project only.

    """

    name: str
    remedy: str
    is_of_one_project: bool

    @property
    def secrets(self) -> Sequence[Secret]:
        """Texts that messages must not contain."""
        ...

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return the headers that authenticate one request."""
        ...

    async def ready(self, project_id: str | None = None) -> None:
        """
        Obtain or renew the credential if necessary; called before a request is admitted.

        Args:
            project_id: project of the request; None for all projects used so far.

        Raises:
            CredentialError: the credential cannot be obtained.

        """
        ...

    async def renew(self, project_id: str, used_at: float) -> bool:
        """
        Renew the credential after a request was refused; return True if there is a new one.

        Concurrent callers share one renewal.

        Args:
            project_id: project of the refused request.
            used_at: loop time at which the refused request was sent.

        Raises:
            CredentialError: the credential cannot be obtained.

        """
        ...


class Token:
    """
    A project-scoped IAM token, sent in X-Auth-Token (IAM API, token by password).

    Args:
        token: the token.
        name: description for messages, without secrets.

    """

    remedy = "get a new token for this project; tokens are valid for at most 24 hours"
    is_of_one_project = True

    def __init__(self, token: Secret, *, name: str = "the token") -> None:
        self.name = name
        self._token = token

    @property
    def secrets(self) -> Sequence[Secret]:
        """The token."""
        return (self._token,)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a signature depends on the request, a token does not
        """Return the header with the token."""
        return {"X-Auth-Token": self._token.reveal()}

    async def ready(self, project_id: str | None = None) -> None:
        """Do nothing: only the server can check the token."""

    async def renew(self, project_id: str, used_at: float) -> bool:  # noqa: ARG002 # a token cannot be renewed
        """Return False: there is no other token."""
        return False


class SignedKey:
    """
    An access key, with which every request is signed (API Request Signing Guide).

    Args:
        key: the access key.
        name: description for messages, without secrets.
        now: wall clock; the server tolerates a difference of 15 minutes.

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
        """Id and secret of the key, and the security token of a temporary key."""
        parts = (self._key.ak, self._key.sk, self._key.security_token)
        return tuple(part for part in parts if part is not None)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return the signature and the signed headers."""
        signed = {"Content-Type": CONTENT_TYPE}
        if project_id := project_of(url):
            signed["X-Project-Id"] = project_id
        return sign(
            method=method, url=url, headers=signed, body=body, key=self._key, moment=self._now()
        )

    async def ready(self, project_id: str | None = None) -> None:
        """Do nothing: the expiry of a key is not known."""

    async def renew(self, project_id: str, used_at: float) -> bool:  # noqa: ARG002 # a key cannot be renewed
        """Return False: repeated use of a refused key locks it."""
        return False


def fits_header(text: str) -> bool:
    """Return True if *text* is a valid header value: printable ASCII without spaces."""
    return text.isascii() and text.isprintable() and " " not in text


def project_of(url: str) -> str:
    """Return the project id in the path of an FDI call (``/v2/{project_id}/...``), or ""."""
    parts = urlsplit(url).path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "v2" else ""  # noqa: PLR2004 # its position in the path
