"""What is told of credentials that are not quite right, and what they put on a request."""

import asyncio
import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.auth import PROMPT, GivenKey, GivenToken, GivenUser, SignedKey, Token, find_way
from batchcreate.errors import SettingsError
from batchcreate.models import Reply
from batchcreate.secret import MASKED_CHARS_MIN, Secret, mask
from batchcreate.signing import AccessKey
from batchcreate.transport import Network, masked

CANARY: Final = "canary/+=8d1f"
NAMED: Final = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
USER: Final = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": CANARY,
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {"HUAWEICLOUD_SDK_AK": "AK7", "HUAWEICLOUD_SDK_SK": CANARY}
TOKEN: Final = {"BATCHCREATE_TOKEN": CANARY}
BY_GIVEN: Final = "BATCHCREATE_TOKEN (to leave it out: unset BATCHCREATE_TOKEN)"
BY_USER: Final = (
    "BATCHCREATE_IAM_USER (to leave it out: unset BATCHCREATE_IAM_USER, "
    "BATCHCREATE_IAM_PASSWORD, BATCHCREATE_IAM_DOMAIN)"
)
BY_KEY: Final = (
    "HUAWEICLOUD_SDK_AK (to leave it out: unset HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, "
    "HUAWEICLOUD_SDK_SECURITY_TOKEN)"
)
NOW: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def refusal(environment: dict[str, str], token_file: Path | None = None) -> str:
    """Return what is said of *environment*; nothing hides behind it and no secret is in it."""
    with pytest.raises(SettingsError) as caught:
        find_way(environment, token_file)
    assert CANARY not in f"{caught.value!r} {caught.value.__context__!r}"
    return str(caught.value)


def write_profile(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestExactlyOne:
    @pytest.mark.parametrize(
        ("environment", "kind"),
        [(TOKEN, GivenToken), (USER, GivenUser), (KEY, GivenKey)],
        ids=["token", "IAM user", "key"],
    )
    def test_way_is_found(self, environment: dict[str, str], kind: type) -> None:
        """Each of the three ways is enough, and comes from no file here."""
        way = find_way(environment, None)

        assert isinstance(way, kind)
        assert way.file is None

    @pytest.mark.parametrize(
        ("environment", "sources"),
        [
            (TOKEN | USER, [BY_GIVEN, BY_USER]),
            (TOKEN | KEY, [BY_GIVEN, BY_KEY]),
            (USER | KEY, [BY_USER, BY_KEY]),
            (TOKEN | USER | KEY, [BY_GIVEN, BY_USER, BY_KEY]),
        ],
        ids=["token and user", "token and key", "user and key", "all"],
    )
    def test_several_are_all_named(self, environment: dict[str, str], sources: list[str]) -> None:
        """Nobody has to guess which of them was used, nor how to get rid of one."""
        assert refusal(environment) == (
            f"several credentials: {' and '.join(sources)}; keep one of them"
        )

    def test_profile_counts_as_one(self, tmp_path: Path) -> None:
        """A key that lies at home is named with its file."""
        path = write_profile(tmp_path / ".huaweicloud" / "credentials", "[basic]\nak=a\nsk=b\n")

        assert refusal(TOKEN | {"HOME": str(tmp_path)}) == (
            f"several credentials: {BY_GIVEN} and {path} (to leave it out: set "
            "HUAWEICLOUD_SDK_CREDENTIALS_FILE to an empty text); keep one of them"
        )

    def test_profile_can_be_passed_over(self, tmp_path: Path) -> None:
        """A variable that names no file says that there is none."""
        write_profile(tmp_path / ".huaweicloud" / "credentials", "[basic]\nak=a\nsk=b\n")

        way = find_way(TOKEN | {"HOME": str(tmp_path), NAMED: ""}, None)

        assert way.source == "BATCHCREATE_TOKEN"

    def test_typed_token_has_no_variable(self) -> None:
        """It is named by what asked for it."""
        assert find_way({PROMPT: " abc\n"}, None).source == "the prompt"

    def test_files_are_remembered(self, tmp_path: Path) -> None:
        """Whoever may read them can be looked at later."""
        token = write_profile(tmp_path / "token.txt", "abc\n")
        profile = write_profile(tmp_path / "profile", b"\xef\xbb\xbf[basic]\nak=a\nsk=b\n")

        assert find_way({}, token).file == token
        assert find_way({NAMED: str(profile)}, None).file == profile


class TestNearlyRight:
    def test_lone_security_token_lacks_its_key(self) -> None:
        """Half of what a temporary key needs is not nothing."""
        assert refusal({"HUAWEICLOUD_SDK_SECURITY_TOKEN": CANARY}) == (
            "incomplete credentials: HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK missing"
        )

    @pytest.mark.parametrize("name", [*KEY, "HUAWEICLOUD_SDK_SECURITY_TOKEN"])
    @pytest.mark.parametrize(
        "text", ["a b", "a\nb", "ä", "a\udcff"], ids=["space", "line", "letter", "no UTF-8"]
    )
    def test_malformed_part_of_a_key_is_named(self, name: str, text: str) -> None:
        """Each variable speaks for itself; what cannot be signed or sent is refused early."""
        assert refusal(KEY | {name: text}) == (
            f"{name}: holds a space, a line break or a special character; a key has none"
        )

    def test_malformed_part_of_a_profile_is_named(self, tmp_path: Path) -> None:
        """The line's name and the file stand in the message."""
        path = write_profile(tmp_path / "profile", f"[basic]\nak = a b\nsk = {CANARY}\n")

        assert refusal({NAMED: str(path)}).startswith(f"ak in {path}: holds a space")

    def test_missing_profile_that_was_named_is_told(self, tmp_path: Path) -> None:
        """A typing error in the path is no missing credential."""
        path = tmp_path / "nope"

        assert refusal({NAMED: str(path)}) == (
            f"{NAMED} {path}: cannot be read: No such file or directory"
        )

    @pytest.mark.parametrize("content", ["", "[global]\nak = a\nsk = b\n", "[basic]\n"])
    def test_named_profile_without_a_key_is_told(self, content: str, tmp_path: Path) -> None:
        """Who points at a file means it."""
        path = write_profile(tmp_path / "profile", content)

        assert refusal({NAMED: str(path)}) == (
            f"{NAMED} {path}: holds no ak and sk in a section [basic]"
        )

    def test_named_profile_of_another_kind_is_told(self, tmp_path: Path) -> None:
        """No line of it comes along."""
        path = write_profile(tmp_path / "profile", CANARY)

        assert refusal({NAMED: str(path)}) == (
            f"{NAMED} {path}: not a credentials file (INI with a section [basic])"
        )

    def test_huge_profile_is_not_read(self, tmp_path: Path) -> None:
        """A wrong path does not fill the memory."""
        path = write_profile(tmp_path / "profile", b"x" * 1_048_577)

        assert refusal({NAMED: str(path)}) == (
            f"{NAMED} {path}: holds more than 1048576 bytes; a credentials file is shorter"
        )


class TestUnchanging:
    def test_token_is_one_header(self) -> None:
        """It cannot be renewed, and its name holds no secret."""
        token = Token(Secret(CANARY), name="the token from here")

        assert token.headers("GET", "https://roma.example/", b"") == {"X-Auth-Token": CANARY}
        assert [secret.reveal() for secret in token.secrets] == [CANARY]
        assert asyncio.run(renewed(token)) is False

    @pytest.mark.parametrize(
        ("security_token", "secrets"),
        [(None, ["AK7", CANARY]), (Secret("st"), ["AK7", CANARY, "st"])],
        ids=["permanent", "temporary"],
    )
    def test_key_signs_every_request(
        self, security_token: Secret | None, secrets: list[str]
    ) -> None:
        """The project of the path is signed along; a refused key is never tried again."""
        access = AccessKey(ak=Secret("AK7"), sk=Secret(CANARY), security_token=security_token)
        key = SignedKey(access, name="the key", now=lambda: NOW)

        headers = key.headers("POST", "https://roma.example/v2/p1/fdi/instances", b"{}")

        assert headers["X-Project-Id"] == "p1"
        assert headers["X-Sdk-Date"] == "20250102T030405Z"
        assert headers.get("X-Security-Token") == (secrets[2] if security_token else None)
        assert headers["Authorization"].startswith("SDK-HMAC-SHA256 Access=AK7, SignedHeaders=")
        assert [secret.reveal() for secret in key.secrets] == secrets
        assert asyncio.run(renewed(key)) is False

    @pytest.mark.parametrize("path", ["", "/", "/v3/projects", "/v2"])
    def test_other_paths_name_no_project(self, path: str) -> None:
        """IAM is asked about projects without one."""
        access = AccessKey(ak=Secret("AK7"), sk=Secret(CANARY))
        key = SignedKey(access, name="the key", now=lambda: NOW)

        assert "X-Project-Id" not in key.headers("GET", f"https://iam.example{path}", b"")


async def renewed(credential: Token | SignedKey) -> bool:
    await credential.ready()
    return await credential.renew("p1", 0.0)


class TestMask:
    @given(st.text(min_size=MASKED_CHARS_MIN))
    def test_hides_a_secret_in_every_spelling(self, text: str) -> None:
        """As it is, in JSON, and in a URL."""
        forms = [
            text.encode(),
            json.dumps(text)[1:-1].encode(),
            json.dumps(text).replace("/", "\\/")[1:-1].encode(),
            quote(text, safe="").encode(),
        ]

        shown = [mask(b"<" + form + b">", [Secret(text)]) for form in forms]

        assert [form in text_shown for form, text_shown in zip(forms, shown, strict=True)] == [
            False
        ] * 4

    def test_leaves_everything_else(self) -> None:
        """An answer without secrets is what it was, byte by byte."""
        content = bytes(range(256))

        assert mask(content, [Secret(CANARY), Secret("short")]) == content

    def test_leaves_short_words(self) -> None:
        """A secret of a few letters would hide half of every message."""
        assert mask(b"HTTP 401", [Secret("401")]) == b"HTTP 401"

    @pytest.mark.parametrize(
        ("status", "shown"), [(200, CANARY), (204, CANARY), (307, "***"), (401, "***")]
    )
    def test_concerns_what_people_will_read(self, status: int, shown: str) -> None:
        """A success is data and is left alone; the words of a refusal are cleaned."""
        reply = Reply(
            status=status,
            headers={"Location": f"https://x.example/{CANARY}"},
            body=f"sent {CANARY}".encode(),
        )

        cleaned = masked(reply, [Secret(CANARY)])

        assert cleaned.body == f"sent {shown}".encode()
        assert {name.lower(): value for name, value in cleaned.headers.items()} == {
            "location": f"https://x.example/{shown}"
        }

    def test_knows_how_a_proxy_password_travels(self) -> None:
        """Basic authentication is an encoding, no protection."""
        network = Network(proxy_user="me", proxy_password=Secret("päss"))

        plain, pair = (secret.reveal() for secret in network.secrets)

        assert plain == "päss"
        assert b64decode(pair) == "me:päss".encode("latin-1")
        assert Network().secrets == ()
