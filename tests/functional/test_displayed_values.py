"""LibreOffice displays what is accepted: no value is sent that the analyst does not see."""

import csv
from pathlib import Path
from typing import Final

import xlsxwriter

from tests.office import convert
from tests.workbook_server import rows

FORMATS: Final = (
    *("General", "@", "0", "00000", "0.00", "#,##0", "#,##0.00", "0%", "0.0%", "0.00E+00"),
    *("##0.0E+0", "# ?/?", "# ??/??", "0/0", "?/8", "??", "???.??", "#", "#.##", "0.#", "0.?"),
    *('0 "units"', '"APP-"0000', "\\D\\-00000", "\\#0", "!0", "$0", "0*-", "*-0", "* 0", "0##"),
    *("[Red]0", "[Red]-0;[Blue]0", '0;-0;"zero"', "0;-0;;@", "0000;@", "0000_ ;[Red]\\-0000\\ "),
    *('"x"@', '0;-0;0;"text "@', ";;;", "0;0", "0;(0)", "#,##0;(#,##0)", "0,", '0.0,,"M"'),
    *('_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)', "_-* #,##0_-;-* #,##0_-"),
    *("[$€-407] #,##0.00", "#,##0.00 [$€-407]", "[$$-409]0", "000-00-0000", "(000) 000-0000"),
    *("[<=9999999]###-####;(###) ###-####", "[>=10000]00000;0000000", '[=5]"five";0', "[>100]0"),
    *("[>100]0;[<50]0", '[<0]"minus";0', 'General" units"', '"no. "General', "General;[Red]-0"),
    *("[DBNum1][$-804]General", '"0"0', '0"0"', "00 00 00", "000000000000000000", "yyyy-mm-dd"),
    *("[h]:mm", "hh:mm:ss", "0;yyyy", '"week "0', "mmm yy"),
)
VALUES: Final = (0, 5, 42, 1234, 12345678, 3_000_000, 0.5, 1.1, 1234.5, -7, 0.333333333333)
LARGE: Final = 123456789012
TEXT: Final = "abc"

ACCEPTED: Final = (".", "n", "z")
"""Kinds of cells whose text is sent."""

Table = dict[tuple[str, str], str]
"""A text for each format and value."""


def workbook(folder: Path) -> Path:
    """Write a workbook with a row for each format and a column for each value, and a text."""
    path = folder / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["format", *map(str, VALUES), str(LARGE), TEXT])
        for number, code in enumerate(FORMATS, start=1):
            style = book.add_format({"num_format": code})
            sheet.write_string(number, 0, code)
            sheet.write_row(number, 1, VALUES, style)
            is_date = "y" in code or "h" in code  # calamine refuses such a date in .xls
            sheet.write_number(number, len(VALUES) + 1, 7 if is_date else LARGE, style)
            sheet.write_string(number, len(VALUES) + 2, TEXT, style)
        # In narrow columns, LibreOffice displays hash signs.
        sheet.set_column(0, len(VALUES) + 2, 40)
    return path


def displayed_by_libreoffice(workbook: Path) -> Table:
    """Return the texts that LibreOffice displays."""
    with convert(workbook, ".csv", folder=workbook.parent).open(
        encoding="utf-8", newline=""
    ) as file:
        heading, *lines = csv.reader(file)
    return {
        (code, value): text.strip()
        for code, line in zip(FORMATS, lines, strict=True)
        for value, text in zip(heading[1:], line[1:], strict=True)
    }


def test_what_is_accepted_is_displayed(tmp_path: Path) -> None:
    """In each format, a value that is displayed differently is never accepted as it is stored."""
    path = workbook(tmp_path)
    displayed = displayed_by_libreoffice(path)
    copies = [convert(path, suffix, folder=tmp_path) for suffix in (".xls", ".ods")]

    for each in (path, *copies):
        (_, heading, _), *read = rows(each, range(len(VALUES) + 3))
        cells = {
            (code, value): (text.strip(), kind)
            for code, (_, texts, kinds) in zip(FORMATS, read, strict=True)
            for value, text, kind in zip(heading[1:], texts[1:], kinds[1:], strict=True)
        }
        accepted = {place: text for place, (text, kind) in cells.items() if kind in ACCEPTED}
        exact = {
            place: text.partition("\0")[0].strip()
            for place, (text, kind) in cells.items()
            if kind == "x"
        }
        assert cells.keys() == displayed.keys(), each
        assert {place: displayed[place] for place in accepted} == accepted, each
        assert {place: displayed[place] for place in exact} == exact, each
        assert len(accepted) > 2 * len(FORMATS), each
