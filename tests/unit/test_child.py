"""The child process that reads a workbook: its requests, its responses and its end."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Never, cast

import pytest

from batchcreate.workbooks.child import AnswerWriter, RequestReader, WorkbookServer, respond
from batchcreate.workbooks.protocol import encode_message
from tests.spreadsheets import HEADINGS, task, xlsx
from tests.workbook_server import head, opened, refusal, rows


def test_unknown_request_is_refused(tmp_path: Path) -> None:
    """The response is one message."""
    path = xlsx(tmp_path / "t.xlsx", HEADINGS)

    with opened(path) as server:
        responses = list(server.respond({"request": "weather"}))

    assert responses == [{"refused": "unknown request."}]


def test_child_exits_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while it prepares or writes a response."""
    codes: SimpleQueue[int] = SimpleQueue()
    monkeypatch.setattr(os, "_exit", codes.put)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as stream, os.fdopen(write_end, "wb") as parent:
        requests = iter(RequestReader(stream))
        parent.write(encode_message({"request": "sheets"}))
        parent.flush()
        assert next(requests) == {"request": "sheets"}
        parent.close()
        assert codes.get(timeout=9) == 3

    class BrokenStream(io.BytesIO):
        def write(self, _: object) -> Never:
            raise BrokenPipeError

    with AnswerWriter(BrokenStream()) as writer:
        writer.write({})
    assert codes.get(timeout=9) == 3


def test_exceeded_memory_is_a_refusal() -> None:
    """The limit raises an error before the system kills the process."""

    class LargeServer:
        def respond(self, _: object) -> Iterator[Never]:
            return map(self.allocate, [1])

        def allocate(self, _: object) -> Never:
            raise MemoryError

    (response,) = respond(cast("WorkbookServer", LargeServer()), {})

    assert response["refused"].startswith("needs far more memory than expected for its size.")


def test_head_skips_blank_groups_above_the_table(tmp_path: Path) -> None:
    """Formatted cells contain nothing; the head has the first rows of the sheet."""
    blank = "".join(f'<row r="{at}"><c r="A{at}"/></row>' for at in range(1, 300))
    path = xlsx(tmp_path / "t.xlsx", blank + task(300))

    response = head(path, uses_calamine=False)

    assert (len(response["head"]), response["is_blank"]) == (40, False)
    assert rows(path, uses_calamine=False) == [
        (300, ("crm-orders", "INSERT", ""), (".", ".", "."))
    ]


def test_sheet_of_empty_rows_is_blank(tmp_path: Path) -> None:
    """Formatted rows without cells cost nothing."""
    path = xlsx(tmp_path / "t.xlsx", "".join(f'<row r="{at}"/>' for at in range(1, 20_000)))

    assert head(path) == {"head": [], "is_blank": True, "merges": [], "hidden_columns": []}
    assert rows(path) == []


@pytest.mark.parametrize("uses_calamine", [True, False], ids=["calamine", "complete"])
def test_head_starts_at_a1_and_is_cut(tmp_path: Path, *, uses_calamine: bool) -> None:
    """Blank rows and columns count; headings are never that long."""
    body = f'<row r="3"><c r="B3" t="inlineStr"><is><t>{"x" * 2000}</t></is></c></row>'
    path = xlsx(tmp_path / "t.xlsx", body)

    response = head(path, uses_calamine=uses_calamine)

    assert response == {
        "head": [[], [], ["", "x" * 1000]],
        "is_blank": False,
        "merges": [],
        "hidden_columns": [],
    }


def test_head_with_too_much_text_is_refused(tmp_path: Path) -> None:
    """The size of a response is bounded."""
    wide = "".join(f'<c t="inlineStr"><is><t>{"x" * 1000}</t></is></c>' for _ in range(300))
    path = xlsx(tmp_path / "t.xlsx", f"<row>{wide}</row>" * 30)

    assert refusal(path, uses_calamine=False) == (
        "contains more text in its first rows than headings can have."
    )
