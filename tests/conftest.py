"""Fixtures of several test modules."""

import os
import signal
import sys
from itertools import groupby
from operator import attrgetter

import pytest
from hypothesis import settings

# The duration of an example depends on the machine more than on the code.
settings.register_profile("short", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=300)
settings.load_profile("short")

# A script starts commands in the background with Ctrl-C ignored; programs here would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests start the program a hundred times: it is compiled once, as on any user's machine.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


LONG_S = 300
"""Seconds after which a long test is ended, unless it has its own limit."""

SLOW = {"functional", "test_exactly_once.py"}
"""Folders and files whose tests take longer than the others."""


@pytest.hookimpl(trylast=True)  # after tests were deselected
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give long tests a larger time limit than the others; let each worker begin with slow files."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_S))
    items[:] = in_parts(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def in_parts(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """
    Return *items* so that each part of equal size begins with as many slow files.

    Each worker gets such a part; when it is done it takes tests from the end of another one.
    """
    files = [list(group) for _, group in groupby(items, key=attrgetter("path"))]
    slow = [file for file in files if SLOW & {*file[0].path.parts}]
    fast = [item for file in files if file not in slow for item in file]
    ordered: list[pytest.Item] = []
    for number in range(workers):
        part = [item for file in slow[number::workers] for item in file]
        size = (len(items) - len(ordered)) // (workers - number)
        count = max(0, size - len(part))
        ordered += [*part, *fast[:count]]
        fast = fast[count:]
    return ordered


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: most of their time they wait for programs and servers."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings and credentials of the user from the environment."""
    for name in tuple(os.environ):
        if name.startswith(("BATCHCREATE_", "HUAWEICLOUD_SDK_")):
            monkeypatch.delenv(name)
