"""
The gate keeps to the configured rate and adapts to the limit of the server.

All rates, limits and shares::

    pytest -m "long or not long" tests/unit/test_rate_limiter.py
"""

import asyncio
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

import pytest

from batchcreate.errors import SettingsError
from batchcreate.rate_limiter import Gate, Pacer, RateLimit, RateReduction
from tests.virtual_time import run_virtually

EPOLL_S = 0.001
DROPPED_LIMITS = tuple(product((20, 40, 70), (8, 64)))
LONG_RUNS = tuple(product((10, 100, 500), (0.05, 0.1, 0.2)))


def sweep(cases: Sequence[object], *short: int) -> list[object]:
    """Return *cases* as parameters; all except those at the positions *short* are long tests."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=[] if number in short else pytest.mark.long,
        )
        for number, case in enumerate(cases)
    ]


def now() -> float:
    return asyncio.get_running_loop().time()


def busiest_second(times: list[float]) -> int:
    """Return the maximum number of *times* in a window of one second."""
    window: deque[float] = deque()
    busiest = 0
    for time in times:
        window.append(time)
        while window[0] <= time - 1:
            window.popleft()
        busiest = max(busiest, len(window))
    return busiest


async def admit(
    gate: Gate | Pacer, *, workers: int, seconds: float
) -> tuple[list[float], Counter[int]]:
    """Request admission with *workers*; return the admission times and the calls per worker."""
    times: list[float] = []
    calls = Counter[int](dict.fromkeys(range(workers), 0))

    async def request(worker: int) -> None:
        while (admitted_at := await gate.acquire()) < seconds:
            times.append(admitted_at)
            calls[worker] += 1
            await asyncio.sleep(0)  # in place of the request

    async with asyncio.TaskGroup() as group:
        for worker in range(workers):
            group.create_task(request(worker))
    return times, calls


@dataclass(kw_only=True)
class Server:
    """
    Model of a server that throttles requests above *limit* in a window of *window_s* seconds.

    Attributes:
        delay_s: minimum and maximum delay from the gate to the server; the response follows 20 to
            100 ms after the request.
        counts_throttled: True if throttled requests count, too.
        random_share: share of the requests that are throttled at random, at any rate.
        seed: seed of the random numbers.

    """

    limit: int
    window_s: float = 1.0
    delay_s: tuple[float, float] = (0.0, 0.0)
    counts_throttled: bool = False
    random_share: float = 0.0
    seed: int = 7
    throttled: int = 0
    _counted: deque[float] = field(default_factory=deque)

    async def respond(self, rng: random.Random) -> int:
        delay_s = rng.uniform(*self.delay_s)
        round_trip_s = rng.uniform(0.02, 0.1)
        await asyncio.sleep(delay_s)
        status = self._admit(rng)
        await asyncio.sleep(max(0.0, round_trip_s - delay_s))
        return status

    def _admit(self, rng: random.Random) -> int:
        while self._counted and self._counted[0] <= now() - self.window_s:
            self._counted.popleft()
        has_room = len(self._counted) < self.limit and rng.random() >= self.random_share
        if has_room or self.counts_throttled:
            self._counted.append(now())
        self.throttled += not has_room
        return 200 if has_room else 429


@dataclass(frozen=True, kw_only=True)
class Result:
    """Result of a simulated run."""

    elapsed_s: float
    throttled_per_row: float
    attempts_max: int
    rates: list[float]
    slowdowns: int
    throttled_at: list[float]


def simulate(
    server: Server,
    limit: RateLimit,
    *,
    rows: int = 1000,
    workers: int = 64,
    wait_s: float | None = None,
    on_time: Callable[[float], None] = lambda _now: None,
) -> Result:
    """Send *rows* through a gate to *server*, each one until it is accepted."""
    rates: list[float] = []
    attempts = Counter[int]()
    throttled_at: list[float] = []
    rng = random.Random(server.seed)  # noqa: S311 - delays and random throttling

    async def main() -> tuple[float, int]:
        gate = Gate(limit, on_change=rates.append)
        todo = iter(range(rows))

        async def send_rows() -> None:
            for row in todo:
                while True:
                    attempts[row] += 1
                    admitted_at = await gate.acquire()
                    on_time(now())
                    if await server.respond(rng) == 200:
                        gate.succeeded(admitted_at)
                        break
                    throttled_at.append(admitted_at)
                    gate.throttled(admitted_at, wait_s)

        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(send_rows())
        return now(), gate.slowdowns

    elapsed_s, slowdowns = run_virtually(main())
    return Result(
        elapsed_s=elapsed_s,
        throttled_per_row=server.throttled / rows,
        attempts_max=max(attempts.values()),
        rates=rates,
        slowdowns=slowdowns,
        throttled_at=throttled_at,
    )


async def accept(gate: Gate) -> float:
    """Report one accepted request; return the new rate."""
    gate.succeeded(await gate.acquire())
    return gate.rate_per_s


async def throttle(gate: Gate, *, after: int) -> None:
    """Report one throttled request *after* this number of accepted ones."""
    for _ in range(after):
        await accept(gate)
    gate.throttled(await gate.acquire())


class TestRateLimit:
    def test_defaults_are_valid(self) -> None:
        """The default is ten requests per second with a headroom of one percent."""
        assert RateLimit() == RateLimit(rate_per_s=10.0, headroom=0.01, floor_per_s=0.1)

    @pytest.mark.parametrize("name", ["rate_per_s", "floor_per_s"])
    @pytest.mark.parametrize("value", [0.0, -1.0, 0.001, 1_000_001.0, math.nan, math.inf])
    def test_rates_out_of_range_are_refused(self, name: str, value: float) -> None:
        """The error contains the name, the value and the range."""
        with pytest.raises(SettingsError, match=rf"^{name} is {value}; .* from 0.01 to 1000000$"):
            RateLimit(**{name: value})

    @pytest.mark.parametrize("value", [-0.01, 1.0, math.nan])
    def test_headroom_out_of_range_is_refused(self, value: float) -> None:
        """The error contains the value and the range."""
        with pytest.raises(
            SettingsError, match=rf"^headroom is {value}; .* at least 0 and less than 1$"
        ):
            RateLimit(headroom=value)


class TestPacing:
    @pytest.mark.parametrize("grain_s", [1e-9, EPOLL_S], ids=["exact timers", "late timers"])
    @pytest.mark.parametrize("rate_per_s", [0.2, 1.0, 2.5, 10.0, 100.0, 1000.0, 5000.0])
    def test_no_second_exceeds_the_rate(self, rate_per_s: float, grain_s: float) -> None:
        """No window of one second has more requests than the rate, rounded up."""
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        times, _ = run_virtually(
            admit(gate, workers=64, seconds=max(2.5, 20 / rate_per_s)), grain_s=grain_s
        )

        assert busiest_second(times) <= math.ceil(rate_per_s)

    @pytest.mark.parametrize("headroom", [0.0, 0.002, 0.5])
    def test_no_second_exceeds_the_rate_by_more_than_one(self, headroom: float) -> None:
        """Lost time is caught up from the headroom only."""
        gate = Gate(RateLimit(rate_per_s=1000, headroom=headroom))

        times, _ = run_virtually(admit(gate, workers=64, seconds=3), grain_s=EPOLL_S)

        assert busiest_second(times) <= 1001

    @pytest.mark.parametrize("rate_per_s", [0.2, 10.0, 100.0, 1000.0, 5000.0])
    def test_the_rate_is_used(self, rate_per_s: float) -> None:
        """At least 98 percent of the rate is used, although timers are late."""
        seconds = max(5.0, 1000 / rate_per_s)
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        times, _ = run_virtually(admit(gate, workers=64, seconds=seconds), grain_s=EPOLL_S)

        assert len(times) >= 0.98 * rate_per_s * seconds

    @pytest.mark.parametrize("rate_per_s", [10.0, 100.0, 1000.0])
    def test_workers_share_evenly(self, rate_per_s: float) -> None:
        """The numbers of calls of two workers differ by one at most."""
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        _, calls = run_virtually(admit(gate, workers=64, seconds=10), grain_s=EPOLL_S)

        assert max(calls.values()) - min(calls.values()) <= 1

    def test_requests_are_admitted_in_order(self) -> None:
        """Requests are admitted in the order of the calls."""
        order: list[int] = []

        async def main() -> None:
            gate = Gate(RateLimit(rate_per_s=10))

            async def ask(number: int) -> None:
                await gate.acquire()
                order.append(number)

            async with asyncio.TaskGroup() as group:
                for number in range(50):
                    group.create_task(ask(number))

        run_virtually(main())

        assert order == list(range(50))

    def test_idle_time_is_not_saved_up(self) -> None:
        """No burst follows an idle minute."""

        async def main() -> list[float]:
            gate = Gate(RateLimit(rate_per_s=10))
            await asyncio.sleep(60)
            return [await gate.acquire() for _ in range(30)]

        assert busiest_second(run_virtually(main())) <= 10

    def test_cancelled_callers_delay_no_others(self) -> None:
        """Callers can be cancelled at any time, also in a pause."""

        async def main(rng: random.Random, times: list[float]) -> None:
            gate = Gate(RateLimit(rate_per_s=10))

            async def call() -> None:
                times.append(await gate.acquire())

            async with asyncio.TaskGroup() as group:
                callers = [group.create_task(call()) for _ in range(200)]
                for caller in rng.sample(callers, 100):
                    await asyncio.sleep(rng.choice([0, 0, 0.01, 0.1]))
                    caller.cancel()

        failures = []
        for seed in range(20):
            times: list[float] = []
            run_virtually(main(random.Random(seed), times))  # noqa: S311 - times of cancelling
            gaps = [later - earlier for earlier, later in pairwise(times)]
            if len(times) < 100 or max(gaps) >= 0.102 or busiest_second(times) > 10:
                failures.append(seed)

        assert not failures

    def test_permit_of_a_cancelled_caller_is_used_by_the_next(self) -> None:
        """If the first caller is cancelled in a pause, the next one is admitted at its end."""

        async def main() -> float:
            pacer = Pacer(0.1, 0.0)
            pacer.pause(3.0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await pacer.acquire()
            return await pacer.acquire()

        assert run_virtually(main()) == pytest.approx(3)

    def test_pause_can_be_extended(self) -> None:
        """The later of two pauses applies, also to callers that wait already."""

        async def main() -> float:
            pacer = Pacer(10, 0.0)
            pacer.pause(3.0)
            asyncio.get_running_loop().call_at(2.0, pacer.pause, 5.0)
            asyncio.get_running_loop().call_at(2.5, pacer.pause, 4.0)
            return await pacer.acquire()

        assert run_virtually(main()) == pytest.approx(5)

    def test_pause_is_not_caught_up(self) -> None:
        """After a pause requests are spaced as evenly as before."""

        async def main() -> list[float]:
            pacer = Pacer(10, 0.01)
            asyncio.get_running_loop().call_at(2.0, pacer.pause, 5.0)
            times, _ = await admit(pacer, workers=8, seconds=8)
            return times

        assert busiest_second(run_virtually(main())) == 10

    def test_changing_the_rate_admits_no_burst(self) -> None:
        """If the rate changes ten times per second, no second exceeds the highest rate."""

        async def main() -> list[float]:
            pacer = Pacer(1000, 0.01)

            def wobble() -> None:
                pacer.change(900.0 if pacer.rate_per_s > 950 else 1000.0)
                asyncio.get_running_loop().call_later(0.1, wobble)

            wobble()
            times, _ = await admit(pacer, workers=8, seconds=3)
            return times

        times = run_virtually(main(), grain_s=EPOLL_S)

        assert 950 * 0.97 <= len(times) / 3 <= 1000
        assert busiest_second(times) <= 1000


class TestThrottling:
    def test_all_requests_wait_for_the_delay_of_the_server(self) -> None:
        """No request is admitted before the end of the delay that the server requested."""

        async def main() -> list[float]:
            gate = Gate(RateLimit())
            gate.throttled(await gate.acquire(), 7.0)
            times, _ = await admit(gate, workers=8, seconds=8)
            return times

        assert run_virtually(main())[0] == pytest.approx(7, abs=1e-3)

    @pytest.mark.parametrize(
        ("wait_s", "pause_s"),
        [(1e9, 300.0), (math.inf, 300.0), (-5.0, 1.0), (0.0, 1.0), (None, 1.0)],
        ids=["absurd", "endless", "negative", "zero", "none"],
    )
    def test_delay_of_the_server_is_limited(self, wait_s: float | None, pause_s: float) -> None:
        """A pause lasts at least as long as the back-off, and five minutes at most."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=1000))
            gate.throttled(await gate.acquire(), wait_s)
            return await gate.acquire()

        assert run_virtually(main()) == pytest.approx(pause_s, abs=0.01)

    def test_burst_of_throttled_requests_counts_once(self) -> None:
        """Requests that were admitted before a slowdown do not cause another one."""
        rates: list[float] = []

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100), on_change=rates.append)
            admitted = [await gate.acquire() for _ in range(20)]
            for admitted_at in admitted:
                gate.throttled(admitted_at)
            return gate.slowdowns

        assert run_virtually(main()) == 1
        assert rates == [pytest.approx(45)]

    def test_throttling_after_a_slowdown_causes_another(self) -> None:
        """If nothing is accepted, each round trip halves the rate and doubles the pause."""
        pauses: list[float] = []

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            admitted_at = await gate.acquire()
            for _ in range(8):
                gate.throttled(admitted_at)
                again_at = await gate.acquire()
                pauses.append(round(again_at - admitted_at))
                admitted_at = again_at
            return gate.rate_per_s

        rate_per_s = run_virtually(main())

        assert pauses == [1, 1, 2, 4, 8, 16, 20, 20]
        assert rate_per_s == pytest.approx(100 * 0.45**8)

    @pytest.mark.parametrize(("rate_per_s", "lowest"), [(10.0, 2.0), (0.5, 0.5)])
    def test_the_rate_never_falls_below_the_floor(self, rate_per_s: float, lowest: float) -> None:
        """The lowest rate is the floor, or the configured rate if that is lower."""
        rates: list[float] = []

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=rate_per_s, floor_per_s=2), on_change=rates.append)
            for _ in range(20):
                gate.throttled(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == lowest
        assert len(rates) == len(set(rates))

    def test_accepted_requests_show_the_limit(self) -> None:
        """The new rate is 90 percent of the rate accepted in the second before."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(40):
                gate.succeeded(await gate.acquire())
            gate.throttled(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(36)

    def test_late_responses_are_measured(self) -> None:
        """Requests admitted before the throttled one count, even if the response is later."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            admitted = [await gate.acquire() for _ in range(40)]
            gate.succeeded(admitted[0])
            last = await gate.acquire()
            too_late = await gate.acquire()
            gate.throttled(last)
            for admitted_at in [*admitted[1:], too_late]:
                gate.succeeded(admitted_at)
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(36)

    def test_later_requests_are_not_measured(self) -> None:
        """Requests admitted after the throttled one do not count."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            admitted = [await gate.acquire() for _ in range(51)]
            for admitted_at in admitted[:40] + admitted[41:]:
                gate.succeeded(admitted_at)
            gate.throttled(admitted[40])
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(36)

    def test_pause_does_not_raise_the_rate(self) -> None:
        """After a pause of five minutes the rate is the same as after the slowdown."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            gate.throttled(await gate.acquire(), 300)
            gate.succeeded(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(45)

    def test_success_without_a_slowdown_changes_nothing(self) -> None:
        """The configured rate is not exceeded."""
        rates: list[float] = []

        async def main() -> float:
            gate = Gate(RateLimit(), on_change=rates.append)
            gate.succeeded(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == 10
        assert rates == []

    def test_rate_rises_flat_then_fast(self) -> None:
        """The rate returns to the accepted rate, stays near it, then rises beyond."""
        reduction = RateReduction(before_per_s=500, tried_per_s=500, min_per_s=50, accepted=100)

        rates = [
            round(reduction.rate_after(elapsed_s)) for elapsed_s in (0, 5, 10, 15, 20, 30, 45)
        ]

        assert rates == [90, 99, 100, 101, 110, 180, 529]

    def test_slowdown_reduces_the_rate(self) -> None:
        """If more requests were accepted than the rate allows, the rate is reduced anyway."""
        reduction = RateReduction(before_per_s=50, tried_per_s=50, min_per_s=5, accepted=100)

        assert reduction.rate_after(0) == pytest.approx(45)

    def test_small_changes_are_not_reported(self) -> None:
        """Each change is a slowdown, an increase by 2 %, or the return to the configured rate."""
        server = Server(limit=50)

        rates = simulate(server, RateLimit(rate_per_s=60), rows=3000).rates

        assert len(rates) > 10
        assert all(
            later < earlier or later >= 1.0199 * earlier or earlier < later == 60
            for earlier, later in pairwise(rates)
        )


class TestAdaptation:
    @pytest.mark.parametrize("workers", [8, 64])
    @pytest.mark.parametrize("limit", [1, 2, 10, 50, 100])
    def test_rate_five_times_too_high_is_adapted(self, limit: int, workers: int) -> None:
        """At most 10 % of the rows are throttled, and the run takes less than 1.3 times the ideal."""
        server = Server(limit=limit)

        result = simulate(server, RateLimit(rate_per_s=5.0 * limit), workers=workers)

        assert result.throttled_per_row < 0.1
        assert result.elapsed_s < 1.3 * 1000 / limit
        assert result.attempts_max <= 3

    @pytest.mark.parametrize("limit", sweep([200, 1000], 0))
    def test_high_rate_five_times_too_high_is_adapted(self, limit: int) -> None:
        """With enough workers the same is true for hundreds of requests per second."""
        server = Server(limit=limit)

        result = simulate(server, RateLimit(rate_per_s=5.0 * limit), rows=10 * limit)

        assert result.throttled_per_row < 0.1
        assert result.elapsed_s < 1.3 * 10

    @pytest.mark.parametrize("limit", [1, 3, 10, 100, 200])
    def test_rate_equal_to_the_limit_is_not_throttled(self, limit: int) -> None:
        """At the limit of the server no request is throttled and 97 % of the limit is used."""
        server = Server(limit=limit)

        result = simulate(server, RateLimit(rate_per_s=limit), rows=20 * max(limit, 10))

        assert server.throttled == 0
        assert result.elapsed_s < 20 * max(limit, 10) / limit / 0.97

    @pytest.mark.parametrize("factor", [1, 5])
    @pytest.mark.parametrize("limit", [10, 100])
    def test_variable_delays_cost_little(self, limit: int, factor: int) -> None:
        """Requests that arrive unevenly are rarely throttled and cost 20 % at most."""
        server = Server(limit=limit, delay_s=(0.0, 0.1))

        result = simulate(server, RateLimit(rate_per_s=factor * limit), rows=30 * limit)

        assert result.throttled_per_row < 0.05
        assert result.elapsed_s < 1.2 * 30

    @pytest.mark.parametrize("limit", [10, 100])
    def test_limit_that_counts_throttled_requests_is_found(self, limit: int) -> None:
        """The gate finds the limit if throttled requests count, too."""
        server = Server(limit=limit, counts_throttled=True)

        result = simulate(server, RateLimit(rate_per_s=5 * limit))

        assert result.throttled_per_row < 0.1
        assert result.elapsed_s < 1.6 * 1000 / limit

    @pytest.mark.parametrize("wait_s", [0.0, 1.0], ids=["no wait", "one second"])
    def test_rate_is_adapted_with_retry_after(self, wait_s: float) -> None:
        """With Retry-After in each response with 429, even 0, the run ends within similar bounds."""
        server = Server(limit=20)

        result = simulate(server, RateLimit(rate_per_s=100), wait_s=wait_s)

        assert result.throttled_per_row < 0.1
        assert result.elapsed_s < 1.4 * 50

    @pytest.mark.parametrize("rate_per_s", [0.3, 1.0, 10.0, 50.0])
    def test_limit_per_minute_is_found(self, rate_per_s: float) -> None:
        """With a limit of ten per minute, the run takes 20 % more than the ideal time at most."""
        server = Server(limit=10, window_s=60)

        result = simulate(server, RateLimit(rate_per_s=rate_per_s), rows=100, workers=8)

        assert result.throttled_per_row < 0.25
        assert result.elapsed_s < 1.2 * 600
        assert result.attempts_max <= 4

    def test_limit_that_rises_is_found(self) -> None:
        """A limit five times as high is used within a minute."""
        server = Server(limit=20)

        def raise_limit(time: float) -> None:
            server.limit = 100 if time > 20 else 20

        result = simulate(server, RateLimit(rate_per_s=100), rows=6000, on_time=raise_limit)

        assert result.rates[-1] == 100
        assert result.elapsed_s < 20 + 60 + (6000 - 80 * 20) / 100

    def test_outage_causes_few_requests(self) -> None:
        """Half a minute of 429 responses costs a few requests per pause."""
        server = Server(limit=100)

        def fail_for_a_while(time: float) -> None:
            server.limit = 0 if 5 < time < 35 else 100

        result = simulate(server, RateLimit(rate_per_s=100), rows=3000, on_time=fail_for_a_while)

        assert server.throttled < 60
        assert result.attempts_max <= 8

    @pytest.mark.parametrize(("limit", "workers"), sweep(DROPPED_LIMITS, 0, 3))
    def test_limit_that_drops_is_found(self, limit: int, workers: int) -> None:
        """A lower limit causes a few throttled requests within seconds, and costs little time."""
        server = Server(limit=100)

        def drop_limit(time: float) -> None:
            server.limit = limit if time > 5 else 100

        rows = 500 + 60 * limit
        result = simulate(
            server, RateLimit(rate_per_s=100), rows=rows, workers=workers, on_time=drop_limit
        )

        assert sum(time < 15 for time in result.throttled_at) <= 20
        assert not any(8 < time < 15 for time in result.throttled_at)
        assert result.elapsed_s < 1.1 * 65


class TestRandomThrottling:
    """Throttling that does not depend on the rate."""

    @pytest.mark.parametrize(
        ("rate_per_s", "rows"), sweep([(10, 1000), (100, 1000), (500, 1500)], 1)
    )
    def test_random_throttling_costs_little(self, rate_per_s: int, rows: int) -> None:
        """With 5 to 20 % of random throttling a run takes at most four times the ideal time."""
        failures = []
        for random_share, seed in product((0.05, 0.1, 0.2), range(4)):
            server = Server(limit=rows, random_share=random_share, seed=seed)
            result = simulate(server, RateLimit(rate_per_s=rate_per_s), rows=rows)
            if result.elapsed_s >= 4 * rows / rate_per_s:
                failures.append((random_share, seed, result.elapsed_s))

        assert not failures

    @pytest.mark.parametrize(("rate_per_s", "random_share"), sweep(LONG_RUNS, 0, 4, 8))
    def test_long_runs_keep_their_rate(self, rate_per_s: int, random_share: float) -> None:
        """After the first minutes 5,000 rows lose 20 % at most, in addition to the random share."""
        server = Server(limit=5000, random_share=random_share)

        result = simulate(server, RateLimit(rate_per_s=rate_per_s), rows=5000)

        assert result.elapsed_s < 10 + 900 / rate_per_s + 1.2 * 5000 / rate_per_s / (
            1 - random_share
        )
        assert result.slowdowns < 30

    @pytest.mark.parametrize("limit", sweep([20, 100], 0))
    def test_limit_with_random_throttling_is_found(self, limit: int) -> None:
        """At five times the limit few more requests are throttled than the random share."""
        failures = []
        for random_share, seed in product((0.05, 0.1), range(3)):
            server = Server(limit=limit, random_share=random_share, seed=seed)
            result = simulate(server, RateLimit(rate_per_s=5 * limit), rows=2000)
            is_too_often = result.throttled_per_row >= random_share + 0.25
            if is_too_often or result.elapsed_s >= 2 * 2000 / limit:
                failures.append((random_share, seed, result))

        assert not failures

    def test_outage_with_random_throttling_is_noticed(self) -> None:
        """Half a minute of 429 responses causes few requests, also with random throttling."""
        server = Server(limit=100, random_share=0.1)

        def fail_for_a_while(time: float) -> None:
            server.limit = 0 if 20 < time < 50 else 100

        result = simulate(server, RateLimit(rate_per_s=100), rows=4000, on_time=fail_for_a_while)

        assert sum(20 < time < 50 for time in result.throttled_at) < 60

    def test_rate_is_kept_until_the_trial_ends(self) -> None:
        """After a deep slowdown the rate rises only after 100 accepted requests."""

        async def main() -> tuple[list[float], float]:
            gate = Gate(RateLimit(rate_per_s=100))
            await throttle(gate, after=5)
            kept = [await accept(gate) for _ in range(99)]
            await accept(gate)
            for _ in range(200):
                await accept(gate)
            return kept, gate.rate_per_s

        kept, later = run_virtually(main())

        assert kept == [pytest.approx(18)] * 99
        assert 18 < later < 25

    def test_slowdown_without_effect_is_reverted(self) -> None:
        """Throttling that continues at a fifth of the rate restores the configured rate in steps."""

        async def main() -> tuple[int, list[float]]:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await throttle(gate, after=9)
            return gate.slowdowns, [await accept(gate) for _ in range(30)]

        slowdowns, rates = run_virtually(main())

        assert slowdowns == 1
        assert rates[:2] == [pytest.approx(18 * 1.07), pytest.approx(18 * 1.07**2)]
        assert rates[-1] > 89

    def test_known_random_share_is_tolerated(self) -> None:
        """If 10 % of random throttling is known, 25 % does not cause a slowdown."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await throttle(gate, after=9)
            for _ in range(100):
                await throttle(gate, after=3)
            return gate.slowdowns

        assert run_virtually(main()) == 1

    @pytest.mark.parametrize("after", [0, 1])
    def test_more_than_the_tolerated_share_causes_a_slowdown(self, after: int) -> None:
        """If 10 % is tolerated, throttling of every second request or of all is too much."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await throttle(gate, after=9)
            for _ in range(40):
                await throttle(gate, after=after)
                if gate.slowdowns > 1:
                    break
            return gate.slowdowns

        assert run_virtually(main()) == 2

    def test_tolerated_share_expires(self) -> None:
        """After 100 accepted requests, the next throttled request causes a slowdown."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await throttle(gate, after=9)
            await throttle(gate, after=100)
            return gate.slowdowns

        assert run_virtually(main()) == 2

    def test_slowdown_with_a_tolerated_share_is_on_trial(self) -> None:
        """A slowdown that reduces the throttling to the known share is kept."""

        async def main() -> tuple[int, float]:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await throttle(gate, after=9)
            while gate.slowdowns == 1:
                await throttle(gate, after=1)
            for _ in range(10):
                await throttle(gate, after=9)
            return gate.slowdowns, gate.rate_per_s

        slowdowns, rate_per_s = run_virtually(main())

        assert slowdowns == 2
        assert rate_per_s < 60
