"""A command line as values, from which the next command is made."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """
    A command line.

    Attributes:
        name: name of the command, such as ``run``.
        paths: files and folders, in their order.
        options: each option with its value, as entered.

    """

    name: str
    paths: Sequence[str]
    options: Sequence[Sequence[str]] = ()

    @classmethod
    def parse(cls, arguments: Sequence[str], command: click.Command) -> Self:
        """Return the parts of valid *arguments*, which begin with the name of *command*."""
        has_value = {
            name: not (option.is_flag or option.count)
            for option in command.params
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        paths: list[str] = []
        options: list[Sequence[str]] = []
        remaining = iter(arguments[1:])
        for argument in remaining:
            if argument == "--":
                paths.extend(remaining)
            elif argument == "-" or not argument.startswith("-"):
                paths.append(argument)
            elif has_value.get(argument):
                options.append((argument, next(remaining)))
            else:
                options.append((argument,))
        return cls(name=arguments[0], paths=paths, options=options)

    def has(self, option: str) -> bool:
        """Return True if *option* is given."""
        return any(_name(given) == option for given in self.options)

    def without(self, *options: str) -> Self:
        """Return the same command without *options*."""
        kept = [given for given in self.options if _name(given) not in options]
        return replace(self, options=kept)

    def with_option(self, *option: str) -> Self:
        """Return the same command with *option*, its name and value, unless it is given."""
        return self if self.has(option[0]) else replace(self, options=[*self.options, option])

    def __str__(self) -> str:
        options = [part for option in self.options for part in option]
        if any(path.startswith("-") and path != "-" for path in self.paths):
            return shlex.join(["batchcreate", self.name, *options, "--", *self.paths])
        return shlex.join(["batchcreate", self.name, *self.paths, *options])


def _name(option: Sequence[str]) -> str:
    return option[0].partition("=")[0]
