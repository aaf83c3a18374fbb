"""The commands: each parses, makes one pipeline call and returns an exit code."""

from pathlib import Path
from typing import Final

import click

from batchcreate.cli.helping import EXIT_CODES, Command
from batchcreate.cli.options import (
    FILES,
    JSON,
    LANG,
    RESULTS_DIR,
    check_options,
    doctor_options,
    given,
    retry_options,
    run_options,
    undo_options,
)

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
    from batchcreate.cli.running import run_command

    return run_command([Path(file) for file in files], given(options))


@click.command(cls=Command, epilog="\b\nExample:\n  batchcreate check tasks.csv more-tasks.xlsx")
@FILES
@check_options
def check(files: tuple[str, ...], **options: object) -> int:
    """
    Load and validate the files only; no network, no credentials.

    Where something is wrong, issues.csv in the results folder lists every cell to mend.
    """
    from batchcreate.cli.checking import check_command

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
    from batchcreate.cli.running import retry_command

    codes = [code.strip() for code in only.split(",") if code.strip()]
    return retry_command(results, codes, given(options))


@click.command(epilog="\b\nExample:\n  batchcreate report tasks-results")
@RESULTS_DIR
@LANG
@JSON
def report(results: Path, **options: object) -> int:
    """Rebuild the report files of a results folder."""
    from batchcreate.cli.reporting import report_command

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
    from batchcreate.cli.explaining import explain_command

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
    from batchcreate.cli.undoing import undo_command

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
    from batchcreate.cli.templating import template_command

    return template_command(out, given(options), is_forced=force)


@click.command(
    cls=Command,
    epilog="\b\nExample:\n  batchcreate doctor --region cn-north-4"
    " --project-id 0af3 --instance-id 5c21 --token-file token.txt",
)
@doctor_options
def doctor(**options: object) -> int:
    """Check what a run needs, one line each; creates nothing."""
    from batchcreate.cli.examining import doctor_command

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
    from batchcreate.cli.simulating import simulate_command

    return simulate_command(options)


@click.command(
    epilog="\b\nExamples:\n  batchcreate completion bash > ~/.local/share/bash-completion/"
    "completions/batchcreate\n  batchcreate completion zsh > ~/.zfunc/_batchcreate\n"
    "  batchcreate completion fish > ~/.config/fish/completions/batchcreate.fish"
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script that lets a shell complete what is typed."""
    from batchcreate.cli.completing import completion_command

    return completion_command(shell)


ALL: Final = (run, check, retry, report, explain, undo, template, doctor, simulate, completion)
