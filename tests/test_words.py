"""The package, the README and the changelog contain no banned words."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
SUFFIXES = {".py", ".html", ".css", ".toml", ".sql"}

BANNED = [
    (r"\b(un)?mend(s|ed|ing)?\b", "Mend the cells."),
    (r"\bheed(s|ed|ing)?\b", "The option is heeded."),
    (r"\banew\b|\bonce more\b", "It is read once\nmore."),
    (r"\bbeside\b", "read_beside_the_loop"),
    (r"\b(stands?|stood)\b", "The row stands in a table."),
    (r"\btold\b", "what the user was told"),
    (r"\btell(s|ing)?\b", "tell_nothing()"),
    (r"\b(says?|saying|said)\b", "The server says so."),
    (r"\bhear(s|d|ing)?\b", "hear_of_it = None"),
    (
        r"\b(nobody|somebody|everybody|anybody|whoever|whosoever)\b",
        "Whoever calls this.",
    ),
    (r"\bours?\b", "This file is ours."),
    (r"\bus\b", "The server wants us elsewhere."),
    (r"\b(found|find|finds) out\b", "The encoding is found out."),
    (r"\blet (it|no|the|a|an|them|nothing|be)\b", "Let it be read."),
    (r"\bof (its|their|his|your|our) own\b", "a process of its own"),
    (r"\bno more\b(?! than)", "There are no more rows."),
    (
        r"(?<!there )\b(is|are|was|were) no (?!longer\b|more than\b|later than\b)",
        "This is no workbook.",
    ),
    (r"\bpass(es|ed|ing)? over\b", "The sheet is passed over."),
    (r"\bleft (alone|out)\b", "The task is left alone."),
    (r"\btaken? for\b", "It is taken for a date."),
    (r"\b(came|come|comes|become|became|becomes) of\b", "What became of it is unknown."),
    (r"\bunder way\b|\bunderway\b", "requests under way"),
    (r"\bfor want of\b|\bin want of\b", "for want of memory"),
    (r"\bby now\b|\bjust now\b", "It has ended by now."),
    (r"\bin good order\b", "The run ended in good order."),
    (r"\b(go|goes|sent) home\b|\bailing\b|\bastray\b|\baside\b", "The worker goes home."),
    (r"\b(gave|gives?|given|giving) (up|way)\b", "The reader gives up."),
    (r"\bbr(eaks?|oke|oken) off\b", "The response broke off."),
    (r"\bto do harm\b", "The file is made to do harm."),
    (r"\bwhatever its name says\b|\ball the same\b|\bas it were\b", "It is sent all the same."),
    (r"\btruth values?\b", "a truth value"),
    (r"\bstrangers?\b", "the strangers of a cell"),
    (r"\bnot .{1,40} any ?more\b|\bany ?more\b", "It is not used any more."),
    (r"\b(is|are|was|were) to (be|hold|mean|see)\b", "The file is to be read."),
    (
        r"\bwhere (it is|there|none|nothing|that is|one is|they are)\b",
        "Where there are rows, read them.",
    ),
    (r"\bbe it\b|\bsave for\b|\bbut for\b|\blest\b|\balbeit\b", "All rows save for one."),
    (r"\b(un)?settl(e|es|ed|ing)\b", "The rows are not settled."),
]

# Capital letters are significant, because of locale names such as en_US.
CASE_SENSITIVE = {r"\bours?\b", r"\bus\b"}

PATTERNS = [
    re.compile(pattern, 0 if pattern in CASE_SENSITIVE else re.IGNORECASE) for pattern, _ in BANNED
]


class Exempt(NamedTuple):
    """A phrase in which a banned word is allowed, in the files that match *files*."""

    files: str
    phrase: str
    reason: str


EXCEPTIONS = [
    Exempt("*", r"--settle\b", "public option"),
    Exempt("batchcreate/settings/groups.py", r'alias="settle"', "key of the option --settle"),
    Exempt("batchcreate/cli/options.py", r'"settle"', "key of the option --settle"),
    Exempt("batchcreate/loader/csv_*.py", r"\bfile\.tell\(\)", "method of Python's file objects"),
    Exempt(
        "batchcreate/report/atomic_files.py", r"\bdef tell\(", "method of Python's file objects"
    ),
]


class Match(NamedTuple):
    """A banned word: its line, counted from 1, and the text around it."""

    line: int
    word: str
    excerpt: str


def normalized(text: str) -> tuple[str, list[int]]:
    """
    Return *text* as one line, and the line number of each of its characters.

    Underscores count as spaces. Comment marks at the beginning of a line, and the quotation marks
    between two parts of one string, are removed, so that a phrase is found across line ends.
    """
    text = re.sub(r"(?m)^([ \t]*)#", r"\1 ", text)
    text = re.sub(r"[\"'](\s*\n\s*)[fr]?[\"']", r"\1", text)
    lines = [1, *accumulate((character == "\n" for character in text), initial=1)][1:]
    kept: list[str] = []
    numbers: list[int] = []
    for character, number in zip(text, lines, strict=False):
        is_space = character == "_" or character.isspace()
        if not (is_space and kept and kept[-1] == " "):
            kept.append(" " if is_space else character)
            numbers.append(number)
    return "".join(kept), numbers


def matches(text: str, allowed: list[str]) -> Iterator[Match]:
    """Yield the banned words of *text* that are outside of the *allowed* phrases."""
    line, numbers = normalized(text)
    exempt = [phrase.span() for pattern in allowed for phrase in re.finditer(pattern, line)]
    for pattern in PATTERNS:
        for match in pattern.finditer(line):
            start, end = match.span()
            if not any(begin <= start and end <= until for begin, until in exempt):
                excerpt = line[max(0, start - 30) : end + 30]
                yield Match(numbers[start], match[0], excerpt)


def sources() -> list[Path]:
    """Return the files that are searched."""
    package = [path for path in (ROOT / "batchcreate").rglob("*") if path.suffix in SUFFIXES]
    return [*sorted(package), ROOT / "README.md", ROOT / "CHANGELOG.md"]


def test_no_banned_word_is_used() -> None:
    """Code, data files, README and changelog use the terms of the glossary."""
    found = []

    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        allowed = [exempt.phrase for exempt in EXCEPTIONS if fnmatch(name, exempt.files)]
        text = path.read_text(encoding="utf-8")
        found += [
            f"{name}:{match.line}: {match.word!r} in {match.excerpt!r}"
            for match in matches(text, allowed)
        ]

    assert found == [], "\n".join([f"{len(found)} banned words:", *found])


def test_every_exception_is_needed() -> None:
    """An exception whose phrase no longer occurs is removed from the list."""
    texts = {
        path.relative_to(ROOT).as_posix(): normalized(path.read_text(encoding="utf-8"))[0]
        for path in sources()
    }

    unused = [
        exempt
        for exempt in EXCEPTIONS
        if not any(
            fnmatch(name, exempt.files) and re.search(exempt.phrase, text)
            for name, text in texts.items()
        )
    ]

    assert unused == []


def test_every_pattern_is_detected() -> None:
    """A sentence or a name with a banned word is reported, with its line."""
    undetected = [
        pattern
        for pattern, example in BANNED
        if not any(
            match.line == 2 and re.fullmatch(pattern, match.word, re.IGNORECASE)
            for match in matches(f"# A comment.\n{example}\n", [])
        )
    ]

    assert undetected == []


def test_a_phrase_is_detected_across_lines() -> None:
    """Comments and strings that continue on the next line are searched as one text."""
    comment = "x = 1\n    # It is found\n    # out here.\n"
    string = 'x = (\n    "It is found "\n    f"out here."\n)\n'

    assert [match.line for match in matches(comment, [])] == [2]
    assert [match.line for match in matches(string, [])] == [2]


def test_allowed_uses_are_not_reported() -> None:
    """Phrases that a pattern excludes, locale names and exempt phrases are not reported."""
    texts = [
        "There is no such row.",
        "It is no longer used, and is no more than a name.",
        "Use no more than ten rows of en_US.",
        "Raise --settle.",
    ]

    allowed = [exempt.phrase for exempt in EXCEPTIONS]
    assert [match for text in texts for match in matches(text, allowed)] == []
