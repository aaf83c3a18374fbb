"""Settings come from four places in order, and a wrong one is named with its place."""

import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from batchcreate.errors import SettingsError
from batchcreate.settings import Settings, load, parse_rows, strangers

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
    "settle": 60.0,
    "on_existing": "skip",
    "strict": False,
    "dry_run": False,
    "rows": "",
    "limit": None,
    "sheet": (),
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


def configure(folder: Path, text: str) -> None:
    (folder / "batchcreate.toml").write_text(text, encoding="utf-8")


def message_of(**options: object) -> str:
    """Return what *options*, and the other places, are refused with."""
    with pytest.raises(SettingsError) as caught:
        load(options)
    return str(caught.value)


class TestOrder:
    def test_defaults_are_the_documented_ones(self) -> None:
        """With nothing given a run is as the manual says."""
        settings = load({}).model_dump()

        assert {name: settings[name] for name in DEFAULTS} == DEFAULTS

    def test_file_goes_before_default(self, folder: Path) -> None:
        """What stands in batchcreate.toml of the working folder counts."""
        configure(folder, 'rate = 20\nsheet = ["A", "B"]\nstrict = true\nregion = "cn-north-4"')

        settings = load({})

        assert (settings.rate, settings.sheet, settings.strict) == (20.0, ("A", "B"), True)
        assert settings.region == "cn-north-4"

    def test_environment_goes_before_file(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable counts more than the file, and leaves the file's other values."""
        configure(folder, "rate = 20\nconcurrency = 3")
        monkeypatch.setenv("BATCHCREATE_RATE", "30")

        settings = load({})

        assert (settings.rate, settings.concurrency) == (30.0, 3)

    def test_option_goes_before_environment(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was typed counts most."""
        configure(folder, "rate = 20")
        monkeypatch.setenv("BATCHCREATE_RATE", "30")

        assert load({"rate": 40.0}).rate == 40.0

    @pytest.mark.parametrize("name", ["BATCHCREATE_DRY_RUN", "batchcreate_dry_run"])
    def test_case_of_a_variable_does_not_matter(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As on the vendor's pages, variables may be in either case."""
        monkeypatch.setenv(name, "true")

        assert load({}).dry_run is True

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
        """One name is written as it is, several as a JSON list."""
        monkeypatch.setenv("BATCHCREATE_SHEET", text)

        assert load({}).sheet == names

    def test_credentials_in_the_environment_are_no_settings(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A token has the same prefix and is left alone."""
        monkeypatch.setenv("BATCHCREATE_TOKEN", "canary")

        assert "canary" not in repr(load({}))

    def test_dotenv_file_is_not_read(self, folder: Path) -> None:
        """Only the documented places count."""
        (folder / ".env").write_text("BATCHCREATE_RATE=99", encoding="utf-8")

        assert load({}).rate == 10.0

    def test_settings_do_not_change(self) -> None:
        """What a run was told stays."""
        settings = load({})

        with pytest.raises(ValidationError, match="frozen"):
            settings.rate = 5


ACCEPTED: Final = {
    "rate": "give 0.01 to 1,000,000 requests per second",
    "origin": "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com",
    "origin only": "give the origin only, without a path, a query or a user name",
    "https": "plain http is accepted for this machine (loopback) only; use https",
    "region": "give the name of a region, such as cn-north-4",
    "id": "give 1 to 64 letters, digits, - or _",
    "rows": "give row numbers and ranges, such as 5-20,31",
}


class TestWrongValues:
    @pytest.mark.parametrize(
        ("knob", "text", "option", "accepted"),
        [
            ("rate", "0", "--rate", ACCEPTED["rate"]),
            ("rate", "nan", "--rate", ACCEPTED["rate"]),
            ("rate", "inf", "--rate", ACCEPTED["rate"]),
            ("rate", "", "--rate", ACCEPTED["rate"]),
            ("headroom", "1", "--headroom", "give a share from 0 up to, but not including, 1"),
            ("concurrency", "513", "--concurrency", "give 1 to 512 requests at once"),
            ("timeout", "0", "--timeout", "give seconds, more than 0 and 3600 at most"),
            ("settle", "-1", "--settle", "give 0 to 3600 seconds"),
            ("quota", "-1", "--quota", "give a number of tasks, 0 or more"),
            ("on_existing", "stop", "--on-existing", "give skip or abort"),
            ("limit", "0", "--limit", "give a number of rows, 1 or more"),
            ("lang", "de", "--lang", "give en or zh"),
            ("endpoint", "roma.example", "--endpoint", ACCEPTED["origin"]),
            ("region", "CN-North-4", "--region", ACCEPTED["region"]),
            ("project_id", "a/b", "--project-id", ACCEPTED["id"]),
            ("instance_id", "x" * 65, "--instance-id", ACCEPTED["id"]),
            ("rows", "5-", "--rows", ACCEPTED["rows"]),
            ("strict", "perhaps", "--strict", "give true or false"),
            ("reconcile", "perhaps", "--no-reconcile", "give true or false"),
            ("json_summary", "perhaps", "--json", "give true or false"),
            ("verbose", "very", "-v", "give a whole number, 0 or more"),
        ],
        ids=lambda value: str(value)[:20] or "empty",
    )
    def test_message_names_option_value_place_and_what_is_accepted(
        self,
        knob: str,
        text: str,
        option: str,
        accepted: str,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """One line says what was found, where it stands and what to give instead."""
        typed = message_of(**{knob: text})
        configure(folder, f"{knob} = {text!r}")
        filed = message_of()
        monkeypatch.setenv(f"BATCHCREATE_{knob.upper()}", text)
        set_ = message_of()

        assert [typed, set_, filed] == [
            f"{option}: {text!r} is not accepted (from {place}): {accepted}"
            for place in (option, f"BATCHCREATE_{knob.upper()}", "batchcreate.toml")
        ]

    def test_list_of_sheets_that_is_none_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A broken list of names is not taken for a broken configuration file."""
        monkeypatch.setenv("BATCHCREATE_SHEET", '["Tasks"')

        assert message_of() == (
            "--sheet: '[\"Tasks\"' is not accepted (from BATCHCREATE_SHEET): "
            'give one value, or several as a JSON list such as ["A", "B"]'
        )

    def test_typed_number_is_shown_as_typed(self) -> None:
        """The option's parser makes 0.0 of it."""
        assert message_of(rate=0.0).startswith("--rate: 0 is not accepted (from --rate): give ")

    def test_what_is_no_text_is_named(self, folder: Path) -> None:
        """A number is no name."""
        configure(folder, "region = 7")

        assert message_of() == ("--region: 7 is not accepted (from batchcreate.toml): give a text")

    def test_number_among_the_sheets_is_named(self, folder: Path) -> None:
        """The wrong one of several values is shown."""
        configure(folder, 'sheet = ["A", 7]')

        assert message_of() == (
            "--sheet: 7 is not accepted (from batchcreate.toml): give the name of a sheet, or a "
            "list of names"
        )

    def test_token_in_place_of_its_file_is_not_shown(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither in this message nor among the settings."""
        monkeypatch.setenv("BATCHCREATE_TOKEN_FILE", "canary/x" * 400)

        assert message_of() == (
            "--token-file: a text of 3200 characters is not accepted (from "
            "BATCHCREATE_TOKEN_FILE): give the path of the file that holds the token, never the "
            "token itself"
        )

    def test_message_is_one_harmless_line(self) -> None:
        """A value with line breaks or escapes is spelled out."""
        message = message_of(project_id="a\n\x1b[2J\u202e")

        assert message.isprintable()
        assert r"'a\n\x1b[2J\u202e'" in message

    @pytest.mark.parametrize(
        "endpoint", ["https://me:hunter2@roma.example", "https://hunter2@roma.example/x"]
    )
    def test_password_in_an_endpoint_is_not_repeated(self, endpoint: str) -> None:
        """Whoever put a password there does not find it in a log."""
        message = message_of(endpoint=endpoint)

        assert "//***@roma.example" in message
        assert "hunter2" not in message


class TestSources:
    def test_each_setting_knows_its_place(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What nobody gave has no place."""
        configure(folder, 'region = "cn-north-4"\nrate = 7')
        monkeypatch.setenv("batchcreate_rate", "8")
        monkeypatch.setenv("BATCHCREATE_JSON", "true")

        assert load({"yes": True}).sources == {
            "json_summary": "BATCHCREATE_JSON",
            "rate": "BATCHCREATE_RATE",
            "region": "batchcreate.toml",
            "yes": "--yes",
        }

    def test_strangers_are_found_with_what_was_meant(self) -> None:
        """A name that is known elsewhere, or has another beginning, is none."""
        names = ["BATCHCREATE_RAET", "batchcreate_frobnicate", "BATCHCREATE_RATE", "RATE"]

        assert list(strangers([*names, "BATCHCREATE_TOKEN"], ["BATCHCREATE_TOKEN"])) == [
            ("BATCHCREATE_RAET", "BATCHCREATE_RATE"),
            ("batchcreate_frobnicate", ""),
        ]


class TestFile:
    def test_unknown_key_is_named(self, folder: Path) -> None:
        """A misspelt key does not go unnoticed, and its value is not shown."""
        configure(folder, 'tocken = "canary"\nrat = 20')

        assert message_of() == (
            "batchcreate.toml: unknown setting 'tocken'; see batchcreate run --help for the names"
        )

    @pytest.mark.parametrize(
        ("key", "meant"),
        [("project-id", "project_id"), ("rat", "rate"), ("jsn", "json")],
    )
    def test_name_that_was_meant_is_told(self, key: str, meant: str, folder: Path) -> None:
        """Options have dashes, keys have not; letters get lost."""
        configure(folder, f'{key} = "x"')

        assert message_of() == (
            f"batchcreate.toml: unknown setting '{key}'; did you mean {meant}?"
        )

    @pytest.mark.parametrize(
        "content",
        [b"rate 20", b"rate = 1\nrate = 2", b"rate = \xff", b"a = " + b"[" * 100_000],
        ids=["no equals sign", "twice", "not UTF-8", "nested too deeply"],
    )
    def test_broken_file_is_named(self, content: bytes, folder: Path) -> None:
        """A file that is not TOML ends in one line."""
        (folder / "batchcreate.toml").write_bytes(content)

        message = message_of()

        assert message.startswith("batchcreate.toml: cannot be read as TOML: ")
        assert "\n" not in message

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a file that fails when read")
    def test_unreadable_file_is_named(self, folder: Path) -> None:
        """A file that cannot be read is not passed over in silence."""
        (folder / "batchcreate.toml").symlink_to("/proc/self/mem")

        assert message_of() == (
            "batchcreate.toml: cannot be read as TOML: [Errno 5] Input/output error"
        )

    def test_only_the_working_folder_counts(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file in a folder above is not looked for."""
        configure(folder, "rate = 20")
        below = folder / "below"
        below.mkdir()
        monkeypatch.chdir(below)

        assert load({}).rate == 10.0


class TestEndpoint:
    @pytest.mark.parametrize(
        ("given_", "origin"),
        [
            ("https://roma.example", "https://roma.example"),
            ("https://roma.example/", "https://roma.example"),
            ("HTTPS://Roma.Example:8443", "https://roma.example:8443"),
            ("https://10.0.0.7", "https://10.0.0.7"),
            ("https://[2001:db8::7]:443", "https://[2001:db8::7]:443"),
            ("https://münchen.example", "https://münchen.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_origin_is_accepted(self, given_: str, origin: str) -> None:
        """With https it goes anywhere, with http to this machine; case and a last slash are nothing."""
        assert load({"endpoint": given_}).origin == origin

    @pytest.mark.parametrize(
        ("endpoint", "accepted"),
        [
            ("", ACCEPTED["origin"]),
            ("https://", ACCEPTED["origin"]),
            ("https:roma.example", ACCEPTED["origin"]),
            ("//roma.example", ACCEPTED["origin"]),
            ("ftp://roma.example", ACCEPTED["origin"]),
            ("file:///etc/passwd", ACCEPTED["origin"]),
            ("https://roma example", ACCEPTED["origin"]),
            ("https://roma\\example", ACCEPTED["origin"]),
            ("https://roma.example/v2", ACCEPTED["origin only"]),
            ("https://roma.example?x=1", ACCEPTED["origin only"]),
            ("https://roma.example#x", ACCEPTED["origin only"]),
            ("https://@roma.example", ACCEPTED["origin only"]),
            ("http://roma.example", ACCEPTED["https"]),
            ("http://10.0.0.7", ACCEPTED["https"]),
            ("http://127.0.0.1.example", ACCEPTED["https"]),
            ("http://localhost.example", ACCEPTED["https"]),
            ("http://0.0.0.0", ACCEPTED["https"]),
            ("http://[2001:db8::7]", ACCEPTED["https"]),
            ("https://[::1", "Invalid IPv6 URL"),
            ("https://roma.example:99999", "Port out of range 0-65535"),
        ],
        ids=lambda value: value[:30] or "empty",
    )
    def test_anything_else_is_refused(self, endpoint: str, accepted: str) -> None:
        """A token never goes out in the open, nor to an address that says more than a host."""
        assert message_of(endpoint=endpoint).endswith(f"(from --endpoint): {accepted}")

    @pytest.mark.parametrize("region", ["cn-north-4", "eu-west-101", "ap-southeast-1", "na-x"])
    def test_region_stands_for_its_host(self, region: str) -> None:
        """The documented pattern of the service's hosts is filled in."""
        assert load({"region": region}).origin == f"https://roma.{region}.myhuaweicloud.com"

    @pytest.mark.parametrize(
        "region",
        ["", "cn", "cn_north", "cn-", "c-north", "cn-north-4/", "cn.evil-x", "cn-north\n"],
    )
    def test_region_never_becomes_part_of_another_host(self, region: str) -> None:
        """Only what looks like a region is put into an address."""
        assert message_of(region=region).endswith(ACCEPTED["region"])

    def test_endpoint_goes_before_region(self) -> None:
        """Elsewhere than in the vendor's own cloud a region only names the project."""
        settings = load({"endpoint": "https://roma.example", "region": "cn-north-4"})

        assert (settings.origin, settings.project_name) == ("https://roma.example", "cn-north-4")

    @pytest.mark.parametrize(
        ("endpoint", "name"),
        [
            ("https://roma.cn-north-4.myhuaweicloud.com", "cn-north-4"),
            ("https://roma.cn-north-4.myhuaweicloud.com:443", "cn-north-4"),
            ("https://roma.cn-north-4.myhuaweicloud.com.example", None),
            ("https://roma.myhuaweicloud.com", None),
        ],
        ids=["documented", "with its port", "another cloud", "no region"],
    )
    def test_documented_endpoint_names_its_region(self, endpoint: str, name: str | None) -> None:
        """The project of a region has the region's name."""
        assert load({"endpoint": endpoint}).project_name == name

    def test_no_endpoint_says_what_to_give(self) -> None:
        """Who has no account is told of the simulator."""
        with pytest.raises(SettingsError, match=r"^no endpoint: give --region .* --simulate$"):
            assert load({}).origin


class TestIamEndpoint:
    @pytest.mark.parametrize(
        ("options", "origin"),
        [
            ({"region": "cn-north-4"}, "https://iam.cn-north-4.myhuaweicloud.com"),
            (
                {"endpoint": "https://roma.ap-southeast-3.myhuaweicloud.com"},
                "https://iam.ap-southeast-3.myhuaweicloud.com",
            ),
            (
                {"region": "cn-north-4", "iam_endpoint": "https://iam.example/"},
                "https://iam.example",
            ),
            (
                {"endpoint": "https://roma.example", "iam_endpoint": "https://iam.example"},
                "https://iam.example",
            ),
        ],
        ids=["of the region", "of the endpoint", "as told", "as told elsewhere"],
    )
    def test_passwords_go_to_iam_only(self, options: dict[str, Any], origin: str) -> None:
        """What is told goes before the region's own."""
        assert load(options).iam_origin == origin

    @pytest.mark.parametrize("more", [{}, {"region": "cn-north-4"}], ids=["alone", "and region"])
    def test_passwords_go_to_no_other_cloud(self, more: dict[str, Any]) -> None:
        """Whose endpoint is not the vendor's own has an IAM of his own, and names it."""
        settings = load({"endpoint": "https://roma.example"} | more)

        with pytest.raises(SettingsError, match=r"^give --iam-endpoint too: .*roma\.example"):
            assert settings.iam_origin


class TestProxy:
    @pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "http://10.0.0.7:8080"])
    def test_http_proxy_is_accepted(self, proxy: str) -> None:
        """A proxy is used when it is given, and only then."""
        assert load({"proxy": proxy}).proxy == proxy

    @pytest.mark.parametrize(
        "proxy",
        [
            "", "proxy.example:3128", "https://proxy.example", "http://", "http://proxy/path",
            "http://me:hunter2@proxy", "http://me@proxy", "http://me:x/hunter2@proxy",
            "http://me:x/hunter2@y/@proxy", "http://proxy?hunter2@x",
        ],
    )  # fmt: skip
    def test_anything_else_is_refused(self, proxy: str) -> None:
        """Its password has a place of its own and is not repeated."""
        message = message_of(proxy=proxy)

        assert message.startswith("--proxy: ")
        assert "give the origin of an HTTP proxy" in message
        assert "hunter2" not in message


class TestRows:
    def test_list_is_kept_as_typed(self) -> None:
        """A list that is understood is the setting."""
        assert load({"rows": "5-20,31"}).rows == "5-20,31"

    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            pytest.param("31", {31}, id="one"),
            pytest.param("5-7", {5, 6, 7}, id="range"),
            pytest.param("5-5", {5}, id="range of one"),
            pytest.param(" 31 , 5 - 7 ", {5, 6, 7, 31}, id="spaces"),
            pytest.param("9,5-7,6-8,7,5", {5, 6, 7, 8, 9}, id="overlaps in any order"),
            pytest.param("2-9,3", {2, 3, 4, 5, 6, 7, 8, 9}, id="one inside another"),
        ],
    )
    def test_numbers_and_ranges_are_listed(self, text: str, numbers: set[int]) -> None:
        """Exactly the listed rows are meant."""
        rows = parse_rows(text)

        assert rows is not None
        assert {number for number in range(-1, 100) if number in rows} == numbers

    @pytest.mark.parametrize("text", ["", "  "], ids=["empty", "blank"])
    def test_nothing_means_all(self, text: str) -> None:
        """Without a list every row is meant."""
        assert parse_rows(text) is None

    @pytest.mark.parametrize(
        "text", ["7-5", "5-", "-5", "5,", ",", "a", "5 6", "1e3", "123456789", "5--7", "0x1"]
    )
    def test_other_text_is_refused(self, text: str) -> None:
        """A list that is not understood selects nothing by accident."""
        with pytest.raises(ValueError, match="give row numbers and ranges, such as 5-20,31"):
            parse_rows(text)

    def test_a_vast_range_costs_nothing(self) -> None:
        """Up to the end of the file may be written as a large number."""
        rows = parse_rows("5-99999999")

        assert rows is not None
        assert [number in rows for number in (4, 5, 99_999_999, 100_000_000)] == [
            False,
            True,
            True,
            False,
        ]

    def test_only_numbers_are_rows(self) -> None:
        """A text is no row number."""
        rows = parse_rows("5")

        assert rows is not None
        assert "5" not in rows

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), min_size=1))
    def test_every_list_means_what_it_says(self, ranges: list[list[int]]) -> None:
        """However ranges overlap, a row is meant if one of them holds it."""
        rows = parse_rows(",".join(f"{first}-{last}" for first, last in ranges))

        assert rows is not None
        for number in range(62):
            assert (number in rows) == any(first <= number <= last for first, last in ranges)


class TestTargetDefaults:
    @pytest.mark.parametrize(
        ("options", "defaults"),
        [
            ({}, {"project_id": "", "instance_id": ""}),
            ({"project_id": "p", "instance_id": "i"}, {"project_id": "p", "instance_id": "i"}),
        ],
        ids=["not given", "given"],
    )
    def test_ids_are_texts(self, options: dict[str, Any], defaults: dict[str, str]) -> None:
        """What is not given is empty."""
        assert Settings(**options).target_defaults == defaults
