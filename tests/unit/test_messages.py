"""What people read is complete in every language, bounded and names what cannot be seen."""

import re
import string

import pytest

from batchcreate import messages
from batchcreate.models import RowLocation
from batchcreate.rules import RULES

ENGLISH, CHINESE = messages.texts("en"), messages.texts("zh")

BORROWED = {"ID", "batchcreate", "origin", "Excel", "check", "run", "UTF", "CSV"}
"""Words that a Chinese analyst reads as they are."""


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, *_ in string.Formatter().parse(text) if name is not None)


def test_both_catalogues_have_the_same_keys() -> None:
    """No text is missing in one of the languages, and none is left over."""
    assert sorted(ENGLISH) == sorted(CHINESE)


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_both_texts_say_the_same_facts(key: str) -> None:
    """A translation neither drops a fact nor asks for one that nobody gives."""
    assert set(placeholders(CHINESE[key])) == set(placeholders(ENGLISH[key]))


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_texts_refer_to_nothing_but_names(language: str) -> None:
    """A placeholder never reaches into a value."""
    texts = messages.texts(language).values()

    assert all(name.isidentifier() for text in texts for name in placeholders(text))


@pytest.mark.parametrize("key", sorted(CHINESE))
def test_no_english_word_is_left_in_a_chinese_text(key: str) -> None:
    """Only names of fields, of values and of programs stay as they are."""
    written = re.sub(r"\{\w+\}", "", CHINESE[key])
    words = set(re.findall(r"[A-Za-z]{2,}", written))
    values = {value for rule in RULES.values() for value in rule.values}

    assert words - BORROWED - values - set(re.findall("[A-Za-z]+", " ".join(RULES))) == set()


@pytest.mark.parametrize("key", [key for key in sorted(ENGLISH) if key.startswith("rule.")])
def test_rules_are_explained_in_whole_sentences(key: str) -> None:
    """A message says what was found and what to do: two sentences at least."""
    english = ENGLISH[key].removesuffix("{perhaps}")
    chinese = CHINESE[key].removesuffix("{perhaps}")

    assert english.endswith(".")
    assert english.count(". ") >= 1
    assert chinese.endswith("。")
    assert "请" in chinese


def test_every_rule_with_a_message_has_a_heading_for_many_rows() -> None:
    """What a row is told, a group of such rows is headed with."""
    rules, causes = (
        {key.rpartition(".")[2] for key in ENGLISH if key.startswith(f"{group}.")}
        for group in ("rule", "cause")
    )

    assert rules == causes


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "task tag shorter than 4 characters"), ("zh", "任务标签少于 4 个字符")],
)
def test_many_rows_have_one_heading(language: str, heading: str) -> None:
    """The facts of the rule are enough for it."""
    facts = messages.facts_of(RULES["task_tag"], language)

    said = messages.message("task_tag.too_short", facts, language=language, group="cause")

    assert said == heading


def test_value_with_braces_stays_as_it_is() -> None:
    """A cell is never taken for a placeholder."""
    facts = messages.facts_of(RULES["task_type"])
    facts |= {"value": messages.quoted("{title}"), "perhaps": ""}

    assert messages.message("task_type.value", facts) == (
        "'{title}' is not a known task type. Type REALTIME or leave the cell empty."
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            (
                "The task name is empty. Type 3 to 100 characters: letters (A-Z, a-z), digits, dots,"
                " underscores and hyphens, beginning with a letter (A-Z, a-z) or a digit, for example"
                " crm-orders-cdc-01."
            ),
        ),
        (
            "zh",
            (
                "任务名称为空。请填写 3 到 100 个字符：英文字母（A-Z、a-z）、数字、点（.）、"
                "下划线（_）和连字符（-），并以英文字母（A-Z、a-z）或数字开头，"
                "例如 crm-orders-cdc-01。"
            ),
        ),
    ],
)
def test_missing_name_says_what_to_type(language: str, said: str) -> None:
    """The whole rule and an example stand in the message."""
    facts = messages.facts_of(RULES["task_name"], language)

    assert messages.message("task_name.missing", facts, language=language) == said


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("operation_types", "one or more of INSERT, UPDATE or DELETE, separated by commas"),
        ("task_type", "REALTIME"),
        (
            "project_id",
            "1 to 64 characters: letters (A-Z, a-z), digits, underscores and hyphens",
        ),
    ],
)
def test_what_to_type_follows_the_rule(field: str, wanted: str) -> None:
    """Values, lists and free texts are asked for in their own words."""
    assert messages.facts_of(RULES[field])["wanted"] == wanted


@pytest.mark.parametrize(("language", "first", "last"), [("en", "'", "'"), ("zh", "“", "”")])
def test_long_value_is_cut(language: str, first: str, last: str) -> None:
    """A message repeats sixty characters of a cell."""
    assert messages.quoted("x" * 61, language=language) == f"{first}{'x' * 60}…{last}"


@pytest.mark.parametrize(
    ("char", "english", "chinese"),
    [
        (" ", "a space", "空格"),
        ("#", "'#'", "“#”"),
        ("é", "'é' (U+00E9, letter with an accent)", "“é”（U+00E9，带附加符号的字母）"),
        ("\u0430", "'\u0430' (U+0430, Cyrillic letter)", "“\u0430”（U+0430，西里尔字母）"),
        ("订", "'订' (U+8BA2, Chinese character)", "“订”（U+8BA2，中文字符）"),
        ("\uff21", "'\uff21' (U+FF21, full-width character)", "“\uff21”（U+FF21，全角字符）"),
        ("\u20ac", "'\u20ac' (U+20AC, symbol)", "“\u20ac”（U+20AC，符号）"),
        ("\u0301", "combining mark (U+0301)", "组合符号（U+0301）"),
        ("\u200b", "zero-width space (U+200B)", "零宽空格（U+200B）"),
        ("\u00a0", "no-break space (U+00A0)", "不间断空格（U+00A0）"),
        ("\u2003", "space (U+2003)", "空白字符（U+2003）"),
        ("\t", "tab (U+0009)", "制表符（U+0009）"),
        ("\n", "line break (U+000A)", "换行（U+000A）"),
        ("\x01", "control character (U+0001)", "控制字符（U+0001）"),
        ("\ue000", "private character (U+E000)", "私有字符（U+E000）"),
        ("\ufdd0", "no character (U+FDD0)", "未定义的字符（U+FDD0）"),
        ("\ud800", "half a character (U+D800)", "不完整的字符（U+D800）"),
    ],
)
def test_character_is_named(char: str, english: str, chinese: str) -> None:
    """What can be seen is shown, what cannot has a word and its code point."""
    assert messages.character(char) == english
    assert messages.character(char, language="zh") == chinese


def test_every_character_has_a_name_in_every_language() -> None:
    """One of each script and category, all the way through Unicode."""
    chars = [chr(point) for point in range(0, 0x110000, 97)]

    assert all(
        messages.character(char, language=language)
        for char in chars
        for language in messages.LANGUAGES
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "'#' at position 1, '#' at position 2, '#' at position 3 and 2 more"),
        ("zh", "第 1 位的“#”、第 2 位的“#”、第 3 位的“#”和另外 2 处"),
    ],
)
def test_only_the_first_strangers_are_named(language: str, said: str) -> None:
    """The others are counted."""
    found = [(at, "#") for at in range(1, 6)]

    assert messages.strangers(found, language=language) == said


@pytest.mark.parametrize(
    ("values", "english", "chinese"),
    [
        ((), "", ""),
        (("INSERT",), " Perhaps INSERT was meant.", "您要填写的可能是 INSERT。"),
        (
            ("UPDATE", "INSERT"),
            " Perhaps UPDATE or INSERT was meant.",
            "您要填写的可能是 UPDATE 或 INSERT。",
        ),
        (("A", "B", "C"), " Perhaps A, B or C was meant.", "您要填写的可能是 A、B 或 C。"),
    ],
)
def test_guess_names_what_may_be_meant(
    values: tuple[str, ...], english: str, chinese: str
) -> None:
    """Nothing is said where nothing is likely."""
    assert messages.perhaps(values) == english
    assert messages.perhaps(values, language="zh") == chinese


@pytest.mark.parametrize(
    ("place", "english", "chinese"),
    [
        (RowLocation(file="a", sheet="s", number=7), "row 7", "第 7 行"),
        (RowLocation(file="a", sheet="t", number=7), "row 7 of sheet t", "工作表“t”第 7 行"),
        (RowLocation(file="b", sheet="", number=7), "row 7 of b", "文件“b”第 7 行"),
        (
            RowLocation(file="b", sheet="s", number=7),
            "row 7 of b, sheet s",
            "文件“b”中工作表“s”第 7 行",
        ),
    ],
)
def test_other_rows_are_named_as_far_as_they_are_elsewhere(
    place: RowLocation, english: str, chinese: str
) -> None:
    """A row of the same sheet needs its number only."""
    beside = RowLocation(file="a", sheet="s", number=2)

    assert messages.row_name(place, beside=beside) == english
    assert messages.row_name(place, beside=beside, language="zh") == chinese


@pytest.mark.parametrize(("count", "said"), [(1, "1 character"), (1024, "1,024 characters")])
def test_amounts_are_in_words(count: int, said: str) -> None:
    """One character is not characters, and thousands are parted."""
    assert messages.length("x" * count) == said
