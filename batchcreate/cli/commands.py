"""The click commands; short commands completely."""

import os
import shlex
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
    doctor_options,
    given,
    retry_options,
    run_options,
    undo_options,
)
from batchcreate.cli.terminal import (
    harmless,
    print_document,
    print_json,
    print_message,
    with_credentials,
)
from batchcreate.clock import utc_now
from batchcreate.errors import NoCredentialsError

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
def run(files: tuple[str, ...], **options: object) -> int:
    """
    Create a task for every valid row of the files.

    Safe to repeat: the same command on the same results folder attempts only what is not
    created yet. Every option can also come from the environment (BATCHCREATE_RATE, ...) or
    from batchcreate.toml in the working folder.
    """
    from batchcreate.cli.run_command import run_command

    return run_command([Path(file) for file in files], given(options))


@click.command(cls=Command, epilog="\b\nExample:\n  batchcreate check tasks.csv more-tasks.xlsx")
@FILES
@check_options
def check(files: tuple[str, ...], **options: object) -> int:
    """
    Load and validate the files only; no network, no credentials.

    Where something is wrong, issues.csv in the results folder lists every cell to mend.
    """
    from batchcreate.cli.check_command import check_command

    return check_command([Path(file) for file in files], given(options))


@click.command(
    cls=Command,
    epilog="\b\nExample:\n  batchcreate retry tasks-results --only APIGW.0308,unknown",
)
@RESULTS_DIR
@click.option(
    "--only", default="", metavar="CODE,...", help="Only rows with these error codes or statuses."
)
@retry_options
def retry(results: Path, only: str, **options: object) -> int:
    """Attempt again what is not created, from the journal alone."""
    from batchcreate.cli.run_command import retry_command

    codes = [code.strip() for code in only.split(",") if code.strip()]
    return retry_command(results, codes, given(options))


@click.command(epilog="\b\nExample:\n  batchcreate report tasks-results")
@RESULTS_DIR
@LANG
@JSON
def report(results: Path, **options: object) -> int:
    """Rebuild the report files of a results folder."""
    return report_command(results, given(options))


@click.command(epilog="\b\nExample:\n  batchcreate explain APIGW.0308")
@click.argument("code", default="", metavar="[CODE]")
@click.option("--list", "is_list", is_flag=True, help="List every known code and end.")
@LANG
def explain(code: str, *, is_list: bool, **options: object) -> int:
    """
    Say what an error code means, who can mend it and what to do.

    CODE is an error code of results.csv, the id of a broken rule in issues.csv, an HTTP status
    or the status of a row; its case does not matter. Without one, all that are known are listed.
    """
    return explain_command("" if is_list else code, given(options))


@click.command(cls=Command, epilog="\b\nExample:\n  batchcreate undo tasks-results")
@RESULTS_DIR
@undo_options
def undo(results: Path, **options: object) -> int:
    """
    Delete the tasks that this batch created, and only those.

    Shows the list and asks first. A task is deleted only while the server still has it under
    the same id and name.
    """
    from batchcreate.cli.undo_command import undo_command

    return undo_command(results, given(options))


@click.command(epilog="\b\nExample:\n  batchcreate template tasks.xlsx --lang zh")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.xlsx|OUT.csv")
@LANG
@click.option("--force", is_flag=True, help="Overwrite OUT.")
def template(out: Path, *, force: bool, **options: object) -> int:
    """
    Write an empty spreadsheet for analysts, hard to fill in wrongly.

    Lists, checks and comments at every heading tell what a column takes; an example row shows
    it, and is passed over when the file comes back.
    """
    return template_command(out, given(options), is_forced=force)


@click.command(
    cls=Command,
    epilog="\b\nExample:\n  batchcreate doctor --region cn-north-4"
    " --project-id 0af3 --instance-id 5c21 --token-file token.txt",
)
@doctor_options
def doctor(**options: object) -> int:
    """Check what a run needs, one line each; creates nothing."""
    return doctor_command(given(options))


@click.command(
    epilog="\b\nExample:\n  batchcreate simulate --port 8080 --limit-rate 50"
    " --fault created-500=0.05 --seed 1"
)
@click.option(
    "--port", type=int, default=8080, show_default=True, help="Port on 127.0.0.1; 0 for any."
)
@click.option("--limit-rate", type=float, metavar="N", help="Answer 429 above N calls per second.")
@click.option(
    "--latency",
    "latency_ms",
    type=float,
    default=0.0,
    metavar="MS",
    help="Wait before each answer.",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="KIND=SHARE", help="Misbehave; repeatable."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Makes the faults repeatable."
)
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Keep the tasks in FILE."
)
@click.option(
    "--quota",
    type=int,
    default=1000,
    show_default=True,
    metavar="N",
    help="Tasks that an instance holds.",
)
@click.option(
    "--list-lag",
    "list_lag_s",
    type=float,
    default=0.0,
    metavar="S",
    help="Seconds until lists show a new task.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept the token in FILE, and no others but those issued.",
)
@click.option(
    "--token-ttl",
    "token_ttl_s",
    type=float,
    default=86_400.0,
    metavar="S",
    help="Seconds that an issued token lives.",
)
@click.option("--ak", metavar="AK", help="Verify signatures: the name of the one access key.")
@click.option(
    "--sk-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File with the secret key of --ak.",
)
@click.option(
    "--security-token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Makes --ak a temporary key: file with its security token.",
)
@click.option("--list-faults", is_flag=True, help="Print the kinds of faults and end.")
def simulate(**options: object) -> int:
    """Serve the embedded ROMA Connect simulator, until interrupted."""
    from batchcreate.cli.simulate_command import simulate_command

    return simulate_command(options)


@click.command(
    epilog="\b\nExamples:\n  batchcreate completion bash > ~/.local/share/bash-completion/"
    "completions/batchcreate\n  batchcreate completion zsh > ~/.zfunc/_batchcreate\n"
    "  batchcreate completion fish > ~/.config/fish/completions/batchcreate.fish"
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script that lets a shell complete what is typed."""
    return completion_command(shell)


ALL: Final = (run, check, retry, report, explain, undo, template, doctor, simulate, completion)


def completion_command(shell: str) -> int:
    """Print the script for *shell* and return the exit code."""
    from batchcreate.cli.main import NAME, group

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover # the command offers only those that there are
        raise LookupError(shell)
    print_document(kind(group, {}, NAME, f"_{NAME.upper()}_COMPLETE").source().rstrip())
    return DONE


def doctor_command(options: Mapping[str, Any]) -> int:
    """Carry out ``doctor`` and return its exit code."""
    from batchcreate.cli.options import configure
    from batchcreate.pipeline.doctor import Diagnosis

    settings = configure(options)
    try:
        is_good = with_credentials(partial(_examine, settings), settings.run)
    except NoCredentialsError as error:
        is_good = _tell(Diagnosis(about="credentials", is_good=False, text=str(error)))
    return DONE if is_good else INCOMPLETE


def _examine(settings: "Settings", environment: Mapping[str, str]) -> bool:
    import asyncio

    return asyncio.run(_doctor(settings, environment))


async def _doctor(settings: "Settings", environment: Mapping[str, str]) -> bool:
    from batchcreate.pipeline.doctor import diagnose

    found = diagnose(settings, environment=environment)
    return all([_tell(finding) async for finding in found])


def _tell(finding: "Diagnosis") -> bool:
    print_message(f"{'ok ' if finding.is_good else 'BAD'}  {finding.about}: {finding.text}")
    return finding.is_good


def explain_command(code: str, options: Mapping[str, Any]) -> int:
    """Carry out ``explain``: 1 where *code* is not known, an empty one for all that are."""
    from batchcreate.advice import format_catalogue, known_code
    from batchcreate.settings import language_of, load

    language = language_of(load(options).output, os.environ)
    if not code:
        print_document("\n".join(format_catalogue(language=language)))
        return DONE
    print_document(harmless("\n".join(_told(code, language))))
    return DONE if known_code(code) else INCOMPLETE


def _told(code: str, language: str) -> Iterator[str]:
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


def report_command(results: Path, options: Mapping[str, Any]) -> int:
    """Carry out ``report`` and return its exit code."""
    from batchcreate.cli.options import configure
    from batchcreate.cli.run_summary import counts
    from batchcreate.pipeline.reports import rebuild
    from batchcreate.settings import language_of

    settings = configure(options)
    reports = rebuild(results, language=language_of(settings.output, os.environ))
    if settings.terminal.is_json:
        print_json(reports.document)
    for note in reports.notes:
        print_message(note)
    print_message(f"reports written anew in {results}\n{counts(reports.summary)}")
    return DONE


def template_command(path: Path, options: Mapping[str, Any], *, is_forced: bool) -> int:
    """Carry out ``template`` and return its exit code."""
    from batchcreate.pipeline.template_file import write_template
    from batchcreate.settings import language_of, load

    language = language_of(load(options).output, os.environ)
    write_template(path, language=language, is_forced=is_forced, at=utc_now())
    again = shlex.join(["batchcreate", "check", str(path)])
    print_message(f"template: {path}\nnext: have the analysts fill it in, then run {again}")
    return DONE
