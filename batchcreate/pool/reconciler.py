"""Reconcile unknown rows against the task list, without occupying workers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from batchcreate.journal import AttemptOutcome, Pending, UnknownTask, Writer
from batchcreate.listing import Incomplete, Inventory
from batchcreate.models import Created, Failed, Target, Unknown
from batchcreate.outcome import describe
from batchcreate.pool.feed import Feed
from batchcreate.pool.stop import RunCounters, StopCause, StopReason, StopSwitch, halt_at_once
from batchcreate.reconcile import LOOKS, RESENDS_MAX, Question, Resend, Wait, decide

ListTasks = Callable[[Target], Awaitable[Inventory | Incomplete]]
"""Lists the whole inventory of an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnresolvedTask:
    """
    A row that waits to be settled.

    Attributes:
        pending: its task.
        intent: number of its last attempt.
        ended_at: loop time at which that attempt ended; may lie before this run.
        last: how that attempt was read.
        may_resend: it may be sent again once proven absent.
        looks: how many of the planned looks it has had.

    """

    pending: Pending
    intent: int
    ended_at: float
    last: Unknown
    may_resend: bool = True
    looks: int = 0


class Reconciler:
    """
    The rows of a run that are not settled, of earlier runs too.

    One look at an instance's list serves all of its waiting rows. While too many wait, the
    workers take no new rows, so that an ailing server is not asked for more. A list of several
    pages that this very run keeps changing is read once more while nothing is sent.

    Args:
        look: lists an instance.
        feed: takes rows back that are proven absent.
        writer: journals what the list told.
        stop: is pulled when too many rows cannot be settled, or the list must not be asked for.
        tally: counts, for progress displays.
        window_s: how long an attempt may take to show in the list.
        waiting_max: the most rows that may wait while new ones are sent.

    """

    def __init__(  # noqa: PLR0913 # the one place where these collaborators meet
        self,
        *,
        look: ListTasks,
        feed: Feed,
        writer: Writer,
        stop: StopSwitch,
        tally: RunCounters,
        window_s: float,
        waiting_max: int,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._look = look
        self._feed = feed
        self._writer = writer
        self._stop = stop
        self._tally = tally
        self._window_s = window_s
        self._waiting_max = waiting_max
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Target, list[UnresolvedTask]] = defaultdict(list)
        self._looked_at: dict[Target, float] = {}
        self._resends = Counter[int]()
        self._given_up = 0
        self._changed = asyncio.Event()

    def add(self, aside: UnresolvedTask) -> None:
        """Let *aside* wait for the list."""
        self._waiting[aside.pending.key.target].append(aside)
        self._feed.expect_back()
        self._hold_or_release()
        self._changed.set()

    def resume(self, row: UnknownTask, *, now_ms: int) -> None:
        """
        Let a row that an earlier run left unsettled wait for the rest of its window.

        The window begins when the attempt's end was recorded. Where none was, the run was
        killed, nobody knows when: the request may have left long after its intent was
        committed, and the server may have taken its time. Then the window begins now.

        Args:
            row: as the journal has it.
            now_ms: the wall clock, in milliseconds since 1970.

        """
        age_s = max(0.0, (now_ms - row.last_ms) / 1000) if row.reason else 0.0
        self.add(
            UnresolvedTask(
                pending=row.pending,
                intent=row.intent,
                ended_at=self._loop.time() - age_s,
                last=Unknown(
                    reason=row.reason or "sent, but no answer was recorded",
                    http_status=row.http_status,
                    error_code=row.error_code,
                ),
                may_resend=row.may_resend,
            )
        )

    async def run(self) -> None:
        """Look whenever a row is due; ends by being cancelled."""
        while True:
            self._changed.clear()
            due = min(
                ((self._due_at(target, rows), index, target)
                 for index, (target, rows) in enumerate(self._waiting.items()) if rows),
                default=None,
            )  # fmt: skip
            wait_s = None if due is None else max(0.0, due[0] - self._loop.time())
            if due is None or wait_s:
                await _wait(self._changed, wait_s)
                continue
            await self._settle(due[2])

    async def _settle(self, target: Target) -> None:
        began_at = self._loop.time()
        self._looked_at[target] = began_at
        listing = await self._look(target)
        if isinstance(listing, Incomplete) and listing.is_moving:
            async with self._feed.at_rest():
                began_at = self._loop.time()
                listing = await self._look(target)
        # A key that is refused again and again is locked, so one such look is enough.
        if isinstance(listing, Incomplete):
            halt = halt_at_once(listing.signal, listing.reason)
            if halt is not None:
                self._stop.pull(halt)
        rows = self._waiting[target]
        self._waiting[target] = []
        for row in rows:
            self._judge(row, listing, began_at)
        self._hold_or_release()

    def _judge(
        self, row: UnresolvedTask, listing: Inventory | Incomplete, began_at: float
    ) -> None:
        task = row.pending.task
        if row.ended_at > began_at:
            self._waiting[row.pending.key.target].append(row)
            return
        question = Question(
            task_name=row.pending.key.task_name,
            last=row.last,
            is_window_over=began_at >= row.ended_at + self._window_s,
            may_resend=row.may_resend and self._resends[task] < RESENDS_MAX,
        )
        match decide(question, listing):
            case Wait():
                looks = sum(began_at >= row.ended_at + share * self._window_s for share in LOOKS)
                self._waiting[row.pending.key.target].append(replace(row, looks=looks))
            case Resend():
                self._resends[task] += 1
                self._feed.put_back(replace(row.pending, was_unsettled=True))
            case (
                Created() | Failed() | Unknown() as outcome
            ):  # pragma: no branch # there is no other
                self._conclude(row, outcome)

    def _conclude(self, row: UnresolvedTask, outcome: Created | Failed | Unknown) -> None:
        self._writer.settle(AttemptOutcome(intent=row.intent, outcome=outcome, duration_ms=0))
        self._tally.count(outcome)
        self._feed.forget()
        self._log.info(
            "task.reconciled",
            file=row.pending.place.file,
            sheet=row.pending.place.sheet,
            row=row.pending.place.number,
            task_name=row.pending.key.task_name,
            outcome=describe(outcome),
        )
        if isinstance(outcome, Unknown):
            self._given_up += 1
            if self._given_up > self._waiting_max:
                message = (
                    f"{self._given_up} rows cannot be settled ({outcome.reason}); run the same "
                    "command again when the server's list can be read"
                )
                self._stop.pull(StopReason(cause=StopCause.OUTAGE, message=message))

    def _hold_or_release(self) -> None:
        waiting = self._tally.unsettled = sum(map(len, self._waiting.values()))
        self._feed.hold(is_held=waiting > self._waiting_max)

    def _due_at(self, target: Target, rows: list[UnresolvedTask]) -> float:
        """Return when to look next: when a row is due, or at once when too many wait."""
        due_at = min(row.ended_at + LOOKS[min(row.looks, 3)] * self._window_s for row in rows)
        if len(rows) > self._waiting_max:
            due_at = min(due_at, rows[-1].ended_at)
        spacing_s = self._window_s * LOOKS[0] / 4
        return max(due_at, self._looked_at.get(target, -spacing_s) + spacing_s)


async def _wait(event: asyncio.Event, timeout_s: float | None) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass
