"""The origin column of a to-fix file contains the original location; other texts are ignored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Origin, RowLocation, Stamp

ORIGIN = Origin(
    content="0123456789ab",
    location=RowLocation(file="Müller/任务.xlsx", sheet="May 2025", number=17),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]))


def test_origin_is_readable() -> None:
    """The text contains file, sheet and row number."""
    assert ORIGIN.text == "0123456789ab|Müller/任务.xlsx|May 2025|17"
    assert Origin.parse(ORIGIN.text) == ORIGIN


def test_spaces_around_an_origin_are_ignored() -> None:
    """Copying can add spaces."""
    assert Origin.parse(f" {ORIGIN.text} ") == ORIGIN


@given(
    content=st.text("0123456789abcdef", min_size=12, max_size=12),
    file=NAMES,
    sheet=NAMES,
    number=st.integers(1, 9_999_999_999),
)
def test_any_location_can_be_parsed(content: str, file: str, sheet: str, number: int) -> None:
    """Names can contain bars, percent signs and line breaks."""
    origin = Origin(content=content, location=RowLocation(file=file, sheet=sheet, number=number))

    assert Origin.parse(origin.text) == origin
    assert origin.text.isprintable()


@given(text=st.text(st.characters()))
def test_any_text_can_be_parsed(text: str) -> None:
    """Other texts are not an origin, and no error is raised."""
    assert Origin.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0123456789ab|a.csv||0",
        "0123456789ab|a.csv||-1",
        "0123456789ab|a.csv||1.0",
        "0123456789ab|a.csv||٣",
        f"0123456789ab|a.csv||1{'0' * 5000}",
        "0123456789ab|a.csv|1",
        "0123456789ab|a.csv|x|y|1",
        "0123456789AB|a.csv||1",
        "0123456789a|a.csv||1",
        "=0123456789ab|a.csv||1",
        "0123456789ab|\ud800||1",
        "0123456789ab|a\n.csv||1",
    ],
)
def test_invalid_origin_is_ignored(text: str) -> None:
    """The row is handled like a row without an origin."""
    assert Origin.parse(text) is None


def test_surrogate_in_a_name_is_escaped() -> None:
    """Such a name cannot be restored, but the text is valid."""
    origin = Origin(content="0" * 12, location=RowLocation(file="\ud800", sheet="", number=1))

    assert origin.text == "000000000000|%5Cud800||1"


@given(text=st.from_regex(r"[0-9a-f]{12}\|(%[0-9A-F]{2}){0,4}\|\|[1-9]", fullmatch=True))
def test_escaped_bytes_become_valid_text(text: str) -> None:
    """Bytes that are not UTF-8 are replaced."""
    origin = Origin.parse(text)

    assert origin is not None
    origin.location.file.encode()


@given(
    st.from_regex(r"[0-9a-f]{0,32}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), min_size=1),
    st.integers(0, 10**9 - 1),
)
def test_stamp_can_be_parsed(batch: str, label: str, version: int) -> None:
    stamp = Stamp(batch=batch, input=label, version=version)

    assert Stamp.parse(stamp.text) == stamp


@pytest.mark.parametrize("text", ["", "12ab", "12ab x tasks.csv", "12ab 1 "])
def test_other_text_is_not_a_stamp(text: str) -> None:
    assert Stamp.parse(text) is None
