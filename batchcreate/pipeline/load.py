"""Input files to validated rows in the journal."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from batchcreate import clock, loader
from batchcreate.errors import LoadError, SettingsError, StoppedError
from batchcreate.frames import Chunk
from batchcreate.journal import Enrolment, GivenFile, Journal
from batchcreate.loader import LoadOptions
from batchcreate.loader.header_names import normalized
from batchcreate.models import Layout, Skipped, Stamp
from batchcreate.pipeline.corrections import CorrectedFile, new_versions, stored_file
from batchcreate.pipeline.given_values import fill, parse_given, require_no_similar
from batchcreate.pipeline.plan import InputNotes, InputNotesBuilder, Plan, SheetNotes
from batchcreate.pipeline.prefetch import prefetched
from batchcreate.pipeline.row_selection import RowSelection
from batchcreate.rules import RULES
from batchcreate.settings import LoadSettings, OutputSettings
from batchcreate.text import counted, listed_ranges
from batchcreate.validator import repeated_value_issues, validate

HIDDEN_SHEETS_MAX: Final = 10
"""Maximum number of sheets with hidden rows that an error lists."""

_TO_FIX: Final = "to-fix"
_RESULT_FILES: Final = ("journal.db", "issues.csv")
"""Files of which every results folder contains at least one."""

_STOPPED: Final = "stopped while reading the input; nothing was sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """
    The input of a command.

    Attributes:
        files: the input files, in the order given.
        options: how to read them.
        defaults: ``project_id`` and ``instance_id`` of rows that do not specify them.
        selection: numbers of the rows that may be sent; None for all.
        conditions: headings and values of the rows that may be sent.
        limit_rows: maximum number of tasks to send; None for all.
        language: language of messages for analysts.

    """

    files: Sequence[Path]
    options: LoadOptions = field(default_factory=LoadOptions)
    defaults: Mapping[str, str]
    selection: Container[int] | None = None
    conditions: Sequence[tuple[str, str]] = ()
    limit_rows: int | None = None
    language: str = "en"


def load_options(settings: LoadSettings) -> LoadOptions:
    """
    Return the loading options of *settings*.

    Raises:
        SettingsError: a heading is mapped twice, or to an unknown field; or a value for rows
            without one is invalid.

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
        hidden_rows=settings.hidden_rows,
        given=parse_given(settings.given),
    )


def results_folder(files: Sequence[Path], output: OutputSettings) -> Path:
    """
    Return the results folder.

    It is the configured one, or that of a to-fix file, or one next to the first file.

    Raises:
        SettingsError: there is no input file, or there are to-fix files of several folders.

    """
    if not files:
        msg = "there is no input file; give at least one"
        raise SettingsError(msg)
    if output.results_folder is not None:
        return output.results_folder
    if files[0] == loader.STANDARD_INPUT:
        default = Path(f"{loader.STANDARD_INPUT_LABEL}-results")
    else:
        default = files[0].parent / f"{files[0].stem}-results"
    stored = [path for path in files if path != loader.STANDARD_INPUT]
    found = list(dict.fromkeys(filter(None, map(_folder_of_to_fix, stored))))
    if len(found) > 1:
        msg = (
            f"the to-fix files belong to {' and '.join(map(str, found))}; run them separately, or"
            " choose one folder with --results"
        )
        raise SettingsError(msg)
    return found[0] if found else default


def require_files(files: Sequence[Path]) -> None:
    """
    Require input files that can be opened, before a folder is created next to them.

    Raises:
        LoadError: a file cannot be opened, or is not an input file.

    """
    for path, label in zip(files, loader.labels(files), strict=True):
        if path != loader.STANDARD_INPUT:
            loader.open_input(path, label).close()


def _folder_of_to_fix(path: Path) -> Path | None:
    """Return the results folder whose folder ``to-fix`` contains the file at *path*, or None."""
    folder = path.parent if path.parent.name else path.absolute().parent
    results = folder.parent
    is_to_fix = folder.name == _TO_FIX and any((results / name).exists() for name in _RESULT_FILES)
    return results if is_to_fix else None


def enrol_input(
    journal: Journal,
    source: Input,
    *,
    endpoint: str,
    is_kept: bool = True,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """
    Load, validate and enrol the rows of all input files; return the plan of the run.

    Args:
        journal: the open journal.
        source: the input.
        endpoint: endpoint of the tasks.
        is_kept: False to leave the journal unchanged.
        is_stopped: called before each chunk; return True to stop.

    Raises:
        LoadError: an input file cannot be read as a table; the journal is unchanged.
        SettingsError: rows have no project or instance, or belong to another endpoint; no row is
            selected; or rows are hidden, and no option specifies what to do with them.
        StoppedError: *is_stopped* returned True; the journal is unchanged.

    """
    source = replace(source, defaults=journal.defaults(source.defaults))
    notes = InputNotesBuilder(source.options.given)
    targets = _TargetColumns(source.defaults)
    selection = RowSelection(source.selection, source.conditions)
    at = clock.stamp(clock.utc_now())
    defaults = source.defaults
    with journal.enrol(endpoint=endpoint, defaults=defaults, is_kept=is_kept, at=at) as enrolment:
        for chunk in enrol_chunks(source, enrolment, notes, selection, needs_target=True):
            if is_stopped():
                raise StoppedError(_STOPPED)
            targets.check(chunk)
        targets.check_all()
        selection.require_rows(notes.layouts)
        finish_enrolment(enrolment, notes, source)
        return _plan(journal, notes.build(), source)


def _require_decision(options: LoadOptions, sheets: Sequence[SheetNotes]) -> None:
    """Require that *options* specify what to do with hidden rows if *sheets* have any."""
    if options.hidden_rows is not None:
        return
    hidden = [_describe_hidden(sheet) for sheet in sheets if sheet.hidden.count]
    if not hidden:
        return
    if others := hidden[HIDDEN_SHEETS_MAX:]:
        hidden = [
            *hidden[:HIDDEN_SHEETS_MAX],
            f"{counted(len(others), 'more sheet')} with hidden rows",
        ]
    separator = ". " if len(hidden) == 1 else "\n"
    remedy = (
        "Add --hidden-rows include to read hidden rows like the others, or --hidden-rows skip to"
        " omit them. Nothing was sent."
    )
    raise SettingsError(separator.join([*hidden, remedy]))


def _describe_hidden(sheet: SheetNotes) -> str:
    count, layout = sheet.hidden.count, sheet.layout
    are, rows = ("is", "row") if count == 1 else ("are", "rows")
    where = f"{layout.file}, sheet {layout.sheet}" if layout.sheet else layout.file
    return (
        f"{where}: {count} of {counted(sheet.rows, 'row')} {are} hidden"
        f" ({rows} {listed_ranges(sheet.hidden.ranges, count=count)})"
    )


def _plan(journal: Journal, notes: InputNotes, source: Input) -> Plan:
    _require_decision(source.options, notes.sheets)
    journal.work.select_from_input()
    if source.limit_rows is not None:
        journal.work.limit_to(source.limit_rows)
    return Plan(
        rows=notes.rows,
        summary=journal.summary(),
        to_send=journal.work.count_per_target(),
        notes=notes,
        warnings=journal.warning_groups(is_pending=True),
        waiting_elsewhere=journal.count_waiting(
            other_than=[each.layout.file for each in notes.sheets]
        ),
    )


def enrol_chunks(
    source: Input,
    enrolment: Enrolment,
    notes: InputNotesBuilder,
    selection: RowSelection | None = None,
    *,
    needs_target: bool,
) -> Iterator[Chunk]:
    """
    Load and validate the rows of all files and add them to *enrolment*; yield each chunk before.

    Args:
        source: the input.
        enrolment: receives files and rows.
        notes: receives what the rows do not contain.
        selection: the rows that may be sent; None for all.
        needs_target: rows must have a project and an instance.

    Raises:
        LoadError: an input file cannot be read as a table, or not with these options.
        SettingsError: a value is given for a column whose heading is probably misspelled.

    """
    with loader.spooled(source.files) as paths:
        for layout, loaded in _load_chunks(source, paths, enrolment, notes):
            selected = selection.select(layout, loaded) if selection else None
            chunk, filled = fill(loaded, source.options.given)
            notes.filled.update(filled)
            yield chunk
            checked = validate(
                chunk,
                defaults=source.defaults,
                needs_target=needs_target,
                language=source.language,
            )
            enrolment.add(checked, layout, selection=selected)
            notes.on_chunk(checked)


def finish_enrolment(enrolment: Enrolment, notes: InputNotesBuilder, source: Input) -> None:
    """Replace earlier versions of the input, and reject repeated values."""
    changes = enrolment.finish(partial(repeated_value_issues, language=source.language))
    notes.versions += new_versions(enrolment, changes, notes.paths, source.options)


def _load_chunks(
    source: Input, paths: Sequence[Path], enrolment: Enrolment, notes: InputNotesBuilder
) -> Iterator[tuple[Layout, Chunk]]:
    """Yield the chunks of all files, each with the layout of its sheet."""
    names = zip(source.files, paths, loader.labels(source.files), strict=True)
    for given, path, label in names:
        # The copy of standard input has another path at each call.
        is_standard = given == loader.STANDARD_INPUT
        where = "" if is_standard else loader.readable(str(given.resolve()))
        with _stored(path, label=label, enrolment=enrolment) as content:
            notes.paths[content] = path
            file = GivenFile(label=enrolment.find_label(label, where), path=where, content=content)
            with _newest(path, file, enrolment, notes) as newest:
                yield from _load_file(*newest, source, enrolment, notes)
    loader.require_sheets(source.options.sheets, source.files)
    loader.require_mapped(source.options.mapping, notes.layouts)


@contextmanager
def _newest(
    path: Path, file: GivenFile, enrolment: Enrolment, notes: InputNotesBuilder
) -> Iterator[tuple[Path, GivenFile]]:
    """Provide the file to read: *file*, or the correction that was made from it."""
    correction = enrolment.versions.correction_of(file.label, file.content)
    if correction is None:
        yield path, file
        return
    notes.corrected.append(CorrectedFile(file=file.label, corrected_at=correction.given_at))
    with stored_file(enrolment, correction.content) as copy:
        yield copy, replace(file, content=correction.content)


def _load_file(
    path: Path,
    file: GivenFile,
    source: Input,
    enrolment: Enrolment,
    notes: InputNotesBuilder,
) -> Iterator[tuple[Layout, Chunk]]:
    """Begin the enrolment of one file, and yield its chunks."""
    options = replace(source.options, language=source.language)
    stamp: Stamp | None = None
    is_begun = False
    for event in prefetched(loader.read(path, label=file.label, options=options)):
        match event:
            case Stamp():
                stamp = event
            case Layout():
                if not is_begun:
                    enrolment.begin(replace(file, label=event.file, stamp=stamp))
                    is_begun = True
                require_no_similar(event, source.options.given)
                notes.on_sheet(replace(event, content=file.content))
            case Skipped():
                notes.on_sheet(event)
            case Chunk():  # pragma: no branch # the last type of the union
                yield notes.layouts[-1], event


@contextmanager
def _stored(path: Path, *, label: str, enrolment: Enrolment) -> Iterator[str]:
    """
    Store the file at *path* in the journal and return its SHA-256.

    Raises:
        LoadError: the file cannot be read, or has changed by the end of the block.

    """
    before = _identity(path)
    with loader.open_input(path, label) as file:
        try:
            content = enrolment.add_file(file)
        except OSError as error:
            message = f"{label}: reading failed ({error.strerror}). Copy the file and try again."
            raise LoadError(message) from error
    yield content
    if _identity(path) != before:
        message = f"{label}: changed while it was read. Close it in other programs and try again."
        raise LoadError(message)


def _identity(path: Path) -> tuple[int, ...] | None:
    """Return values that change when the file is edited or replaced, or None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class _TargetColumns:
    """Checks that the rows can have a project and an instance."""

    def __init__(self, defaults: Mapping[str, str]) -> None:
        self._required = [name for name, default in defaults.items() if not default]
        self._empty = self._required

    def check(self, chunk: Chunk) -> None:
        """Require the columns for which there is no default."""
        if missing := [name for name in self._required if name not in chunk.columns]:
            where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
            columns, them = (
                (f"column {missing[0]} is", "it")
                if len(missing) == 1
                else (f"columns {' and '.join(missing)} are", "them")
            )
            msg = (
                f"{where}: {columns} missing. Add {them}, or give {_options(missing)} for all rows"
            )
            raise SettingsError(msg)
        self._empty = [name for name in self._empty if not any(map(str.strip, chunk.texts(name)))]

    def check_all(self) -> None:
        """Require a value in any row; if no row has one, an option was forgotten."""
        if self._empty:
            columns = " or ".join(self._empty)
            msg = (
                f"no row has a value for {columns}; give {_options(self._empty)} for all rows, "
                "or fill in the columns"
            )
            raise SettingsError(msg)


def _options(names: Iterable[str]) -> str:
    return " and ".join("--" + name.replace("_", "-") for name in names)
