"""DataFrames of texts, and the selection of rows."""

from batchcreate.frames import to_frame
from tests.chunks import contents, make_chunk


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    """Only damaged files contain them, and no encoding has them."""
    frame = to_frame({"task_name": ["a\ud800b", "\U0001f600", "c"]}, [2, 3, 5])

    assert frame["task_name"].tolist() == ["a\ufffdb", "\U0001f600", "c"]
    assert frame.index.tolist() == [2, 3, 5]


def test_selected_rows_keep_their_numbers() -> None:
    """The texts belong to the same rows as before."""
    chunk = make_chunk({"task_name": ["a", "b", "c"]})

    found = chunk.select([True, False, True])

    assert contents(found) == contents(make_chunk({"task_name": ["a", "c"]}, [2, 4]))
