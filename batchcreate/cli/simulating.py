"""``batchcreate simulate``: the embedded simulator on its own."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from batchcreate.cli.exits import DONE
from batchcreate.cli.say import put, say
from batchcreate.errors import SettingsError
from batchcreate.simulator import FAULT_MEANINGS, FaultKind, SimulatorSettings, serve


def simulate_command(options: Mapping[str, Any]) -> int:
    """Carry out ``simulate`` and return its exit code."""
    if options["list_faults"]:
        for kind, meaning in FAULT_MEANINGS.items():
            put(f"{kind.value:<20} {meaning}")
        return DONE
    settings = SimulatorSettings(
        port=options["port"],
        limit_rate=options["limit_rate"],
        latency_ms=options["latency_ms"],
        faults=parse_faults(options["faults"]),
        seed=options["seed"],
        state_path=options["state"],
    )
    asyncio.run(_serve(settings))
    return DONE


def parse_faults(texts: Sequence[str]) -> Mapping[FaultKind, float]:
    """
    Return the shares that texts such as ``created-500=0.05`` give.

    Raises:
        SettingsError: names the text and what is accepted.

    """
    faults = {}
    for text in texts:
        kind, _, share = text.partition("=")
        try:
            faults[FaultKind(kind)] = float(share)
        except ValueError:
            msg = (
                f"--fault {text}: give KIND=SHARE such as created-500=0.05; "
                "the kinds are listed by --list-faults"
            )
            raise SettingsError(msg) from None
    return faults


async def _serve(settings: SimulatorSettings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with serve(settings) as simulator:
        say(f"ROMA Connect simulator at {simulator.url}; Ctrl-C ends it")
        await ended.wait()
