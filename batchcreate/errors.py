"""
Errors that end a command; the result of a single row is an outcome, not an error.

    BatchCreateError
        SettingsError        the settings are invalid or incomplete
            NoCredentialsError   no credential is configured
            UntrustedConfigError the configuration file decides where credentials are sent
        DeclinedError        the user answered no
        CredentialError      the credential is refused or cannot be obtained
        LoadError            the input cannot be read as a table
        JournalError         the journal cannot be opened, trusted or written
            JournalLockedError   another run is using it
        ReportError          a report file cannot be written
        PlanError            the batch does not fit the existing tasks; nothing was sent
        StoppedError         the run ended early; the message gives the stop reason
        InternalError        a defect of this program; the message names the place
        TransportError       an attempt ended without a usable response
            NotSentError         the request was definitely not received
            MaybeSentError       the server may have acted on the request
"""

from collections.abc import Sequence
from enum import StrEnum
from traceback import walk_tb
from typing import Final


class BatchCreateError(Exception):
    """
    Base class of all errors that this package raises deliberately.

    The text is a message for the user: place, problem and remedy.
    """


class SettingsError(BatchCreateError):
    """The options, environment and configuration file are invalid or incomplete."""


class NoCredentialsError(SettingsError):
    """No credential is configured."""


class UntrustedConfigError(SettingsError):
    """
    The configuration file decides where credentials are sent, and this is not confirmed.

    Attributes:
        settings: these settings of the file, one line each.

    """

    def __init__(self, message: str, *, settings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.settings = settings


class DeclinedError(BatchCreateError):
    """The user answered no, before anything was sent."""


class CredentialError(BatchCreateError):
    """The credential is refused or cannot be obtained."""


class LoadError(BatchCreateError):
    """An input file cannot be read as a table of task definitions."""


class JournalError(BatchCreateError):
    """The journal cannot be opened, trusted or written."""


class JournalLockedError(JournalError):
    """Another run is using the journal."""


class ReportError(BatchCreateError):
    """A report file cannot be written; the journal is intact."""


class PlanError(BatchCreateError):
    """The batch does not fit the existing tasks and the quota of the server."""


class StoppedError(BatchCreateError):
    """The run ended before all rows were processed; the journal contains the outcomes so far."""


class InternalError(BatchCreateError):
    """A defect of this program: an exception that it does not raise deliberately."""


def internal_error(cause: BaseException) -> InternalError:
    """Return the error for *cause*, with its place; its text is omitted, it may contain secrets."""
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, InternalError):
        return cause
    folder = __file__.removesuffix("errors.py")
    place = ""
    for frame, line in walk_tb(cause.__traceback__):
        path = frame.f_code.co_filename
        if path.startswith(folder):
            place = f" in {path.removeprefix(folder)}, line {line}"
    return InternalError(
        f"internal error ({type(cause).__name__}{place}). Nothing is lost: run the same command "
        "again to continue. If it happens again, report this line"
    )


class TransportError(BatchCreateError):
    """
    An attempt ended without a usable response.

    Contains a cleaned message only: exceptions of aiohttp hold the request headers, which
    include the token, and are never kept as the cause.
    """


class NotSentReason(StrEnum):
    """Why a request was not sent; the journal stores it with the outcome."""

    CERTIFICATE = "certificate"
    """The certificate of the server could not be verified."""

    PROXY = "proxy"
    """The proxy refused the connection."""

    NAME = "name"
    """The host name could not be resolved."""

    TIMEOUT = "timeout"
    """The connection timed out."""

    REFUSED = "refused"
    """The host, the network or a firewall refused the connection."""

    URL = "url"
    """The URL is invalid."""

    OTHER = "other"
    """The connection failed in another way."""


_PERMANENT: Final = frozenset({NotSentReason.CERTIFICATE, NotSentReason.URL})


class NotSentError(TransportError):
    """
    The request was definitely not received: no byte of it was written to a connection.

    Attributes:
        reason: why it was not sent.

    """

    def __init__(self, message: str, *, reason: NotSentReason = NotSentReason.OTHER) -> None:
        super().__init__(message)
        self.reason = reason

    @property
    def is_permanent(self) -> bool:
        """True if the next attempt will fail for the same reason."""
        return self.reason in _PERMANENT


class MaybeSentError(TransportError):
    """The server may have acted on the request."""
