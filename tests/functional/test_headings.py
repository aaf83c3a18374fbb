"""Headings as analysts type them: recognised, suggested, repeated, merged, blank or hidden."""

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import xlsxwriter

from tests.functional.inside import invoke
from tests.functional.program import read_lines
from tests.functional.test_check import as_described

PLACE = {"BATCHCREATE_PROJECT_ID": "p1", "BATCHCREATE_INSTANCE_ID": "i1"}


async def check(folder: Path, name: str, *options: str) -> tuple[int, str]:
    ended = await invoke("check", name, *options, folder=folder)
    return ended.code, ended.err


async def test_columns_with_blank_headings_are_reported(tmp_path: Path) -> None:
    """The document and the text contain the column and the number of filled cells."""
    (tmp_path / "t.csv").write_text("task_name,,operation_types,,owner\nabc1,,INSERT,x,y\n")

    ended = await invoke("check", "t.csv", "--json", folder=tmp_path)

    assert "  ignored: D (blank heading, 1 filled cell), E 'owner'" in ended.err.splitlines()
    assert as_described(ended.out)["sheets"][0]["ignored"] == [
        {"column": "E", "heading": "owner"},
        {"column": "D", "heading": "", "cells": 1},
    ]


async def test_values_below_a_merged_heading_are_never_ignored(tmp_path: Path) -> None:
    """The row is rejected at the first such cell, and the other row is created."""
    book = openpyxl.Workbook()
    book.active.append(["task_name", "operation_types", None, None, "description"])
    book.active.append(["crm-orders", "INSERT", "UPDATE", "DELETE", "text"])
    book.active.append(["erp-orders", "INSERT", None, None, "text"])
    book.active.merge_cells("B1:D1")
    book.save(tmp_path / "t.xlsx")

    ended = await invoke("run", "t.xlsx", "--simulate", "--yes", folder=tmp_path, **PLACE)

    rows = read_lines(tmp_path / "t-results" / "results.csv")
    (issue,) = read_lines(tmp_path / "t-results" / "issues.csv")
    assert ended.code == 1
    assert [(row["task_name"], row["status"]) for row in rows] == [
        ("crm-orders", "rejected"),
        ("erp-orders", "created"),
    ]
    assert (issue["cell"], issue["value"], issue["rule"], issue["severity"]) == (
        *("C2", "UPDATE", "row.merged_heading"),
        "error",
    )


async def test_repeated_headings_are_skipped_and_listed(tmp_path: Path) -> None:
    """They are not input rows, in a text file and in a workbook."""
    table = [
        ["task_name", "operation_types", "description"],
        ["任务名称", "操作类型", "描述"],
        ["abc1", "INSERT", "x"],
        ["Task name", "Operation types", ""],
        ["task_name", "INSERT", "x"],
    ]
    (tmp_path / "t.csv").write_text("\n".join(map(",".join, table)), encoding="utf-8")
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("May")
        for number, row in enumerate(table):
            sheet.write_row(number, 0, row)

    for name, part in (("t.csv", "t.csv"), ("t.xlsx", "sheet May of t.xlsx")):
        ended = await invoke("check", name, "--json", folder=tmp_path)

        found = as_described(ended.out)
        line = f"  skipped: 2 rows of {part} (repeated headings: rows 2, 4)"
        assert (ended.code, found["rows"]) == (0, 2)
        assert line in ended.err.splitlines()
        assert found["skipped"][0]["row_ranges"] == [[2, 2], [4, 4]]


async def test_second_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    """A tag never becomes a description."""
    (tmp_path / "t.csv").write_text(
        "task_name,operation_types,description,task_tag\nabc1,INSERT,text,tag-1\n\n"
        "task_name,operation_types,task_tag,description\nabc2,INSERT,tag-2,text\n"
    )

    code, error = await check(tmp_path, "t.csv")

    assert code == 2
    assert "t.csv, row 4: the row contains headings again, but cell C4 ('task_tag')" in error


async def test_unknown_headings_are_reported_before_later_rows(tmp_path: Path) -> None:
    """A stray quotation mark, an unknown byte and a row that is too long come later."""
    rows = [b'"a"b,INSERT', b"M\xfchle \x81,INSERT", b"abc,INSERT,x,y", b"a\0b,INSERT"]

    for row in rows:
        (tmp_path / "t.csv").write_bytes(b"Name,Ops\nabc1,INSERT\n" + row + b"\n")
        code, error = await check(tmp_path, "t.csv")

        assert code == 2
        assert "Row 1 contains 'Name', 'Ops'. Did you mean 'Name'? Rename it to task_name" in error
        assert "row 3" not in error


async def test_hidden_sheet_with_the_headings_is_named(tmp_path: Path) -> None:
    """The option that the message suggests reads the sheet."""
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        book.add_worksheet("Notes").write_row(0, 0, ["see other"])
        tasks = book.add_worksheet("All tasks")
        tasks.write_row(0, 0, ["task_name", "operation_types"])
        tasks.write_row(1, 0, ["abc1", "INSERT"])
        tasks.hide()

    refused = await check(tmp_path, "t.xlsx")
    accepted = await check(tmp_path, "t.xlsx", "--sheet", "All tasks")

    assert refused[0] == 2
    assert (
        "is hidden: 'All tasks'. To read it, use --sheet 'All tasks', or unhide it." in refused[1]
    )
    assert accepted[0] == 0


async def test_other_columns_are_carried_into_the_results(tmp_path: Path) -> None:
    """Both files contain the union of all columns, as the analysts see their cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Wave", "task_name", "operation_types", "Due", None, "Price", "status", "Note"])
    sheet.append(["007", "crm-1", "INSERT", date(2026, 5, 4), "x", 2.5, "open", "=1+1"])
    sheet.append([None, "crm 2", "INSERT", None, "x", 3, None, "李\n二"])
    sheet.append([None, "crm-3"])
    sheet["D2"].number_format = "dd.mm.yyyy"
    sheet["F2"].number_format = "0.00"
    sheet["H2"].data_type = "s"
    sheet.merge_cells("A2:A3")
    sheet.column_dimensions["F"].hidden = True
    book.create_sheet("more").append(["task_name", "operation_types", "Note", "Note"])
    book["more"].append(["crm-4", "INSERT", "n", "m"])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "u.csv").write_text(
        "task_name,operation_types,Wave,Long\nerp-1,INSERT, w ," + "z" * 200_000
    )

    ended = await invoke("run", "t.xlsx", "u.csv", "--simulate", folder=tmp_path, **PLACE)
    rows = read_lines(tmp_path / "t-results" / "results.csv")
    frame = pd.read_excel(
        tmp_path / "t-results" / "results.xlsx", "Results", dtype=str, engine="calamine"
    ).fillna("")
    await invoke("check", "t.xlsx", "u.csv", "--results", "t-results", folder=tmp_path)
    issues = (tmp_path / "t-results" / "issues.csv").read_bytes()
    before = (tmp_path / "t-results" / "results.csv").read_bytes()
    await invoke("report", "t-results", folder=tmp_path)

    columns = ["Wave", "Due", "Price", "status (t.xlsx)", "Note", "Note (2)", "Long"]
    assert ended.code == 1
    assert list(rows[0])[16:] == list(frame.columns)[16:] == columns
    assert [[row[name] for name in columns] for row in rows] == [
        ["007", "2026-05-04", "2.50", "open", "'=1+1", "", ""],
        ["007", "", "3", "", "李\n二", "", ""],
        ["", "", "", "", "", "", ""],
        ["", "", "", "", "n", "m", ""],
        [" w ", "", "", "", "", "", "z" * 32_767],
    ]
    assert frame[columns].to_numpy().tolist() == [
        [row[name].removeprefix("'") for name in columns] for row in rows
    ]
    assert (tmp_path / "t-results" / "issues.csv").read_bytes() == issues
    assert (tmp_path / "t-results" / "results.csv").read_bytes() == before
