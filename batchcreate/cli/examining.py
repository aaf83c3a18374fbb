"""``batchcreate doctor``: one line for each thing that a run needs."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from batchcreate import pipeline
from batchcreate.cli.configuring import configure
from batchcreate.cli.exits import DONE, INCOMPLETE
from batchcreate.cli.say import say
from batchcreate.settings import Settings


def doctor_command(options: Mapping[str, Any]) -> int:
    """Carry out ``doctor`` and return its exit code."""
    return asyncio.run(_doctor(configure(options)))


async def _doctor(settings: Settings) -> int:
    is_good = True
    async for finding in pipeline.doctor(settings, environment=os.environ):
        is_good &= finding.is_good
        say(f"{'ok ' if finding.is_good else 'BAD'}  {finding.about}: {finding.text}")
    return DONE if is_good else INCOMPLETE
