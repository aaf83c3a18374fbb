"""Values that the command line gives to rows without one, and the cells that they fill."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from batchcreate.errors import SettingsError
from batchcreate.frames import Chunk, empty_column
from batchcreate.loader.header_names import advice_for_similar, location
from batchcreate.messages import quoted
from batchcreate.models import Column, Layout
from batchcreate.rules import RULES, UNIQUE_FIELDS
from batchcreate.text import cell_address
from batchcreate.validator import check_value, clean_value
from batchcreate.validator.damage import TRIMMED


def parse_given(texts: Sequence[str]) -> Mapping[str, str]:
    """
    Return the values of *texts*, each ``column=value``, by field and cleaned.

    Raises:
        SettingsError: a column is unknown, given twice or different in each row, or its value is
            not valid.

    """
    pairs = [text.partition("=") for text in texts]
    given = {name.strip(): value for name, _, value in pairs}
    for name, times in Counter(name.strip() for name, *_ in pairs).items():
        if times > 1:
            msg = f"--set contains {name} {times} times; give one value"
            raise SettingsError(msg)
    return {name: _valid(name, value) for name, value in given.items()}


def _valid(name: str, typed: str) -> str:
    """Return the cleaned value *typed* for the column *name*."""
    option = f"--set {name}={typed}"
    if name in UNIQUE_FIELDS:
        msg = f"{option}: {name} must be different in each row; fill in the column {name}"
        raise SettingsError(msg)
    if name not in RULES:
        columns = ", ".join(each for each in RULES if each not in UNIQUE_FIELDS)
        msg = f"{option}: unknown column {name}; the columns are {columns}"
        raise SettingsError(msg)
    value = clean_value(name, typed)
    for violation in check_value(name, value):
        suggestion = f" Suggestion: {violation.suggestion}" if violation.suggestion else ""
        msg = f"{option}: {violation.message}{suggestion}"
        raise SettingsError(msg)
    return value


def require_no_similar(layout: Layout, given: Mapping[str, str]) -> None:
    """
    Require that no heading of *layout* is a misspelled name of a *given* field without a column.

    Otherwise the value would replace those of the ignored column in all rows.

    Raises:
        SettingsError: there is such a heading.

    """
    for name in (each for each in given if each not in layout.columns):
        for column in layout.others:
            if advice := advice_for_similar(column.heading, name):
                where = location(layout.file, layout.sheet)
                cell = cell_address(column.index, layout.header_row)
                msg = (
                    f"{where}: --set {name} would override all cells below the unknown heading"
                    f" {quoted(column.heading)} in cell {cell}. {advice}."
                )
                raise SettingsError(msg)


def fill(chunk: Chunk, given: Mapping[str, str]) -> tuple[Chunk, Mapping[str, int]]:
    """
    Return *chunk* with the *given* values in empty cells, and the number of these cells by field.

    A cell whose kind is not text, such as a formula error or a covered cell, is not empty. Missing
    columns are added behind the other ones. Rows without a name get no values: they are not tasks,
    but totals for example.
    """
    if not given:
        return chunk, {}
    is_task = chunk.frame["task_name"].str.strip(TRIMMED) != ""
    filled: dict[str, int] = {}
    frame, columns = chunk.frame, dict(chunk.columns)
    for name, value in given.items():
        texts = frame[name] if name in columns else empty_column(chunk)
        is_empty = (texts.str.strip(TRIMMED) == "") & is_task
        is_empty.iloc[list(chunk.kinds.get(name, ()))] = False
        frame = frame.assign(**{name: texts.mask(is_empty, value)})
        filled[name] = int(is_empty.sum())
        if name not in columns:
            index = 1 + max(column.index for column in columns.values())
            columns[name] = Column(heading=name, index=index)
    return replace(chunk, frame=frame, columns=columns), filled
