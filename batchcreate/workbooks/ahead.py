"""Work that goes on while something else is done."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Ahead(Generic[Result]):
    """Calls a function on a thread of its own; for functions that let others run meanwhile."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Come back when the function has."""
        self._thread.join()

    def result(self) -> Result:
        """Return what the function returned, or raise what it raised."""
        self.wait()
        for error in self._errors:
            raise error
        return self._results.pop()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 # calamine panics with what is no Exception
            self._errors.append(error)
