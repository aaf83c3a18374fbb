"""The samples are what their README says."""

from pathlib import Path

import pytest

from batchcreate.loader import read
from batchcreate.validator import validate

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    ("name", "counts"),
    [("clean.csv", (40, 0)), ("clean.xlsx", (40, 0)), ("mistakes.xlsx", (32, 15))],
)
def test_sample_has_the_rows_and_mistakes_that_it_shows(
    name: str, counts: tuple[int, int]
) -> None:
    """Two more rows of the last one share a name, which no row shows by itself."""
    checked = [
        validate(chunk, defaults={}, needs_target=False)
        for chunk in read(SAMPLES / name, label=name)
    ]

    rows = sum(len(part.chunk.numbers) for part in checked)
    rejected = sum(len(part.rejected) for part in checked)

    assert (rows, rejected) == counts
