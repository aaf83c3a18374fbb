"""Damages of whole files: files that can be read, and files refused with one message."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from openpyxl import Workbook

from tests.corpus.cells import FIELDS, valid_row

ROWS = 5
"""The number of valid rows in every file."""

CHINESE = ("任务名称", "操作类型", "任务类型", "标签", "描述", "源应用ID", "目标应用ID", "负责人")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableFile:
    """A file that is read without an issue; *write* creates it in a folder."""

    name: str
    write: Callable[[Path], Path]
    first_number: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that is refused; its only message contains *words*."""

    name: str
    write: Callable[[Path], Path]
    words: Sequence[str]


def _table(headings: Sequence[str] = FIELDS, *, text: str = "Orders") -> list[list[str]]:
    rows = [valid_row(at) | {"description": f"{text} {at}"} for at in range(1, ROWS + 1)]
    return [list(headings), *([str(row[field]) for field in FIELDS] for row in rows)]


def _csv(table: Sequence[Sequence[str]], delimiter: str = ",", ends: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ends).writerows(table)
    return out.getvalue()


def _file(name: str, content: str | bytes, encoding: str = "utf-8") -> Callable[[Path], Path]:
    data = content if isinstance(content, bytes) else content.encode(encoding)

    def write(folder: Path) -> Path:
        (path := folder / name).write_bytes(data)
        return path

    return write


def _text(
    name: str, table: list[list[str]], encoding: str = "utf-8", **style: str
) -> Callable[[Path], Path]:
    return _file(name, _csv(table, **style), encoding)


def _book(change: Callable[[Workbook], None], name: str = "tasks.xlsx") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        book = Workbook()
        book.worksheets[0].title = "Tasks"
        for row in _table():
            book["Tasks"].append(row)
        change(book)
        book.save(folder / name)
        return folder / name

    return write


def _below_a_title(book: Workbook) -> None:
    book["Tasks"].insert_rows(1, amount=3)
    book["Tasks"]["A1"] = "Onboarding, second wave"


def _with_other_sheets(book: Workbook) -> None:
    book.create_sheet("Notes", 0).append(["Please fill in the other sheet"])
    hidden = book.create_sheet("Old")
    for row in _table():
        hidden.append(row)
    hidden.sheet_state = "hidden"


def _with_a_cell_in_the_last_column(book: Workbook) -> None:
    book["Tasks"]["XFD4"] = "x"


def _headings(*headings: str) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        for at, heading in enumerate(headings, start=1):
            book["Tasks"].cell(1, at, heading)

    return change


def _truncated(folder: Path) -> Path:
    path = _book(lambda _: None)(folder)
    path.write_bytes(path.read_bytes()[:2000])
    return path


def _entity_bomb(folder: Path) -> Path:
    path = folder / "tasks.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(_table()):
            sheet.write_row(at, 0, row)
    bomb = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "xxxxxxxxxx">'
    bomb += "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 10))
    bomb += "]><sst>&a9;</sst>"
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/sharedStrings.xml"] = bomb.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


_TRAILING = [[*row, ""] for row in _table()]
_OF_A_REPEATED = ("task_name", "Task Name", *FIELDS[1:])

READABLE: Sequence[ReadableFile] = (
    ReadableFile(name="UTF-8 with a byte order mark", write=_text("t.csv", _table(), "utf-8-sig")),
    ReadableFile(name="UTF-16", write=_text("t.csv", _table(text="订单"), "utf-16")),
    ReadableFile(
        name="GB18030", write=_text("t.csv", _table(CHINESE, text="订单数据"), "gb18030")
    ),
    ReadableFile(name="semicolons", write=_text("t.csv", _table(), delimiter=";")),
    ReadableFile(name="tabs", write=_text("t.tsv", _table(), delimiter="\t")),
    ReadableFile(name="vertical bars", write=_text("t.csv", _table(), delimiter="|")),
    ReadableFile(
        name="a line that names the separator",
        write=_file("t.csv", "sep=;\r\n" + _csv(_table(), ";")),
    ),
    ReadableFile(name="old line ends", write=_text("t.csv", _table(), ends="\r")),
    ReadableFile(name="a separator too many in every row", write=_text("t.csv", _TRAILING)),
    ReadableFile(name="Chinese headings", write=_text("t.csv", _table(CHINESE))),
    ReadableFile(
        name="headings typed freely",
        write=_text(
            "t.csv", _table(("Task Name*", "OPERATION-TYPES", " task　type ", *FIELDS[3:]))
        ),
    ),
    ReadableFile(name="a title above the headings", write=_book(_below_a_title), first_number=5),
    ReadableFile(name="other sheets and a hidden one", write=_book(_with_other_sheets)),
    ReadableFile(
        name="a cell in the last column of the sheet", write=_book(_with_a_cell_in_the_last_column)
    ),
)

REFUSED: Sequence[RefusedFile] = (
    RefusedFile(
        name="a heading that is nearly right",
        write=_book(_headings("task_nmae")),
        words=("Tasks", "row 1", "task_name", "Did you mean 'task_nmae'"),
    ),
    RefusedFile(
        name="a column twice",
        write=_text("t.csv", _table(_OF_A_REPEATED[: len(FIELDS)])),
        words=("A1", "B1", "task_name"),
    ),
    RefusedFile(
        name="a quotation mark that is never closed in the headings",
        write=_file("t.csv", '"' + _csv(_table())),
        words=("row 1", "quotation mark"),
    ),
    RefusedFile(
        name="a NUL byte",
        write=_file("t.csv", _csv(_table()).replace("good-002", "good\0002")),
        words=("line 3", "NUL"),
    ),
    RefusedFile(
        name="an encoding that could be several",
        write=_file("t.csv", _csv(_table()).encode() + b"good-9,INSERT,,,\xc4\xe3\xba\xc3,,,\r\n"),
        words=("--encoding", "line 7"),
    ),
    RefusedFile(name="an empty file", write=_file("t.csv", b""), words=("is empty",)),
    RefusedFile(
        name="a page called a workbook",
        write=_file("t.xlsx", "<html><table><tr><td>task_name</td></tr></table></html>"),
        words=("HTML", ".xlsx"),
    ),
    RefusedFile(name="a text called a workbook", write=_text("t.xlsx", _table()), words=("CSV",)),
    RefusedFile(
        name="a workbook called a text",
        write=_book(lambda _: None, "t.csv"),
        words=("workbook", ".xlsx"),
    ),
    RefusedFile(name="a workbook cut short", write=_truncated, words=("damaged",)),
    RefusedFile(name="an entity bomb", write=_entity_bomb, words=("t",)),
)
