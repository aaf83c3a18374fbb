"""Reads, validates and enrolls every row of every file, before anything is sent."""

from collections.abc import Callable, Container, Mapping
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
    with (
        loader.spooled(source.files) as paths,
        journal.reading(endpoint=endpoint, is_kept=is_kept) as reading,
    ):
        for chunk in chunks(source, paths, reading, notebook):
            if is_stopped():
                msg = "stopped while the input was being read; nothing was sent"
                raise StoppedError(msg)
            _require_target(chunk, source.defaults)
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


def _require_target(chunk: Chunk, defaults: Mapping[str, str]) -> None:
    """
    See that rows can have a target.

    Where no row at all names one, an option was forgotten, and no analyst has to mend anything.
    """
    lacking = [name for name, default in defaults.items() if not default]
    missing = [name for name in lacking if not any(map(str.strip, chunk.cells.get(name, ())))]
    if missing:
        where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
        options = " and ".join("--" + name.replace("_", "-") for name in missing)
        msg = f"{where}: no row has a {' or '.join(missing)}; give {options} for all rows, or fill in the columns"
        raise SettingsError(msg)


def _has_selected(chunk: Chunk, selection: Container[int] | None) -> bool:
    return selection is None or any(number in selection for number in chunk.numbers)
