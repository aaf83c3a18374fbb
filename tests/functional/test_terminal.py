"""What a person at a terminal sees and is asked: the plan, the question, the display, the end."""

import asyncio
import json
import os
import re
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from batchcreate.simulator import FaultKind, Simulator
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Turnstile,
    at,
    creates,
    read_lines,
    read_summary,
    recording,
    statuses,
    task_rows,
    write_rows,
)
from tests.functional.terminal import COLOR, CONTROL, Terminal, process_terminal, terminal

RUN: Final = ("run", "tasks.csv")
QUESTION: Final = "Create 3 tasks? [y/N] "
END: Final = [
    "page: tasks-results/report.html",
    "results: tasks-results/results.csv",
    "workbook: tasks-results/results.xlsx",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rows(tmp_path / "tasks.csv", task_rows(3))
    return tmp_path


def plan_of(simulator: Simulator) -> list[str]:
    return [
        "3 rows read, 3 to send",
        f"  endpoint: {simulator.url}",
        f"  3 tasks in project {PROJECT}, instance {INSTANCE} (quota 1000, 1000 left)",
        "  3 tasks at 1000/s: about 1 s",
    ]


def results_of(folder: Path) -> list[str]:
    return statuses(read_lines(folder / "tasks-results" / "results.csv"))


class TestQuestion:
    async def test_yes_sends(self, folder: Path) -> None:
        """First the plan, with the room that is left; then the question; then the end."""
        async with recording() as simulator, terminal(*RUN, *at(simulator), folder=folder) as seen:
            await seen.sees(QUESTION)
            assert (creates(simulator), seen.lines) == (0, [*plan_of(simulator), QUESTION])
            seen.type("YES\n")
            code = await seen.end()

        assert (code, results_of(folder)) == (0, ["created"] * 3)
        assert seen.lines[-2:] == [
            "3 rows: 3 created",
            "next: nothing to do; every row has a task",
        ]

    @pytest.mark.parametrize("typed", ["yesterday\n", "\x04"], ids=["another word", "end of input"])  # fmt: skip
    async def test_anything_else_sends_nothing(self, typed: str, folder: Path) -> None:
        """The rows are in the journal; the same command asks again."""
        async with recording() as simulator, terminal(*RUN, *at(simulator), folder=folder) as seen:
            await seen.sees(QUESTION)
            seen.type(typed)
            code = await seen.end()
            assert creates(simulator) == 0

        assert (code, results_of(folder)) == (1, ["not_attempted"] * 3)
        assert "Cancelled; nothing was sent." in seen.lines
        assert seen.lines[-1].startswith("next: batchcreate run tasks.csv --endpoint ")
        assert read_summary(folder / "tasks-results")["stopped"]["cause"] == "declined"

    async def test_interrupt_ends_it_at_once(self, folder: Path) -> None:
        """As Ctrl-C does anywhere else; nothing is under way, and nothing is said of it."""
        async with (
            recording() as simulator,
            process_terminal(*RUN, *at(simulator), folder=folder) as (seen, _),
        ):
            await seen.sees(QUESTION)
            seen.type("\x03")
            code = await seen.end()
            assert creates(simulator) == 0

        assert (code, results_of(folder)) == (130, ["not_attempted"] * 3)
        assert "Stopped by Ctrl-C. Run the same command again to continue." in seen.lines
        assert "in flight" not in seen.plain

    async def test_what_was_typed_before_it_is_no_answer(self, folder: Path) -> None:
        """Nobody agrees to what he has not read."""
        turnstile = Turnstile(free=0, holds=1)
        async with (
            recording(turnstile) as simulator,
            terminal(*RUN, *at(simulator), folder=folder) as seen,
        ):
            await turnstile.is_full.wait()
            seen.type("y\n")
            turnstile.open()
            await seen.sees(QUESTION)
            seen.type("n\n")
            assert await seen.end() == 1
            assert creates(simulator) == 0

    async def test_quiet_asks_all_the_same(self, folder: Path) -> None:
        """What is created is not as easily taken back."""
        command = (*RUN, "--quiet")
        async with (
            recording() as simulator,
            terminal(*command, *at(simulator), folder=folder) as seen,
        ):
            await seen.sees(QUESTION)
            before = seen.lines
            seen.type("y\n")
            code = await seen.end()

        assert (code, before) == (0, [QUESTION])
        assert seen.lines == [f"{QUESTION}y", *END, "3 rows: 3 created",
                              "next: nothing to do; every row has a task"]  # fmt: skip

    async def test_retry_asks_too(self, folder: Path) -> None:
        """What it is about is told in the same way."""
        async with recording() as simulator:
            async with terminal(*RUN, *at(simulator), "--limit", "1", folder=folder) as seen:
                await seen.sees("Create 1 task? [y/N] ")
                seen.type("y\n")
                assert await seen.end() == 1
            async with terminal("retry", "tasks-results", folder=folder) as seen:
                await seen.sees("Create 2 tasks? [y/N] ")
                assert seen.lines[0] == "3 rows, 2 to send, 1 created earlier"
                seen.type("y\n")
                assert await seen.end() == 0

    async def test_rows_that_are_looked_up_are_a_question_too(self, folder: Path) -> None:
        """One of them may be sent again."""
        lost = {FaultKind.CREATED_500: 1.0}
        async with recording(faults=lost) as simulator:
            options = (*at(simulator), "--no-reconcile", "--yes")
            async with terminal(*RUN, *options, folder=folder) as seen:
                assert await seen.end() == 3
            async with terminal(*RUN, *at(simulator), folder=folder) as seen:
                await seen.sees("Check 3 rows with unknown outcome against the task list? [y/N] ")
                seen.type("y\n")
                assert await seen.end() == 0

        assert results_of(folder) == ["created"] * 3

    @pytest.mark.parametrize("way", ["--yes", "--simulate", "--dry-run"])
    async def test_is_left_out_where_it_makes_no_sense(self, way: str, folder: Path) -> None:
        """Who says so has decided; nothing real happens in the simulator or in a dry run."""
        async with recording() as simulator:
            place = () if way == "--simulate" else at(simulator)
            async with terminal(*RUN, *place, way, folder=folder) as seen:
                assert await seen.end() == 0

        assert "[y/N]" not in seen.plain

    async def test_dry_run_shows_the_plan(self, folder: Path) -> None:
        """Without the room that is left: no server is asked."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator), "--dry-run")
            async with terminal(*command, folder=folder) as seen:
                assert await seen.end() == 0
            assert list(simulator.requests) == []

        plan = [line.partition(" (quota")[0] for line in plan_of(simulator)]
        assert seen.lines[:4] == plan


class TestDisplay:
    ROWS: Final = 40

    @asynccontextmanager
    async def halfway(
        self, folder: Path, *options: str, **knobs: Any
    ) -> AsyncIterator[tuple[Terminal, Turnstile]]:
        """Give a terminal with a run on it of which 16 rows are created and 4 are in flight."""
        async with (
            self.held(folder) as (command, turnstile),
            terminal(*command, *options, folder=folder, **knobs) as seen,
        ):
            await turnstile.is_full.wait()
            try:
                yield seen, turnstile
            finally:
                turnstile.open()

    @asynccontextmanager
    async def halfway_process(
        self, folder: Path, **knobs: Any
    ) -> AsyncIterator[tuple[Terminal, Process, Turnstile]]:
        """Give the same with a process of its own."""
        async with (
            self.held(folder) as (command, turnstile),
            process_terminal(*command, folder=folder, **knobs) as (seen, process),
        ):
            await turnstile.is_full.wait()
            yield seen, process, turnstile

    @asynccontextmanager
    async def held(self, folder: Path) -> AsyncIterator[tuple[tuple[str, ...], Turnstile]]:
        """Give a command, and what holds its requests after the 16th."""
        write_rows(folder / "tasks.csv", task_rows(self.ROWS))
        turnstile = Turnstile(free=1 + 16, holds=4)
        async with recording(turnstile) as simulator:
            yield (*RUN, "--concurrency", "4", "--yes", *at(simulator)), turnstile

    async def test_shows_where_the_run_stands(self, folder: Path) -> None:
        """A bar, the counts, the rates and the time left; at the end it is gone."""
        async with self.halfway(folder) as (seen, turnstile):
            await seen.sees("16 created  4 in flight")
            middle = seen.plain
            turnstile.open()
            code = await seen.end()

        assert code == 0
        assert "16/40  40%" in middle
        assert re.search(r"\d+/s now  1,000/s allowed  about \d+ s left", middle)
        assert seen.shown.count("\x1b[?25l") == seen.shown.count("\x1b[?25h") == 1
        assert seen.shown.rindex("\x1b[?25h") < seen.shown.rindex("page: ")

    async def test_fits_a_narrow_terminal(self, folder: Path) -> None:
        """Forty columns hold all of it, on more lines."""
        async with self.halfway_process(folder, columns=40) as (seen, _, turnstile):
            await seen.sees("16 created  4 in flight")
            turnstile.open()
            await seen.end()

        drawn, _, _ = COLOR.sub("", seen.shown).partition("\x1b[?25h")
        lines = [CONTROL.sub("", line) for line in re.split(r"\r\n|\r|\x1b\[2K|\x1b\[1A", drawn)]
        facts = [line for line in lines if "in flight" in line or "/s now" in line or "%" in line]
        assert facts
        assert [line for line in facts if len(line.rstrip()) > 40] == []

    async def test_survives_a_change_of_the_size(self, folder: Path) -> None:
        """Smaller and larger."""
        async with self.halfway_process(folder) as (seen, process, turnstile):
            for columns in (30, 8, 200):
                seen.resize(columns)
                process.send_signal(signal.SIGWINCH)
                await seen.draws(400)
            turnstile.open()
            assert await seen.end() == 0

        assert "Traceback" not in seen.plain

    async def test_message_stands_above_it(self, folder: Path) -> None:
        """The first Ctrl-C says what happens, and the display goes on until it has."""
        async with self.halfway_process(folder) as (seen, _, turnstile):
            await seen.sees("16 created  4 in flight")
            seen.type("\x03")
            await seen.sees(
                "Interrupted: finishing the requests in flight. Press Ctrl-C again to stop at once."
            )
            turnstile.open()
            code = await seen.end()

        assert code == 130
        assert "\x1b[2KInterrupted: finishing the requests" in seen.shown

    @pytest.mark.parametrize(
        ("options", "variables"),
        [((), {"NO_COLOR": "1"}), (("--no-color",), {})],
        ids=["variable", "option"],
    )
    async def test_has_no_colours_where_none_are_wanted(
        self, options: tuple[str, ...], variables: dict[str, str], folder: Path
    ) -> None:
        """The display itself stays."""
        async with self.halfway(folder, *options, **variables) as (seen, turnstile):
            await seen.sees("16 created  4 in flight")
            turnstile.open()
            await seen.end()

        colors = {code for code in COLOR.findall(seen.shown) if re.search(r"[;\[][349]\d", code)}
        assert colors == set()

    async def test_is_lines_where_the_terminal_can_do_no_more(self, folder: Path) -> None:
        """TERM=dumb: no escape at all, and the question is asked all the same."""
        async with (
            recording() as simulator,
            terminal(*RUN, *at(simulator), folder=folder, TERM="dumb") as seen,
        ):
            await seen.sees(QUESTION)
            seen.type("y\n")
            assert await seen.end() == 0

        assert "\x1b" not in seen.shown
        assert seen.lines == [
            *plan_of(simulator), f"{QUESTION}y", *END, "3 rows: 3 created",
            "next: nothing to do; every row has a task",
        ]  # fmt: skip

    async def test_terminal_that_goes_away_ends_nothing(self, folder: Path) -> None:
        """A run whose window is closed, and that nobody tells so, goes on to its end."""
        async with self.halfway_process(folder, is_own=False) as (seen, _, turnstile):
            await seen.sees("16 created  4 in flight")
            seen.hang_up()
            turnstile.open()
            code = await seen.end()

        assert (code, results_of(folder)) == (0, ["created"] * self.ROWS)

    async def test_hang_up_ends_a_run_in_good_order(self, folder: Path) -> None:
        """What is under way finishes, although nothing can be shown any more."""
        async with self.halfway_process(folder) as (seen, _, turnstile):
            await seen.sees("16 created  4 in flight")
            seen.hang_up()
            turnstile.open()
            code = await seen.end()

        assert code == 129
        assert set(results_of(folder)) == {"created", "not_attempted"}


HOSTILE: Final = "\x1b]0;owned\x07\x1b[2J\r\u202e\x9b31m\ud800<b>"


@asynccontextmanager
async def hostile_server() -> AsyncIterator[str]:
    """Serve a service that refuses everything with words that would take a terminal over."""

    async def refuse(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"total": 0, "size": 0, "entities": []})
        return web.Response(
            status=400, text=json.dumps({"error_code": HOSTILE, "error_msg": HOSTILE})
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_nothing_that_was_read_moves_the_cursor(tmp_path: Path) -> None:
    """Hostile cells and hostile answers are spelled out, in the plan, the display and the end."""
    rows = [*task_rows(2), {"task_name": HOSTILE.replace("\ud800", "").replace("\r", "")}]
    write_rows(tmp_path / "tasks.csv", rows)
    place = ("--project-id", PROJECT, "--instance-id", INSTANCE, "--rate", "1000")

    async with (
        hostile_server() as url,
        terminal(*RUN, "--endpoint", url, *place, "--yes", "-v", folder=tmp_path) as seen,
    ):
        code = await seen.end()

    assert code == 1
    shown = " ".join(seen.plain.split())
    assert r"HTTP 400: \x1b]0;owned\x07\x1b[2J\r\u202e\x9b31m\ud800<b>" in shown
    assert [char for char in seen.plain if not char.isprintable() and char != "\n"] == []
    assert set(CONTROL.findall(seen.shown)) <= {
        "\r", "\x1b[?25l", "\x1b[?25h", "\x1b[2K", "\x1b[1A", *COLOR.findall(seen.shown),
    }  # fmt: skip


class TestToken:
    PROMPT: Final = "token (input is hidden): "

    async def test_is_asked_for_where_there_is_none(self, folder: Path) -> None:
        """It is used, and shown nowhere, however long it is."""
        token = "canary-" + "x" * 6000
        async with (
            recording(token=token) as simulator,
            terminal(*RUN, *at(simulator), folder=folder, BATCHCREATE_TOKEN="") as seen,
        ):
            await seen.sees(self.PROMPT)
            for start in range(0, len(token), 1000):
                seen.type(token[start : start + 1000])
                await asyncio.sleep(0)
            seen.type("\n")
            await seen.sees(QUESTION)
            seen.type("y\n")
            assert await seen.end() == 0

        assert "canary" not in seen.shown
        assert seen.lines[0] == (
            "No credentials are configured. Paste a project-scoped IAM token."
        )

    async def test_can_be_corrected_while_it_is_typed(self, folder: Path) -> None:
        """The keys that erase a letter and a line do so."""
        async with (
            recording(token=TOKEN) as simulator,
            terminal(*RUN, *at(simulator), "-v", folder=folder, BATCHCREATE_TOKEN="") as seen,
        ):
            await seen.sees(self.PROMPT)
            seen.type(f"wrong\x15{TOKEN}xy\x7f\x08\r")
            await seen.sees(QUESTION)
            seen.type("n\n")
            assert await seen.end() == 1

    @pytest.mark.parametrize("typed", ["\n", "\x04"], ids=["enter", "end of input"])
    async def test_nothing_typed_is_no_token(self, typed: str, folder: Path) -> None:
        """It is the error that a script gets."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator))
            async with terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as seen:
                await seen.sees(self.PROMPT)
                seen.type(typed)
                assert await seen.end() == 2
            assert list(simulator.requests) == []

        assert seen.lines[-1].startswith("error: no credentials: set BATCHCREATE_TOKEN or give")

    async def test_interrupt_ends_it(self, folder: Path) -> None:
        """And the terminal echoes again."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator))
            async with process_terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as (
                seen,
                _,
            ):
                await seen.sees(self.PROMPT)
                seen.type("\x03")
                assert await seen.end() == 130

        assert seen.lines[-1] == "Interrupted; nothing was sent."
        assert not (folder / "tasks-results").exists()

    async def test_is_not_asked_for_with_yes(self, folder: Path) -> None:
        """Who does not want to be asked is told what is missing."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator), "--yes")
            async with terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as seen:
                assert await seen.end() == 2

        assert seen.lines[-1].startswith("error: no credentials: ")

    async def test_is_asked_for_by_doctor_too(self, folder: Path) -> None:
        """A token can be tried before anything depends on it."""
        async with (
            recording(token=TOKEN) as simulator,
            terminal("doctor", *at(simulator), folder=folder, BATCHCREATE_TOKEN="") as seen,
        ):
            await seen.sees(self.PROMPT)
            seen.type(f"{TOKEN}\n")
            assert await seen.end() == 0

        assert any(
            line == "ok   credentials: found the token from the prompt" for line in seen.lines
        )

    async def test_is_asked_for_by_undo_too(self, folder: Path) -> None:
        """The journal knows the endpoint; nobody knows the token."""
        async with recording() as simulator:
            async with terminal(*RUN, *at(simulator), "--yes", folder=folder) as seen:
                assert await seen.end() == 0
            command = ("undo", "tasks-results")
            async with process_terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as (
                seen,
                _,
            ):
                await seen.sees(self.PROMPT)
                seen.type("abc\n")
                await seen.sees(
                    f"Delete 3 tasks of instance {INSTANCE}, project {PROJECT}, at {simulator.url}? [y/N] "
                )
                seen.type("y\n")
                assert await seen.end() == 0


class TestSettings:
    async def test_are_shown_with_their_places(self, folder: Path) -> None:
        """Of a secret only that it is there; what nobody gave stands below."""
        (folder / "batchcreate.toml").write_text("concurrency = 3\n", encoding="utf-8")
        command = (*RUN, "--simulate", "--rate", "900", "-v")
        async with terminal(*command, folder=folder) as seen:
            assert await seen.end() == 0

        assert seen.lines[:8] == [
            "settings:",
            "  concurrency        3     from batchcreate.toml",
            "  rate               900   from --rate",
            "  settle             1     from BATCHCREATE_SETTLE",
            "  simulate           true  from --simulate",
            "  verbose            1     from -v",
            "  BATCHCREATE_TOKEN  ***   from environment",
            (
                "  default: headroom 0.01, timeout 30, reconcile true, quota 1000, "
                "on_existing skip, strict false"
            ),
        ]
        assert TOKEN not in seen.shown

    async def test_what_looks_like_one_is_named(self, folder: Path) -> None:
        """A misspelt variable would otherwise be passed over in silence."""
        async with terminal(
            *(*RUN, "--simulate"),
            folder=folder,
            BATCHCREATE_RAET="5",
            BATCHCREATE_WHATEVER="1",
        ) as seen:
            assert await seen.end() == 0

        assert sorted(seen.lines[:2]) == [
            "warning: BATCHCREATE_RAET is not a setting; did you mean BATCHCREATE_RATE?",
            "warning: BATCHCREATE_WHATEVER is not a setting and has no effect",
        ]


def test_terminal_of_these_tests_is_one() -> None:
    """Otherwise they would prove little."""
    near, far = os.openpty()
    try:
        assert os.isatty(far)
    finally:
        os.close(near)
        os.close(far)
