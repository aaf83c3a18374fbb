"""Generated batches for reports: deterministic, with all statuses and many kinds of errors."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from batchcreate.clock import stamp_of_ms
from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.journal.database import transaction
from batchcreate.journal.writer import add_intents, add_outcomes, add_rates
from batchcreate.models import (
    Created,
    Failed,
    Outcome,
    RowLocation,
    RunId,
    TaskId,
    Unknown,
)
from tests.chunks import Rejected, make_issue
from tests.journals import ENDPOINT, begin, checked, explain, layout, task

START_MS = 1_782_115_200_000
"""2026-06-22 08:00 UTC."""

STEMS = ("crm-orders-cdc", "customer-cdc", "legacy-feed")
FILES = ("crm-orders.xlsx", "客户主数据.xlsx", "legacy-feeds.csv")
CHUNK = 5000

ISSUES = (
    ("F", "task_tag", "crm", "task_tag.too_short", "crm-orders",
     "The task tag 'crm' has 3 characters; it needs 4 to 64 characters. Type a longer one."),
    ("D", "操作类型", "UPSRT", "operation_types.value", "UPDATE",
     "'UPSRT' is not one of the operation types. Type one or more of INSERT, UPDATE or DELETE."),
    ("A", "Task Name", "orders sync", "task_name.charset", "orders-sync",
     "The task name 'orders sync' contains a space at position 7."),
)  # fmt: skip
FAILURES: Sequence[tuple[float, Outcome]] = (
    (0.012, Failed(http_status=400, error_code="FDI.3033", error_msg="The task_tag is invalid.")),
    (0.006, Failed(http_status=404, error_code="FDI.3081", error_msg="集成应用不存在")),
    (0.002, Failed(http_status=403, error_code="APIGW.0305", error_msg="API access denied")),
    (0.002, Failed(http_status=None, error_code="CONNECT", error_msg="connection refused")),
    (0.003, Unknown(reason="HTTP 500", http_status=500, error_code="FDI.9999")),
)
THROTTLED = Failed(http_status=429, error_code="APIGW.0308", error_msg="The throttling threshold")


def make_batch(folder: Path, rows: int) -> None:
    """Create the journal of a batch of *rows* rows, after two runs, in *folder*."""
    with Journal.open(folder) as journal:
        journal._connection.execute("PRAGMA synchronous = OFF")
        _enroll(journal, rows)
        tasks = [number for (number,) in journal._connection.execute("SELECT id FROM tasks")]
        part = len(tasks) * 9 // 10
        _Run(journal, "6fd1c9a4b2e0", START_MS, 50.0).send(tasks[:part])
        _Run(journal, "c02b7de81f35", START_MS + 7_200_000, 20.0).send(tasks[part:-2])
        journal.apply_log()


def _enroll(journal: Journal, rows: int) -> None:
    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        for file, stem, numbers in zip(FILES, STEMS, _split(rows), strict=True):
            begin(enrolment, file)
            sheet = "" if file.endswith(".csv") else "Orders"
            for first in range(2, numbers + 2, CHUNK):
                chunk = range(first, min(first + CHUNK, numbers + 2))
                enrolled = checked(
                    (
                        task(f"{stem}-{at:06}@i{at % 4 + 1}=订单 {at}", at, file=file, sheet=sheet)
                        for at in chunk
                        if at % 25
                    ),
                    (_rejected(f"{stem}-{at:06}", at, file, sheet) for at in chunk if not at % 25),
                )
                enrolment.add(enrolled, layout(file, sheet))
        enrolment.finish(explain)


def _split(rows: int) -> tuple[int, int, int]:
    return rows - rows // 2 - rows // 10, rows // 2, rows // 10


def _rejected(name: str, number: int, file: str, sheet: str) -> Rejected:
    location = RowLocation(file=file, sheet=sheet, number=number)
    letter, column, value, rule, suggestion, message = ISSUES[number // 25 % 7 % 3]
    issue = make_issue(
        location,
        column=column,
        cell=f"{letter}{number}",
        value=value,
        rule=rule,
        message=message,
        suggestion=suggestion,
    )
    return Rejected(
        location=location,
        task_name=name,
        project_id="p1",
        instance_id="i1",
        issues=(issue,),
    )


@dataclass(slots=True)
class _Run:
    """One run that starts with a fixed rate, which the server then limits to half of it."""

    journal: Journal
    run_id: str
    at_ms: float
    rate_per_s: float
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.run_id)  # noqa: S311 # no secret

    def send(self, tasks: Sequence[int]) -> None:
        connection, started_ms = self.journal._connection, int(self.at_ms)
        run = self.journal.start_run(RunId(self.run_id), at=stamp_of_ms(started_ms))
        add_rates(connection, [self.rate_per_s], run=run, at_ms=started_ms)
        first = connection.execute("SELECT coalesce(max(id), 0) FROM intents").fetchone()[0]
        rate, attempts = self.rate_per_s, first
        throttled = 0
        with transaction(self.journal._connection):  # one transaction, to save time
            for at, number in enumerate(tasks):
                if at == len(tasks) // 3:
                    rate = self.rate_per_s / 2
                    add_rates(connection, [rate], run=run, at_ms=int(self.at_ms))
                elif at > len(tasks) // 3 and not at % max(len(tasks) // 40, 1):
                    rate = min(rate * 1.02, self.rate_per_s * 0.8)
                    add_rates(connection, [rate], run=run, at_ms=int(self.at_ms))
                is_early = len(tasks) // 4 < at < len(tasks) // 3
                for outcome in self._outcomes(is_throttling=is_early and not at % 5):
                    attempts += 1
                    throttled += outcome is THROTTLED
                    self.at_ms += 1000 / rate
                    self._record_attempt(run, attempts, number, outcome)
        self._finish(run, started_ms, len(tasks), attempts - first, throttled, rate)

    def _outcomes(self, *, is_throttling: bool) -> Iterator[Outcome]:
        if is_throttling:
            yield THROTTLED
        draw = self.random.random()
        for share, outcome in FAILURES:
            draw -= share
            if draw < 0:
                yield outcome
                return
        yield Created(task_id=TaskId(f"{self.random.getrandbits(128):032x}"))

    def _record_attempt(self, run: int, intent: int, number: int, outcome: Outcome) -> None:
        duration_ms = int(math.exp(self.random.gauss(4.2, 0.45)))
        connection, at_ms = self.journal._connection, int(self.at_ms)
        add_intents(connection, [(intent, number)], run=run, at_ms=at_ms)
        attempt = AttemptOutcome(intent=intent, outcome=outcome, duration_ms=duration_ms)
        add_outcomes(connection, [attempt], at_ms=at_ms + duration_ms)

    def _finish(
        self, run: int, started_ms: int, planned: int, attempts: int, throttled: int, rate: float
    ) -> None:
        facts: dict[str, Any] = {
            "started_at": stamp_of_ms(started_ms),
            "finished_at": stamp_of_ms(int(self.at_ms) + 400),
            "elapsed_s": round((self.at_ms - started_ms) / 1000 + 0.4, 3),
            "endpoint": ENDPOINT,
            "this_run": {
                "planned": planned,
                "existing": 0,
                "created": planned,
                "failed": 0,
                "unknown": 0,
                "attempts": attempts,
                "throttled": throttled,
            },
            "rate": {
                "configured_per_s": self.rate_per_s,
                "learned_per_s": round(rate, 3),
                "slowdowns": 1,
            },
            "concurrency": 8,
            "stopped": None,
            "versions": {"batchcreate": "0.1.0"},
        }
        self.journal.finish_run(run, at=facts["finished_at"], facts=facts)


def forget_facts(journal: Journal) -> None:
    """Remove the facts of the runs, as if they had been killed."""
    journal._connection.execute("UPDATE runs SET finished_at = '', facts = '{}'")
