"""The command group; translates errors into messages and exit codes."""

import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from batchcreate.cli.commands import COMMANDS
from batchcreate.cli.exit_codes import INTERRUPTED, STOPPED, USAGE, code_of_error
from batchcreate.cli.terminal import print_error, print_message
from batchcreate.errors import (
    BatchCreateError,
    DeclinedError,
    SettingsError,
    internal_error,
)
from batchcreate.version import __version__

NAME: Final = "batchcreate"
_PR_SET_DUMPABLE: Final = 4  # from linux/prctl.h
_GC_OBJECTS: Final = 100_000
"""New objects between two garbage collections; issues and rows are many, and not in cycles."""

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name=NAME)
def group() -> None:
    """
    Create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets.

    \b
    Try it without an account:
      batchcreate run tasks.csv --simulate
    Check a file for issues:
      batchcreate check tasks.xlsx
    """  # noqa: D301 # \b prevents click from wrapping the lines


for command in COMMANDS:
    group.add_command(command)


def main() -> None:
    """Execute the command line and exit with its exit code."""
    _disable_core_dumps()
    gc.set_threshold(_GC_OBJECTS)
    code = run_command_line()
    gc.freeze()  # otherwise the interpreter searches all objects for cycles when it ends
    sys.exit(code)


def _disable_core_dumps() -> None:
    """Prevent core dumps, which would contain secrets."""
    with contextlib.suppress(ImportError):  # only POSIX systems write core dumps
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # pragma: no branch
        import ctypes

        # The limit does not apply if crashes are passed to a program.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def run_command_line() -> int:
    """Execute the command line, print its error if there is one, and return the exit code."""
    try:
        code = group.main(prog_name=NAME, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print_message(error.format_message())
        return USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (see '{context.command_path} --help')" if context is not None else ""
        return _end(f"{error.format_message()}{hint}", USAGE)
    except BatchCreateError as error:
        prefix = "" if isinstance(error, DeclinedError) else "error: "
        return _end(str(error), code_of_error(error), prefix=prefix)
    except (KeyboardInterrupt, click.Abort):
        return _end("Interrupted; nothing was sent.", INTERRUPTED, prefix="")
    except Exception as error:  # noqa: BLE001 # a defect ends with a message, too
        # An error of the system is, for example, a full disk while the help is written.
        return _end(str(error if isinstance(error, OSError) else internal_error(error)), STOPPED)
    return code if isinstance(code, int) else 0


def _end(message: str, code: int, *, prefix: str = "error: ") -> int:
    print_error(message, code, is_json=wants_json(sys.argv[1:]), prefix=prefix)
    return code


def wants_json(arguments: Sequence[str]) -> bool:
    """Return True if the command line, the environment or the configuration file sets --json."""
    from batchcreate.settings import load

    command = group.commands.get(next(iter(arguments), ""))
    if command is None or all(option.name != "json_summary" for option in command.params):
        return False
    if "--json" in arguments:
        return True
    try:
        return load({}).terminal.is_json
    except SettingsError:  # possibly the error itself
        return os.environ.get("BATCHCREATE_JSON", "").lower() in {"1", "true", "yes", "on"}
