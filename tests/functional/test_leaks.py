"""Six secrets go through everything that can go wrong; none of them comes out anywhere."""

import asyncio
import base64
import html
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.outside import hits, hits_below, listening, proxying
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    Ended,
    Turnstile,
    at,
    end,
    recording,
    start,
    task_rows,
    wait_for_output,
    write_rows,
)

TOKEN: Final = "canary-token/+ab-91c3d5e7f0"  # noqa: S105 # opens nothing
AK: Final = "CANARYAK77D0E4B1"
SK: Final = "canary-sk/4+f6a8c0e2d4b6"
SECURITY_TOKEN: Final = "canary-sts/+cd-a1b3c5d7e9"  # noqa: S105 # likewise
PASSWORD: Final = 'canary "pass\\word" & 33'  # noqa: S105 # likewise
PROXY_PASSWORD: Final = "canary-proxy@pw:55/66"  # noqa: S105 # likewise
SECRETS: Final = (TOKEN, AK, SK, SECURITY_TOKEN, PASSWORD, PROXY_PASSWORD)

PROXY: Final = {"BATCHCREATE_PROXY_USER": "me", "BATCHCREATE_PROXY_PASSWORD": PROXY_PASSWORD}
WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "token": {"BATCHCREATE_TOKEN": TOKEN},
    "key": {
        "BATCHCREATE_TOKEN": "",
        "HUAWEICLOUD_SDK_AK": AK,
        "HUAWEICLOUD_SDK_SK": SK,
        "HUAWEICLOUD_SDK_SECURITY_TOKEN": SECURITY_TOKEN,
    },
    "user": {
        "BATCHCREATE_TOKEN": "",
        "BATCHCREATE_IAM_USER": "jane",
        "BATCHCREATE_IAM_PASSWORD": PASSWORD,
        "BATCHCREATE_IAM_DOMAIN": "acme",
    },
}
SHORT: Final = ("--timeout", "0.3", "--settle", "0.1")
ROWS: Final = 6


def assert_silent(folder: Path, ended: Ended, capfd: pytest.CaptureFixture[str]) -> None:
    """No secret is in the output or in a written file."""
    printed = capfd.readouterr()
    everything = f"{ended.err}\n{ended.out}\n{printed.out}\n{printed.err}"
    assert hits(everything.encode(), SECRETS) == []
    assert hits_below(folder, SECRETS) == []


async def run_through(folder: Path, url: str, way: str, *options: str, word: str = "run") -> Ended:
    """Carry out one command against *url*, through a proxy."""
    write_rows(folder / "tasks.csv", task_rows(ROWS))
    target = ("--project-id", PROJECT, "--instance-id", INSTANCE, "--rate", "1000")
    places = ("--endpoint", url, "--iam-endpoint", url)
    files = ("tasks.csv",) if word == "run" else ()
    async with proxying() as proxy:
        return await invoke(
            *(word, *files, *places, *target, "--proxy", proxy.url, *options),
            folder=folder,
            **WAYS[way],
            **PROXY,
        )


@pytest.mark.parametrize(
    "verbosity", [pytest.param(("-v",), id="v"), pytest.param((), id="", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("fault", FaultKind)
async def test_faults_bring_nothing_to_light(
    fault: FaultKind, verbosity: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every kind of fault, with each of the ways to authenticate in turn."""
    way = list(WAYS)[(list(FaultKind).index(fault) + len(verbosity)) % len(WAYS)]
    async with recording(faults={fault: 0.5}, seed=3) as simulator:
        ended = await run_through(tmp_path, simulator.url, way, *SHORT, *verbosity)

    assert simulator.requests
    assert_silent(tmp_path, ended, capfd)


@pytest.mark.long
@pytest.mark.parametrize("verbosity", [("--quiet",), (), ("-v",)], ids=["quiet", "", "v"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FaultKind)
async def test_every_fault_with_every_way_brings_nothing_to_light(
    fault: FaultKind,
    way: str,
    verbosity: tuple[str, ...],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every kind of fault, with each of the ways to authenticate, at every level."""
    async with recording(faults={fault: 0.5}, seed=3) as simulator:
        ended = await run_through(tmp_path, simulator.url, way, *SHORT, *verbosity)

    assert simulator.requests
    assert_silent(tmp_path, ended, capfd)


@pytest.mark.parametrize(
    ("status", "method", "way"),
    [
        pytest.param(
            *(status, method, way),
            marks=[pytest.mark.long] * ((at + number + (method == "GET")) % len(WAYS) > 0),
        )
        for at, status in enumerate([307, 400, 401, 403, 404, 500, 201])
        for method in (("GET", "POST") if status != 201 else ("POST",))
        for number, way in enumerate(WAYS)
    ],
)
async def test_servers_that_repeat_what_they_got_bring_nothing_to_light(
    status: int, method: str, way: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Headers, body and address come back in the message, and stay out of every report."""
    async with recording() as simulator, listening(status=status, echoes={method}) as ear:
        options = ("--iam-endpoint", simulator.url, "--concurrency", "2", "-v")
        if (status, method) == (500, "GET"):
            ended = await run_through(tmp_path, ear.url, way, *options, word="doctor")
        else:
            ended = await run_through(tmp_path, ear.url, way, *SHORT, *options)

    assert ear.headers
    assert_silent(tmp_path, ended, capfd)


@pytest.mark.parametrize("status", [201, 307, 400, 401])
async def test_iam_that_repeats_what_it_got_brings_nothing_to_light(
    status: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The login's body holds the password."""
    async with listening(status=status, echoes={"POST"}) as ear:
        ended = await run_through(tmp_path, ear.url, "user")

    assert ended.code == 4
    assert_silent(tmp_path, ended, capfd)


async def test_refused_signature_brings_nothing_to_light(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The gateway shows all that was signed, the security token included."""
    async with recording(ak=AK, sk="another", security_token=SECURITY_TOKEN) as simulator:
        write_rows(tmp_path / "tasks.csv", task_rows(ROWS))
        ended = await invoke(
            *("run", "tasks.csv", *at(simulator), "-v"), folder=tmp_path, **WAYS["key"]
        )

    assert "canonicalRequest" in ended.err
    assert_silent(tmp_path, ended, capfd)


Harm = Callable[[Path], None]


def lose(results: Path) -> None:
    shutil.rmtree(results)


def block(results: Path) -> None:
    (results / "results.csv").mkdir()


async def harmed(folder: Path, harm: Harm | None, way: str) -> tuple[Ended, bytes, str]:
    """Run the program, disturb it, and return its output and its files in /proc."""
    write_rows(folder / "tasks.csv", task_rows(ROWS))
    turnstile = Turnstile(free=1 + (way == "user"), holds=2)
    async with recording(turnstile) as simulator:
        process = await start(
            *("run", "tasks.csv", *at(simulator), "--iam-endpoint", simulator.url),
            *("--concurrency", "2", "-v"),
            folder=folder,
            **WAYS[way],
        )
        async with asyncio.timeout(LIMIT_S):
            await turnstile.is_full.wait()
        place = Path("/proc") / str(process.pid)
        seen = [
            await asyncio.to_thread((place / name).read_bytes) for name in ("cmdline", "limits")
        ]
        output = ""
        if harm is None:
            process.send_signal(signal.SIGINT)
            output = await wait_for_output(
                process, "Interrupted: finishing the requests in flight."
            )
            process.send_signal(signal.SIGINT)
        else:
            await asyncio.to_thread(harm, folder / "tasks-results")
            turnstile.open()
        ended = await end(process)
        turnstile.open()
    return replace(ended, err=output + ended.err), seen[0], seen[1].decode()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("harm", "way", "code"),
    [(lose, "token", 4), (block, "key", 4), (None, "user", 130)],
    ids=["folder vanishes", "report cannot be written", "two signals"],
)
async def test_harm_to_a_running_program_brings_nothing_to_light(
    harm: Harm | None,
    way: str,
    code: int,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Nor does the process list, and a crash leaves no core."""
    ended, command, limits = await harmed(tmp_path, harm, way)

    assert ended.code == code
    assert "Traceback" not in ended.err
    assert hits(command, SECRETS) == []
    assert b"batchcreate" in command
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
    assert_silent(tmp_path, ended, capfd)


def test_search_finds_what_it_looks_for() -> None:
    """Secrets in any of the spellings that it knows would be seen."""
    for secret in SECRETS:
        spelt = [
            secret.encode(),
            base64.b64encode(b"x" + secret.encode() + b"yz"),
            base64.b64encode(b"xy" + secret.encode()),
            quote(secret, safe="").encode(),
            json.dumps({"text": secret}).encode(),
            json.dumps(json.dumps({"text": secret})).encode(),
            html.escape(secret).encode(),
            "".join(f"&#x{ord(char):x};" for char in secret).encode(),
            quote(secret, safe="").lower().encode(),
            secret.upper().encode(),
            secret[-16:].encode(),
        ]
        assert [hits(b"<" + text + b">", SECRETS) for text in spelt] == [[secret]] * len(spelt)


CRASH: Final = """
import ctypes, os, resource
from batchcreate.cli.main import _disable_core_dumps

most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
_disable_core_dumps()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)  # PR_GET_DUMPABLE
os.abort()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
def test_crash_of_the_interpreter_leaves_no_core(tmp_path: Path) -> None:
    """Neither a file, nor anything for a program that the kernel hands crashes to."""
    command = (sys.executable, "-c", CRASH)
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 # a constant command

    assert (ended.returncode, ended.stdout) == (-signal.SIGABRT, "0\n")
    assert not any(tmp_path.iterdir())
