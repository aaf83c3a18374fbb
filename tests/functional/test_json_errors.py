"""With --json, a command that ends with an error prints one JSON document."""

import fcntl
import json
from pathlib import Path
from typing import Final

from tests.functional.inside import invoke
from tests.functional.program import Ended, at, recording, task_rows, write_rows

SIMULATE: Final = ("run", "tasks.csv", "--simulate", "--rate", "1000")


def error_of(ended: Ended) -> tuple[int, str]:
    """Return exit code and message of the document, which agree with those of the command."""
    document = json.loads(ended.out)
    assert document["exit_code"] == ended.code
    assert document["error"] in ended.err
    return ended.code, document["error"]


async def test_errors_before_anything_is_sent_are_documents(tmp_path: Path) -> None:
    """Invalid options, settings and input, from each source of --json; other commands print text."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    commands = {
        ("run", "tasks.csv", "--json", "--frobnicate"): "No such option '--frobnicate'",
        ("run", "--json"): "Missing argument",
        ("run", "tasks.csv", "--json", "--rate", "0"): "invalid value for --rate",
        ("run", "nope.csv", "--json", "--simulate"): "nope.csv",
        ("check", "nope.csv", "--json"): "nope.csv",
        ("retry", "nope", "--json"): "nope: no journal.db",
        ("report", "nope", "--json"): "nope: no journal.db",
    }

    wrong = []
    for command, words in commands.items():
        code, error = error_of(await invoke(*command, folder=tmp_path))
        if code != 2 or words not in error:
            wrong.append((command, code, error))
    text = await invoke("undo", "nope", folder=tmp_path, BATCHCREATE_JSON="true")
    variable = [
        error_of(await invoke("report", "nope", folder=tmp_path, BATCHCREATE_JSON="1", **more))
        for more in ({}, {"BATCHCREATE_RATE": "0"})
    ]
    (tmp_path / "batchcreate.toml").write_text("json = true", encoding="utf-8")
    file = error_of(await invoke("report", "nope", folder=tmp_path))

    assert wrong == []
    assert (text.code, text.out) == (2, "")
    assert [code for code, _ in [*variable, file]] == [2, 2, 2]


async def test_stopped_runs_and_used_folders_are_documents(tmp_path: Path) -> None:
    """Refused credentials end with 4 and the summary, a folder in use with 5."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))

    async with recording(token="another") as simulator:  # opens nothing
        refused = await invoke("run", "tasks.csv", *at(simulator), "--json", folder=tmp_path)
    with (tmp_path / "tasks-results" / "journal.lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        used = await invoke(*SIMULATE, "--json", folder=tmp_path)

    code, error = error_of(refused)
    assert (code, json.loads(refused.out)["counts"]["not_attempted"]) == (4, 2)
    assert "does not accept the credentials" in error
    assert error_of(used)[0] == 5
