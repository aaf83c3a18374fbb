"""The gate keeps its rate to the letter and learns the server's."""

import asyncio
import math
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from batchcreate.errors import SettingsError
from batchcreate.rate_limiter import Gate, Pacer, RateLimit, RateReduction
from tests.virtual_time import run_virtually

EPOLL_S = 0.001


def now() -> float:
    return asyncio.get_running_loop().time()


def busiest_second(times: list[float]) -> int:
    """Return the most of *times* in any window of one second."""
    window: deque[float] = deque()
    busiest = 0
    for time in times:
        window.append(time)
        while window[0] <= time - 1:
            window.popleft()
        busiest = max(busiest, len(window))
    return busiest


async def press(
    gate: Gate | Pacer, *, workers: int, seconds: float
) -> tuple[list[float], Counter[int]]:
    """Let *workers* press on the gate; return the admission times and the calls per worker."""
    times: list[float] = []
    calls = Counter[int](dict.fromkeys(range(workers), 0))

    async def press_on(worker: int) -> None:
        while (admitted_at := await gate.acquire()) < seconds:
            times.append(admitted_at)
            calls[worker] += 1
            await asyncio.sleep(0)  # stands for the request

    async with asyncio.TaskGroup() as group:
        for worker in range(workers):
            group.create_task(press_on(worker))
    return times, calls


@dataclass(kw_only=True)
class Server:
    """
    A model server that refuses what exceeds *limit* in any window of *window_s*.

    Attributes:
        way_s: fewest and most seconds from the gate to the server; a request is answered 20 to
            100 ms after it left.
        counts_refused: refused requests fill the window, too.
        whim: share of the requests that it refuses by chance, whatever the rate.
        seed: of all chance.

    """

    limit: int
    window_s: float = 1.0
    way_s: tuple[float, float] = (0.0, 0.0)
    counts_refused: bool = False
    whim: float = 0.0
    seed: int = 7
    refused: int = 0
    _counted: deque[float] = field(default_factory=deque)

    async def answer(self, luck: random.Random) -> int:
        way_s = luck.uniform(*self.way_s)
        round_trip_s = luck.uniform(0.02, 0.1)
        await asyncio.sleep(way_s)
        status = self._admit(luck)
        await asyncio.sleep(max(0.0, round_trip_s - way_s))
        return status

    def _admit(self, luck: random.Random) -> int:
        while self._counted and self._counted[0] <= now() - self.window_s:
            self._counted.popleft()
        has_room = len(self._counted) < self.limit and luck.random() >= self.whim
        if has_room or self.counts_refused:
            self._counted.append(now())
        self.refused += not has_room
        return 200 if has_room else 429


@dataclass(frozen=True, kw_only=True)
class Ride:
    """How a run of rows went."""

    elapsed_s: float
    refused_per_row: float
    attempts_max: int
    rates: list[float]
    slowdowns: int
    refused_at: list[float]


def ride(
    server: Server,
    limit: RateLimit,
    *,
    rows: int = 1000,
    workers: int = 64,
    wait_s: float | None = None,
    on_time: Callable[[float], None] = lambda _now: None,
) -> Ride:
    """Send *rows* through a gate to *server*, each of them until it is accepted."""
    rates: list[float] = []
    attempts = Counter[int]()
    refused_at: list[float] = []
    luck = random.Random(server.seed)  # noqa: S311 - latencies and whims

    async def main() -> tuple[float, int]:
        gate = Gate(limit, on_change=rates.append)
        todo = iter(range(rows))

        async def send_rows() -> None:
            for row in todo:
                while True:
                    attempts[row] += 1
                    admitted_at = await gate.acquire()
                    on_time(now())
                    if await server.answer(luck) == 200:
                        gate.succeeded(admitted_at)
                        break
                    refused_at.append(admitted_at)
                    gate.throttled(admitted_at, wait_s)

        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(send_rows())
        return now(), gate.slowdowns

    elapsed_s, slowdowns = run_virtually(main())
    return Ride(
        elapsed_s=elapsed_s,
        refused_per_row=server.refused / rows,
        attempts_max=max(attempts.values()),
        rates=rates,
        slowdowns=slowdowns,
        refused_at=refused_at,
    )


async def accept(gate: Gate) -> float:
    """Let one request be accepted; return the rate that follows."""
    gate.succeeded(await gate.acquire())
    return gate.rate_per_s


async def refuse(gate: Gate, *, after: int) -> None:
    """Let one request be refused *after* so many accepted ones."""
    for _ in range(after):
        await accept(gate)
    gate.throttled(await gate.acquire())


class TestRateLimit:
    def test_defaults_make_a_limit(self) -> None:
        """Without any option requests leave at ten per second, one in a hundred unused."""
        assert RateLimit() == RateLimit(rate_per_s=10.0, headroom=0.01, floor_per_s=0.1)

    @pytest.mark.parametrize("knob", ["rate_per_s", "floor_per_s"])
    @pytest.mark.parametrize("value", [0.0, -1.0, 0.001, 1_000_001.0, math.nan, math.inf])
    def test_rates_out_of_range_are_refused(self, knob: str, value: float) -> None:
        """The error names the knob, the value and the range."""
        with pytest.raises(SettingsError, match=rf"^{knob} is {value}; .* from 0.01 to 1000000$"):
            RateLimit(**{knob: value})

    @pytest.mark.parametrize("value", [-0.01, 1.0, math.nan])
    def test_headroom_out_of_range_is_refused(self, value: float) -> None:
        """A headroom that leaves nothing, or more than everything, is named."""
        with pytest.raises(SettingsError, match=rf"^headroom is {value}; .* from 0 up to"):
            RateLimit(headroom=value)


class TestPacing:
    @pytest.mark.parametrize("grain_s", [1e-9, EPOLL_S], ids=["exact timers", "late timers"])
    @pytest.mark.parametrize("rate_per_s", [0.2, 1.0, 2.5, 10.0, 100.0, 1000.0, 5000.0])
    def test_no_second_exceeds_the_rate(self, rate_per_s: float, grain_s: float) -> None:
        """From the first second on no window of a second sees more than the rate, rounded up."""
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        times, _ = run_virtually(
            press(gate, workers=64, seconds=max(2.5, 20 / rate_per_s)), grain_s=grain_s
        )

        assert busiest_second(times) <= math.ceil(rate_per_s)

    @pytest.mark.parametrize("headroom", [0.0, 0.002, 0.5])
    def test_no_second_exceeds_the_rate_by_more_than_one(self, headroom: float) -> None:
        """Whatever the headroom, slack is taken out of it and not out of the server's patience."""
        gate = Gate(RateLimit(rate_per_s=1000, headroom=headroom))

        times, _ = run_virtually(press(gate, workers=64, seconds=3), grain_s=EPOLL_S)

        assert busiest_second(times) <= 1001

    @pytest.mark.parametrize("rate_per_s", [0.2, 10.0, 100.0, 1000.0, 5000.0])
    def test_the_rate_is_used(self, rate_per_s: float) -> None:
        """At least 98 of 100 permitted requests leave, although timers fire late."""
        seconds = max(5.0, 1000 / rate_per_s)
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        times, _ = run_virtually(press(gate, workers=64, seconds=seconds), grain_s=EPOLL_S)

        assert len(times) >= 0.98 * rate_per_s * seconds

    @pytest.mark.parametrize("rate_per_s", [10.0, 100.0, 1000.0])
    def test_workers_share_evenly(self, rate_per_s: float) -> None:
        """No worker gets two calls more than another."""
        gate = Gate(RateLimit(rate_per_s=rate_per_s))

        _, calls = run_virtually(press(gate, workers=64, seconds=10), grain_s=EPOLL_S)

        assert max(calls.values()) - min(calls.values()) <= 1

    def test_first_come_is_first_served(self) -> None:
        """Requests leave in the order in which they asked."""
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
        """After an idle minute no burst leaves."""

        async def main() -> list[float]:
            gate = Gate(RateLimit(rate_per_s=10))
            await asyncio.sleep(60)
            return [await gate.acquire() for _ in range(30)]

        assert busiest_second(run_virtually(main())) <= 10

    @pytest.mark.parametrize("seed", range(20))
    def test_cancelled_waiters_lose_no_turn(self, seed: int) -> None:
        """Waiters cancelled at any moment, pauses included, delay nobody and block nobody."""
        luck = random.Random(seed)  # noqa: S311 - moments to cancel at
        times: list[float] = []

        async def main() -> None:
            gate = Gate(RateLimit(rate_per_s=10))

            async def ask() -> None:
                times.append(await gate.acquire())

            async with asyncio.TaskGroup() as group:
                waiters = [group.create_task(ask()) for _ in range(200)]
                for waiter in luck.sample(waiters, 100):
                    await asyncio.sleep(luck.choice([0, 0, 0.01, 0.1]))
                    waiter.cancel()

        run_virtually(main())

        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert len(times) >= 100
        assert max(gaps) < 0.102
        assert busiest_second(times) <= 10

    def test_a_turn_taken_before_a_pause_outlives_its_waiter(self) -> None:
        """Where the first in line is cancelled in a pause, the next one leaves at its end."""

        async def main() -> float:
            pacer = Pacer(0.1, 0.0)
            pacer.pause(3.0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await pacer.acquire()
            return await pacer.acquire()

        assert run_virtually(main()) == pytest.approx(3)

    def test_a_pause_may_be_prolonged(self) -> None:
        """The later of two pauses holds, even for those who wait already."""

        async def main() -> float:
            pacer = Pacer(10, 0.0)
            pacer.pause(3.0)
            asyncio.get_running_loop().call_at(2.0, pacer.pause, 5.0)
            asyncio.get_running_loop().call_at(2.5, pacer.pause, 4.0)
            return await pacer.acquire()

        assert run_virtually(main()) == pytest.approx(5)

    def test_a_pause_is_not_made_up_for(self) -> None:
        """After a pause requests leave as evenly as before it."""

        async def main() -> list[float]:
            pacer = Pacer(10, 0.01)
            asyncio.get_running_loop().call_at(2.0, pacer.pause, 5.0)
            times, _ = await press(pacer, workers=8, seconds=8)
            return times

        assert busiest_second(run_virtually(main())) == 10

    def test_changing_the_rate_grants_no_burst(self) -> None:
        """A rate that changes ten times a second keeps any second at or below the highest."""

        async def main() -> list[float]:
            pacer = Pacer(1000, 0.01)

            def wobble() -> None:
                pacer.change(900.0 if pacer.rate_per_s > 950 else 1000.0)
                asyncio.get_running_loop().call_later(0.1, wobble)

            wobble()
            times, _ = await press(pacer, workers=8, seconds=3)
            return times

        times = run_virtually(main(), grain_s=EPOLL_S)

        assert 950 * 0.97 <= len(times) / 3 <= 1000
        assert busiest_second(times) <= 1000


class TestThrottling:
    def test_all_pause_for_as_long_as_the_server_says(self) -> None:
        """Nobody leaves before the time that the server asked for."""

        async def main() -> list[float]:
            gate = Gate(RateLimit())
            gate.throttled(await gate.acquire(), 7.0)
            times, _ = await press(gate, workers=8, seconds=8)
            return times

        assert run_virtually(main())[0] == pytest.approx(7, abs=1e-3)

    @pytest.mark.parametrize(
        ("wait_s", "pause_s"),
        [(1e9, 300.0), (math.inf, 300.0), (-5.0, 1.0), (0.0, 1.0), (None, 1.0)],
        ids=["absurd", "endless", "negative", "zero", "none"],
    )
    def test_absurd_waits_are_clamped(self, wait_s: float | None, pause_s: float) -> None:
        """A pause lasts from the gate's own back-off to five minutes, whatever the server says."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=1000))
            gate.throttled(await gate.acquire(), wait_s)
            return await gate.acquire()

        assert run_virtually(main()) == pytest.approx(pause_s, abs=0.01)

    def test_a_burst_of_refusals_counts_once(self) -> None:
        """Refusals of requests that left before the cut do not cut again."""
        rates: list[float] = []

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100), on_change=rates.append)
            admitted = [await gate.acquire() for _ in range(20)]
            for admitted_at in admitted:
                gate.throttled(admitted_at)
            return gate.slowdowns

        assert run_virtually(main()) == 1
        assert rates == [pytest.approx(45)]

    def test_a_refusal_after_the_cut_cuts_again(self) -> None:
        """With nothing accepted the rate halves on each round trip, and pauses double."""
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
        """Throttling ends at the floor, or at the configured rate where that is lower."""
        rates: list[float] = []

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=rate_per_s, floor_per_s=2), on_change=rates.append)
            for _ in range(20):
                gate.throttled(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == lowest
        assert len(rates) == len(set(rates))

    def test_accepted_requests_show_the_limit(self) -> None:
        """The rate falls to nine tenths of what was accepted in the second before."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(40):
                gate.succeeded(await gate.acquire())
            gate.throttled(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(36)

    def test_late_answers_complete_the_measurement(self) -> None:
        """Requests that were accepted before the refusal count, even if answered after it."""

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
        """Requests that left after the refused one say nothing about the second before it."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            admitted = [await gate.acquire() for _ in range(51)]
            for admitted_at in admitted[:40] + admitted[41:]:
                gate.succeeded(admitted_at)
            gate.throttled(admitted[40])
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(36)

    def test_a_pause_does_not_count_as_time_of_sending(self) -> None:
        """After five minutes of pause the rate is what the cut left."""

        async def main() -> float:
            gate = Gate(RateLimit(rate_per_s=100))
            gate.throttled(await gate.acquire(), 300)
            gate.succeeded(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == pytest.approx(45)

    def test_success_without_a_cut_changes_nothing(self) -> None:
        """At the configured rate there is nothing to raise."""
        rates: list[float] = []

        async def main() -> float:
            gate = Gate(RateLimit(), on_change=rates.append)
            gate.succeeded(await gate.acquire())
            return gate.rate_per_s

        assert run_virtually(main()) == 10
        assert rates == []

    def test_the_rate_returns_flat_then_fast(self) -> None:
        """From nine tenths to what was accepted, a long look at it, then search beyond."""
        cut = RateReduction(before_per_s=500, tried_per_s=500, least_per_s=50, accepted=100)

        rates = [round(cut.rate_after(elapsed_s)) for elapsed_s in (0, 5, 10, 15, 20, 30, 45)]

        assert rates == [90, 99, 100, 101, 110, 180, 529]

    def test_a_cut_goes_down(self) -> None:
        """More accepted in the last second than the rate in force does not raise it."""
        cut = RateReduction(before_per_s=50, tried_per_s=50, least_per_s=5, accepted=100)

        assert cut.rate_after(0) == pytest.approx(45)

    def test_the_listener_hears_steps_worth_telling(self) -> None:
        """Each change is a cut, a rise of 2 %, or the return to the configured rate."""
        server = Server(limit=50)

        rates = ride(server, RateLimit(rate_per_s=60), rows=3000).rates

        assert len(rates) > 10
        assert all(
            later < earlier or later >= 1.0199 * earlier or earlier < later == 60
            for earlier, later in pairwise(rates)
        )


class TestLearning:
    @pytest.mark.parametrize("workers", [8, 64])
    @pytest.mark.parametrize("limit", [1, 2, 10, 50, 100])
    def test_five_times_too_fast_ends_well(self, limit: int, workers: int) -> None:
        """One row in ten meets a 429 at most, and the run takes less than 1.3 of the ideal."""
        server = Server(limit=limit)

        result = ride(server, RateLimit(rate_per_s=5.0 * limit), workers=workers)

        assert result.refused_per_row < 0.1
        assert result.elapsed_s < 1.3 * 1000 / limit
        assert result.attempts_max <= 3

    @pytest.mark.parametrize("limit", [200, 1000])
    def test_five_times_too_fast_ends_well_at_high_rates(self, limit: int) -> None:
        """As long as workers suffice, the same holds for hundreds per second."""
        server = Server(limit=limit)

        result = ride(server, RateLimit(rate_per_s=5.0 * limit), rows=10 * limit)

        assert result.refused_per_row < 0.1
        assert result.elapsed_s < 1.3 * 10

    @pytest.mark.parametrize("limit", [1, 3, 10, 100, 200])
    def test_the_right_rate_is_never_refused(self, limit: int) -> None:
        """At the server's own limit no request meets a 429 and 97 of 100 places are used."""
        server = Server(limit=limit)

        result = ride(server, RateLimit(rate_per_s=limit), rows=20 * max(limit, 10))

        assert server.refused == 0
        assert result.elapsed_s < 20 * max(limit, 10) / limit / 0.97

    @pytest.mark.parametrize("factor", [1, 5])
    @pytest.mark.parametrize("limit", [10, 100])
    def test_a_shaky_way_costs_little(self, limit: int, factor: int) -> None:
        """Requests that reach the server out of rhythm meet few 429s and cost a fifth at most."""
        server = Server(limit=limit, way_s=(0.0, 0.1))

        result = ride(server, RateLimit(rate_per_s=factor * limit), rows=30 * limit)

        assert result.refused_per_row < 0.05
        assert result.elapsed_s < 1.2 * 30

    @pytest.mark.parametrize("limit", [10, 100])
    def test_a_server_that_counts_refusals_is_left_alone(self, limit: int) -> None:
        """Where refused requests fill the window, too, the gate still finds the limit."""
        server = Server(limit=limit, counts_refused=True)

        result = ride(server, RateLimit(rate_per_s=5 * limit))

        assert result.refused_per_row < 0.1
        assert result.elapsed_s < 1.6 * 1000 / limit

    @pytest.mark.parametrize("wait_s", [0.0, 1.0], ids=["no wait", "one second"])
    def test_retry_after_ends_as_well(self, wait_s: float) -> None:
        """With a Retry-After on every 429, even of 0, the run ends within the same bounds."""
        server = Server(limit=20)

        result = ride(server, RateLimit(rate_per_s=100), wait_s=wait_s)

        assert result.refused_per_row < 0.1
        assert result.elapsed_s < 1.4 * 50

    @pytest.mark.parametrize("rate_per_s", [0.3, 1.0, 10.0, 50.0])
    def test_a_limit_per_minute_is_found(self, rate_per_s: float) -> None:
        """Ten per minute end in a fifth more than the ideal time, few refused, none too often."""
        server = Server(limit=10, window_s=60)

        result = ride(server, RateLimit(rate_per_s=rate_per_s), rows=100, workers=8)

        assert result.refused_per_row < 0.25
        assert result.elapsed_s < 1.2 * 600
        assert result.attempts_max <= 4

    def test_a_limit_that_rises_is_found(self) -> None:
        """Five times the room is in use within a minute."""
        server = Server(limit=20)

        def raise_limit(time: float) -> None:
            server.limit = 100 if time > 20 else 20

        result = ride(server, RateLimit(rate_per_s=100), rows=6000, on_time=raise_limit)

        assert result.rates[-1] == 100
        assert result.elapsed_s < 20 + 60 + (6000 - 80 * 20) / 100

    def test_an_outage_is_met_with_few_requests(self) -> None:
        """Half a minute of nothing but 429s costs a handful of requests per pause."""
        server = Server(limit=100)

        def fail_for_a_while(time: float) -> None:
            server.limit = 0 if 5 < time < 35 else 100

        result = ride(server, RateLimit(rate_per_s=100), rows=3000, on_time=fail_for_a_while)

        assert server.refused < 60
        assert result.attempts_max <= 8

    @pytest.mark.parametrize("workers", [8, 64])
    @pytest.mark.parametrize("limit", [20, 40, 70])
    def test_a_limit_that_drops_is_found(self, limit: int, workers: int) -> None:
        """From 100 per second to less costs a few 429s within seconds, and little time."""
        server = Server(limit=100)

        def drop_limit(time: float) -> None:
            server.limit = limit if time > 5 else 100

        rows = 500 + 60 * limit
        result = ride(
            server, RateLimit(rate_per_s=100), rows=rows, workers=workers, on_time=drop_limit
        )

        assert sum(time < 15 for time in result.refused_at) <= 20
        assert not any(8 < time < 15 for time in result.refused_at)
        assert result.elapsed_s < 1.1 * 65


class TestInnocence:
    """Refusals that are not about the rate."""

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("whim", [0.05, 0.1, 0.2])
    @pytest.mark.parametrize(("rate_per_s", "rows"), [(10, 1000), (100, 1000), (500, 1500)])
    def test_chance_refusals_cost_little(
        self, rate_per_s: int, rows: int, whim: float, seed: int
    ) -> None:
        """Where 5 to 20 % are refused at any rate a run takes four times the ideal at most."""
        server = Server(limit=rows, whim=whim, seed=seed)

        result = ride(server, RateLimit(rate_per_s=rate_per_s), rows=rows)

        assert result.elapsed_s < 4 * rows / rate_per_s

    @pytest.mark.parametrize("whim", [0.05, 0.1, 0.2])
    @pytest.mark.parametrize("rate_per_s", [10, 100, 500])
    def test_long_runs_do_not_decay(self, rate_per_s: int, whim: float) -> None:
        """Over 5,000 rows a fifth is lost beside the refused share, after the first minutes."""
        server = Server(limit=5000, whim=whim)

        result = ride(server, RateLimit(rate_per_s=rate_per_s), rows=5000)

        assert result.elapsed_s < 10 + 900 / rate_per_s + 1.2 * 5000 / rate_per_s / (1 - whim)
        assert result.slowdowns < 30

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("whim", [0.05, 0.1])
    @pytest.mark.parametrize("limit", [20, 100])
    def test_a_limit_among_chance_refusals_is_found(
        self, limit: int, whim: float, seed: int
    ) -> None:
        """At five times the limit few refusals come on top of those by chance."""
        server = Server(limit=limit, whim=whim, seed=seed)

        result = ride(server, RateLimit(rate_per_s=5 * limit), rows=2000)

        assert result.refused_per_row < whim + 0.25
        assert result.elapsed_s < 2 * 2000 / limit

    def test_an_outage_among_chance_refusals_is_noticed(self) -> None:
        """Half a minute of nothing but 429s costs a few more requests than without them."""
        server = Server(limit=100, whim=0.1)

        def fail_for_a_while(time: float) -> None:
            server.limit = 0 if 20 < time < 50 else 100

        result = ride(server, RateLimit(rate_per_s=100), rows=4000, on_time=fail_for_a_while)

        assert sum(20 < time < 50 for time in result.refused_at) < 60

    def test_the_rate_is_held_until_the_answers_tell(self) -> None:
        """After a deep cut 100 accepted requests pass before the rate rises again."""

        async def main() -> tuple[list[float], float]:
            gate = Gate(RateLimit(rate_per_s=100))
            await refuse(gate, after=5)
            held = [await accept(gate) for _ in range(99)]
            await accept(gate)
            for _ in range(200):
                await accept(gate)
            return held, gate.rate_per_s

        held, later = run_virtually(main())

        assert held == [pytest.approx(18)] * 99
        assert 18 < later < 25

    def test_a_vain_cut_is_undone(self) -> None:
        """Refusals that go on at a fifth of the rate bring the configured rate back, stepwise."""

        async def main() -> tuple[int, list[float]]:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await refuse(gate, after=9)
            return gate.slowdowns, [await accept(gate) for _ in range(30)]

        slowdowns, rates = run_virtually(main())

        assert slowdowns == 1
        assert rates[:2] == [pytest.approx(18 * 1.07), pytest.approx(18 * 1.07**2)]
        assert rates[-1] > 89

    def test_a_known_share_is_borne(self) -> None:
        """Once one in ten is known to be refused by chance, one in four does not cut."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await refuse(gate, after=9)
            for _ in range(100):
                await refuse(gate, after=3)
            return gate.slowdowns

        assert run_virtually(main()) == 1

    @pytest.mark.parametrize("after", [0, 1])
    def test_more_than_is_borne_cuts(self, after: int) -> None:
        """Where one in ten is borne, every second answer is too much, and every one is."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await refuse(gate, after=9)
            for _ in range(40):
                await refuse(gate, after=after)
                if gate.slowdowns > 1:
                    break
            return gate.slowdowns

        assert run_virtually(main()) == 2

    def test_what_was_borne_is_forgotten(self) -> None:
        """After 100 accepted requests the first refusal cuts again."""

        async def main() -> int:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await refuse(gate, after=9)
            await refuse(gate, after=100)
            return gate.slowdowns

        assert run_virtually(main()) == 2

    def test_a_cut_among_borne_refusals_is_tried_as_well(self) -> None:
        """A cut that brings the refusals back to the known share stands."""

        async def main() -> tuple[int, float]:
            gate = Gate(RateLimit(rate_per_s=100))
            for _ in range(4):
                await refuse(gate, after=9)
            while gate.slowdowns == 1:
                await refuse(gate, after=1)
            for _ in range(10):
                await refuse(gate, after=9)
            return gate.slowdowns, gate.rate_per_s

        slowdowns, rate_per_s = run_virtually(main())

        assert slowdowns == 2
        assert rate_per_s < 60
