"""Reads, validates and enrolls every row of every file, before anything is sent."""

from collections.abc import Callable, Container, Iterable, Sequence
from functools import partial

from batchcreate import loader
from batchcreate.errors import SettingsError, StoppedError
from batchcreate.journal import Journal, work
from batchcreate.models import Chunk
from batchcreate.pipeline.input import Input, chunks
from batchcreate.pipeline.noticing import Notebook
from batchcreate.pipeline.values import Plan
from batchcreate.validator import repeated_name_issues, validate


def enroll(
    journal: Journal,
    source: Input,
    *,
    endpoint: str,
    is_kept: bool = True,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """
    Bring every row of the input into the journal and say what is to be sent.

    Args:
        journal: open.
        source: the files and how to read them.
        endpoint: what the keys of the tasks begin with.
        is_kept: ``False`` to leave the journal as it was.
        is_stopped: asked from time to time whether to give up.

    Raises:
        LoadError: an input file cannot be read as a table; the journal is unchanged.
        SettingsError: rows would belong to no project or instance, or to another endpoint, or
            none of them is selected.
        StoppedError: *is_stopped* said so; the journal is unchanged.

    """
    notebook = Notebook()
    is_any_selected = has_origins = False
    lacking = [name for name, default in source.defaults.items() if not default]
    unnamed: Sequence[str] = lacking
    with (
        loader.spooled(source.files) as paths,
        journal.reading(endpoint=endpoint, is_kept=is_kept) as reading,
    ):
        for chunk in chunks(source, paths, reading, notebook):
            if is_stopped():
                msg = "stopped while the input was being read; nothing was sent"
                raise StoppedError(msg)
            _require_columns(chunk, lacking)
            unnamed = [name for name in unnamed if not any(map(str.strip, chunk.cells[name]))]
            is_any_selected = is_any_selected or _has_selected(chunk, source.selection)
            checked = validate(
                chunk,
                defaults=source.defaults,
                needs_target=True,
                language=source.language,
            )
            reading.add_tasks(checked.tasks(endpoint), selection=source.selection)
            reading.add_rejected(checked.rejected)
            reading.add_names(checked.keys())
            reading.add_origins(chunk.numbers, chunk.origins)
            has_origins = has_origins or any(chunk.origins)
            notebook.see(checked)
        _require_named(unnamed)
        if not is_any_selected:
            msg = "--rows: no input row has one of these numbers; count the headings too"
            raise SettingsError(msg)
        notebook.replaced = reading.take_places()
        notebook.is_astray = has_origins and reading.is_first and not notebook.replaced
        reading.reject_repeated(partial(repeated_name_issues, language=source.language))
        reading.settle_with_earlier()
        work.choose_read(journal.connection)
        if source.limit is not None:
            work.cut(journal.connection, source.limit)
        notices = notebook.notices()
        return Plan(
            rows=notices.rows,
            summary=journal.summary(),
            to_send=work.count_per_target(journal.connection),
            notices=notices,
        )


def _require_columns(chunk: Chunk, names: Iterable[str]) -> None:
    """See that the sheet of *chunk* has the columns *names*, which no option stands in for."""
    if missing := [name for name in names if name not in chunk.columns]:
        where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
        columns = " and ".join(missing)
        msg = f"{where}: no column {columns}; add it, or give {_options(missing)} for all rows"
        raise SettingsError(msg)


def _require_named(unnamed: Sequence[str]) -> None:
    """See that rows can have a target: where none names one, no analyst has forgotten anything."""
    if unnamed:
        columns = " or ".join(unnamed)
        msg = f"no row has a value for {columns}; give {_options(unnamed)} for all rows, or fill in the columns"
        raise SettingsError(msg)


def _options(names: Iterable[str]) -> str:
    return " and ".join("--" + name.replace("_", "-") for name in names)


def _has_selected(chunk: Chunk, selection: Container[int] | None) -> bool:
    return selection is None or any(number in selection for number in chunk.numbers)
