"""Commands on a terminal: plan, question, progress display, summary."""

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
ASKED: Final = "? [y/N] "
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
        "tasks.csv: 3 rows",
        "  columns: A task_name, B operation_types",
        f"  endpoint: {simulator.url} (loopback, from --endpoint)",
        f"  3 tasks in project {PROJECT}, instance {INSTANCE} (quota 1000, 1000 left)",
        "  3 tasks at 1000/s: about 1 s",
    ]


def question_of(simulator: Simulator, tasks: str = "3 tasks") -> str:
    target = f"project {PROJECT}, instance {INSTANCE} at {simulator.url} (loopback)"
    return f"Create {tasks} in {target}{ASKED}"


def results_of(folder: Path) -> list[str]:
    return statuses(read_lines(folder / "tasks-results" / "results.csv"))


class TestQuestion:
    async def test_yes_sends(self, folder: Path) -> None:
        """The plan with the free quota comes first, then the question, then the summary."""
        async with recording() as simulator, terminal(*RUN, *at(simulator), folder=folder) as seen:
            await seen.sees(ASKED)
            assert (creates(simulator), seen.lines) == (
                0,
                [*plan_of(simulator), question_of(simulator)],
            )
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
            await seen.sees(ASKED)
            seen.type(typed)
            code = await seen.end()
            assert creates(simulator) == 0

        assert (code, results_of(folder)) == (1, ["not_attempted"] * 3)
        assert "Cancelled; nothing was sent." in seen.lines
        assert seen.lines[-1].startswith("next: batchcreate run tasks.csv --endpoint ")
        assert read_summary(folder / "tasks-results")["stopped"]["cause"] == "declined"

    async def test_interrupt_stops_it_at_once(self, folder: Path) -> None:
        """No request is in flight, so none is mentioned."""
        async with (
            recording() as simulator,
            process_terminal(*RUN, *at(simulator), folder=folder) as (seen, _),
        ):
            await seen.sees(ASKED)
            seen.type("\x03")
            code = await seen.end()
            assert creates(simulator) == 0

        assert (code, results_of(folder)) == (130, ["not_attempted"] * 3)
        assert "Stopped by Ctrl-C. Run the same command again to continue." in seen.lines
        assert "in flight" not in seen.plain

    async def test_earlier_input_is_not_an_answer(self, folder: Path) -> None:
        """Input before the question is discarded."""
        turnstile = Turnstile(free=0, holds=1)
        async with (
            recording(turnstile) as simulator,
            terminal(*RUN, *at(simulator), folder=folder) as seen,
        ):
            await turnstile.is_full.wait()
            seen.type("y\n")
            turnstile.open()
            await seen.sees(ASKED)
            seen.type("n\n")
            assert await seen.end() == 1
            assert creates(simulator) == 0

    async def test_quiet_asks_anyway(self, folder: Path) -> None:
        """Created tasks are not easily removed."""
        command = (*RUN, "--quiet")
        async with (
            recording() as simulator,
            terminal(*command, *at(simulator), folder=folder) as seen,
        ):
            await seen.sees(ASKED)
            before = seen.lines
            seen.type("y\n")
            code = await seen.end()

        assert (code, before) == (0, [question_of(simulator)])
        assert seen.lines == [f"{question_of(simulator)}y", *END, "3 rows: 3 created",
                              "next: nothing to do; every row has a task"]  # fmt: skip

    async def test_quiet_lists_several_instances(self, folder: Path) -> None:
        """A question cannot contain them all."""
        rows = [{**row, "instance_id": f"i{n}"} for n, row in enumerate(task_rows(3))]
        write_rows(folder / "tasks.csv", rows)
        async with (
            recording() as simulator,
            terminal(*RUN, "--quiet", *at(simulator), folder=folder) as seen,
        ):
            await seen.sees(ASKED)
            seen.type("n\n")
            assert await seen.end() == 1

        assert seen.lines[:6] == [
            f"  endpoint: {simulator.url} (loopback, from --endpoint)",
            *(f"  1 task in project p1, instance i{n} (quota 1000, 1000 left)" for n in range(3)),
            "  3 tasks at 1000/s: about 1 s",
            f"Create 3 tasks in 3 instances at {simulator.url} (loopback){ASKED}n",
        ]

    async def test_retry_asks_too(self, folder: Path) -> None:
        """It shows the plan and asks like a run."""
        async with recording() as simulator:
            async with terminal(*RUN, *at(simulator), "--limit", "1", folder=folder) as seen:
                await seen.sees(question_of(simulator, "1 task"))
                seen.type("y\n")
                assert await seen.end() == 1
            async with terminal("retry", "tasks-results", folder=folder) as seen:
                await seen.sees(question_of(simulator, "2 tasks"))
                assert seen.lines[0] == "3 rows, 2 to send, 1 created earlier"
                seen.type("y\n")
                assert await seen.end() == 0

    async def test_unknown_rows_need_confirmation_too(self, folder: Path) -> None:
        """They may be resent."""
        lost = {FaultKind.CREATED_500: 1.0}
        async with recording(faults=lost) as simulator:
            options = (*at(simulator), "--no-reconcile", "--yes")
            async with terminal(*RUN, *options, folder=folder) as seen:
                assert await seen.end() == 3
            async with terminal(*RUN, *at(simulator), folder=folder) as seen:
                await seen.sees(
                    "Check 3 rows with unknown outcome against the task list in project"
                )
                await seen.sees(ASKED)
                seen.type("y\n")
                assert await seen.end() == 0

        assert results_of(folder) == ["created"] * 3

    @pytest.mark.parametrize("way", ["--yes", "--simulate", "--dry-run"])
    async def test_is_not_asked_if_unnecessary(self, way: str, folder: Path) -> None:
        """--yes confirms, and the simulator and a dry run create no real tasks."""
        async with recording() as simulator:
            place = () if way == "--simulate" else at(simulator)
            async with terminal(*RUN, *place, way, folder=folder) as seen:
                assert await seen.end() == 0

        assert "[y/N]" not in seen.plain

    async def test_dry_run_shows_the_plan(self, folder: Path) -> None:
        """The free quota is not shown, because no server is asked."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator), "--dry-run")
            async with terminal(*command, folder=folder) as seen:
                assert await seen.end() == 0
            assert list(simulator.requests) == []

        plan = [line.partition(" (quota")[0] for line in plan_of(simulator)]
        assert seen.lines[:6] == plan


class TestDisplay:
    ROWS: Final = 40

    @asynccontextmanager
    async def halfway(
        self, folder: Path, *options: str, **knobs: Any
    ) -> AsyncIterator[tuple[Terminal, Turnstile]]:
        """Yield a terminal with a run that has created 16 rows and has 4 requests in flight."""
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
        """Yield the same with a separate process."""
        async with (
            self.held(folder) as (command, turnstile),
            process_terminal(*command, folder=folder, **knobs) as (seen, process),
        ):
            await turnstile.is_full.wait()
            yield seen, process, turnstile

    @asynccontextmanager
    async def held(self, folder: Path) -> AsyncIterator[tuple[tuple[str, ...], Turnstile]]:
        """Yield a command, and the turnstile that holds its requests after the 16th."""
        write_rows(folder / "tasks.csv", task_rows(self.ROWS))
        turnstile = Turnstile(free=1 + 16, holds=4)
        async with recording(turnstile) as simulator:
            yield (*RUN, "--concurrency", "4", "--yes", *at(simulator)), turnstile

    async def test_shows_the_progress(self, folder: Path) -> None:
        """It contains a bar, counts, rates and the remaining time, and is removed at the end."""
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
        """With forty columns it has more lines."""
        async with self.halfway(folder, columns=40) as (seen, turnstile):
            await seen.sees("16 created  4 in flight")
            turnstile.open()
            await seen.end()

        drawn, _, _ = COLOR.sub("", seen.shown).partition("\x1b[?25h")
        lines = [CONTROL.sub("", line) for line in re.split(r"\r\n|\r|\x1b\[2K|\x1b\[1A", drawn)]
        facts = [line for line in lines if "in flight" in line or "/s now" in line or "%" in line]
        assert facts
        assert [line for line in facts if len(line.rstrip()) > 40] == []

    async def test_survives_changes_of_the_size_and_an_interrupt(self, folder: Path) -> None:
        """It continues until the requests are answered; the message is printed above it."""
        async with self.halfway_process(folder) as (seen, process, turnstile):
            await seen.sees("16 created  4 in flight")
            for columns in (30, 8, 200):
                seen.resize(columns)
                process.send_signal(signal.SIGWINCH)
                await seen.draws(400)
            seen.type("\x03")
            await seen.sees(
                "Interrupted: finishing the requests in flight. Press Ctrl-C again to stop at once."
            )
            turnstile.open()
            code = await seen.end()

        assert code == 130
        assert "\x1b[2KInterrupted: finishing the requests" in seen.shown
        assert "Traceback" not in seen.plain

    @pytest.mark.parametrize(
        ("options", "variables"),
        [((), {"NO_COLOR": "1"}), (("--no-color",), {})],
        ids=["variable", "option"],
    )
    async def test_has_no_colours_if_disabled(
        self, options: tuple[str, ...], variables: dict[str, str], folder: Path
    ) -> None:
        """Only the colours are missing."""
        async with self.halfway(folder, *options, **variables) as (seen, turnstile):
            await seen.sees("16 created  4 in flight")
            turnstile.open()
            await seen.end()

        colors = {code for code in COLOR.findall(seen.shown) if re.search(r"[;\[][349]\d", code)}
        assert colors == set()

    async def test_is_plain_lines_on_a_simple_terminal(self, folder: Path) -> None:
        """With TERM=dumb there are no escape sequences; the question is still asked."""
        async with (
            recording() as simulator,
            terminal(*RUN, *at(simulator), folder=folder, TERM="dumb") as seen,
        ):
            await seen.sees(ASKED)
            seen.type("y\n")
            assert await seen.end() == 0

        assert "\x1b" not in seen.shown
        assert seen.lines == [
            *plan_of(simulator), f"{question_of(simulator)}y", *END, "3 rows: 3 created",
            "next: nothing to do; every row has a task",
        ]  # fmt: skip

    async def test_closed_terminal_does_not_stop_the_run(self, folder: Path) -> None:
        """A run without a SIGHUP continues after its window was closed."""
        async with self.halfway_process(folder, is_own=False) as (seen, _, turnstile):
            await seen.sees("16 created  4 in flight")
            seen.hang_up()
            turnstile.open()
            code = await seen.end()

        assert (code, results_of(folder)) == (0, ["created"] * self.ROWS)

    async def test_hang_up_stops_a_run_cleanly(self, folder: Path) -> None:
        """The requests in flight finish, although the terminal is closed."""
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
    """Serve responses with error messages that contain control sequences."""

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


async def test_input_and_responses_do_not_move_the_cursor(tmp_path: Path) -> None:
    """Control characters of cells and responses are escaped."""
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

    async def test_is_requested_if_missing(self, folder: Path) -> None:
        """It is used, but never shown; its length is not limited by the terminal."""
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
            await seen.sees(ASKED)
            seen.type("y\n")
            assert await seen.end() == 0

        assert "canary" not in seen.shown
        assert seen.lines[0] == (
            "No credentials are configured. Paste a project-scoped IAM token."
        )

    async def test_can_be_edited_during_input(self, folder: Path) -> None:
        """Backspace and Ctrl-U work."""
        async with (
            recording(token=TOKEN) as simulator,
            terminal(*RUN, *at(simulator), "-v", folder=folder, BATCHCREATE_TOKEN="") as seen,
        ):
            await seen.sees(self.PROMPT)
            seen.type(f"wrong\x15{TOKEN}xy\x7f\x08\r")
            await seen.sees(ASKED)
            seen.type("n\n")
            assert await seen.end() == 1

    @pytest.mark.parametrize("typed", ["\n", "\x04"], ids=["enter", "end of input"])
    async def test_empty_input_is_an_error(self, typed: str, folder: Path) -> None:
        """It is the same error as without a terminal."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator))
            async with terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as seen:
                await seen.sees(self.PROMPT)
                seen.type(typed)
                assert await seen.end() == 2
            assert list(simulator.requests) == []

        assert seen.lines[-1].startswith("error: no credentials: set BATCHCREATE_TOKEN or give")

    async def test_interrupt_stops_it(self, folder: Path) -> None:
        """Nothing is written to the results folder."""
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

    async def test_is_not_requested_with_yes(self, folder: Path) -> None:
        """The error names the missing credentials."""
        async with recording() as simulator:
            command = (*RUN, *at(simulator), "--yes")
            async with terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as seen:
                assert await seen.end() == 2

        assert seen.lines[-1].startswith("error: no credentials: ")

    async def test_is_requested_by_doctor_too(self, folder: Path) -> None:
        """A token can be checked before a run."""
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

    async def test_is_requested_by_undo_too(self, folder: Path) -> None:
        """The journal contains the endpoint, but no token."""
        async with recording() as simulator:
            async with terminal(*RUN, *at(simulator), "--yes", folder=folder) as seen:
                assert await seen.end() == 0
            command = ("undo", "tasks-results")
            async with terminal(*command, folder=folder, BATCHCREATE_TOKEN="") as seen:
                await seen.sees(self.PROMPT)
                seen.type("abc\n")
                await seen.sees(
                    f"Delete 3 tasks of instance {INSTANCE}, project {PROJECT}, at {simulator.url} (loopback)? [y/N] "
                )
                seen.type("y\n")
                assert await seen.end() == 0


class TestSettings:
    async def test_are_shown_with_their_sources(self, folder: Path) -> None:
        """Secrets are hidden; defaults are listed at the end."""
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
                "  default: trust_config false, headroom 0.01, max_wait 600, timeout 30, "
                "reconcile true, quota 1000"
            ),
        ]
        assert TOKEN not in seen.shown

    async def test_unknown_variables_are_reported(self, folder: Path) -> None:
        """A misspelt variable has no effect."""
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


def test_pseudo_terminal_is_a_terminal() -> None:
    """The tests above depend on it."""
    near, far = os.openpty()
    try:
        assert os.isatty(far)
    finally:
        os.close(near)
        os.close(far)
