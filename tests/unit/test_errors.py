"""The errors form the tree in the docstring of their module."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest

from batchcreate import errors
from batchcreate.errors import BatchCreateError, NotSentError, NotSentReason, internal_error
from batchcreate.secret import Secret, mask

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


def test_internal_error_names_class_and_place_only() -> None:
    """The text of an unexpected exception can contain secrets; the first of a group counts."""
    with pytest.raises(AttributeError) as caught:
        mask(b"canary", cast("list[Secret]", [None]))

    message = str(internal_error(ExceptionGroup("several", [caught.value, ValueError("canary")])))
    elsewhere = str(internal_error(ValueError("canary")))

    assert re.match(r"internal error \(\w+ in secret\.py, line \d+\)\. Nothing", message)
    assert elsewhere.startswith("internal error (ValueError). Nothing is lost: run the same")
    assert "canary" not in message + elsewhere


def test_internal_error_is_not_wrapped_again() -> None:
    """The first place is that of the defect."""
    error = internal_error(ValueError())

    assert internal_error(ExceptionGroup("", [error])) is error
