"""The vendor's SDK: of the test extra, so that only a machine of one's own may be without it."""

import importlib
from typing import Any

import pytest

from tests.needs import skip_or_fail

# The SDK reads the clock with datetime.utcnow, which Python 3.12 and later call deprecated.
SILENCED = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning:huaweicloudsdkcore"
)


def vendor(module: str) -> Any:
    """Import *module* of the SDK; skip what needs it, but not where CI is set."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        skip_or_fail("the vendor's SDK is not here: pip install '.[test]'")
