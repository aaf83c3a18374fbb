"""A row of a to-fix file says where it stood, and whatever else is typed there says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Origin, RowLocation

ORIGIN = Origin(
    content="0123456789ab",
    location=RowLocation(file="Müller/任务.xlsx", sheet="May 2025", number=17),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]))


def test_an_origin_reads_as_people_would_write_it() -> None:
    """File, sheet and row stand there in plain letters."""
    assert ORIGIN.text == "0123456789ab|Müller/任务.xlsx|May 2025|17"
    assert Origin.parse(ORIGIN.text) == ORIGIN


def test_spaces_around_an_origin_do_not_matter() -> None:
    """They come in with copying."""
    assert Origin.parse(f" {ORIGIN.text} ") == ORIGIN


@given(
    content=st.text("0123456789abcdef", min_size=12, max_size=12),
    file=NAMES,
    sheet=NAMES,
    number=st.integers(1, 9_999_999_999),
)
def test_any_place_comes_back(content: str, file: str, sheet: str, number: int) -> None:
    """Bars, per cent signs and line breaks in names included."""
    origin = Origin(content=content, location=RowLocation(file=file, sheet=sheet, number=number))

    assert Origin.parse(origin.text) == origin
    assert origin.text.isprintable()


@given(text=st.text(st.characters()))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    """What is no origin is none, and nothing is raised."""
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
def test_what_is_no_origin_is_none(text: str) -> None:
    """A row below such a text is a row like any other."""
    assert Origin.parse(text) is None


def test_half_a_pair_in_a_name_is_spelled_out() -> None:
    """Such a name cannot be kept, but it does no harm."""
    origin = Origin(content="0" * 12, location=RowLocation(file="\ud800", sheet="", number=1))

    assert origin.text == "000000000000|%5Cud800||1"


@given(text=st.from_regex(r"[0-9a-f]{12}\|(%[0-9A-F]{2}){0,4}\|\|[1-9]", fullmatch=True))
def test_escapes_of_any_bytes_give_text_that_can_be_kept(text: str) -> None:
    """Bytes that are no UTF-8 are replaced."""
    origin = Origin.parse(text)

    assert origin is not None
    origin.location.file.encode()
