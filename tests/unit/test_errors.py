"""The errors form the tree in the docstring of their module."""

from collections.abc import Iterator
from typing import Any, Final

from batchcreate import errors
from batchcreate.errors import BatchCreateError, NotSentError, NotSentReason

BASES: Final = len(BatchCreateError.__mro__) - 1


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield *kind* and all its subclasses in this module, depth first."""
    if kind.__module__ == errors.__name__:
        yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def test_docstring_shows_every_error() -> None:
    """Name and indentation agree with the class hierarchy."""
    documented = [
        (line.split()[0], (len(line) - len(line.lstrip())) // 4)
        for line in (errors.__doc__ or "").splitlines()
        if line.startswith("    ")
    ]

    assert documented == [
        (kind.__name__, len(kind.__mro__) - BASES) for kind in subclasses(BatchCreateError)
    ]


def test_text_of_an_error_is_its_message() -> None:
    """No class adds anything to the message."""
    message = "tasks.csv: cannot be read"

    assert {str(kind(message)) for kind in subclasses(BatchCreateError)} == {message}


def test_invalid_certificates_and_urls_are_permanent() -> None:
    """All other reasons for not sending a request can pass."""
    permanent = {each for each in NotSentReason if NotSentError("m", reason=each).is_permanent}

    assert permanent == {NotSentReason.CERTIFICATE, NotSentReason.URL}


def test_reason_of_a_request_that_was_not_sent_is_other_by_default() -> None:
    """An error without a reason is not permanent."""
    assert NotSentError("m").reason is NotSentReason.OTHER
