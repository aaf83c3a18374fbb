"""What tests want of the machine: without it they are skipped, but where CI is set they fail."""

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Leave the running test out, saying *what* is missing; in CI nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(f"missing: {what}")
    pytest.skip(what)


def required(*names: str) -> str:
    """Return where the first of the programs *names* is that this machine has."""
    return next(filter(None, map(shutil.which, names)), "") or missing(f"no {names[0]} here")
