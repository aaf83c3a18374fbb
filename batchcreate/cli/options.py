"""Shared options, help groups and the settings of a command."""

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
    Return the settings of a command, and print warnings and the settings if requested.

    Raises:
        SettingsError: a value is invalid; the message contains its source and what is accepted.

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
    lines = [
        (name, format_value(values[name]), source) for name, source in settings.sources.items()
    ]
    lines += [(name, "***", "environment") for name in SECRET_VARIABLES if environment.get(name)]
    yield "settings:"
    widths = [max((len(line[column]) for line in lines), default=0) for column in (0, 1)]
    for name, value, source in lines:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  from {source}"
    rest = [
        f"{name} {format_value(value)}"
        for name, value in values.items()
        if name not in settings.sources and value not in (None, "", [])
    ]
    for start in range(0, len(rest), _DEFAULTS_PER_LINE):
        yield f"  default: {', '.join(rest[start : start + _DEFAULTS_PER_LINE])}"


def format_value(value: object) -> str:
    """Return the value of a setting as it is entered."""
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
    "Target": ("region", "endpoint", "project_id", "instance_id", "iam_endpoint", "simulate"),
    "Credentials and network": ("token_file", "ca_file", "proxy", "trust_config"),
    "Rows": ("rows", "where", "limit", "only", "strict", "on_existing", "dry_run", "yes"),
    "Rate": ("rate", "headroom", "concurrency", "timeout", "max_wait", "quota"),
    "Unknown outcomes": ("settle", "reconcile"),
    "Input files": ("sheet", "hidden_rows", "map", "set", "encoding", "delimiter"),
    "Results": ("fix", "force", "results", "lang", "json_summary", "quiet", "verbose", "color"),
}
"""Option groups of the help, with the names of their options."""

EXIT_CODES: Final = """\b
Exit codes:
  0    all rows are created, or skipped because the task exists
  1    finished; some rows failed or are rejected
  2    invalid usage, settings, input or quota: nothing was sent
  3    some rows are unknown
  4    stopped early: credentials, redirect, too many errors, disk
  5    another run is using the results folder
  130  SIGINT; 143 SIGTERM; 129 SIGHUP"""


class Command(click.Command):
    """A command whose help shows options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by group."""
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


def _columns(
    _context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from batchcreate.rules import RULES, UNIQUE_FIELDS

    columns = (f"{name}=" for name in RULES if name not in UNIQUE_FIELDS)
    return [CompletionItem(column) for column in columns if column.startswith(incomplete)]


RESULTS_DIR = click.argument(
    "results", type=click.Path(path_type=Path), metavar="RESULTS_DIR", shell_complete=_folders
)

_TARGET = (
    click.option("--project-id", metavar="ID", help="Project for rows that do not specify one."),
    click.option(
        "--instance-id",
        metavar="ID",
        help="ROMA Connect instance for rows that do not specify one.",
    ),
)

LANG = click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    help="Language of messages for analysts. Default: from the locale.",
)

_INPUT = (
    click.option(
        "--sheet",
        multiple=True,
        metavar="NAME",
        help="Worksheet to read; repeatable. Default: every visible sheet with a header row.",
    ),
    click.option(
        "--hidden-rows",
        type=click.Choice(["include", "skip"]),
        help="What to do with rows that a sheet hides. Without this option, a run stops at them.",
    ),
    click.option("--encoding", metavar="NAME", help="Encoding of text files. Default: detected."),
    click.option(
        "--delimiter",
        metavar="CHAR",
        help="Separator in text files: comma, semicolon, tab or pipe. Default: detected.",
    ),
    click.option(
        "--map",
        multiple=True,
        metavar="HEADER=FIELD",
        help="Map a heading to a field, such as 'Their header=task_name'; repeatable.",
    ),
    click.option(
        "--set",
        multiple=True,
        metavar="COLUMN=VALUE",
        shell_complete=_columns,
        help="Value for rows that have none, such as task_tag=crm-orders; repeatable.",
    ),
    LANG,
)

_OUTPUT = (
    click.option("--quiet", is_flag=True, default=None, help="Print only errors and the summary."),
    click.option(
        "-v", "verbose", count=True, help="Show the settings in effect, and log created tasks."
    ),
    click.option("--no-color", "color", flag_value=False, default=None, help="Disable colours."),
)

_SERVICE = (
    click.option("--endpoint", metavar="URL", help="URL of the service, without a path."),
    click.option(
        "--region",
        metavar="NAME",
        help="Region, such as cn-north-4; determines the endpoints and the project.",
    ),
    click.option(
        "--iam-endpoint",
        metavar="URL",
        help="URL of IAM, without a path; for logins and project lookups.",
    ),
    click.option(
        "--ca-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Additional trusted certificates (PEM).",
    ),
    click.option(
        "--proxy", metavar="URL", help="HTTP proxy. Proxy environment variables are ignored."
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File that contains the IAM token (or set BATCHCREATE_TOKEN).",
    ),
    click.option(
        "--trust-config",
        is_flag=True,
        default=None,
        help="Send credentials as batchcreate.toml specifies, without asking.",
    ),
    click.option(
        "--simulate",
        is_flag=True,
        default=None,
        help="Use the embedded simulator; no account is needed.",
    ),
)

_RATE = (
    click.option(
        "--rate", type=float, metavar="N", help="Maximum requests per second. Default 10."
    ),
    click.option(
        "--headroom",
        type=float,
        metavar="SHARE",
        help="Unused share of the rate. Default 0.01.",
    ),
    click.option(
        "--concurrency", type=int, metavar="N", help="Maximum concurrent requests. Default 8."
    ),
    click.option(
        "--timeout",
        type=float,
        metavar="S",
        help="Timeout of one attempt, in seconds. Default 30.",
    ),
    click.option(
        "--max-wait",
        type=float,
        metavar="S",
        help="Stop after this time of throttling without a success, in seconds. Default 600.",
    ),
)

_QUOTA = click.option(
    "--quota", type=int, metavar="N", help="Maximum number of tasks in an instance. Default 1000."
)

_UNKNOWN_OUTCOMES = (
    click.option(
        "--settle",
        type=float,
        metavar="S",
        help="How long to look for a row with unknown outcome in the task list, in seconds. Default 60.",
    ),
    click.option(
        "--no-reconcile",
        "reconcile",
        flag_value=False,
        default=None,
        help="Do not reconcile: rows with unknown outcome stay unknown and are not resent.",
    ),
    click.option(
        "--on-existing",
        type=click.Choice(["skip", "abort"]),
        help="What to do if a task with that name already exists. Default skip.",
    ),
    _QUOTA,
)

_DRY_RUN = click.option(
    "--dry-run", is_flag=True, default=None, help="Show the plan; create nothing."
)
_LIMIT = click.option("--limit", type=int, metavar="N", help="Send at most N rows.")

_ROWS = (
    click.option("--rows", metavar="LIST", help="Send only these row numbers, such as 5-20,31."),
    click.option(
        "--where",
        multiple=True,
        metavar="HEADING=VALUE",
        help="Send only rows with this value in any column, such as Wave=2; repeatable.",
    ),
    _LIMIT,
    click.option(
        "--strict",
        is_flag=True,
        default=None,
        help="Send nothing if a row is rejected or there is a warning.",
    ),
    _DRY_RUN,
)

RESULTS = click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="DIR",
    shell_complete=_folders,
    help="Results folder. Default: <first file's stem>-results, next to that file.",
)

_FIX = (
    click.option(
        "--fix",
        type=click.Path(path_type=Path),
        metavar="OUT.xlsx",
        help="Write a copy in which certain suggestions are applied and other issues marked.",
    ),
    click.option("--force", is_flag=True, help="Overwrite an existing file of --fix."),
)

YES = click.option(
    "--yes",
    is_flag=True,
    default=None,
    help="Do not ask for confirmation (never asked without a terminal).",
)

JSON = click.option(
    "--json",
    "json_summary",
    is_flag=True,
    default=None,
    help="Print the summary as JSON on standard output.",
)


def run_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``run``."""
    groups = (_SERVICE, _TARGET, _RATE, _UNKNOWN_OUTCOMES, _ROWS, (YES,), _INPUT)
    return _add(command, *groups, (RESULTS, JSON), _OUTPUT)


def retry_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``retry``."""
    rows = (_LIMIT, _DRY_RUN, YES)
    return _add(command, _SERVICE, _TARGET, _RATE, _UNKNOWN_OUTCOMES, rows, (LANG, JSON), _OUTPUT)


def undo_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``undo``."""
    return _add(command, _SERVICE, _RATE, (YES,), _OUTPUT)


def doctor_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``doctor``."""
    return _add(command, _SERVICE, _TARGET, _RATE, (_QUOTA,), _OUTPUT)


def check_options(command: CommandFunction) -> CommandFunction:
    """Add every option of ``check``."""
    return _add(command, _FIX, (RESULTS,), _TARGET, _INPUT, (JSON,), _OUTPUT)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are given on the command line."""
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
