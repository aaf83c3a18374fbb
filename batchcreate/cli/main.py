"""The command group, and the one place where an error becomes a message and an exit code."""

import contextlib
import sys
from typing import Final

import click

from batchcreate.cli import commands
from batchcreate.cli.exit_codes import INTERRUPTED, STOPPED, USAGE, code_of_error
from batchcreate.cli.terminal import print_message
from batchcreate.errors import BatchCreateError
from batchcreate.version import __version__

NAME: Final = "batchcreate"
_PR_SET_DUMPABLE: Final = 4  # as linux/prctl.h has it
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name=NAME)
def group() -> None:
    """
    Create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets.

    \b
    Try it without an account:
      batchcreate run tasks.csv --simulate
    See what would be wrong with a file:
      batchcreate check tasks.xlsx
    """  # noqa: D301 # \b is click's mark for lines to be kept


for command in commands.ALL:
    group.add_command(command)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _leave_no_core()
    sys.exit(_exit_code())


def _leave_no_core() -> None:
    """Let no crash write the memory, and the secrets in it, into a file."""
    with contextlib.suppress(ImportError):  # elsewhere than on POSIX there are no such files
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # pragma: no branch
        import ctypes

        # Where crashes are handed to a program that collects them, the limit does not count.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _exit_code() -> int:
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
    except OSError as error:  # such as a full disk where the help should go
        print_message(f"error: {error}")
        return STOPPED
    except (KeyboardInterrupt, click.Abort):
        print_message("interrupted; nothing was sent")
        return INTERRUPTED
    return code if isinstance(code, int) else 0
