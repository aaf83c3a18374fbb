"""The files of a command: how to read them, and their rows, chunk by chunk."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from batchcreate import loader
from batchcreate.errors import SettingsError
from batchcreate.journal import Reading
from batchcreate.loader import LoadOptions
from batchcreate.loader.names import normal
from batchcreate.models import Chunk, Layout, PassedOver
from batchcreate.pipeline.noticing import Notebook
from batchcreate.pipeline.originals import original
from batchcreate.rules import RULES
from batchcreate.settings import Settings


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


def results_folder(files: Sequence[Path], settings: Settings) -> Path:
    """
    Return the folder for the results: as told, or named after the first file.

    Raises:
        SettingsError: there is no file.

    """
    if not files:
        msg = "there is no input file; name at least one"
        raise SettingsError(msg)
    first = loader.STANDARD_INPUT_LABEL if files[0] == loader.STANDARD_INPUT else files[0].stem
    return settings.results or Path(f"{first}-results")


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
