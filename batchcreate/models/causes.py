"""Why rows are not created, many rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchcreate.models.results import Status
from batchcreate.models.rows import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """
    One row of a group.

    Attributes:
        place: the row.
        cell: the address of the bad cell such as ``C7``, empty where no single one is to blame.
        value: that cell's text as typed.
        suggestion: a value to type instead, empty where none is plain.

    """

    place: Place
    cell: str = ""
    value: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """
    Rows that are not created for the same reason.

    A rejected row with two issues counts in the groups of both, so that the groups may hold
    more rows than there are. What is beyond the most frequent causes is one group for each
    status, with *causes* above 1 and neither message nor spots.

    Attributes:
        status: rejected, not attempted, failed or unknown.
        http_status: of the last answer, ``None`` where there was none.
        error_code: the server's code as it came, ``INVALID_ROW``, ``CONNECT``, or empty.
        rule: the broken rule of rejected rows, else empty.
        column: the heading of the bad cells of rejected rows, else empty.
        rows: how many there are.
        message: that of the first row.
        spots: the first rows, in input order.
        causes: how many causes the group stands for.

    """

    status: Status
    http_status: int | None = None
    error_code: str = ""
    rule: str = ""
    column: str = ""
    rows: int
    message: str = ""
    spots: Sequence[Spot] = ()
    causes: int = 1

    @property
    def codes(self) -> Sequence[str]:
        """The error code and the HTTP status, each if it was there and says more than the other."""
        http = f"HTTP {self.http_status}" if self.http_status is not None else ""
        code = "" if self.error_code == http.replace(" ", "_") else self.error_code
        return [word for word in (code, http) if word]

    @property
    def words(self) -> str:
        """The message, without the HTTP status that it may begin with."""
        http = f"HTTP {self.http_status}"
        return self.message.removeprefix(http).removeprefix(": ").strip()
