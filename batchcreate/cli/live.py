"""The live display: a bar and a few facts at the foot of the terminal, messages above them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TextIO

from batchcreate.cli.progress import Watch, pack
from batchcreate.cli.say import say
from batchcreate.pipeline.ticking import ticking

if TYPE_CHECKING:
    from rich.console import RenderableType

EVERY_S: Final = 0.2
"""Five times a second is as often as eyes ask for, and costs the requests next to nothing."""

BAR_CHARS_MAX: Final = 60

_STYLES: Final = {"created": "green", "failed": "red", "unknown": "yellow"}


@asynccontextmanager
async def live(watch: Watch, stream: TextIO, *, has_color: bool) -> AsyncIterator[None]:
    """Keep a display of *watch* on *stream* for the length of a block, then take it away."""
    from rich.console import Console
    from rich.live import Live

    console = Console(file=Forgiving(stream), no_color=not has_color or None)  # type: ignore[arg-type] # all that it uses of a stream
    display = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
    now = asyncio.get_running_loop().time

    def show() -> None:
        watch.look(now())
        for news in watch.news(now()):
            say(news)
        display.update(picture(watch, console.width), refresh=True)

    with display:
        show()
        async with ticking(EVERY_S, show):
            yield


def picture(watch: Watch, width: int) -> "RenderableType":
    """Return what the display shows on a terminal of *width* columns."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    settled, planned = watch.done
    share = f"{settled}/{planned}  {100 * settled // max(planned, 1)}%"
    bar_chars = min(BAR_CHARS_MAX, width - len(share) - 3)
    head = Table.grid(padding=(0, 2, 0, 0))
    if bar_chars > 0:
        bar = ProgressBar(
            total=planned,
            completed=settled,
            width=bar_chars,
            complete_style="green",
            finished_style="green",
        )
        head.add_row(bar, share)
    else:
        head.add_row(share)
    lines = [
        Text("  ").join(Text(part.text, style=_STYLES.get(part.kind, "")) for part in parts)
        for parts in pack(watch.parts(), width - 1)
    ]
    return Group(head, *lines)


class Forgiving:
    """A stream that may go away: what it does not take is lost, and nobody hears of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write *text*, or lose it."""
        shown = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Let go what was written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Return that it was a terminal, whatever became of it."""
        return True
