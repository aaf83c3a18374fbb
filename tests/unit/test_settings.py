"""Sources of the settings, their order, and messages about invalid values."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import pytest

from batchcreate.errors import SettingsError
from batchcreate.settings import OutputSettings, language_of, load, unknown_variables

DEFAULTS: Final[dict[str, object]] = {
    "results": None,
    "endpoint": None,
    "region": None,
    "project_id": None,
    "instance_id": None,
    "token_file": None,
    "rate": 10.0,
    "headroom": 0.01,
    "concurrency": 8,
    "timeout": 30.0,
    "max_wait": 600.0,
    "settle": 60.0,
    "on_existing": "skip",
    "strict": False,
    "dry_run": False,
    "rows": "",
    "limit": None,
    "set": [],
    "where": [],
    "sheet": [],
    "yes": False,
    "simulate": False,
    "json_summary": False,
    "quiet": False,
    "verbose": 0,
    "color": True,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_config(folder: Path, text: str) -> None:
    (folder / "batchcreate.toml").write_text(text, encoding="utf-8")


def message_of(**options: object) -> str:
    """Return the error for *options* and the other sources."""
    with pytest.raises(SettingsError) as caught:
        load(options)
    return str(caught.value)


class TestOrder:
    def test_defaults_are_as_documented(self) -> None:
        """Without any source, all settings have their defaults."""
        settings = load({}).as_dict()

        assert {name: settings[name] for name in DEFAULTS} == DEFAULTS

    def test_file_precedes_default(self, folder: Path) -> None:
        """batchcreate.toml in the working folder is read."""
        write_config(folder, 'rate = 20\nsheet = ["A", "B"]\nstrict = true\nregion = "cn-north-4"')

        settings = load({})

        assert (settings.rate.rate_per_s, settings.load.sheets, settings.run.is_strict) == (
            20.0,
            ("A", "B"),
            True,
        )
        assert settings.endpoint.region == "cn-north-4"

    def test_environment_precedes_file(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable replaces one value of the file and keeps the others."""
        write_config(folder, "rate = 20\nconcurrency = 3")
        monkeypatch.setenv("BATCHCREATE_RATE", "30")

        settings = load({})

        assert (settings.rate.rate_per_s, settings.rate.concurrency) == (30.0, 3)

    def test_option_precedes_environment(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An option replaces the values of all other sources."""
        write_config(folder, "rate = 20")
        monkeypatch.setenv("BATCHCREATE_RATE", "30")

        assert load({"rate": 40.0}).rate.rate_per_s == 40.0

    @pytest.mark.parametrize("name", ["BATCHCREATE_DRY_RUN", "batchcreate_dry_run"])
    def test_case_of_a_variable_does_not_matter(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Variables can be in either case, as in the vendor's documentation."""
        monkeypatch.setenv(name, "true")

        assert load({}).run.is_dry_run is True

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            pytest.param("Tasks", ("Tasks",), id="one"),
            pytest.param("Tasks, May", ("Tasks, May",), id="one with a comma"),
            pytest.param('["Tasks","任务"]', ("Tasks", "任务"), id="several"),
            pytest.param("", ("",), id="empty"),
        ],
    )
    def test_sheets_can_come_from_the_environment(
        self, text: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One name is given as it is, several as a JSON list."""
        monkeypatch.setenv("BATCHCREATE_SHEET", text)

        assert load({}).load.sheets == names

    def test_credentials_in_the_environment_are_not_settings(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The variable of a token has the same prefix."""
        monkeypatch.setenv("BATCHCREATE_TOKEN", "canary")

        assert "canary" not in repr(load({}))

    def test_dotenv_file_is_not_read(self, folder: Path) -> None:
        """Only the documented sources are read."""
        (folder / ".env").write_text("BATCHCREATE_RATE=99", encoding="utf-8")

        assert load({}).rate.rate_per_s == 10.0


ACCEPTED: Final = {
    "rate": "give 0.01 to 1,000,000 requests per second",
    "origin": "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com",
    "origin only": "give the origin only, without a path, a query or a user name",
    "region": "give the name of a region, such as cn-north-4",
    "id": "give 1 to 64 letters, digits, - or _",
    "rows": "give row numbers and ranges, such as 5-20,31",
}


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "text", "option", "accepted"),
        [
            ("rate", "0", "--rate", ACCEPTED["rate"]),
            ("rate", "nan", "--rate", ACCEPTED["rate"]),
            ("rate", "inf", "--rate", ACCEPTED["rate"]),
            ("rate", "", "--rate", ACCEPTED["rate"]),
            ("headroom", "1", "--headroom", "give a share of at least 0 and less than 1"),
            ("concurrency", "513", "--concurrency", "give 1 to 512 concurrent requests"),
            ("timeout", "0", "--timeout", "give more than 0 and at most 3600 seconds"),
            ("settle", "-1", "--settle", "give 0 to 3600 seconds"),
            ("max_wait", "-1", "--max-wait", "give 0 to 86,400 seconds"),
            ("quota", "-1", "--quota", "give a number of tasks of at least 0"),
            ("on_existing", "stop", "--on-existing", "give skip or abort"),
            ("limit", "0", "--limit", "give a number of rows of at least 1"),
            ("lang", "de", "--lang", "give en or zh"),
            ("endpoint", "roma.example", "--endpoint", ACCEPTED["origin"]),
            ("region", "CN-North-4", "--region", ACCEPTED["region"]),
            ("project_id", "a/b", "--project-id", ACCEPTED["id"]),
            ("instance_id", "x" * 65, "--instance-id", ACCEPTED["id"]),
            ("rows", "5-", "--rows", ACCEPTED["rows"]),
            ("strict", "perhaps", "--strict", "give true or false"),
            ("reconcile", "perhaps", "--no-reconcile", "give true or false"),
            ("json_summary", "perhaps", "--json", "give true or false"),
            ("verbose", "very", "-v", "give an integer of at least 0"),
        ],
        ids=lambda value: str(value)[:20] or "empty",
    )
    def test_message_contains_option_source_value_and_range(
        self,
        name: str,
        text: str,
        option: str,
        accepted: str,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """One line contains the source, the value and what to give instead."""
        from_option = message_of(**{name: text})
        write_config(folder, f"{name} = {text!r}")
        from_file = message_of()
        monkeypatch.setenv(f"BATCHCREATE_{name.upper()}", text)
        from_variable = message_of()

        assert [from_option, from_variable, from_file] == [
            f"invalid value for {option} (from {source}): {text!r}; {accepted}"
            for source in (option, f"BATCHCREATE_{name.upper()}", "batchcreate.toml")
        ]

    def test_malformed_list_of_sheets_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message is about the variable, not about the configuration file."""
        monkeypatch.setenv("BATCHCREATE_SHEET", '["Tasks"')

        assert message_of() == (
            "invalid value for --sheet (from BATCHCREATE_SHEET): '[\"Tasks\"'; "
            'give one value, or several as a JSON list such as ["A", "B"]'
        )

    def test_number_is_shown_as_entered(self) -> None:
        """The option parser converts it to 0.0."""
        assert message_of(rate=0.0).startswith("invalid value for --rate (from --rate): 0; give ")

    def test_number_instead_of_a_text_is_reported(self, folder: Path) -> None:
        """A region is a text."""
        write_config(folder, "region = 7")

        assert message_of() == "invalid value for --region (from batchcreate.toml): 7; enter text"

    def test_number_in_a_list_of_sheets_is_reported(self, folder: Path) -> None:
        """The message contains the invalid one of several values."""
        write_config(folder, 'sheet = ["A", 7]')

        assert message_of() == (
            "invalid value for --sheet (from batchcreate.toml): 7; give the name of a sheet, or a "
            "list of names"
        )

    def test_token_instead_of_its_file_is_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A long value is replaced by its length."""
        monkeypatch.setenv("BATCHCREATE_TOKEN_FILE", "canary/x" * 400)

        assert message_of() == (
            "invalid value for --token-file (from BATCHCREATE_TOKEN_FILE): a text of 3200 "
            "characters; give the path of the file that contains the token, not the token itself"
        )

    def test_message_is_one_printable_line(self) -> None:
        """Line breaks and control characters in a value are escaped."""
        message = message_of(project_id="a\n\x1b[2J\u202e")

        assert message.isprintable()
        assert r"'a\n\x1b[2J\u202e'" in message

    @pytest.mark.parametrize(
        "endpoint", ["https://me:hunter2@roma.example", "https://hunter2@roma.example/x"]
    )
    def test_password_in_an_endpoint_is_not_repeated(self, endpoint: str) -> None:
        """A password in the value is masked."""
        message = message_of(endpoint=endpoint)

        assert "//***@roma.example" in message
        assert "hunter2" not in message


class TestSources:
    def test_each_setting_has_its_source(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Defaults have no source."""
        write_config(folder, 'region = "cn-north-4"\nrate = 7')
        monkeypatch.setenv("batchcreate_rate", "8")
        monkeypatch.setenv("BATCHCREATE_JSON", "true")

        assert load({"yes": True}).sources == {
            "json_summary": "BATCHCREATE_JSON",
            "rate": "BATCHCREATE_RATE",
            "region": "batchcreate.toml",
            "yes": "--yes",
        }

    def test_unknown_variables_are_found_with_a_similar_one(self) -> None:
        """Variables used elsewhere, or with another prefix, are not included."""
        names = ["BATCHCREATE_RAET", "batchcreate_frobnicate", "BATCHCREATE_RATE", "RATE"]

        assert list(unknown_variables([*names, "BATCHCREATE_TOKEN"], ["BATCHCREATE_TOKEN"])) == [
            ("BATCHCREATE_RAET", "BATCHCREATE_RATE"),
            ("batchcreate_frobnicate", ""),
        ]


class TestFile:
    @pytest.mark.parametrize("name", ["region", "BATCHCREATE_REGION"])
    def test_region_replaces_the_endpoint(
        self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise the file would decide where the token of the region is sent."""
        write_config(folder, 'endpoint = "https://roma.evil.example"\nregion = "cn-evil-1"')
        monkeypatch.setenv(name, "cn-north-4")

        settings = load({"region": "cn-north-4"} if name == "region" else {})

        assert settings.endpoint.origin == "https://roma.cn-north-4.myhuaweicloud.com"
        assert settings.endpoint.iam_origin == "https://iam.cn-north-4.myhuaweicloud.com"

    @pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
    def test_anything_but_a_file_is_ignored(
        self, make: Callable[[Path], None], folder: Path
    ) -> None:
        """It is not a configuration file, and reading it would not end."""
        make(folder / "batchcreate.toml")

        assert load({}).sources == {}

    def test_unknown_key_is_reported(self, folder: Path) -> None:
        """The message contains the key, but not its value."""
        write_config(folder, 'tocken = "canary"\nrat = 20')

        assert message_of() == (
            "batchcreate.toml: unknown setting 'tocken'; see batchcreate run --help for the names"
        )

    def test_every_setting_may_be_written_with_hyphens(self, folder: Path) -> None:
        """The names of the options are accepted; one setting is set once."""
        write_config(folder, 'project-id = "p"\nmax-wait = 7')
        settings = load({})
        write_config(folder, 'project-id = "p"\nproject_id = "q"')

        assert settings.sources == {
            "project_id": "batchcreate.toml",
            "max_wait": "batchcreate.toml",
        }
        assert message_of() == (
            "batchcreate.toml: project_id is set twice, with _ and with -; remove one of them"
        )

    @pytest.mark.parametrize(
        ("key", "similar"),
        [("project_ids", "project_id"), ("rat", "rate"), ("jsn", "json")],
    )
    def test_similar_key_is_suggested(self, key: str, similar: str, folder: Path) -> None:
        """Typical errors are surplus and missing letters."""
        write_config(folder, f'{key} = "x"')

        assert message_of() == (
            f"batchcreate.toml: unknown setting '{key}'; did you mean {similar}?"
        )

    @pytest.mark.parametrize(
        "content",
        [b"rate 20", b"rate = 1\nrate = 2", b"rate = \xff", b"a = " + b"[" * 100_000],
        ids=["no equals sign", "twice", "not UTF-8", "nested too deeply"],
    )
    def test_malformed_file_is_reported(self, content: bytes, folder: Path) -> None:
        """The message for a file that is not TOML is one line."""
        (folder / "batchcreate.toml").write_bytes(content)

        message = message_of()

        assert message.startswith("batchcreate.toml: cannot be read as TOML: ")
        assert "\n" not in message

    def test_link_to_itself_is_reported(self, folder: Path) -> None:
        """A file that cannot be opened is not ignored."""
        (folder / "batchcreate.toml").symlink_to("batchcreate.toml")

        assert message_of().startswith("batchcreate.toml: cannot be read as TOML: ")

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a file that fails when read")
    def test_unreadable_file_is_reported(self, folder: Path) -> None:
        """A file that cannot be read is not ignored."""
        (folder / "batchcreate.toml").symlink_to("/proc/self/mem")

        assert message_of() == (
            "batchcreate.toml: cannot be read as TOML: [Errno 5] Input/output error"
        )

    def test_only_the_working_folder_is_read(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file in the parent folder is ignored."""
        write_config(folder, "rate = 20")
        below = folder / "below"
        below.mkdir()
        monkeypatch.chdir(below)

        assert load({}).rate.rate_per_s == 10.0


class TestLanguage:
    @pytest.mark.parametrize(
        ("configured", "environment", "language"),
        [
            ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
            ("en", {"LC_ALL": "zh_CN.UTF-8"}, "en"),
            (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
            (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
            (None, {}, "en"),
        ],
        ids=["option zh", "option en", "locale zh", "locale C", "no locale"],
    )
    def test_is_configured_or_that_of_the_locale(
        self, configured: Literal["en", "zh"] | None, environment: dict[str, str], language: str
    ) -> None:
        """The first variable of the locale that is set counts."""
        assert language_of(OutputSettings(language=configured), environment) == language
