"""Shared options, help and the settings of a command."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from batchcreate.cli.terminal import print_message

if TYPE_CHECKING:
    from batchcreate.settings import Settings

_DEFAULTS_PER_LINE: Final = 6


def configure(options: Mapping[str, Any]) -> "Settings":
    """
    Build the settings from *options* and the other sources.

    Raises:
        SettingsError: names the first wrong value, where it comes from and what is accepted.

    """
    from batchcreate.settings import load, unknown_variables
    from batchcreate.settings.settings import SECRET_VARIABLES

    settings = load(options)
    if not settings.terminal.is_quiet:
        for name, similar in unknown_variables(os.environ, SECRET_VARIABLES):
            hint = f"; did you mean {similar}?" if similar else " and has no effect"
            print_message(f"warning: {name} is not a setting{hint}")
    if settings.terminal.verbosity:
        print_message("\n".join(describe_settings(settings, os.environ)))
    return settings


def describe_settings(settings: "Settings", environment: Mapping[str, str]) -> Iterator[str]:
    """Yield all settings with their sources; values of secrets are hidden."""
    from batchcreate.settings.settings import SECRET_VARIABLES

    values = settings.as_dict()
    lines = [(name, shown(values[name]), source) for name, source in settings.sources.items()]
    lines += [(name, "***", "environment") for name in SECRET_VARIABLES if environment.get(name)]
    yield "settings:"
    widths = [max((len(line[column]) for line in lines), default=0) for column in (0, 1)]
    for name, value, source in lines:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  from {source}"
    rest = [
        f"{name} {shown(value)}"
        for name, value in values.items()
        if name not in settings.sources and value not in (None, "", [])
    ]
    for start in range(0, len(rest), _DEFAULTS_PER_LINE):
        yield f"  default: {', '.join(rest[start : start + _DEFAULTS_PER_LINE])}"


def shown(value: object) -> str:
    """Return the value of a setting as it could be typed."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


SECTIONS: Final[Mapping[str, Sequence[str]]] = {
    "Where to": ("region", "endpoint", "project_id", "instance_id", "iam_endpoint", "simulate"),
    "Credentials and network": ("token_file", "ca_file", "proxy"),
    "Which rows": ("rows", "limit", "only", "strict", "on_existing", "dry_run", "yes"),
    "How fast": ("rate", "headroom", "concurrency", "timeout", "quota"),
    "Lost answers": ("settle", "reconcile"),
    "Reading the files": ("sheet", "map", "encoding", "delimiter"),
    "Results": ("results", "lang", "json_summary", "quiet", "verbose", "color"),
}
"""The names of the options under each heading."""

EXIT_CODES: Final = """\b
Exit codes:
  0    every row is created, or skipped because its task exists
  1    finished; some rows failed or are rejected
  2    wrong usage, settings, input or quota: nothing was sent
  3    some rows are unknown
  4    stopped early: credentials, redirect, too many faults, disk
  5    another run holds the results folder
  130  SIGINT; 143 SIGTERM; 129 SIGHUP"""


class Command(click.Command):
    """A command whose help has its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one heading after the other."""
        records = {
            param.name: record
            for param in self.get_params(ctx)
            if isinstance(param, click.Option)
            and (record := param.get_help_record(ctx)) is not None
        }
        for title, names in SECTIONS.items():
            lines = [records.pop(name) for name in names if name in records]
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)
        with formatter.section("Other"):
            formatter.write_dl(list(records.values()))


CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")


def _folders(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="dir")]


RESULTS_DIR = click.argument(
    "results", type=click.Path(path_type=Path), metavar="RESULTS_DIR", shell_complete=_folders
)

_TARGET = (
    click.option("--project-id", metavar="ID", help="Project of rows that name none."),
    click.option(
        "--instance-id", metavar="ID", help="ROMA Connect instance of rows that name none."
    ),
)

LANG = click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    help="Language of what analysts read. Default: that of the locale.",
)

_LOADING = (
    click.option(
        "--sheet",
        multiple=True,
        metavar="NAME",
        help="Worksheet to read; repeatable. Default: every visible one with the header.",
    ),
    click.option("--encoding", metavar="NAME", help="Encoding of text files. Default: found out."),
    click.option(
        "--delimiter",
        metavar="CHAR",
        help="Between the cells of text files: comma, semicolon, tab or pipe. Default: found out.",
    ),
    click.option(
        "--map",
        multiple=True,
        metavar="HEADER=FIELD",
        help="What a heading means, such as 'Their header=task_name'; repeatable.",
    ),
    LANG,
)

_OUTPUT = (
    click.option(
        "--quiet", is_flag=True, default=None, help="Print errors and the last lines only."
    ),
    click.option(
        "-v", "verbose", count=True, help="Show the settings; log every created task too."
    ),
    click.option(
        "--no-color", "color", flag_value=False, default=None, help="Print without colours."
    ),
)

_SERVICE = (
    click.option("--endpoint", metavar="URL", help="Origin of the service."),
    click.option(
        "--region",
        metavar="NAME",
        help="Region, such as cn-north-4: gives the endpoints, and names the project.",
    ),
    click.option(
        "--iam-endpoint", metavar="URL", help="Origin of IAM, for logins and project look-ups."
    ),
    click.option(
        "--ca-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Further trusted certificates (PEM).",
    ),
    click.option(
        "--proxy", metavar="URL", help="HTTP proxy; those of the environment are not used."
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File with the X-Auth-Token (or set BATCHCREATE_TOKEN).",
    ),
    click.option(
        "--simulate",
        is_flag=True,
        default=None,
        help="Use the embedded simulator: no account needed.",
    ),
)

_PACE = (
    click.option(
        "--rate", type=float, metavar="N", help="Requests per second at most. Default 10."
    ),
    click.option(
        "--headroom",
        type=float,
        metavar="SHARE",
        help="Share of the rate left unused. Default 0.01.",
    ),
    click.option(
        "--concurrency", type=int, metavar="N", help="Requests under way at once. Default 8."
    ),
    click.option(
        "--timeout", type=float, metavar="S", help="Seconds for one attempt. Default 30."
    ),
)

_QUOTA = click.option(
    "--quota", type=int, metavar="N", help="Tasks that an instance holds. Default 1000."
)

_SETTLING = (
    click.option(
        "--settle",
        type=float,
        metavar="S",
        help="Seconds that an unsettled row is looked for in the server's list. Default 60.",
    ),
    click.option(
        "--no-reconcile",
        "reconcile",
        flag_value=False,
        default=None,
        help="Leave unsettled rows unknown; they are never sent again blindly.",
    ),
    click.option(
        "--on-existing",
        type=click.Choice(["skip", "abort"]),
        help="When a task of that name exists already. Default skip.",
    ),
    _QUOTA,
)

_DRY_RUN = click.option(
    "--dry-run", is_flag=True, default=None, help="Show the plan, create nothing."
)
_LIMIT = click.option("--limit", type=int, metavar="N", help="Send at most N rows.")

_CHOICE = (
    click.option("--rows", metavar="LIST", help="Send these row numbers only, such as 5-20,31."),
    _LIMIT,
    click.option(
        "--strict", is_flag=True, default=None, help="One rejected row, and nothing is sent."
    ),
    _DRY_RUN,
)

RESULTS = click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="DIR",
    shell_complete=_folders,
    help="Results folder. Default: <first file's stem>-results.",
)

YES = click.option(
    "--yes", is_flag=True, default=None, help="Do not ask; without a terminal, nobody is asked."
)

JSON = click.option(
    "--json",
    "json_summary",
    is_flag=True,
    default=None,
    help="Print the summary as JSON on stdout.",
)


def run_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``run``."""
    groups = (_SERVICE, _TARGET, _PACE, _SETTLING, _CHOICE, (YES,), _LOADING)
    return _add(command, *groups, (RESULTS, JSON), _OUTPUT)


def retry_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``retry``."""
    choice = (_LIMIT, _DRY_RUN, YES)
    return _add(command, _SERVICE, _PACE, _SETTLING, choice, (LANG, JSON), _OUTPUT)


def undo_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``undo``."""
    return _add(command, _SERVICE, _PACE, (YES,), _OUTPUT)


def doctor_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``doctor``."""
    return _add(command, _SERVICE, _TARGET, _PACE, (_QUOTA,), _OUTPUT)


def check_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``check``."""
    return _add(command, (RESULTS,), _TARGET, _LOADING, (JSON,), _OUTPUT)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that stood on the command line."""
    return {
        name: value
        for name, value in options.items()
        if value is not None and value != () and (name, value) != ("verbose", 0)
    }


def _add(
    command: CommandFunction, *groups: tuple[Callable[[CommandFunction], CommandFunction], ...]
) -> CommandFunction:
    for group in reversed(groups):
        for option in reversed(group):
            command = option(command)
    return command
