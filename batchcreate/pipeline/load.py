"""Input files to validated rows in the journal."""

import asyncio
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from batchcreate import loader
from batchcreate.errors import BatchCreateError, LoadError, SettingsError, StoppedError
from batchcreate.journal import Enrolment, Journal
from batchcreate.loader import LoadOptions
from batchcreate.loader.header_names import normalized
from batchcreate.models import Chunk, Layout, Skipped
from batchcreate.pipeline.background import run_in_thread
from batchcreate.pipeline.service import target_defaults
from batchcreate.pipeline.values import Batch, InputNotesBuilder, Plan
from batchcreate.rules import RULES
from batchcreate.settings import LoadSettings, OutputSettings
from batchcreate.validator import repeated_name_issues, validate


@contextmanager
def original(path: Path, *, label: str, enrolment: Enrolment) -> Iterator[str]:
    """
    Bring the bytes of the file at *path* into *enrolment* and give their SHA-256.

    Raises:
        LoadError: the file cannot be read, or has changed by the end of the block.

    """
    before = _stamp(path)
    with loader.open_input(path, label) as file:
        try:
            content = enrolment.add_file(file)
        except OSError as error:
            message = f"{label}: reading failed ({error.strerror}). Copy the file and try again."
            raise LoadError(message) from error
    yield content
    if _stamp(path) != before:
        message = f"{label}: was changed while it was being read. Close it in other programs and try again."
        raise LoadError(message)


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what tells a file from what somebody made of it; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """
    The rows that a run is about.

    Attributes:
        files: in the order given.
        options: how to read them.
        defaults: ``project_id`` and ``instance_id`` of rows that name none.
        selection: row numbers that may be sent; ``None`` for all.
        limit: at most that many tasks are sent; ``None`` for all.
        language: of messages to analysts.

    """

    files: Sequence[Path]
    options: LoadOptions = field(default_factory=LoadOptions)
    defaults: Mapping[str, str]
    selection: Container[int] | None = None
    limit: int | None = None
    language: str = "en"


def load_options(settings: LoadSettings) -> LoadOptions:
    """
    Return how *settings* say that files are read.

    Raises:
        SettingsError: a heading is to mean a field that there is not, or two fields.

    """
    pairs = [text.rpartition("=") for text in settings.mappings]
    for heading, times in Counter(normalized(header) for header, *_ in pairs).items():
        if times > 1:
            msg = f"--map contains the heading {heading!r} {times} times; map it once"
            raise SettingsError(msg)
    for header, _, name in pairs:
        if name.strip() not in RULES:
            msg = f"--map {header}={name}: unknown field {name.strip()}; the fields are {', '.join(RULES)}"
            raise SettingsError(msg)
    return LoadOptions(
        sheets=settings.sheets,
        encoding=settings.encoding or "",
        delimiter=settings.delimiter or "",
        mapping={header: name.strip() for header, _, name in pairs},
    )


def results_folder(files: Sequence[Path], output: OutputSettings) -> Path:
    """
    Return the folder for the results: as told, or named after the first file.

    Raises:
        SettingsError: there is no file.

    """
    if not files:
        msg = "there is no input file; name at least one"
        raise SettingsError(msg)
    first = loader.STANDARD_INPUT_LABEL if files[0] == loader.STANDARD_INPUT else files[0].stem
    return output.results_folder or Path(f"{first}-results")


def chunks(
    source: Input, paths: Sequence[Path], enrolment: Enrolment, notebook: InputNotesBuilder
) -> Iterator[tuple[Layout, Chunk]]:
    """
    Yield the rows of all files, with the layout of their sheet.

    Args:
        source: the files as the user named them, and how to read them.
        paths: where they can be read, standard input too.
        enrolment: stores the files.
        notebook: takes up what is not in the rows.

    Raises:
        LoadError: an input file cannot be read as a table, or not as the options say.

    """
    for path, label in zip(paths, loader.labels(source.files), strict=True):
        with original(path, label=label, enrolment=enrolment) as content:
            notebook.paths[content] = path
            for event in loader.read(path, label=label, options=source.options):
                match event:
                    case Layout():
                        notebook.on_sheet(replace(event, content=content))
                    case Skipped():
                        notebook.on_sheet(event)
                    case Chunk():
                        yield notebook.layouts[-1], event
    loader.require_sheets(source.options.sheets, source.files)
    loader.require_mapped(source.options.mapping, notebook.layouts)


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
    notebook = InputNotesBuilder()
    is_any_selected = False
    lacking = [name for name, default in source.defaults.items() if not default]
    unnamed: Sequence[str] = lacking
    with (
        loader.spooled(source.files) as paths,
        journal.enrol(endpoint=endpoint, is_kept=is_kept) as enrolment,
    ):
        for layout, chunk in chunks(source, paths, enrolment, notebook):
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
            enrolment.add(checked, layout, selection=source.selection)
            notebook.on_chunk(checked)
        _require_named(unnamed)
        if not is_any_selected:
            msg = "--rows: no input row has one of these numbers (the header row counts as a row)"
            raise SettingsError(msg)
        enrolled = enrolment.finish(partial(repeated_name_issues, language=source.language))
        notebook.replaced, notebook.is_astray = enrolled.replaced, enrolled.has_no_batch
        journal.work.select_from_input()
        if source.limit is not None:
            journal.work.limit_to(source.limit)
        notices = notebook.notices()
        return Plan(
            rows=notices.rows,
            summary=journal.summary(),
            to_send=journal.work.count_per_target(),
            notices=notices,
        )


async def select_input(files: Sequence[Path], batch: Batch) -> Input:
    """
    Return the input of a run: files, loading options, selection and default targets.

    Raises:
        SettingsError: an option is invalid.
        CredentialError: the credentials are refused by IAM.
        StoppedError: the run was stopped during the project lookup.

    """
    settings = batch.settings
    defaults = await batch.stop.run_unless_stopped(
        target_defaults(settings.target, settings.endpoint, settings.attempt, batch.service)
    )
    if defaults is None:
        msg = "stopped before reading the input; nothing was sent"
        raise StoppedError(msg)
    return Input(
        files=files,
        options=load_options(settings.load),
        language=batch.language,
        defaults=defaults,
        selection=settings.selection.row_numbers,
        limit=settings.selection.limit_rows,
    )


async def load(journal: Journal, source: Input, batch: Batch) -> Plan:
    """
    Load, validate and enrol the input in a thread; return the plan of the run.

    After an error, a new journal is removed again.

    Raises:
        BatchCreateError: see `enroll`.

    """

    def work(is_cancelled: Callable[[], bool]) -> Plan:
        return enroll(
            journal,
            source,
            endpoint=batch.service.endpoint,
            is_kept=not batch.settings.run.is_dry_run,
            is_stopped=lambda: batch.stop.reason is not None or is_cancelled(),
        )

    try:
        # In a thread, so that signals are handled in the meantime.
        return await run_in_thread(work)
    except (BatchCreateError, asyncio.CancelledError):
        journal.discard()
        raise


def _require_columns(chunk: Chunk, names: Iterable[str]) -> None:
    """See that the sheet of *chunk* has the columns *names*, which no option stands in for."""
    if missing := [name for name in names if name not in chunk.columns]:
        where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
        columns, them = (
            (f"column {missing[0]} is", "it")
            if len(missing) == 1
            else (f"columns {' and '.join(missing)} are", "them")
        )
        msg = f"{where}: {columns} missing. Add {them}, or give {_options(missing)} for all rows"
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
