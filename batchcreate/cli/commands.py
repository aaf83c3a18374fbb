"""The click commands; short commands completely."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import get_completion_class

from batchcreate.cli.exit_codes import DONE, INCOMPLETE
from batchcreate.cli.options import (
    EXIT_CODES,
    FILES,
    JSON,
    LANG,
    RESULTS_DIR,
    Command,
    check_options,
    configure,
    doctor_options,
    given,
    retry_options,
    run_options,
    undo_options,
)
from batchcreate.cli.terminal import (
    print_document,
    print_json,
    print_message,
    printable_lines,
    with_credentials,
)
from batchcreate.clock import utc_now
from batchcreate.errors import NoCredentialsError, UntrustedConfigError

if TYPE_CHECKING:
    from batchcreate.pipeline.doctor import Diagnosis
    from batchcreate.settings import Settings

SHELLS: Final = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    epilog=f"{EXIT_CODES}\n\n\b\nExample:\n  batchcreate run tasks.xlsx --region cn-north-4"
    " --project-id 0af3 --instance-id 5c21 --token-file token.txt",
)
@FILES
@run_options
@click.pass_context
def run(context: click.Context, /, files: tuple[str, ...], **options: object) -> int:
    """
    Create a task for every valid row of the files.

    Safe to repeat: the same command on the same results folder only sends the rows that are not
    created yet. Every option can also come from the environment (BATCHCREATE_RATE, ...) or
    from batchcreate.toml in the working folder.
    """
    from batchcreate.cli.run_command import RunCommand, execute

    command = RunCommand(
        definition=context.command,
        settings=configure(given(options)),
        files=[Path(file) for file in files],
    )
    return execute(command)


@click.command(cls=Command, epilog="\b\nExample:\n  batchcreate check tasks.csv more-tasks.xlsx")
@FILES
@check_options
@click.pass_context
def check(
    context: click.Context,
    /,
    files: tuple[str, ...],
    fix: Path | None,
    *,
    force: bool,
    **options: object,
) -> int:
    """
    Load and validate the files only; no network, no credentials.

    If there are issues, issues.csv in the results folder lists every cell to fix.
    """
    from batchcreate.cli.check_command import CheckCommand, check_command

    command = CheckCommand(
        definition=context.command,
        settings=configure(given(options)),
        files=[Path(file) for file in files],
        fixed_path=fix,
        is_forced=force,
    )
    return check_command(command)


@click.command(
    cls=Command,
    epilog="\b\nExample:\n  batchcreate retry tasks-results --only APIGW.0308,unknown",
)
@RESULTS_DIR
@click.option(
    "--only",
    default="",
    metavar="CODE,...",
    help="Retry only rows with these error codes or statuses.",
)
@retry_options
@click.pass_context
def retry(context: click.Context, /, results: Path, only: str, **options: object) -> int:
    """Retry the rows that are not created, using the journal only."""
    from batchcreate.cli.run_command import RunCommand, execute

    command = RunCommand(
        definition=context.command,
        settings=configure(given(options)),
        results=results,
        only=[code.strip() for code in only.split(",") if code.strip()],
    )
    return execute(command)


@click.command(epilog="\b\nExample:\n  batchcreate report tasks-results")
@RESULTS_DIR
@LANG
@JSON
def report(results: Path, **options: object) -> int:
    """Rebuild the report files of a results folder."""
    from batchcreate.cli.run_summary import describe_counts
    from batchcreate.pipeline.reports import rebuild
    from batchcreate.settings import language_of

    settings = configure(given(options))
    reports = rebuild(results, language=language_of(settings.output, os.environ))
    if settings.terminal.is_json:
        print_json(reports.document)
    for note in reports.notes:
        print_message(note)
    print_message(f"reports rebuilt in {results}\n{describe_counts(reports.summary)}")
    return DONE


@click.command(epilog="\b\nExample:\n  batchcreate explain APIGW.0308")
@click.argument("code", default="", metavar="[CODE]")
@click.option("--list", "is_list", is_flag=True, help="List all known codes and exit.")
@LANG
def explain(code: str, *, is_list: bool, **options: object) -> int:
    """
    Explain an error code: its meaning, who can fix it, and how.

    CODE is an error code of results.csv, a rule of issues.csv, an HTTP status or the status of
    a row, in upper or lower case. Without CODE, all known codes are listed.
    """
    from batchcreate.advice import format_catalogue, known_code
    from batchcreate.settings import language_of, load

    language = language_of(load(given(options)).output, os.environ)
    if is_list or not code:
        print_document("\n".join(format_catalogue(language=language)))
        return DONE
    print_document(printable_lines("\n".join(_explain(code, language))))
    return DONE if known_code(code) else INCOMPLETE


@click.command(cls=Command, epilog="\b\nExample:\n  batchcreate undo tasks-results")
@RESULTS_DIR
@undo_options
@click.option(
    "--include-reconciled",
    is_flag=True,
    help="Also delete tasks that were found in the task list, not in the response to a request.",
)
def undo(results: Path, *, include_reconciled: bool, **options: object) -> int:
    """
    Delete the tasks that this batch created, and only those.

    Shows the tasks and asks first. A task is deleted only if the server still lists it with the
    same id and name.
    """
    from batchcreate.cli.undo_command import undo_command

    return undo_command(results, configure(given(options)), includes_reconciled=include_reconciled)


@click.command(epilog="\b\nExample:\n  batchcreate template tasks.xlsx --lang zh")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.xlsx|OUT.csv")
@LANG
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def template(out: Path, *, force: bool, **options: object) -> int:
    """
    Write a blank spreadsheet with built-in checks for analysts.

    Drop-down lists, checks and comments explain each column. The example row is skipped when
    the file is read.
    """
    from batchcreate.pipeline.template_file import write_template
    from batchcreate.settings import language_of, load

    language = language_of(load(given(options)).output, os.environ)
    write_template(out, language=language, is_forced=force, at=utc_now())
    check_it = shlex.join(["batchcreate", "check", str(out)])
    print_message(f"template: {out}\nnext: have the analysts fill it in, then run {check_it}")
    return DONE


@click.command(
    cls=Command,
    epilog="\b\nExample:\n  batchcreate doctor --region cn-north-4"
    " --project-id 0af3 --instance-id 5c21 --token-file token.txt",
)
@doctor_options
def doctor(**options: object) -> int:
    """Check the requirements of a run, one line each; creates nothing."""
    from batchcreate.pipeline.doctor import Diagnosis

    settings = configure(given(options))
    try:
        is_good = with_credentials(
            lambda environment: _print_diagnoses(settings, environment), settings.run
        )
    except (NoCredentialsError, UntrustedConfigError) as error:
        is_good = _print(Diagnosis(about="credentials", is_good=False, text=str(error)))
    return DONE if is_good else INCOMPLETE


@click.command(
    epilog="\b\nExample:\n  batchcreate simulate --port 8080 --limit-rate 50"
    " --fault created-500=0.05 --seed 1"
)
@click.option(
    "--port",
    type=int,
    default=8080,
    show_default=True,
    help="Port on 127.0.0.1; 0 for a free port.",
)
@click.option(
    "--limit-rate", type=float, metavar="N", help="Answer 429 above N requests per second."
)
@click.option(
    "--latency",
    "latency_ms",
    type=float,
    default=0.0,
    metavar="MS",
    help="Delay of each response, in milliseconds.",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="KIND=SHARE", help="Inject a fault; repeatable."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the faults, to reproduce them."
)
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Store the tasks in FILE."
)
@click.option(
    "--quota",
    type=int,
    default=1000,
    show_default=True,
    metavar="N",
    help="Maximum number of tasks in an instance.",
)
@click.option(
    "--list-lag",
    "list_lag_s",
    type=float,
    default=0.0,
    metavar="S",
    help="Delay before a new task appears in lists, in seconds.",
)
@click.option(
    "--list-page",
    "list_page_max",
    type=int,
    default=1000,
    metavar="N",
    help="Maximum number of tasks in one page of a list.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept only the token in FILE and tokens issued by the simulator.",
)
@click.option(
    "--token-ttl",
    "token_ttl_s",
    type=float,
    default=86_400.0,
    metavar="S",
    help="Lifetime of issued tokens, in seconds.",
)
@click.option("--ak", metavar="AK", help="Verify signatures: ID of the only access key.")
@click.option(
    "--sk-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File that contains the secret key of --ak.",
)
@click.option(
    "--security-token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File that contains the security token, for a temporary key.",
)
@click.option("--list-faults", is_flag=True, help="List the kinds of faults and exit.")
def simulate(**options: object) -> int:
    """Serve the embedded ROMA Connect simulator until interrupted."""
    from batchcreate.cli.simulate_command import simulate_command

    return simulate_command(options)


@click.command(
    epilog="\b\nExamples:\n  batchcreate completion bash > ~/.local/share/bash-completion/"
    "completions/batchcreate\n  batchcreate completion zsh > ~/.zfunc/_batchcreate\n"
    "  batchcreate completion fish > ~/.config/fish/completions/batchcreate.fish"
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, /, shell: str) -> int:
    """Print a shell completion script."""
    shell_class = get_completion_class(shell)
    if shell_class is None:  # pragma: no cover # the argument is one of the supported shells
        raise LookupError(shell)
    root = context.find_root()
    program = str(root.info_name)
    script = shell_class(root.command, {}, program, f"_{program.upper()}_COMPLETE")
    print_document(script.source().rstrip())
    return DONE


COMMANDS: Final = (
    run,
    check,
    retry,
    report,
    explain,
    undo,
    template,
    doctor,
    simulate,
    completion,
)


def _explain(code: str, language: str) -> Iterator[str]:
    from batchcreate.advice import (
        explain_each,
        format_advice,
        format_unknown_code,
        known_code,
        similar_codes,
    )

    if not known_code(code):
        yield from format_unknown_code(code, similar_codes(code), language=language)
        yield ""
    for number, advice in enumerate(explain_each(code, language=language)):
        if number:
            yield ""
        yield from format_advice(advice, language=language)


def _print_diagnoses(settings: "Settings", environment: Mapping[str, str]) -> bool:
    """Print all diagnoses. Return True if all are good."""
    import asyncio

    from batchcreate.pipeline.doctor import diagnose

    async def print_all() -> bool:
        diagnoses = diagnose(settings, environment=environment)
        return all([_print(diagnosis) async for diagnosis in diagnoses])

    return asyncio.run(print_all())


def _print(diagnosis: "Diagnosis") -> bool:
    result = "ok" if diagnosis.is_good else "FAIL"
    print_message(f"{result:<4} {diagnosis.about}: {diagnosis.text}")
    return diagnosis.is_good
