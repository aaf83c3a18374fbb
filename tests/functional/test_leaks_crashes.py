"""
A crash is forced in every module that the commands come through; no secret comes out of it.

All modules::

    pytest -m long tests/functional/test_leaks_crashes.py
"""

import asyncio
import gc
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import pytest

import batchcreate as package
from batchcreate.cli.main import run_command_line
from batchcreate.simulator import Simulator
from tests.functional.inside import surrounded
from tests.functional.outside import hits, hits_below
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    recording,
    task_rows,
    without_settings,
    write_rows,
)
from tests.functional.test_leaks import PROXY, SECRETS, WAYS

SOURCE: Final = Path(package.__file__).parent
FAULTS: Final = {"403": 0.3, "created-500": 0.3, "refused-no-id": 0.2}
LIMIT_S: Final = 5.0
"""Time after a crash at which a program that waits for ever is ended; that is not tested here."""

SETTINGS: Final = {
    "BATCHCREATE_SETTLE": "0.1",
    "BATCHCREATE_TIMEOUT": "0.3",
    "BATCHCREATE_RATE": "1000",
    "BATCHCREATE_VERBOSE": "1",
    "BATCHCREATE_PROJECT_ID": PROJECT,
    "BATCHCREATE_INSTANCE_ID": INSTANCE,
}
COMMANDS: Final = (
    ("doctor",),
    ("run", "tasks.csv"),
    ("retry", "tasks-results"),
    ("undo", "tasks-results", "--yes"),
)

NO_CODE: Final = ("__init__", "errors", "version")
NO_CREDENTIALS: Final = ("__main__", "library", "simulator", "template", "to_fix", "workbooks")
"""Packages that run in separate processes, or that no command uses."""

PACKAGES: Final = frozenset(
    path.stem
    for path in SOURCE.iterdir()
    if path.stem not in {*NO_CODE, *NO_CREDENTIALS}
    and (path.suffix == ".py" or (path / "__init__.py").exists())
)
NEAR_CREDENTIALS: Final = frozenset({"auth", "cli", "transport"})

Look = Callable[[FrameType, str, object], None]


class StruckError(Exception):
    """What no part of the program expects."""


class Strike:
    """
    Makes one call of a function of a module fail with an unexpected error.

    Args:
        module: its path in the package.
        call: which of the calls, from 1 on.

    """

    def __init__(self, module: str, call: int) -> None:
        self.has_struck = False
        self._file = str(SOURCE / module)
        self._left = call

    def look(self, frame: FrameType, event: str, _argument: object) -> None:
        if self.has_struck or event != "call" or frame.f_code.co_filename != self._file:
            return
        self._left -= 1
        if self._left == 0:
            self.has_struck = True
            signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
            raise StruckError(frame.f_code.co_name)


@contextmanager
def looking(look: Look) -> Iterator[None]:
    """Let *look* see the calls of this thread and of all that are started meanwhile."""
    here, there = sys.getprofile(), threading.getprofile()
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(here)
        threading.setprofile(there)


@contextmanager
def simulating() -> Iterator[Simulator]:
    """Serve a simulator with faults in a separate thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    faulty = recording(faults=FAULTS, seed=3)
    try:
        yield asyncio.run_coroutine_threadsafe(faulty.__aenter__(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(faulty.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def rows() -> list[dict[str, str]]:
    """Return rows of which some can be created and some break a rule."""
    first, second, third, *more = task_rows(8)
    damaged = second | {"task_id": "1.23457E+17"}
    return [{"task_id": "", **first}, damaged, third | {"operation_types": "UPSRT"}, *more]


def carry_out(folder: Path, way: str, look: Look) -> str:
    """Carry out the commands, one after the other, until one crashes; return its trace."""
    folder.mkdir(exist_ok=True)
    write_rows(folder / "tasks.csv", rows())
    with simulating() as simulator:
        places = {"BATCHCREATE_ENDPOINT": simulator.url, "BATCHCREATE_IAM_ENDPOINT": simulator.url}
        variables = {**without_settings(), **SETTINGS, **places, **WAYS[way], **PROXY}
        for command in COMMANDS:
            with surrounded(command, folder, variables):
                try:
                    with ending_on_alarm(), looking(look):
                        run_command_line()
                except BaseException as error:  # noqa: BLE001 # that is the point
                    chain = (error, error.__cause__, error.__context__)
                    details = [f"{each!r} {each.args} {vars(each)}" for each in chain if each]
                    return "\n".join((*traceback.format_exception(error), *details))
    return ""


@contextmanager
def ending_on_alarm() -> Iterator[None]:
    """End the block when the alarm that a crash has set goes off."""

    def end(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def import_all() -> None:
    """Let every module be imported that the commands need: that calls functions only once."""
    with TemporaryDirectory() as folder:
        carry_out(Path(folder), "token", lambda *_: None)


@cache
def calls_of(way: str) -> Mapping[str, int]:
    """Count the calls of each module in a run without crashes."""
    import_all()
    counts: Counter[str] = Counter()

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(f"{SOURCE}{os.sep}"):
            counts[frame.f_code.co_filename] += 1

    with TemporaryDirectory() as folder:
        assert carry_out(Path(folder), way, look) == ""
    return {str(Path(name).relative_to(SOURCE)): count for name, count in counts.items()}


def strikes_in(packages: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    """Yield the modules of *packages* that are called, each with a way and a call in the middle."""
    for number, path in enumerate(sorted(SOURCE.rglob("*.py"))):
        module = str(path.relative_to(SOURCE))
        ways = [way for way in WAYS if module in calls_of(way)]
        if Path(path.relative_to(SOURCE).parts[0]).stem in packages and ways:
            way = ways[number % len(ways)]
            yield module, way, (calls_of(way)[module] + 1) // 2


@pytest.mark.filterwarnings("ignore")  # what is torn down by an accident may complain of it
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "packages",
    [
        pytest.param(NEAR_CREDENTIALS, id="packages near the credentials"),
        pytest.param(PACKAGES - NEAR_CREDENTIALS, id="other packages", marks=pytest.mark.long),
    ],
)
def test_crash_in_any_module_brings_nothing_to_light(
    packages: frozenset[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trace with its chain, the output and the written files contain no secret."""
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, f"__{name}__"))
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    struck: dict[str, bool] = {}
    for module, way, call in strikes_in(packages):
        folder = tmp_path / str(len(struck))
        strike = Strike(module, call)
        trace = carry_out(folder, way, strike.look)
        struck[module] = strike.has_struck
        printed: Any = capfd.readouterr()
        everything = f"{trace}\n{printed.out}\n{printed.err}\n{caplog.text}"
        assert hits(everything.encode(), SECRETS) == []
        assert hits_below(folder, SECRETS) == []
    gc.collect()  # while what complains is not listened to

    assert {Path(Path(module).parts[0]).stem for module in struck} == packages
    assert [module for module, has_struck in struck.items() if not has_struck] == []
