"""What is said while nothing is shown."""

from typing import cast

import pytest

from batchcreate.cli.progress import LARGE_ROWS, PlainScreen, QuietScreen
from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings


class Steady:
    """A gate that lets all through."""

    rate_per_s = 10.0
    slowdowns = 0


@pytest.mark.parametrize(
    ("screen", "planned", "said"),
    [
        (PlainScreen, LARGE_ROWS, "writing the reports\n"),
        (PlainScreen, LARGE_ROWS - 1, ""),
        (QuietScreen, LARGE_ROWS, ""),
    ],
    ids=["large", "small", "quiet"],
)
async def test_long_silence_is_explained(
    screen: type[QuietScreen], planned: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reports of a large batch take seconds in which nothing moves."""
    counters = RunCounters(planned=planned)

    async with screen(Settings()).watching(counters, cast("Gate", Steady())):
        before = capsys.readouterr().err

    assert (before, capsys.readouterr().err) == ("", said)
