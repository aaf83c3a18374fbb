"""The stamp of a to-fix file can be read again; other texts are ignored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Stamp


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
