"""Running counts of a run, for whoever wants to show them; the journal keeps the truth."""

from dataclasses import dataclass

from batchcreate.models import Created, Failed, Outcome, Unknown


@dataclass(slots=True, kw_only=True)
class Tally:
    """
    What happened so far in this run.

    Attributes:
        planned: tasks that this run means to send.
        existing: tasks that were there before, and are not sent.
        created: confirmed by the server.
        failed: refused for good, in this run.
        unknown: sent, outcome not known for good.
        unsettled: waiting to be looked up in the server's list.
        in_flight: sent, no answer yet.
        attempts: requests that left, repeated ones included.
        throttled: answers with 429.

    """

    planned: int = 0
    existing: int = 0
    created: int = 0
    failed: int = 0
    unknown: int = 0
    unsettled: int = 0
    in_flight: int = 0
    attempts: int = 0
    throttled: int = 0

    @property
    def settled(self) -> int:
        """How many tasks this run is through with."""
        return self.created + self.failed + self.unknown

    def count(self, outcome: Outcome) -> None:
        """Count a task that this run is through with."""
        match outcome:
            case Created():
                self.created += 1
            case Failed():
                self.failed += 1
            case Unknown():  # pragma: no branch # there is no other
                self.unknown += 1
