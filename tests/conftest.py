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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give long tests a larger time limit than the others; let each worker begin with slow files."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_S))
    # Each worker gets a part of the list, and takes tests of others when it is done: fast ones.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = [list(group) for _, group in groupby(items, key=attrgetter("path"))]
    files.sort(key=lambda file: not {"functional", "test_exactly_once.py"} & {*file[0].path.parts})
    items[:] = [
        item for first in range(workers) for file in files[first::workers] for item in file
    ]


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: most of their time they wait for programs and servers."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings and credentials of the user from the environment."""
    for name in tuple(os.environ):
        if name.startswith(("BATCHCREATE_", "HUAWEICLOUD_SDK_")):
            monkeypatch.delenv(name)
