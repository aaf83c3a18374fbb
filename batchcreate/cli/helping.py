"""The help of commands that have many options: under headings, in an order to be read."""

from collections.abc import Mapping, Sequence
from typing import Final

import click

SECTIONS: Final[Mapping[str, Sequence[str]]] = {
    "Where to": ("region", "endpoint", "project_id", "instance_id", "iam_endpoint", "simulate"),
    "Credentials and network": ("token_file", "ca_file", "proxy"),
    "Which rows": ("rows", "limit", "only", "strict", "on_existing", "dry_run", "yes"),
    "How fast": ("rate", "headroom", "concurrency", "timeout", "quota"),
    "Lost answers": ("settle", "reconcile"),
    "Reading the files": ("sheet", "map", "encoding", "delimiter"),
    "Results": ("results", "lang", "json_summary", "metrics", "quiet", "verbose", "color"),
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
