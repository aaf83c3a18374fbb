"""Attacks by files that came with the tables: a server waits for a secret and never receives it."""

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

import batchcreate
from batchcreate.errors import SettingsError
from batchcreate.journal import Journal
from tests.functional.inside import invoke
from tests.functional.outside import Ear, certify, listening, proxying
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Ended,
    at,
    creates,
    recording,
    task_rows,
    write_rows,
)
from tests.functional.terminal import terminal

RUN: Final = ("run", "tasks.csv")
TARGET: Final = ("--project-id", PROJECT, "--instance-id", INSTANCE)
PLACE: Final = ("--endpoint", "https://roma.example", *TARGET)
USER: Final = {
    "BATCHCREATE_TOKEN": "",
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": "canary-password-71",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
REFUSED: Final = (
    "batchcreate.toml: {name} is not accepted in this file; remove it, and use {option}"
)
WRITABLE: Final = (
    "batchcreate.toml: other users may write to it, and it is therefore not used; check its "
    "content, then run chmod go-w batchcreate.toml"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a working folder with a table, below a folder of the user."""
    write_rows(tmp_path / "work" / "tasks.csv", task_rows(2))
    return tmp_path / "work"


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """Serve a host that waits for secrets."""
    async with listening() as ear:
        yield ear


def configure(folder: Path, *lines: str) -> None:
    (folder / "batchcreate.toml").write_text("\n".join(lines), encoding="utf-8")


async def attack(folder: Path, *options: str, **variables: str) -> Ended:
    """Run the table without a terminal, as a scheduled program does."""
    return await invoke(*RUN, *(options or TARGET), folder=folder, **variables)


def assert_refused(ended: Ended, *settings: str) -> None:
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert line.startswith("error: batchcreate.toml decides where the credentials are sent (")
    assert all(setting in line for setting in settings)
    assert line.endswith(
        "nothing was sent. Give these settings as options or environment variables, or add "
        "--trust-config"
    )


class TestWithoutTerminal:
    async def test_endpoint_of_the_file_receives_no_token(self, folder: Path, ear: Ear) -> None:
        """Only an option or a variable can name a host."""
        configure(folder, f'endpoint = "{ear.url}"')

        ended = await attack(folder)

        assert_refused(ended, f"endpoint: {ear.url} (loopback, from endpoint in batchcreate.toml)")
        assert ear.headers == []

    async def test_region_of_the_file_receives_no_token(self, folder: Path) -> None:
        """The message contains the host that follows from the region."""
        configure(folder, 'region = "cn-evil-1"', 'lang = "zh"')

        ended = await attack(folder)

        assert_refused(ended, "https://roma.cn-evil-1.myhuaweicloud.com (from region in ")

    async def test_iam_endpoint_of_the_file_receives_no_password(
        self, folder: Path, ear: Ear
    ) -> None:
        """Neither with an endpoint, nor with a region on the command line."""
        configure(folder, f'iam_endpoint = "{ear.url}"')

        ended = [
            await attack(folder, *PLACE, **USER),
            await attack(folder, "--region", "cn-north-4", "--instance-id", INSTANCE, **USER),
        ]

        for each in ended:
            assert_refused(each, f"iam_endpoint: {ear.url} (loopback, from iam_endpoint in ")
        assert ear.headers == []

    async def test_proxy_of_the_file_receives_no_connection(self, folder: Path) -> None:
        """A proxy sees the requests, and the password for it."""
        async with proxying() as proxy:
            configure(folder, f'proxy = "{proxy.url}"')
            ended = await attack(
                *(folder, *PLACE),
                BATCHCREATE_PROXY_USER="me",
                BATCHCREATE_PROXY_PASSWORD="canary-proxy",
            )

        assert_refused(ended, f"proxy: {proxy.url}")
        assert proxy.connections == 0

    async def test_certificates_of_the_file_are_not_trusted(self, folder: Path) -> None:
        """A host that intercepts the connection has a certificate of this authority."""
        forged = certify(folder / "forged")
        configure(folder, f'ca_file = "{forged.path}"')

        async with listening(tls=forged.context) as ear:
            ended = await attack(folder, "--endpoint", ear.url, *TARGET)

        assert_refused(ended, f"ca_file: {forged.path} (from ca_file in batchcreate.toml)")
        assert ear.headers == []

    async def test_file_with_another_secret_is_not_sent(self, folder: Path, ear: Ear) -> None:
        """Any file with a secret on one line could be configured as the token."""
        (folder.parent / "secret").write_text("canary-other-secret\n", encoding="ascii")
        configure(folder, 'token_file = "../secret"')

        ended = await attack(folder, "--endpoint", ear.url, *TARGET, BATCHCREATE_TOKEN="")

        assert_refused(ended, "token_file: ../secret (from token_file in batchcreate.toml)")
        assert ear.headers == []

    async def test_no_command_sends_credentials_through_the_file(
        self, folder: Path, ear: Ear
    ) -> None:
        """The endpoint comes from the journal; the proxy of the file is refused anyway."""
        async with recording() as simulator:
            await invoke(*RUN, *at(simulator), "--limit", "1", folder=folder)
            configure(folder, f'proxy = "{ear.url}"')
            seen = len(simulator.requests)
            ended = [
                await invoke(*command, folder=folder)
                for command in (
                    ("retry", "tasks-results"),
                    ("undo", "tasks-results", "--yes"),
                    ("doctor", *at(simulator)),
                )
            ]

        assert [each.code for each in ended] == [2, 2, 1]
        assert [f"proxy: {ear.url}" in each.err for each in ended] == [True] * 3
        assert (ear.headers, len(simulator.requests)) == ([], seen)

    async def test_library_sends_no_credentials_through_the_file(
        self, folder: Path, ear: Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A program gives the endpoint itself, or confirms the file."""
        monkeypatch.chdir(folder)
        configure(folder, f'endpoint = "{ear.url}"')
        settings = batchcreate.configure(project_id=PROJECT, instance_id=INSTANCE)

        with pytest.raises(SettingsError, match=r"decides where the credentials are sent"):
            await batchcreate.run(
                ["tasks.csv"], settings, environment={"BATCHCREATE_TOKEN": TOKEN}
            )

        assert ear.headers == []


class TestOverride:
    @pytest.mark.parametrize("is_option", [True, False], ids=["option", "variable"])
    async def test_endpoint_of_the_command_line_replaces_the_service_of_the_file(
        self, folder: Path, ear: Ear, *, is_option: bool
    ) -> None:
        """Endpoint, region and simulator are ignored; variables count as the command line."""
        configure(folder, f'endpoint = "{ear.url}"', 'region = "cn-evil-1"', "simulate = true")

        async with recording() as simulator:
            options, variables = (
                (("--endpoint", simulator.url), {})
                if is_option
                else ((), {"BATCHCREATE_ENDPOINT": simulator.url})
            )
            ended = await attack(folder, *options, *TARGET, **variables)

        assert (ended.code, creates(simulator)) == (0, 2)
        assert ear.headers == []

    async def test_confirmed_file_is_used_and_shown(self, folder: Path) -> None:
        """--trust-config replaces the question; the plan contains the settings of the file."""
        async with recording() as simulator, proxying() as proxy:
            configure(folder, f'endpoint = "{simulator.url}"', f'proxy = "{proxy.url}"')
            ended = await attack(folder, "--trust-config", *TARGET)

        assert (ended.code, creates(simulator)) == (0, 2)
        assert f"  endpoint: {simulator.url} (loopback, from endpoint in batchcreate.toml)\n" in (
            ended.err
        )
        assert f"  proxy: {proxy.url} (loopback, from proxy in batchcreate.toml)\n" in ended.err


class TestTerminal:
    ASKED: Final = "Send the credentials with these settings of batchcreate.toml? [y/N] "

    async def test_answer_no_sends_nothing(self, folder: Path, ear: Ear) -> None:
        """The settings of the file are part of a question that comes before any request."""
        configure(folder, f'endpoint = "{ear.url}"', "quiet = true", 'token_file = "t"')

        async with terminal(*RUN, *TARGET, folder=folder) as seen:
            await seen.sees(self.ASKED)
            seen.type("n\n")
            code = await seen.end()

        assert (code, ear.headers) == (1, [])
        assert seen.lines == [
            "settings that decide where the credentials are sent:",
            f"  endpoint: {ear.url} (loopback, from endpoint in batchcreate.toml)",
            "  token_file: t (from token_file in batchcreate.toml)",
            f"{self.ASKED}n",
            "Cancelled; nothing was sent.",
        ]
        assert not (folder / "tasks-results").exists()

    async def test_answer_yes_sends(self, folder: Path) -> None:
        """The tasks are confirmed separately, after the plan."""
        async with recording() as simulator:
            configure(folder, f'endpoint = "{simulator.url}"')
            async with terminal(*RUN, *TARGET, folder=folder) as seen:
                await seen.sees(self.ASKED)
                assert list(simulator.requests) == []
                seen.type("y\n")
                await seen.sees(f"at {simulator.url} (loopback)? [y/N] ")
                seen.type("y\n")
                assert await seen.end() == 0

        assert creates(simulator) == 2

    async def test_yes_does_not_confirm_the_file(self, folder: Path, ear: Ear) -> None:
        """--yes confirms the tasks, not the host that receives the token."""
        configure(folder, f'endpoint = "{ear.url}"')

        async with terminal(*RUN, *TARGET, "--yes", folder=folder) as seen:
            code = await seen.end()

        assert (code, ear.headers) == (2, [])
        assert "[y/N]" not in seen.plain


class TestFile:
    @pytest.mark.parametrize(
        "line", ["yes = true", "yes = false", "trust_config = true", "trust-config = true"]
    )
    async def test_cannot_answer_questions(self, line: str, folder: Path) -> None:
        """The question of undo is not answered by a file."""
        async with recording() as simulator:
            await attack(folder, *at(simulator))
            configure(folder, line)
            ended = await invoke("undo", "tasks-results", folder=folder)

        name, option = (
            line.split(maxsplit=1)[0],
            f"--{line.split(maxsplit=1)[0].replace('_', '-')}",
        )
        assert (ended.code, ended.err) == (
            2,
            f"error: {REFUSED.format(name=name, option=option)}\n",
        )
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 2

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o622], ids=oct)
    async def test_is_refused_if_others_may_write_to_it(self, mode: int, folder: Path) -> None:
        """Even a convenience option could have been written by another user."""
        configure(folder, "rate = 5")
        (folder / "batchcreate.toml").chmod(mode)

        ended = await attack(folder, "--simulate")

        assert (ended.code, ended.err) == (
            2,
            f"error: {WRITABLE}\n",
        )

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    async def test_is_refused_if_it_belongs_to_another_user(self, folder: Path) -> None:
        """For example in a shared folder."""
        configure(folder, "rate = 5")
        os.chown(folder / "batchcreate.toml", 12345, 12345)

        ended = await attack(folder, "--simulate")

        assert ended.code == 2
        assert "batchcreate.toml: belongs to another user (uid 12345)" in ended.err

    @pytest.mark.parametrize("kind", ["parent", "absolute", "link", "itself"])
    async def test_cannot_write_outside_the_working_folder(self, kind: str, folder: Path) -> None:
        """A folder of the user with a file named like a report is unchanged."""
        other = folder.parent / "other"
        write_rows(other / "results.csv", task_rows(1))
        before = (other / "results.csv").read_bytes()
        (folder / "link").symlink_to(other)
        paths: Mapping[str, object] = {
            "parent": "../other",
            "absolute": other,
            "link": "link",
            "itself": ".",
        }
        configure(folder, f'results = "{paths[kind]}"')

        ended = [
            await attack(folder, "--simulate"),
            await invoke("check", "tasks.csv", folder=folder),
        ]

        assert [each.code for each in ended] == [2, 2]
        assert "in this file, give a folder below the working folder" in ended[0].err
        assert (other / "results.csv").read_bytes() == before
        assert [path.name for path in other.iterdir()] == ["results.csv"]

    async def test_sets_convenience_options_freely(self, folder: Path) -> None:
        """Rate, language and a results folder below the working folder need no confirmation."""
        configure(folder, "rate = 900", 'results = "out/first"', 'lang = "zh"')

        ended = await attack(folder, "--simulate", *TARGET)

        assert ended.code == 0
        assert (folder / "out" / "first" / "results.csv").exists()


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def owned_by_another(results: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(results, 12345, 12345)


def linked(results: Path) -> None:
    results.symlink_to(results.rename(results.with_name("elsewhere")))


def with_link_to_a_folder(results: Path) -> None:
    (results.parent / "elsewhere").mkdir()
    (results / "to-fix").symlink_to(results.parent / "elsewhere")


def with_link_to_a_file(results: Path) -> None:
    (results.parent / "elsewhere").touch()
    (results / "simulator.jsonl").symlink_to(results.parent / "elsewhere")


def with_reports_of_others(results: Path) -> None:
    (results / "journal.db").unlink()
    (results / "summary.json").write_text("of another program", encoding="utf-8")


HARMS: Final[Mapping[Callable[[Path], None], str]] = {
    owned_by_another: "belongs to another user (uid 12345)",
    linked: "is a symbolic link; give the folder that it leads to with --results",
    with_link_to_a_folder: "tasks-results/to-fix: is a symbolic link",
    with_link_to_a_file: "tasks-results/simulator.jsonl: is a symbolic link",
    with_reports_of_others: "contains summary.json but no journal.db",
    lambda results: results.chmod(0o770): "run chmod go-w tasks-results",
    lambda results: results.chmod(0o702): "run chmod go-w tasks-results",
}


def changes(folder: Path) -> Mapping[Path, int]:
    """Return the time of the last change of everything in *folder*."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


class TestResultsFolder:
    async def test_is_refused_if_others_can_reach_it(self, tmp_path: Path) -> None:
        """Nothing in the folder or elsewhere is changed, whatever the command."""
        wrong: list[tuple[tuple[str, ...], str, Ended | None]] = []
        for number, (harm, words) in enumerate(HARMS.items()):
            folder = tmp_path / str(number)
            rows = [*task_rows(1), {"task_name": "x y", "operation_types": "INSERT"}]
            write_rows(folder / "tasks.csv", rows)
            Journal.open(folder / "tasks-results").close()
            harm(folder / "tasks-results")
            before = changes(folder)
            for command in (("run", "tasks.csv", "--simulate"), ("check", "tasks.csv")):
                ended = await invoke(*command, folder=folder)
                if ended.code != 2 or words not in ended.err:
                    wrong.append((command, words, ended))
            if before != changes(folder):
                wrong.append((("changed",), words, None))

        assert wrong == []

    @pytest.mark.usefixtures("open_umask")
    async def test_is_private_with_any_umask(self, tmp_path: Path) -> None:
        """Folders that are created on the way to it, and all files of all commands."""
        write_rows(tmp_path / "tasks.csv", [*task_rows(2), {"task_name": "x y"}])
        place = ("--simulate", "--results", "new/out")
        before = changes(tmp_path).keys()

        codes = [
            (await invoke(*command, folder=tmp_path)).code
            for command in (
                ("run", "tasks.csv", *place),
                ("undo", "new/out", "--yes"),
                ("check", "tasks.csv", "--results", "new/checked"),
            )
        ]

        new = changes(tmp_path).keys() - before
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in new}
        assert codes == [1, 0, 1]
        assert {"new", "out", "journal.db", "log.jsonl", "undo.csv", "simulator.jsonl"} <= set(
            modes
        )
        assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
