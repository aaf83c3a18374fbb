"""Values are created one ahead, in a thread."""

import threading
from collections.abc import Iterator

import pytest

from batchcreate.pipeline.prefetch import prefetched


def test_next_value_is_created_while_the_caller_works() -> None:
    """The second value is complete before the caller asks for it."""
    created = threading.Event()

    def values() -> Iterator[str]:
        yield "first"
        created.set()
        yield "second"

    iterator = prefetched(values())

    assert next(iterator) == "first"
    assert created.wait(10)
    assert list(iterator) == ["second"]


def test_errors_follow_the_values_before_them() -> None:
    """An error is raised in place of the value that could not be created."""

    def values() -> Iterator[str]:
        yield "first"
        raise ValueError("second")

    iterator = prefetched(values())

    assert next(iterator) == "first"
    with pytest.raises(ValueError, match="second"):
        next(iterator)


def test_thread_ends_with_the_iterator() -> None:
    """A caller that stops early leaves no thread."""
    before = threading.active_count()
    iterator = prefetched(iter([1, 2, 3]))
    next(iterator)

    del iterator

    assert threading.active_count() == before
