"""``batchcreate doctor``: one line for each thing that a run needs."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from batchcreate.cli.configuring import configure
from batchcreate.cli.credentials import with_credentials
from batchcreate.cli.exits import DONE, INCOMPLETE
from batchcreate.cli.say import say
from batchcreate.errors import NoCredentialsError
from batchcreate.pipeline.doctor import Finding, doctor
from batchcreate.settings import Settings


def doctor_command(options: Mapping[str, Any]) -> int:
    """Carry out ``doctor`` and return its exit code."""
    settings = configure(options)
    try:
        is_good = with_credentials(partial(_examine, settings), settings)
    except NoCredentialsError as error:
        is_good = _tell(Finding(about="credentials", is_good=False, text=str(error)))
    return DONE if is_good else INCOMPLETE


def _examine(settings: Settings, environment: Mapping[str, str]) -> bool:
    return asyncio.run(_doctor(settings, environment))


async def _doctor(settings: Settings, environment: Mapping[str, str]) -> bool:
    found = doctor(settings, environment=environment)
    return all([_tell(finding) async for finding in found])


def _tell(finding: Finding) -> bool:
    say(f"{'ok ' if finding.is_good else 'BAD'}  {finding.about}: {finding.text}")
    return finding.is_good
