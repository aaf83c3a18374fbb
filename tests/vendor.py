"""The vendor's SDK: of the test extra, so that only a machine of one's own may be without it."""

import importlib
import os
from typing import Any

import pytest

# The SDK reads the clock with datetime.utcnow, which Python 3.12 and later call deprecated.
SILENCED = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning:huaweicloudsdkcore"
)


def vendor(module: str) -> Any:
    """Import *module* of the SDK; skip what needs it, but not where CI is set."""
    if os.environ.get("CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module, reason="the vendor's SDK is missing: pip install '.[test]'")
