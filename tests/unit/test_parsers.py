"""Parsers of settings: encodings, separators, mappings and row numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.settings.parsers import (
    parse_delimiter,
    parse_encoding,
    parse_mapping,
    parse_rows,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("utf8", "utf-8"),
        ("UTF-8-SIG", "utf-8-sig"),
        ("GBK", "gbk"),
        ("Windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("utf-16", "utf-16"),
        ("cp037", "cp037"),
    ],
)
def test_encoding_has_its_python_name(text: str, name: str) -> None:
    """All aliases are accepted in any case."""
    assert parse_encoding(text) == name


@pytest.mark.parametrize("text", ["", "utf-9", "hex", "rot13", "idna", "utf-7", "undefined"])
def test_other_encodings_are_refused(text: str) -> None:
    """Codecs that are not for text files are refused too."""
    with pytest.raises(ValueError, match=r"^give an encoding such as utf-8, gb18030"):
        parse_encoding(text)


@pytest.mark.parametrize(
    ("text", "char"),
    [(",", ","), ("Comma", ","), ("semicolon", ";"), ("TAB", "\t"), ("\\t", "\t"), ("|", "|")],
)
def test_delimiter_is_a_character_or_its_name(text: str, char: str) -> None:
    """A tab is difficult to enter."""
    assert parse_delimiter(text) == char


@pytest.mark.parametrize("text", ["", ":", ",,", "space"])
def test_other_delimiters_are_refused(text: str) -> None:
    """The message contains the four supported ones."""
    with pytest.raises(ValueError, match=r"^give comma, semicolon, tab or pipe$"):
        parse_delimiter(text)


@pytest.mark.parametrize("text", ["a=b", "a = b=c", " a =b"])
def test_mapping_is_kept(text: str) -> None:
    """The last equals sign counts; the field is checked later."""
    assert parse_mapping(text) == text


@pytest.mark.parametrize("text", ["", "a", "=b", "a=", " = "])
def test_incomplete_mapping_is_refused(text: str) -> None:
    """Both sides are required."""
    with pytest.raises(ValueError, match=r"^give 'Their header=task_name'$"):
        parse_mapping(text)


class TestRows:
    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            pytest.param("31", {31}, id="one"),
            pytest.param("5-7", {5, 6, 7}, id="range"),
            pytest.param("5-5", {5}, id="range of one"),
            pytest.param(" 31 , 5 - 7 ", {5, 6, 7, 31}, id="spaces"),
            pytest.param("9,5-7,6-8,7,5", {5, 6, 7, 8, 9}, id="overlaps in any order"),
            pytest.param("2-9,3", {2, 3, 4, 5, 6, 7, 8, 9}, id="one inside another"),
        ],
    )
    def test_numbers_and_ranges_are_listed(self, text: str, numbers: set[int]) -> None:
        """The result contains exactly the listed rows."""
        rows = parse_rows(text)

        assert rows is not None
        assert {number for number in range(-1, 100) if number in rows} == numbers

    @pytest.mark.parametrize("text", ["", "  "], ids=["empty", "blank"])
    def test_empty_text_means_all_rows(self, text: str) -> None:
        """There is no restriction without a list."""
        assert parse_rows(text) is None

    @pytest.mark.parametrize(
        "text", ["7-5", "5-", "-5", "5,", ",", "a", "5 6", "1e3", "123456789", "5--7", "0x1"]
    )
    def test_other_text_is_refused(self, text: str) -> None:
        """A malformed list selects no rows by accident."""
        with pytest.raises(ValueError, match="give row numbers and ranges, such as 5-20,31"):
            parse_rows(text)

    def test_large_range_needs_no_memory(self) -> None:
        """The last row of a range can be a large number."""
        rows = parse_rows("5-99999999")

        assert rows is not None
        assert [number in rows for number in (4, 5, 99_999_999, 100_000_000)] == [
            False,
            True,
            True,
            False,
        ]

    def test_only_integers_are_row_numbers(self) -> None:
        """A text is not a row number."""
        rows = parse_rows("5")

        assert rows is not None
        assert "5" not in rows

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), min_size=1))
    def test_overlapping_ranges_are_combined(self, ranges: list[list[int]]) -> None:
        """A row is included if one of the ranges contains it."""
        rows = parse_rows(",".join(f"{first}-{last}" for first, last in ranges))

        assert rows is not None
        for number in range(62):
            assert (number in rows) == any(first <= number <= last for first, last in ranges)
