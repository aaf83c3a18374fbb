"""
Errors that end a command; what happens to one row is an outcome, never an error.

    BatchCreateError
        SettingsError        the options do not make a run
            NoCredentialsError   no way to authenticate is configured
        CredentialError      the credentials are refused, or cannot be obtained
        LoadError            the input cannot be read as a table
        JournalError         the journal cannot be trusted, opened or written
            JournalLockedError   another run holds it
        ReportError          a report file cannot be written
        PlanError            the batch does not fit what the server has; nothing was sent
        StoppedError         the run ended early; the message says why
        TransportError       one attempt ended without a usable reply
            NotSentError         the request certainly did not arrive
            MaybeSentError       the server may have acted on it
"""


class BatchCreateError(Exception):
    """
    Base of every error that this package raises on purpose.

    The text is one message for the person at the keyboard: what was found, where, and
    what to do next.
    """


class SettingsError(BatchCreateError):
    """The options, environment and configuration file do not make a run."""


class NoCredentialsError(SettingsError):
    """No way to authenticate is configured."""


class CredentialError(BatchCreateError):
    """The credentials are refused, or cannot be obtained."""


class LoadError(BatchCreateError):
    """An input file cannot be read as a table of task definitions."""


class JournalError(BatchCreateError):
    """The journal cannot be opened, trusted or written."""


class JournalLockedError(JournalError):
    """Another run holds the journal."""


class ReportError(BatchCreateError):
    """A report file cannot be written; the journal is intact."""


class PlanError(BatchCreateError):
    """What the server has already and what is to be sent do not go together."""


class StoppedError(BatchCreateError):
    """The run ended before its rows did; what was settled is in the journal."""


class TransportError(BatchCreateError):
    """
    One attempt ended without a usable reply.

    Carries a cleaned message only: aiohttp's own exceptions hold the request headers,
    the token among them, and are never kept as the cause.
    """


class NotSentError(TransportError):
    """
    The request certainly did not arrive: no byte of it was handed to a connection.

    Attributes:
        is_permanent: the same attempt must fail again (a certificate that does not verify).

    """

    def __init__(self, message: str, *, is_permanent: bool = False) -> None:
        super().__init__(message)
        self.is_permanent = is_permanent


class MaybeSentError(TransportError):
    """The server may have acted on the request."""
