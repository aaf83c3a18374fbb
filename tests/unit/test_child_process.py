"""Child processes have no secrets and limited resources."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.workbooks.child_process import ChildProcess, ChildSlowError, start_child
from batchcreate.workbooks.protocol import apply_limits

BUSY_CHILD = __name__


def main(arguments: Sequence[str]) -> None:
    """Use processor time without end, in the child process."""
    del arguments
    apply_limits(cpu_s=1, memory_bytes=1 << 30)
    while True:
        pass


def test_child_has_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment has no variables of batchcreate and the vendor; its group is separate."""
    report = tmp_path / "report"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv >{report}\ncut -d' ' -f5 /proc/$$/stat >>{report}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("BATCHCREATE_TOKEN", "canary")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "canary")
    monkeypatch.setenv("HOME", "/at/home")

    with start_child("any", files=[], has_output=False) as process:
        process.wait()

    *environment, group = report.read_text().splitlines()
    assert "HOME=/at/home" in environment
    assert "canary" not in report.read_text()
    assert int(group) != os.getpgrp()


@pytest.mark.parametrize("planted", ["json.py", "sitecustomize.py"])
def test_child_runs_no_code_from_the_current_folder_or_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """The interpreter is isolated: it ignores the current folder and PYTHON* variables."""
    (tmp_path / planted).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    with start_child("no_such_module", files=[], has_output=False) as process:
        assert process.wait() == 1

    assert not (tmp_path / "ran").exists()


def test_processor_time_of_a_child_is_limited(tmp_path: Path) -> None:
    """The error differs from that of a crash."""
    (tmp_path / "file").touch()

    with (tmp_path / "file").open("rb") as file:
        child = ChildProcess(BUSY_CHILD, file, silence_s=600.0)
        try:
            with pytest.raises(ChildSlowError):
                child.receive()
        finally:
            child.close()

    assert child._process.returncode == -signal.SIGXCPU
