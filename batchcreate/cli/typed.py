"""The command as it was typed, taken apart so that the next one can be named exactly; pure."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """
    A command line.

    Attributes:
        name: of the command, such as ``run``.
        places: files and folders, in their order.
        options: each with its value, as it was typed.

    """

    name: str
    places: Sequence[str]
    options: Sequence[Sequence[str]] = ()

    @classmethod
    def parse(cls, words: Sequence[str], command: click.Command) -> Self:
        """Take apart *words*, which begin with the name of *command* and suit it."""
        takes = {
            name: not (option.is_flag or option.count)
            for option in command.params
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        places: list[str] = []
        options: list[Sequence[str]] = []
        rest = iter(words[1:])
        for word in rest:
            if word == "--":
                places.extend(rest)
            elif word == "-" or not word.startswith("-"):
                places.append(word)
            elif takes.get(word):
                options.append((word, next(rest)))
            else:
                options.append((word,))
        return cls(name=words[0], places=places, options=options)

    def has(self, option: str) -> bool:
        """Tell whether *option* was typed."""
        return any(_name(words) == option for words in self.options)

    def without(self, *options: str) -> Self:
        """Return the same command without *options*."""
        kept = [words for words in self.options if _name(words) not in options]
        return replace(self, options=kept)

    def adding(self, *words: str) -> Self:
        """Return the same command with one option more; its name is the first of *words*."""
        return self if self.has(words[0]) else replace(self, options=[*self.options, words])

    def on(self, name: str, places: Iterable[str]) -> Self:
        """Return the command *name* for other *places*, with the same options."""
        return replace(self, name=name, places=list(places))

    def __str__(self) -> str:
        dashes = (
            ["--"] if any(place.startswith("-") and place != "-" for place in self.places) else []
        )
        words = [word for option in self.options for word in option]
        if dashes:
            return shlex.join(["batchcreate", self.name, *words, *dashes, *self.places])
        return shlex.join(["batchcreate", self.name, *self.places, *words])


def _name(option: Sequence[str]) -> str:
    return option[0].partition("=")[0]
