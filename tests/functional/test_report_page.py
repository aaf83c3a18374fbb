"""The page in a real browser: opened from disk, looked at on two screens, and by an accessibility checker."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from batchcreate.journal import Journal
from batchcreate.pipeline.reports import write_reports
from tests.batches import make_batch
from tests.browser import NARROW, WIDE, Tab, browsing
from tests.functional.program import read_lines, read_summary

OVERFLOW = """
[...document.querySelectorAll("body *")]
    .filter(each => !each.closest(".scroll, .skip, svg, thead"))
    .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5)
    .map(each => each.outerHTML.slice(0, 200))
"""
COUNTS = """
[...document.querySelectorAll(".counts li")]
    .map(each => each.innerText.split("\\n").map(line => line.trim()))
"""
ROWS = """
[...document.querySelectorAll("#rows tbody tr")]
    .map(row => [...row.cells].slice(0, 3).map(cell => cell.innerText.trim()))
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of a batch that has everything to show."""
    folder = tmp_path_factory.mktemp("batch-results")
    make_batch(folder, 250)
    with Journal.open(folder) as journal:
        write_reports(journal, folder)
    return folder / "report.html"


async def looked_at(tab: Tab, page: Path, **how: Any) -> None:
    await tab.open(page.as_uri(), **how)


@pytest.mark.parametrize("width", [NARROW, WIDE])
async def test_page_opens_from_disk_and_fits_the_screen(width: int, page: Path) -> None:
    """Nothing comes to the console, nothing else is asked for, nothing sticks out."""
    async with browsing() as tab:
        await looked_at(tab, page, width=width)
        overflowing = await tab.evaluate(OVERFLOW)
        scrolls = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")

        assert tab.said == []
        assert tab.requests == [page.as_uri()]

    assert (overflowing, scrolls) == ([], 0)


async def test_page_shows_the_numbers_of_the_other_reports(page: Path) -> None:
    """The counts are those of summary.json, the rows those of results.csv."""
    counts = read_summary(page.parent)["counts"]
    lines = read_lines(page.parent / "results.csv")
    async with browsing() as tab:
        await looked_at(tab, page)
        title = await tab.evaluate("document.title")
        shown = await tab.evaluate(COUNTS)
        rows = await tab.evaluate(ROWS)

    assert title.startswith(f"{counts['created']} of {len(lines)} rows are created; ")
    assert {words.replace(" ", "_"): int(count) for count, words in shown} == counts
    assert rows == [
        [
            ", ".join(filter(None, (line["file"], line["sheet"], f"row {line['row']}"))),
            line["task_name"],
            line["status"].replace("_", " "),
        ]
        for line in lines
        if line["status"] != "created"
    ]


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "dark"), (WIDE, "light")])
async def test_accessibility_checker_finds_nothing(width: int, scheme: str, page: Path) -> None:
    """Neither on a phone by night nor on a desk by day, with all that is folded opened."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    async with browsing() as tab:
        await looked_at(tab, page, width=width, is_dark=scheme == "dark")
        await tab.evaluate(
            "document.querySelectorAll('details').forEach(each => each.open = true)"
        )
        await tab.evaluate(f"{axe}; 0")
        found = await tab.evaluate(
            "axe.run().then(result => result.violations.map(each =>"
            " [each.id, each.impact, each.nodes.map(node => node.html.slice(0, 200))]))"
        )

    assert found == []


async def test_page_can_be_used_by_keyboard(page: Path) -> None:
    """The first stop leads to the content; what is folded opens at a key."""
    async with browsing() as tab:
        await looked_at(tab, page)
        await tab.press("Tab", 9)
        first = await tab.evaluate("document.activeElement.innerText")
        await tab.evaluate("document.querySelector('summary').focus()")
        await tab.press("Enter", 13)
        is_open = await tab.evaluate("document.querySelector('details').open")

    assert (first, is_open) == ("Skip to the content", True)


async def test_page_prints(page: Path) -> None:
    """What is printed is black on white, whatever the screen is like."""
    async with browsing() as tab:
        await looked_at(tab, page, is_dark=True)
        printed = await tab.printed()
        await tab.ask("Emulation.setEmulatedMedia", media="print")
        ink = await tab.evaluate("getComputedStyle(document.body).color")
        navigation = await tab.evaluate("getComputedStyle(document.querySelector('nav')).display")

    assert printed.startswith(b"%PDF-")
    assert (ink, navigation) == ("rgb(28, 33, 38)", "none")
