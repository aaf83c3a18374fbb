"""The command simulate."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchcreate.auth import permission_warning
from batchcreate.cli.exit_codes import DONE
from batchcreate.cli.signals import interrupt_event
from batchcreate.cli.terminal import print_document, print_message
from batchcreate.errors import SettingsError
from batchcreate.simulator import FAULT_MEANINGS, FaultKind, SimulatorSettings, serve

_SECRET_BYTES_MAX: Final = 64 * 1024


def simulate_command(options: Mapping[str, Any]) -> int:
    """Serve the simulator, or list the kinds of faults, and return the exit code."""
    if options["list_faults"]:
        for kind, meaning in FAULT_MEANINGS.items():
            print_document(f"{kind.value:<20} {meaning}")
        return DONE
    settings = SimulatorSettings(
        port=options["port"],
        limit_rate=options["limit_rate"],
        latency_ms=options["latency_ms"],
        faults=parse_faults(options["faults"]),
        seed=options["seed"],
        state_path=options["state"],
        quota=options["quota"],
        list_lag_s=options["list_lag_s"],
        list_page_max=options["list_page_max"],
        token_ttl_s=options["token_ttl_s"],
        token=_read_secret("--token-file", options["token_file"]),
        ak=options["ak"],
        sk=_read_secret("--sk-file", options["sk_file"]),
        security_token=_read_secret("--security-token-file", options["security_token_file"]),
    )
    asyncio.run(_serve(settings))
    return DONE


def parse_faults(texts: Sequence[str]) -> Mapping[FaultKind, float]:
    """
    Return the kinds and shares of faults from *texts* such as ``created-500=0.05``.

    Raises:
        SettingsError: a text is invalid; the message contains what is accepted.

    """
    faults = {}
    for text in texts:
        kind, _, share = text.partition("=")
        try:
            faults[FaultKind(kind)] = float(share)
        except ValueError:
            msg = (
                f"--fault {text}: expected KIND=SHARE, such as created-500=0.05; "
                "--list-faults shows the kinds"
            )
            raise SettingsError(msg) from None
    return faults


def _read_secret(option: str, path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(_SECRET_BYTES_MAX + 1)
        warning = permission_warning(path, f"{option} {path}")
    except OSError as error:
        msg = f"{option} {path}: cannot be read: {error.strerror}"
        raise SettingsError(msg) from error
    text = content.decode("ascii", "replace").strip()
    if len(content) > _SECRET_BYTES_MAX or not (text.isascii() and text.isprintable()):
        msg = f"{option} {path}: not a secret (expected one line of ASCII text, at most 64 KiB)"
        raise SettingsError(msg)
    if warning:
        print_message(f"warning: {warning}")
    return text


async def _serve(settings: SimulatorSettings) -> None:
    async with serve(settings) as simulator:
        interrupted = interrupt_event()
        print_message(f"ROMA Connect simulator at {simulator.url}; press Ctrl-C to stop")
        await interrupted.wait()
