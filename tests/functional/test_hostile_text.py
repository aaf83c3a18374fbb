"""Hundreds of hostile texts, in cells and from a server, through every report and a second reader of each."""

import asyncio
import base64
import csv
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import fromstring

import openpyxl
import pytest
from aiohttp import web

from tests.browser import browsing
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    Ended,
)
from tests.hostile import HOSTILE, SENT, harmful
from tests.office import convert
from tests.pages import read_page

FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run left behind."""

    ended: Ended
    results: Path
    rows: int


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    """Serve an instance without tasks that refuses each create with the next hostile text."""
    texts = itertools.cycle(SENT)

    async def reply(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"total": 0, "size": 0, "entities": []})
        text = next(texts)
        return web.json_response({"error_code": text, "error_msg": text}, status=400)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", reply)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def write_cells(path: Path) -> int:
    """Write a file that has each hostile text as a name and as a description; count its rows."""
    rows = [(text, "INSERT", "") for text in HOSTILE]
    rows += [(f"task-{at}", "INSERT", text) for at, text in enumerate(HOSTILE)]
    rows += [(f"plain-{at}", "INSERT", "") for at, _ in enumerate(SENT)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["task_name", "operation_types", "description"])
        writer.writerows(rows)
    return len(rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Give what one run of the real program leaves behind."""
    return asyncio.run(_run(tmp_path_factory.mktemp("hostile")))


async def _run(folder: Path) -> Run:
    rows = write_cells(folder / "cells.csv")
    async with refusing() as url:
        target = ("--endpoint", url, "--project-id", PROJECT, "--instance-id", INSTANCE)
        ended = await invoke("run", "cells.csv", *target, "--rate", "2000", folder=folder)
    return Run(ended=ended, results=folder / "cells-results", rows=rows)


def harm_in(texts: Iterator[str]) -> dict[str, str]:
    """Return the texts that hold a character that must not be there, by that character."""
    return {char: text[:80] for text in texts for char in harmful(text)}


def test_run_went_through(run: Run) -> None:
    """Every row is in the report; most were refused with a hostile text."""
    assert run.ended.code == 1, run.ended.err
    assert not list(harmful(run.ended.out + run.ended.err))


@pytest.mark.parametrize("name", ["results.csv", "issues.csv"])
def test_tables_read_back_and_calculate_nothing(name: str, run: Run) -> None:
    """Each line has all its cells; none begins as a formula does, none hides a character."""
    with (run.results / name).open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)

    cells = [cell for line in lines for cell in line]
    assert {len(line) for line in lines} == {len(header)}
    assert name == "issues.csv" or len(lines) == run.rows
    assert [cell for cell in cells if cell.startswith(FORMULA_STARTS)] == []
    assert harm_in(iter(cells)) == {}


def test_workbook_reads_back_and_calculates_nothing(run: Run, tmp_path: Path) -> None:
    """Two readers find as many rows, no formula, no link, and nothing that is hidden."""
    path = run.results / "results.xlsx"
    again = convert(path, ".xlsx", folder=tmp_path)

    for each in (path, again):
        book = openpyxl.load_workbook(each)
        cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
        assert book["Results"].max_row == run.rows + 1
        assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
        assert [cell.coordinate for cell in cells if cell.hyperlink] == []
        assert harm_in(cell.value for cell in cells if isinstance(cell.value, str)) == {}


@pytest.mark.parametrize("name", ["summary.json", "log.jsonl"])
def test_records_read_back(name: str, run: Run) -> None:
    """They are JSON in UTF-8, without a control character in the file itself."""
    text = (run.results / name).read_bytes().decode("utf-8")

    for record in text.splitlines() if name == "log.jsonl" else [text]:
        json.loads(record)
    assert not [char for char in text if char < " " and char != "\n"]


def test_page_has_no_elements_from_texts(run: Run) -> None:
    """All its elements and attributes are those of a page without hostile texts."""
    page = read_page(run.results / "report.html")

    assert not {each.tag for each in page.elements} & {
        *("script", "iframe", "base", "link", "math", "plaintext", "b", "form"),
    }
    names = {name for each in page.elements for name in each.attributes}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert {each.attributes["class"] for each in page.all("img")} == {"chart"}
    assert len(page.all("style")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert list(harmful(page.text)) == []


def test_charts_have_no_elements_from_texts(run: Run) -> None:
    """They are images whose elements are those that matplotlib draws."""
    images = read_page(run.results / "report.html").all("img")

    assert images
    for image in images:
        encoded = image.attributes["src"].removeprefix("data:image/svg+xml;base64,")
        svg = base64.b64decode(encoded, validate=True).decode("utf-8")
        tags = {each.tag.rpartition("}")[2] for each in fromstring(svg).iter()}  # noqa: S314
        assert not tags & {"script", "image", "foreignObject", "a", "iframe", "set", "animate"}
        assert list(harmful(svg)) == []


async def test_page_does_nothing_in_a_browser(run: Run) -> None:
    """No script ran, nothing was fetched, nothing came to the console."""
    path = run.results / "report.html"
    async with browsing() as tab:
        await tab.open(path.as_uri())
        scripts = await tab.evaluate("document.scripts.length")
        hacked = await tab.evaluate("typeof window.hacked")
        rows = await tab.evaluate("document.querySelectorAll('#rows tbody tr').length")
        overflow = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")

        assert tab.messages == []
        assert [each for each in tab.requests if not each.startswith("data:")] == [path.as_uri()]

    assert (scripts, hacked, rows, overflow) == (0, "undefined", run.rows, 0)
