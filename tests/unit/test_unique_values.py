"""Values that several rows with the same target use."""

import sqlite3

import pytest

from batchcreate.journal.unique_values import UniqueValues

TARGETS = [("p", "i"), ("p", "j"), ("p", "i"), ("p", "i")]


def rows(values: UniqueValues) -> list[list[tuple[int, str]]]:
    return [[(each.number, each.text) for each in group] for group in values.repeated()]


@pytest.mark.parametrize("hashes_max", [1, 1000], ids=["sorted in parts", "sorted together"])
def test_values_are_compared_for_each_target(hashes_max: int) -> None:
    """Empty values are ignored, and rows of several chunks are compared."""
    values = UniqueValues(sqlite3.connect(":memory:"), "task_id", hashes_max=hashes_max)

    values.add(1, [2, 3, 4, 5], TARGETS, ["a", "a", "", "b"])
    values.add(2, [2, 3], [("p", "i")], ["b", "c"])
    values.add(2, [4], [("p", "i")], [""])

    assert rows(values) == [[(5, "b"), (2, "b")]]


def test_values_can_contain_the_character_between_them() -> None:
    """Such a value is invalid; it must not move the others."""
    values = UniqueValues(sqlite3.connect(":memory:"), "task_name")

    values.add(1, [2, 3, 4], [("p", "i")], ["a\0b", "c", "c"])

    assert rows(values) == [[(3, "c"), (4, "c")]]
