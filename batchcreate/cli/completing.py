"""``batchcreate completion``: a script that lets a shell complete what is typed."""

from click.shell_completion import get_completion_class

from batchcreate.cli.exits import DONE
from batchcreate.cli.say import put


def completion_command(shell: str) -> int:
    """Print the script for *shell* and return the exit code."""
    from batchcreate.cli.main import NAME, group

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover # the command offers only those that there are
        raise LookupError(shell)
    put(kind(group, {}, NAME, f"_{NAME.upper()}_COMPLETE").source().rstrip())
    return DONE
