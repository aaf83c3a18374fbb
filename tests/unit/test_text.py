"""Text of servers and cells is harmless in terminals and spreadsheet programs."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.text import (
    CELL_CHARS,
    SHOWN_CHARS,
    cell_address,
    column_index,
    column_letters,
    counted,
    csv_cell,
    display_width,
    is_blank,
    printable,
    separator,
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
UNUSUAL = [*range(0x300), *range(0xD800, 0xE000), *range(0x2000, 0x2070), 0xFEFF, 0xFFFE, 0xFFFF]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("Aufgabe 7, 任务", "Aufgabe 7, 任务", id="letters of any script"),
        pytest.param("C:\\temp", "C:\\temp", id="backslash"),
        pytest.param("a\r\nb\tc", "a\\r\\nb\\tc", id="line break and tab"),
        pytest.param("\x1b[31m", "\\x1b[31m", id="terminal escape"),
        pytest.param("a\u202eb\u2066", "a\\u202eb\\u2066", id="bidirectional"),
        pytest.param("\x00\x7f\x9b", "\\x00\\x7f\\x9b", id="controls"),
        pytest.param("\u200b\ufeff\xa0", "\\u200b\\ufeff\\xa0", id="invisible"),
        pytest.param("\ud800", "\\ud800", id="lone surrogate"),
        pytest.param("\ue000\U000f0000", "\\ue000\\U000f0000", id="private"),
        pytest.param("[red]x[/red]", "[red]x[/red]", id="markup stays text"),
    ],
)
def test_unprintable_characters_are_escaped(text: str, shown: str) -> None:
    """Visible characters are not changed."""
    assert printable(text) == shown


def test_every_code_point_is_shown_or_escaped() -> None:
    """No control, format, surrogate, private, unassigned or separating character remains."""
    escaped = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown = {code: printable(chr(code)) for code in UNUSUAL}

    assert [
        code
        for code, text in shown.items()
        if (text != chr(code) and not text.startswith("\\"))
        or escaped.intersection(map(unicodedata.category, text))
    ] == []


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        pytest.param("abc", 3, "abc", id="as long as allowed"),
        pytest.param("abcd", 3, "abc…", id="longer"),
        pytest.param("\n\n\n", 2, "\\n\\n…", id="escapes count once"),
        pytest.param("abc", 0, "…", id="nothing allowed"),
    ],
)
def test_long_text_is_truncated(text: str, limit: int, shown: str) -> None:
    """At most *limit* characters of the original remain, followed by an ellipsis."""
    assert printable(text, limit=limit) == shown


def test_usual_limit_is_2048_characters() -> None:
    """A server's message has a bounded length."""
    assert printable("x" * 10_000_000) == "x" * 2048 + "…"
    assert SHOWN_CHARS == 2048


@given(ANY_TEXT)
def test_printable_text_is_one_visible_line(text: str) -> None:
    """The result is printable and encodable, and equal to a text that is printable."""
    shown = printable(text)

    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert (shown == text) == text.isprintable()


@pytest.mark.parametrize("start", "=+-@\uff1d\uff0b\uff0d\uff20\t\n", ids=ascii)
def test_formula_gets_an_apostrophe(start: str) -> None:
    """Spreadsheet programs read a cell with a leading apostrophe as text."""
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("007", "007", id="digits"),
        pytest.param("a=1", "a=1", id="sign inside"),
        pytest.param("'=1", "'=1", id="apostrophe"),
        pytest.param("=", "'=", id="sign alone"),
        pytest.param("a\nb\tc", "a\nb\tc", id="line break and tab inside"),
        pytest.param("a\rb", "a\\rb", id="carriage return inside"),
        pytest.param("\r=1+1", "\\r=1+1", id="carriage return first"),
        pytest.param("\x00=1\x1b", "\\x00=1\\x1b", id="controls"),
        pytest.param("\ufeff=1", "\\ufeff=1", id="byte order mark"),
        pytest.param("=\u202e\ud800", "'=\\u202e\\ud800", id="formula with escapes"),
    ],
)
def test_harmless_cell_is_not_changed(text: str, cell: str) -> None:
    """Line breaks and tabs are kept; other unprintable characters are escaped."""
    assert csv_cell(text) == cell


@pytest.mark.parametrize(
    "text",
    ["x" * 40_000, "=" * 40_000, "\x00" * 40_000, "=" + "\ud800" * 20_000],
    ids=["letters", "formula", "escapes", "formula of escapes"],
)
def test_cell_fits_into_a_spreadsheet(text: str) -> None:
    """At most 32,767 characters are kept, including escapes and the apostrophe."""
    assert len(csv_cell(text)) == CELL_CHARS == 32_767


def test_characters_beyond_the_first_plane_count_twice() -> None:
    """Spreadsheet programs count UTF-16 code units; an incomplete character is not kept."""
    assert csv_cell("a" + "\U0001f600" * 40_000) == "a" + "\U0001f600" * 16_383


@given(ANY_TEXT)
def test_every_cell_survives_a_csv_file(text: str) -> None:
    """A cell is read as it was written and never starts like a formula."""
    cell = csv_cell(text)
    file = io.StringIO(newline="")

    csv.writer(file).writerow([cell, "end"])
    file.seek(0)

    assert list(csv.reader(file)) == [[cell, "end"]]
    assert cell[:1] not in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    assert all(char.isprintable() or char in "\t\n" for char in cell)


def test_only_one_is_singular() -> None:
    """Any number except one has the plural."""
    assert [counted(count, "row") for count in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


@pytest.mark.parametrize("line", ["sep=;", "sep=;\r\n", "SEP=;\n", '"sep=;"\r', "\ufeffsep=;,,\n"])
def test_separator_line_of_excel_is_recognised(line: str) -> None:
    """Quotes, line ends and added separators of other programs do not matter."""
    assert separator(line) == ";"


@pytest.mark.parametrize(
    "line", ["", "sep=", "sep=a", "sep=;x", "x sep=;", "sep=\uff1b", "task;sep"]
)
def test_other_lines_declare_no_separator(line: str) -> None:
    """The result is empty."""
    assert not separator(line)


def test_chinese_characters_take_two_columns() -> None:
    """Full-width forms take two columns as well."""
    assert display_width("ab客户\uff21") == 8


def test_white_space_is_blank() -> None:
    """A cell is blank if it is empty or contains only white space."""
    assert [text for text in ("", " ", "\t\n\u3000", "x", " x ", "\u200b") if is_blank(text)] == [
        "",
        " ",
        "\t\n\u3000",
    ]


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_the_letters_of_spreadsheet_programs(index: int, letters: str) -> None:
    """After Z comes AA, after ZZ comes AAA; letters and indexes convert in both directions."""
    assert column_letters(index) == letters
    assert column_index(letters.lower()) == index
    assert cell_address(index, 7) == f"{letters}7"
