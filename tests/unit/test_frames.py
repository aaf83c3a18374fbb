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


def test_fingerprint_depends_on_the_texts_and_their_columns() -> None:
    """A missing column is blank, and an order of columns does not count."""
    fields = ("a", "b", "c")
    rows = {
        "same": make_chunk({"a": ["x"], "b": ["y"]}),
        "with a blank column": make_chunk({"c": [""], "b": ["y"], "a": ["x"]}),
        "exchanged": make_chunk({"a": ["y"], "b": ["x"]}),
        "moved": make_chunk({"a": ["x"], "c": ["y"]}),
        "other": make_chunk({"a": ["x"], "b": ["z"]}),
    }

    found = {name: chunk.fingerprints(fields)[0] for name, chunk in rows.items()}

    assert found["same"] == found["with a blank column"]
    assert len(set(found.values())) == len(rows) - 1
