"""Settings groups: endpoints, IAM, proxy, target, and checks on construction."""

from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from batchcreate.errors import SettingsError
from batchcreate.settings import (
    EndpointSettings,
    RateSettings,
    SelectionSettings,
    Settings,
    TargetSettings,
    load,
)

ACCEPTED: Final = {
    "rate": "give 0.01 to 1,000,000 requests per second",
    "origin": "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com",
    "origin only": "give the origin only, without a path, a query or a user name",
    "https": "http is allowed for loopback addresses only; use https",
    "region": "give the name of a region, such as cn-north-4",
    "id": "give 1 to 64 letters, digits, - or _",
    "rows": "give row numbers and ranges, such as 5-20,31",
}

OPTIONS_COUNT: Final = 37
SHOWN: Final = {
    "endpoint": "https://roma.example",
    "token_file": "t",
    "limit": 7,
    "rate": 10.0,
    "max_wait": 600.0,
    "settle": 60.0,
    "reconcile": True,
    "set": [],
    "where": [],
    "sheet": [],
    "json_summary": False,
    "yes": False,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message_of(**options: object) -> str:
    """Return the error for *options* and the other sources."""
    with pytest.raises(SettingsError) as caught:
        load(options)
    return str(caught.value)


class TestEndpoint:
    @pytest.mark.parametrize(
        ("given", "origin"),
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
    def test_origin_is_accepted(self, given: str, origin: str) -> None:
        """Https is allowed for all hosts, http for loopback only; case and a final slash are ignored."""
        assert load({"endpoint": given}).endpoint.origin == origin

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
        """A token is sent encrypted only, and to an address without further parts."""
        assert message_of(endpoint=endpoint).endswith(f"; {accepted}")

    @pytest.mark.parametrize("region", ["cn-north-4", "eu-west-101", "ap-southeast-1", "na-x"])
    def test_region_determines_the_host(self, region: str) -> None:
        """The host follows the documented pattern."""
        assert (
            load({"region": region}).endpoint.origin == f"https://roma.{region}.myhuaweicloud.com"
        )

    @pytest.mark.parametrize(
        "region",
        ["", "cn", "cn_north", "cn-", "c-north", "cn-north-4/", "cn.evil-x", "cn-north\n"],
    )
    def test_malformed_region_is_refused(self, region: str) -> None:
        """A region must not change the host in another way."""
        assert message_of(region=region).endswith(ACCEPTED["region"])

    def test_endpoint_precedes_region(self) -> None:
        """With another endpoint, the region determines only the project."""
        settings = load({"endpoint": "https://roma.example", "region": "cn-north-4"})

        assert (settings.endpoint.origin, settings.endpoint.project_name) == (
            "https://roma.example",
            "cn-north-4",
        )

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
    def test_documented_endpoint_determines_its_project(
        self, endpoint: str, name: str | None
    ) -> None:
        """The project of a region has the name of the region."""
        assert load({"endpoint": endpoint}).endpoint.project_name == name

    def test_missing_endpoint_is_reported(self) -> None:
        """The message also mentions the simulator, which needs no account."""
        with pytest.raises(SettingsError, match=r"^no endpoint: give --region .* --simulate$"):
            assert load({}).endpoint.origin


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
        ids=["of the region", "of the endpoint", "given", "given for another cloud"],
    )
    def test_is_given_or_that_of_the_region(self, options: dict[str, Any], origin: str) -> None:
        """A given IAM endpoint precedes that of the region."""
        assert load(options).endpoint.iam_origin == origin

    @pytest.mark.parametrize("more", [{}, {"region": "cn-north-4"}], ids=["alone", "and region"])
    def test_must_be_given_for_another_cloud(self, more: dict[str, Any]) -> None:
        """A password is not sent to a cloud that it does not belong to."""
        settings = load({"endpoint": "https://roma.example"} | more)

        with pytest.raises(SettingsError, match=r"^also give --iam-endpoint: .*roma\.example"):
            assert settings.endpoint.iam_origin


class TestProxy:
    @pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "http://10.0.0.7:8080"])
    def test_http_proxy_is_accepted(self, proxy: str) -> None:
        """The proxy is used as given."""
        assert load({"proxy": proxy}).endpoint.proxy_url == proxy

    @pytest.mark.parametrize(
        "proxy",
        [
            "", "proxy.example:3128", "https://proxy.example", "http://", "http://proxy/path",
            "http://me:hunter2@proxy", "http://me@proxy", "http://me:x/hunter2@proxy",
            "http://me:x/hunter2@y/@proxy", "http://proxy?hunter2@x",
        ],
    )  # fmt: skip
    def test_anything_else_is_refused(self, proxy: str) -> None:
        """User and password come from variables; the message does not contain them."""
        message = message_of(proxy=proxy)

        assert message.startswith("invalid value for --proxy (from --proxy): ")
        assert "give the origin of an HTTP proxy" in message
        assert "hunter2" not in message


class TestTargetDefaults:
    @pytest.mark.parametrize(
        ("target", "defaults"),
        [
            (TargetSettings(), {"project_id": "", "instance_id": ""}),
            (
                TargetSettings(project_id="p", instance_id="i"),
                {"project_id": "p", "instance_id": "i"},
            ),
        ],
        ids=["not given", "given"],
    )
    def test_ids_are_texts(self, target: TargetSettings, defaults: dict[str, str]) -> None:
        """An id that is not given is empty."""
        assert target.defaults == defaults


class TestGroups:
    def test_are_checked_on_construction(self) -> None:
        """A group can also be constructed without the other sources."""
        with pytest.raises(ValidationError, match=r"greater than or equal to 0\.01"):
            RateSettings(rate_per_s=0)

    def test_are_frozen(self) -> None:
        """The settings of a run do not change."""
        settings = load({})

        with pytest.raises(ValidationError, match="frozen"):
            settings.rate.rate_per_s = 5
        with pytest.raises(ValidationError, match="frozen"):
            settings.rate = RateSettings()

    def test_are_listed_by_option_name(self) -> None:
        """The values are JSON values, in the log and for -v."""
        settings = Settings(
            endpoint=EndpointSettings(url="https://roma.example", token_file=Path("t")),
            selection=SelectionSettings(limit_rows=7),
        )

        values = settings.as_dict()

        assert len(values) == OPTIONS_COUNT
        assert {name: values[name] for name in SHOWN} == SHOWN

    def test_selection_contains_row_numbers(self) -> None:
        """The text is kept as entered; without one, all rows are selected."""
        selection = SelectionSettings(rows="5-7,31")

        numbers = selection.row_numbers

        assert selection.rows == "5-7,31"
        assert numbers is not None
        assert [number in numbers for number in (4, 5, 7, 8, 31)] == [
            False,
            True,
            True,
            False,
            True,
        ]
        assert SelectionSettings().row_numbers is None
