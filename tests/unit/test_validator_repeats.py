"""Rows with the same name point at one another."""

from batchcreate.models import Column, Issue, RepeatedRow, RowLocation
from batchcreate.validator import repeated_name_issues

NAME = Column(heading="Task Name", index=1)


def row(number: int, *, file: str = "a.csv", sheet: str = "") -> RepeatedRow:
    place = RowLocation(file=file, sheet=sheet, number=number)
    return RepeatedRow(location=place, column=NAME, task_name="crm-orders")


def message(others: str) -> str:
    return (
        f"The task name 'crm-orders' is also used in {others}. Give each task in an instance a"
        " unique name, or remove the duplicate rows."
    )


def test_each_of_two_rows_names_the_other() -> None:
    """Both are refused, each at its own cell."""
    first, second = repeated_name_issues([row(2), row(9)])

    assert first == Issue(
        location=RowLocation(file="a.csv", sheet="", number=2),
        column="Task Name",
        cell="B2",
        value="crm-orders",
        rule="task_name.repeated",
        message=message("row 9"),
    )
    assert (second.cell, second.message) == ("B9", message("row 2"))


def test_other_files_and_sheets_are_named() -> None:
    """A row elsewhere is named with the file and the sheet that tell where."""
    group = [
        row(2, file="a.xlsx", sheet="May"),
        row(3, file="a.xlsx", sheet="June"),
        row(4, file="b.csv"),
        row(5, file="c.xlsx", sheet="May"),
    ]

    issues = repeated_name_issues(group)

    assert issues[0].message == message(
        "row 3 of sheet June, row 4 of b.csv and row 5 of c.xlsx, sheet May"
    )


def test_only_the_first_five_others_are_named() -> None:
    """The message stays short however often a name is repeated."""
    issues = repeated_name_issues([row(number) for number in range(2, 12)])

    assert issues[3].message == message("row 2, row 3, row 4, row 6, row 7 and 4 more")
