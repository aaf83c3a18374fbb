"""The report page in a browser, on two screens, and checked by axe-core."""

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
    """Return the page of a batch that has content for every section."""
    folder = tmp_path_factory.mktemp("batch-results")
    make_batch(folder, 250)
    with Journal.open(folder) as journal:
        write_reports(journal, folder)
    return folder / "report.html"


async def load(tab: Tab, page: Path, **how: Any) -> None:
    await tab.open(page.as_uri(), **how)


async def test_page_opens_from_disk_and_fits_the_screen(page: Path) -> None:
    """There are no console messages, no further requests and no overflowing elements."""
    fits = {}
    async with browsing() as tab:
        for width in (NARROW, WIDE):
            await load(tab, page, width=width)
            overflowing = await tab.evaluate(OVERFLOW)
            scrolls = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            fits[width] = (overflowing, scrolls)

        assert tab.messages == []
        requests = [each for each in tab.requests if not each.startswith("data:")]

    assert requests == [page.as_uri()] * 2
    assert fits == dict.fromkeys((NARROW, WIDE), ([], 0))


async def test_page_has_the_numbers_of_the_other_reports(page: Path) -> None:
    """The counts are those of summary.json, the rows those of results.csv."""
    counts = read_summary(page.parent)["counts"]
    lines = read_lines(page.parent / "results.csv")
    async with browsing() as tab:
        await load(tab, page)
        title = await tab.evaluate("document.title")
        shown = await tab.evaluate(COUNTS)
        rows = await tab.evaluate(ROWS)

    assert title.startswith(f"{counts['created']} of {len(lines)} tasks created; ")
    assert {label.replace(" ", "_"): int(count) for count, label in shown} == counts
    assert rows == [
        [
            ", ".join(filter(None, (line["file"], line["sheet"], f"row {line['row']}"))),
            line["task_name"],
            line["status"].replace("_", " "),
        ]
        for line in lines
        if line["status"] != "created"
    ]


async def test_axe_reports_no_violations(page: Path) -> None:
    """The page is checked on a dark phone and a light desktop, with all details open."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    found = {}
    async with browsing() as tab:
        for width, is_dark in ((NARROW, True), (WIDE, False)):
            await load(tab, page, width=width, is_dark=is_dark)
            await tab.evaluate(
                "document.querySelectorAll('details').forEach(each => each.open = true)"
            )
            await tab.evaluate(f"{axe}; 0")
            found[width] = await tab.evaluate(
                "axe.run().then(result => result.violations.map(each =>"
                " [each.id, each.impact, each.nodes.map(node => node.html.slice(0, 200))]))"
            )

    assert found == {NARROW: [], WIDE: []}


async def test_page_can_be_used_by_keyboard(page: Path) -> None:
    """The first link leads to the content, and Enter opens the details."""
    async with browsing() as tab:
        await load(tab, page)
        await tab.press("Tab", 9)
        first = await tab.evaluate("document.activeElement.innerText")
        await tab.evaluate("document.querySelector('summary').focus()")
        await tab.press("Enter", 13)
        is_open = await tab.evaluate("document.querySelector('details').open")

    assert (first, is_open) == ("Skip to content", True)


async def test_page_prints(page: Path) -> None:
    """A printed page is dark on white, even if the screen is dark."""
    async with browsing() as tab:
        await load(tab, page, is_dark=True)
        printed = await tab.print_pdf()
        await tab.ask("Emulation.setEmulatedMedia", media="print")
        ink = await tab.evaluate("getComputedStyle(document.body).color")
        navigation = await tab.evaluate("getComputedStyle(document.querySelector('nav')).display")

    assert printed.startswith(b"%PDF-")
    assert (ink, navigation) == ("rgb(28, 33, 38)", "none")
