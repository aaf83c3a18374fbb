"""How fast a count grows, over its last seconds; pure."""

from collections import deque


class Pace:
    """
    Measures how fast a count grows.

    Args:
        window_s: what happened earlier than that does not count.

    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at: float, count: int) -> None:
        """Note that the count is *count* at the moment *at*, in seconds."""
        self._seen.append((at, count))
        while len(self._seen) > 2 and self._seen[1][0] <= at - self._window_s:  # noqa: PLR2004 # a rate needs two
            self._seen.popleft()

    @property
    def per_s(self) -> float:
        """How much the count grows in a second; 0 before it was noted twice."""
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0
