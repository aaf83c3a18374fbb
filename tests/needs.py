"""Programs and rights that tests require; without them, tests are skipped, or fail in CI."""

import os
import shutil
from typing import NoReturn

import pytest


def skip_or_fail(requirement: str) -> NoReturn:
    """Skip the current test because of a missing *requirement*; fail it if CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"missing: {requirement}")
    pytest.skip(requirement)


def require_program(*names: str) -> str:
    """Return the path of the first of the programs *names* that is installed."""
    path = next(filter(None, map(shutil.which, names)), "")
    return path or skip_or_fail(f"{names[0]} is not installed")
