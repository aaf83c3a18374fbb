"""``batchcreate check``: what was read, what is wrong with it, and what to do next."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchcreate.cli.causes import describe_causes
from batchcreate.cli.configuring import configure
from batchcreate.cli.exits import DONE, INCOMPLETE
from batchcreate.cli.findings import document
from batchcreate.cli.notices import cleaned, left_out, sheets_read
from batchcreate.cli.say import put_json, say
from batchcreate.models import CauseGroup
from batchcreate.pipeline.check import Findings, check, keep_findings
from batchcreate.pipeline.input import Input, load_options, results_folder
from batchcreate.settings import Settings, language_of
from batchcreate.text import counted

SHEETS_SHOWN: Final = 10
LEFT_OUT_SHOWN: Final = 10
CLEANED_SHOWN: Final = 3


def check_command(files: Sequence[Path], options: Mapping[str, Any]) -> int:
    """Carry out ``check`` and return its exit code."""
    settings = configure(options)
    source = Input(
        files=files,
        options=load_options(settings),
        defaults=settings.target_defaults,
        language=language_of(settings, os.environ),
    )
    results = results_folder(files, settings)
    with check(source) as findings:
        causes = findings.causes()
        notes: list[str] = []
        written = keep_findings(results, findings, language=source.language, noted=notes.append)
        if settings.json_summary:
            found = document(findings, causes, written, language=source.language)
            put_json(found)
        if not settings.quiet:
            say("\n".join([*_found(findings, causes, source.language), *notes]))
        say("\n".join(_last_lines(findings, written, settings, sys.argv[1:])))
        return INCOMPLETE if findings.rejected else DONE


def _found(findings: Findings, causes: Sequence[CauseGroup], language: str) -> Iterator[str]:
    notices = findings.notices
    yield from sheets_read(notices, most=SHEETS_SHOWN)
    yield from left_out(notices, most=LEFT_OUT_SHOWN)
    yield from cleaned(notices, most=CLEANED_SHOWN)
    if causes:
        yield "to mend, the most frequent first:"
        yield from describe_causes(causes, notices, language=language)


def _last_lines(
    findings: Findings, written: Mapping[str, Path], settings: Settings, arguments: Sequence[str]
) -> Iterator[str]:
    rows = counted(findings.rows, "row")
    if not findings.rejected:
        run = ["batchcreate", "run", *arguments[1:], *_place(findings, settings)]
        yield f"{rows}, all of them valid"
        yield f"next: {shlex.join(run)}"
        return
    handed_back = [path for name, path in written.items() if name != "issues"]
    given = {Path(argument).resolve() for argument in arguments}
    again = ["batchcreate", *arguments]
    yield f"every cell: {written['issues']}"
    yield from (f"to mend: {path}" for path in handed_back)
    yield f"{rows}, {findings.rejected} to mend"
    yield f"next: mend the rows in your files, then {shlex.join(again)}"
    if further := [str(path) for path in handed_back if path.resolve() not in given]:
        yield f"  or in {' and '.join(further)}, then {shlex.join([*again, *further])}"


def _place(findings: Findings, settings: Settings) -> Iterator[str]:
    """Yield the options that a run asks for and a check does not, with words to be replaced."""
    if settings.endpoint is None and settings.region is None:
        yield from ("--region", "REGION")
    for name, default in settings.target_defaults.items():
        has_column = all(name in sheet.layout.columns for sheet in findings.notices.sheets)
        if not default and not has_column:
            yield from ("--" + name.replace("_", "-"), name.removesuffix("_id").upper())
