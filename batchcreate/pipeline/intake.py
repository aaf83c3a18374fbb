"""Reads, validates and enrolls every row of every file, before anything is sent."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from batchcreate import loader
from batchcreate.errors import SettingsError, StoppedError
from batchcreate.journal import Journal, Reading, work
from batchcreate.loader import LoadOptions
from batchcreate.loader.names import normal
from batchcreate.models import Chunk, Layout, PassedOver
from batchcreate.pipeline.noticing import Notebook
from batchcreate.pipeline.originals import original
from batchcreate.pipeline.values import Plan
from batchcreate.rules import RULES
from batchcreate.settings import Settings
from batchcreate.validator import repeated_name_issues, validate


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


def load_options(settings: Settings) -> LoadOptions:
    """
    Return how *settings* say that files are read.

    Raises:
        SettingsError: a heading is to mean a field that there is not, or two fields.

    """
    pairs = [text.rpartition("=") for text in settings.map]
    for heading, times in Counter(normal(header) for header, *_ in pairs).items():
        if times > 1:
            msg = f"--map names the heading {heading!r} {times} times; say once what it means"
            raise SettingsError(msg)
    for header, _, name in pairs:
        if name.strip() not in RULES:
            msg = f"--map {header}={name}: there is no field {name.strip()}; the fields are {', '.join(RULES)}"
            raise SettingsError(msg)
    return LoadOptions(
        sheets=settings.sheet,
        encoding=settings.encoding or "",
        delimiter=settings.delimiter or "",
        mapping={header: name.strip() for header, _, name in pairs},
    )


def language_of(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the language that analysts read: as told, or that of the locale."""
    if settings.lang is not None:
        return settings.lang
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    return "zh" if locale.lower().startswith("zh") else "en"


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
    is_any_selected = False
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
            notebook.see(checked)
        if not is_any_selected:
            msg = "--rows: no input row has one of these numbers; count the headings too"
            raise SettingsError(msg)
        notebook.replaced = reading.take_places()
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


def chunks(
    source: Input, paths: Sequence[Path], reading: Reading, notebook: Notebook
) -> Iterator[Chunk]:
    """
    Yield the rows of all files, and open each sheet in *reading* before its first rows.

    Args:
        source: the files as the user named them, and how to read them.
        paths: where they can be read, standard input too.
        reading: takes up where the rows come from.
        notebook: takes up what is not in the rows.

    Raises:
        LoadError: an input file cannot be read as a table, or not as the options say.

    """
    labels = loader.labels(source.files)
    content: str

    def heard(told: Layout | PassedOver) -> None:
        notebook.hear(told)
        if isinstance(told, Layout):
            reading.open_sheet(replace(told, content=content))

    for path, label in zip(paths, labels, strict=True):
        with original(path, label=label, reading=reading) as content:
            notebook.paths[content] = path
            yield from loader.read(path, label=label, options=source.options, tell=heard)
    loader.require_sheets(source.options.sheets, source.files)
    loader.require_mapped(source.options.mapping, notebook.layouts)


def _require_target(chunk: Chunk, defaults: Mapping[str, str]) -> None:
    for name, default in defaults.items():
        if not default and name not in chunk.columns:
            option = "--" + name.replace("_", "-")
            where = f"{chunk.file}, sheet {chunk.sheet}" if chunk.sheet else chunk.file
            msg = f"{where}: no column {name}; add one, or give {option} for all rows"
            raise SettingsError(msg)


def _has_selected(chunk: Chunk, selection: Container[int] | None) -> bool:
    return selection is None or any(number in selection for number in chunk.numbers)
