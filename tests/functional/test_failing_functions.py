"""
Whatever function fails, in whatever thread or callback, a command ends and the next one continues.

The long tests take one function in a hundred, in the middle of each command. All functions take
more than half an hour for each command::

    python -m tests.functional.failing_calls run /tmp/sweep 0 1
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.functional.failing_calls import COMMANDS
from tests.functional.program import without_settings

ROOT = Path(__file__).parents[2]
STRIDE = 100
"""A sweep takes one function of so many."""

SWEEPS = 2
"""Number of concurrent sweeps over different functions."""

REPRESENTATIVE = (
    "Writer._resolve",  # a callback of the event loop, for which all workers wait
    "Writer._write_until_closed",  # the thread that writes the journal
    "Writer.__aexit__",  # the end of that thread
    "RunCounters.request_ended",  # a worker
)


async def sweep(command: str, folder: Path, start: int, *names: str) -> dict[str, Any]:
    """Run a sweep in a process of its own, and return its findings."""
    arguments = (command, str(folder), str(start), str(STRIDE), *names)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.functional.failing_calls", *arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=without_settings()
        | {"MPLCONFIGDIR": str(folder.parent / "fonts"), "BATCHCREATE_SETTLE": "0.2"},
    )
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found


async def test_failure_in_any_thread_or_callback_ends_a_run(tmp_path: Path) -> None:
    """The run ends with a message and exit code 4, and the same command creates the rest once."""
    findings = await sweep("run", tmp_path / "run", 0, *REPRESENTATIVE)

    assert findings == {"functions": len(REPRESENTATIVE), "problems": []}


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
async def test_failure_of_any_function_ends_a_command(tmp_path: Path, command: str) -> None:
    """No function of the package can keep a command from ending, or the next from continuing."""
    async with asyncio.TaskGroup() as group:
        sweeps = [
            group.create_task(sweep(command, tmp_path / str(start), start))
            for start in range(SWEEPS)
        ]

    found = [each.result() for each in sweeps]
    print(command, sum(each["functions"] for each in found), "functions")  # noqa: T201
    assert [problem for each in found for problem in each["problems"]] == []
