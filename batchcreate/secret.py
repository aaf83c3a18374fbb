"""A text that stays in its process."""

from typing import NoReturn


class Secret:
    """
    A text that shows itself to nobody who does not ask for it by name.

    Neither ``str`` nor ``repr`` nor formatting reveal it, and it cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        msg = "a secret stays in its process"
        raise TypeError(msg)
