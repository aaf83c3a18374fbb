"""Phrases are bounded, and describe characters that are not visible."""

import pytest

from batchcreate import messages
from batchcreate.models import RowLocation
from batchcreate.rules import RULES


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "en",
            (
                "3 to 100 characters: letters (A-Z, a-z), digits, dots, underscores and hyphens,"
                " starting with a letter (A-Z, a-z) or a digit"
            ),
        ),
        (
            "zh",
            (
                "英文字母（A-Z、a-z）、数字、点（.）、下划线（_）和连字符（-），长度 3～100 个字符，"
                "以英文字母（A-Z、a-z）或数字开头"
            ),
        ),
    ],
)
def test_valid_values_of_a_name_include_the_whole_rule(language: str, wanted: str) -> None:
    """Characters, length and first character are stated."""
    assert messages.facts_of(RULES["task_name"], language)["wanted"] == wanted


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("operation_types", "one or more of INSERT, UPDATE or DELETE, separated by commas"),
        ("task_type", "REALTIME"),
        (
            "project_id",
            "1 to 64 characters: letters (A-Z, a-z), digits, underscores and hyphens",
        ),
        ("description", "1 to 1,024 characters: any text without control characters"),
    ],
)
def test_valid_values_follow_the_rule(field: str, wanted: str) -> None:
    """Known values, lists and free texts have different descriptions."""
    assert messages.facts_of(RULES[field])["wanted"] == wanted


def test_examples_of_free_text_are_in_the_language_of_the_analyst() -> None:
    """Other examples, and those in English, are the ones of the rules."""
    english = {field: messages.example_of(rule) for field, rule in RULES.items()}
    chinese = {field: messages.example_of(rule, "zh") for field, rule in RULES.items()}

    assert english == {field: rule.example for field, rule in RULES.items()}
    assert chinese == english | {"description": "商城订单，变更秒级同步"}


@pytest.mark.parametrize(("language", "first", "last"), [("en", "'", "'"), ("zh", "“", "”")])
def test_long_value_is_truncated(language: str, first: str, last: str) -> None:
    """A message repeats at most sixty characters of a cell."""
    assert messages.quoted("x" * 61, language=language) == f"{first}{'x' * 60}…{last}"


@pytest.mark.parametrize(
    ("char", "english", "chinese"),
    [
        (" ", "a space", "空格"),
        ("#", "'#'", "“#”"),
        ("é", "'é' (letter with an accent)", "带附加符号的字母“é”"),
        ("\u0430", "'\u0430' (Cyrillic letter)", "西里尔字母“\u0430”"),
        ("订", "'订' (Chinese character)", "中文字符“订”"),
        ("\uff21", "'\uff21' (full-width character)", "全角字符“\uff21”"),
        ("\u20ac", "'\u20ac' (symbol)", "符号“\u20ac”"),
        ("\u2010", "'\u2010' (Unicode hyphen)", "Unicode 连字符“\u2010”"),
        ("\ufffd", "'\ufffd' (replacement character)", "替换字符（原字符已丢失）“\ufffd”"),
        ("\u0301", "combining mark (U+0301)", "组合符号（U+0301）"),
        ("\u200b", "zero-width space (U+200B)", "零宽空格（U+200B）"),
        ("\u200c", "zero-width non-joiner (U+200C)", "零宽非连接符（U+200C）"),
        ("\u200d", "zero-width joiner (U+200D)", "零宽连接符（U+200D）"),
        ("\u202c", "pop directional formatting (U+202C)", "方向结束符（U+202C）"),
        ("\u00a0", "no-break space (U+00A0)", "不间断空格（U+00A0）"),
        ("\u2003", "space (U+2003)", "空白字符（U+2003）"),
        ("\t", "tab (U+0009)", "制表符（U+0009）"),
        ("\n", "line break (U+000A)", "换行（U+000A）"),
        ("\x01", "control character (U+0001)", "控制字符（U+0001）"),
        ("\ue000", "private-use character (U+E000)", "私用区字符（U+E000）"),
        ("\ufdd0", "unassigned character (U+FDD0)", "未定义的字符（U+FDD0）"),
        ("\ud800", "incomplete character (U+D800)", "不完整的字符（U+D800）"),
    ],
    ids=ascii,
)
def test_character_is_described(char: str, english: str, chinese: str) -> None:
    """A visible character is shown with its kind, another one has a name and a code point."""
    assert messages.describe_character(char) == english
    assert messages.describe_character(char, language="zh") == chinese


def test_every_character_has_a_description_in_every_language() -> None:
    """The sample covers all scripts and categories of Unicode."""
    chars = [chr(point) for point in range(0, 0x110000, 97)]
    pairs = [chr(point) + chr(point + 1) for point in range(0, 0x110000, 194)]

    assert all(
        messages.describe_character(char, language=language)
        for char in chars
        for language in messages.LANGUAGES
    )
    assert all(
        messages.describe_characters([*enumerate(pair, 1)], language=language)
        for pair in pairs
        for language in messages.LANGUAGES
    )


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("订单同步任务", "'订单同步任务' (Chinese characters)", "中文字符“订单同步任务”"),
        ("订订", "'订' (Chinese character)", "中文字符“订”"),
        ("#订@单#", "'#', '订单' (Chinese characters) and '@'", "“#”、中文字符“订单”和“@”"),
        ("\u041aé", "'\u041a' (Cyrillic letter) and 'é' (letter with an accent)", None),
        (
            "\u200b\u200b",
            "zero-width space (U+200B) at position 1 and zero-width space (U+200B) at position 2",
            "第 1 位的零宽空格（U+200B）和第 2 位的零宽空格（U+200B）",
        ),
    ],
    ids=ascii,
)
def test_visible_characters_are_grouped_by_kind(
    text: str, english: str, chinese: str | None
) -> None:
    """Each visible character is shown once; an invisible one has its position."""
    unexpected = [*enumerate(text, start=1)]

    assert messages.describe_characters(unexpected) == english
    if chinese:
        assert messages.describe_characters(unexpected, language="zh") == chinese


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("一期", "Chinese characters", "中文字符"),
        ("一", "'一' (Chinese character)", "中文字符“一”"),
        ("#", "'#'", "“#”"),
    ],
)
def test_brief_description_has_only_the_kind(text: str, english: str, chinese: str) -> None:
    """Several characters of one kind are not repeated."""
    unexpected = [*enumerate(text, start=1)]

    assert messages.describe_characters(unexpected, is_brief=True) == english
    assert messages.describe_characters(unexpected, language="zh", is_brief=True) == chinese


@pytest.mark.parametrize(
    ("language", "described"),
    [
        ("en", "'#', a space at position 2, '@' and 3 more"),
        ("zh", "“#”、第 2 位的空格、“@”和另外 3 处"),
    ],
)
def test_only_the_first_unexpected_characters_are_described(language: str, described: str) -> None:
    """The others are counted."""
    unexpected = [*enumerate("# @!!?", start=1)]

    assert messages.describe_characters(unexpected, language=language) == described


@pytest.mark.parametrize(
    ("values", "english", "chinese"),
    [
        ((), "", ""),
        (("INSERT",), " Did you mean INSERT?", "您要填写的可能是 INSERT。"),
        (
            ("UPDATE", "INSERT"),
            " Did you mean UPDATE or INSERT?",
            "您要填写的可能是 UPDATE 或 INSERT。",
        ),
        (("A", "B", "C"), " Did you mean A, B or C?", "您要填写的可能是 A、B 或 C。"),
    ],
)
def test_question_names_possible_values(
    values: tuple[str, ...], english: str, chinese: str
) -> None:
    """Without likely values there is no question."""
    assert messages.did_you_mean(values) == english
    assert messages.did_you_mean(values, language="zh") == chinese


@pytest.mark.parametrize(
    ("language", "all_named", "first_named"),
    [("en", "'a', 'b' and 'c'", "'a', 'b' and 3 more"), ("zh", "“a”“b”“c”", "“a”“b”和另外 3 处")],
)
def test_quoted_values_are_listed(language: str, all_named: str, first_named: str) -> None:
    """Chinese quotation marks need no separator between them."""
    quoted = [messages.quoted(value, language=language) for value in "abc"]

    def listed(values: list[str], count: int) -> str:
        return messages.listed_first(values, count=count, kind="values", language=language)

    assert listed(quoted, 3) == all_named
    assert listed(quoted[:2], 5) == first_named


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
def test_row_is_named_relative_to_another_row(
    place: RowLocation, english: str, chinese: str
) -> None:
    """A row of the same sheet is named by its number only."""
    here = RowLocation(file="a", sheet="s", number=2)

    assert messages.row_name(place, relative_to=here) == english
    assert messages.row_name(place, relative_to=here, language="zh") == chinese


@pytest.mark.parametrize(("count", "words"), [(1, "1 character"), (1024, "1,024 characters")])
def test_character_count_has_a_unit(count: int, words: str) -> None:
    """One character is singular, and thousands are separated."""
    assert messages.character_count(count) == words


def test_chinese_sentences_are_joined_without_a_space() -> None:
    """Empty parts are omitted."""
    assert messages.sentences("One.", "", "Two.") == "One. Two."
    assert messages.sentences("一。", "二。") == "一。二。"
