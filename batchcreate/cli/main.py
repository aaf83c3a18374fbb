"""The command group; translates errors into messages and exit codes."""

import contextlib
import sys
from typing import Final

import click

from batchcreate.cli.commands import COMMANDS
from batchcreate.cli.exit_codes import INTERRUPTED, STOPPED, USAGE, code_of_error
from batchcreate.cli.terminal import print_message
from batchcreate.errors import BatchCreateError
from batchcreate.version import __version__

NAME: Final = "batchcreate"
_PR_SET_DUMPABLE: Final = 4  # from linux/prctl.h
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
    sys.exit(run_command_line())


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
        print_message(f"error: {error.format_message()}{hint}")
        return USAGE
    except BatchCreateError as error:
        print_message(f"error: {error}")
        return code_of_error(error)
    except OSError as error:  # such as a full disk while the help is written
        print_message(f"error: {error}")
        return STOPPED
    except (KeyboardInterrupt, click.Abort):
        print_message("Interrupted; nothing was sent.")
        return INTERRUPTED
    return code if isinstance(code, int) else 0
