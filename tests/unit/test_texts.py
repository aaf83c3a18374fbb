"""The texts are complete in both languages, and each of them is used."""

import ast
import re
import string
import unicodedata
from pathlib import Path

import pytest

import batchcreate
from batchcreate.messages import LANGUAGES, facts_of, group_heading, message, quoted, texts
from batchcreate.rules import RULES

ENGLISH, CHINESE = texts("en"), texts("zh")

PACKAGE = Path(batchcreate.__file__).parent

UNTRANSLATED = {"ID", "batchcreate", "Unicode", "xlsx"}
"""Words that Chinese texts contain in Latin letters, besides field names and values."""

KNOWN_BY_RULE = ("rule.", "group.")
"""Keys that consist of a table and a rule; `test_validator_languages` compares the rules."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(text) if name is not None}


def string_literals() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the strings in the package, and its f-strings with a fixed table as patterns."""
    strings: set[str] = set()
    patterns = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "([^.]+)"
                    for part in node.values
                ]
                if re.match(r"[a-z_]+\\\.", parts[0]):
                    patterns.append(re.compile("".join(parts)))
    return strings, patterns


def test_both_languages_have_the_same_keys() -> None:
    """No text is missing in one of the languages."""
    assert sorted(ENGLISH) == sorted(CHINESE)


def test_both_texts_of_a_key_have_the_same_placeholders() -> None:
    """A translation neither omits a fact nor requires another one."""
    different = [
        key for key in ENGLISH if placeholders(ENGLISH[key]) != placeholders(CHINESE[key])
    ]

    assert different == []


def test_placeholders_are_plain_names() -> None:
    """A placeholder does not access attributes or items of a value."""
    names = {
        name for text in [*ENGLISH.values(), *CHINESE.values()] for name in placeholders(text)
    }

    assert [name for name in names if not name.isidentifier()] == []


def test_every_key_is_used_by_the_package() -> None:
    """A key is a string of the package, or matches an f-string whose variable part is one."""
    strings, patterns = string_literals()
    categories = {unicodedata.category(chr(point)) for point in range(0x110000)}
    known = strings | categories | {category[0] for category in categories}
    known |= {f"{point:04X}" for point in range(0x10000)}

    unused = [
        key
        for key in ENGLISH
        if not key.startswith(KNOWN_BY_RULE)
        and key not in strings
        and not any(
            (found := pattern.fullmatch(key)) and known.issuperset(found.groups())
            for pattern in patterns
        )
    ]

    assert unused == []


def test_chinese_texts_contain_no_english_words() -> None:
    """Only field names, values and names of programs are in Latin letters."""
    allowed = UNTRANSLATED | {value for rule in RULES.values() for value in rule.values}
    words = {
        key: set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text))) - allowed
        for key, text in CHINESE.items()
    }

    assert {key: found for key, found in words.items() if found} == {}


def test_chinese_texts_have_chinese_punctuation() -> None:
    """Punctuation next to a Chinese character is full-width, and no space separates ID."""
    wrong = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]|[\u4e00-\u9fff] ID|ID ")

    assert [key for key, text in CHINESE.items() if wrong.search(text)] == []


def test_messages_consist_of_problem_and_remedy() -> None:
    """An English message has at least two sentences, a Chinese one ends with a full stop."""
    rules = [key for key in ENGLISH if key.startswith(("rule.", "combined."))]
    english = {key: ENGLISH[key].removesuffix("{did_you_mean}") for key in rules}
    chinese = {key: CHINESE[key].removesuffix("{did_you_mean}") for key in rules}

    assert [key for key, text in english.items() if not re.fullmatch(r".+\. .+\.", text)] == []
    assert [key for key, text in chinese.items() if not text.endswith("。")] == []


def test_every_rule_with_a_message_has_a_group_heading() -> None:
    """Issues of every rule can be grouped."""
    rules, headings = (
        {key.rpartition(".")[2] for key in ENGLISH if key.startswith(f"{table}.")}
        for table in ("rule", "group")
    )

    assert rules == headings


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "task tag shorter than 4 characters"), ("zh", "任务标签少于 4 个字符")],
)
def test_group_heading_needs_only_the_facts_of_the_rule(language: str, heading: str) -> None:
    """A group has one heading for all its rows."""
    facts = facts_of(RULES["task_tag"], language)

    assert group_heading("task_tag.too_short", facts, language=language) == heading


def test_a_field_can_have_a_separate_text() -> None:
    """The text of a rule without its field is used for the other fields."""
    facts = dict.fromkeys(("title", "value", "wanted", "example"), "x")

    assert message("task_name.placeholder", facts).startswith("The task name x is only")
    assert message("task_tag.placeholder", facts).startswith("The x x is only")


def test_value_with_braces_is_not_changed() -> None:
    """A cell is never interpreted as a placeholder."""
    facts = facts_of(RULES["task_type"])
    facts |= {"value": quoted("{title}"), "did_you_mean": ""}

    assert message("task_type.value", facts) == (
        "'{title}' is not a valid task type. Enter REALTIME or leave the cell empty."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_read_once(language: str) -> None:
    """Every call returns the same read-only mapping."""
    assert texts(language) is texts(language)
