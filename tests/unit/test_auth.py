"""A token is found in one place, is fit for a header, and shows itself to nobody."""

import copy
import io
import json
import os
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from batchcreate.auth import GivenToken, Token, find_way, is_readable_by_others
from batchcreate.auth.ways import Given, GivenKey, GivenUser
from batchcreate.errors import SettingsError
from batchcreate.secret import Secret

CANARY: Final = "MIIDkgYJKoZIhvcNAQcC+/=-canary"
SENT: Final = {"X-Auth-Token": CANARY}
NOWHERE: Final = (
    "no credentials: set BATCHCREATE_TOKEN or give --token-file FILE; or set "
    "BATCHCREATE_IAM_USER, BATCHCREATE_IAM_PASSWORD, BATCHCREATE_IAM_DOMAIN; or set "
    "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (or try the tool without an account: --simulate)"
)
TWICE: Final = (
    "several credentials: BATCHCREATE_TOKEN (to leave it out: unset BATCHCREATE_TOKEN) and "
    "--token-file {} (to leave it out: give no --token-file); keep one of them"
)
LEFT_OUT: Final = "(to leave the file out: set HUAWEICLOUD_SDK_CREDENTIALS_FILE to an empty text)"
STRANGE: Final = "holds a space, a line break or a special character; a token has none"


def find_token(environment: dict[str, str], token_file: Path | None) -> Token:
    found = find_way(environment, token_file)
    assert isinstance(found, GivenToken)
    return Token(found.token)


def headers_of(token: Token) -> dict[str, str]:
    return dict(token.headers("POST", "https://roma.example/v2", b"{}"))


def refusal(environment: dict[str, str], token_file: Path | None) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        find_token(environment, token_file)
    return caught.value


def everything_of(error: BaseException) -> str:
    """Return all that a report of *error* could show, local variables included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    links = [error, error.__cause__, error.__context__]
    return "\n".join([*shown.format(), *(f"{link!r} {vars(link)}" for link in links if link)])


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token.txt"
    path.touch(mode=0o600)
    return path


class TestFindToken:
    @pytest.mark.parametrize(
        "text", [CANARY, f" \t{CANARY}\r\n"], ids=["plain", "with white space around it"]
    )
    def test_environment_holds_it(self, text: str) -> None:
        """The variable is enough."""
        assert headers_of(find_token({"BATCHCREATE_TOKEN": text}, None)) == SENT

    @pytest.mark.parametrize(
        "content",
        [CANARY.encode(), f"\n{CANARY}\r\n".encode()],
        ids=["plain", "with line breaks around it"],
    )
    def test_file_holds_it(self, content: bytes, token_file: Path) -> None:
        """What an editor adds at the end of a file is no part of the token."""
        token_file.write_bytes(content)

        assert headers_of(find_token({}, token_file)) == SENT

    def test_empty_variable_leaves_it_to_the_file(self, token_file: Path) -> None:
        """A variable set to nothing is not set."""
        token_file.write_text(CANARY, encoding="ascii")

        assert headers_of(find_token({"BATCHCREATE_TOKEN": " "}, token_file)) == SENT

    @pytest.mark.parametrize(
        "environment",
        [{}, {"BATCHCREATE_TOKEN": ""}, {"BATCHCREATE_TOKEN": " \n"}, {"TOKEN": CANARY}],
        ids=["not set", "empty", "blank", "another name"],
    )
    def test_without_any_it_says_where_to_put_one(self, environment: dict[str, str]) -> None:
        """Who has no account is told of the simulator."""
        assert str(refusal(environment, None)) == NOWHERE

    def test_two_are_one_too_many(self, token_file: Path) -> None:
        """Nobody has to guess which of two tokens was used."""
        token_file.write_text(CANARY, encoding="ascii")

        assert str(refusal({"BATCHCREATE_TOKEN": CANARY}, token_file)) == TWICE.format(token_file)

    @pytest.mark.parametrize(
        "text",
        [
            f"{CANARY} x",
            f"{CANARY}\r\nX-Evil: 1",
            f"{CANARY}\x00",
            f"{CANARY}\u00e4",
            "\x7f" + CANARY,
        ],
        ids=["space", "line break", "zero byte", "letter beyond ASCII", "control"],
    )
    def test_strange_characters_in_the_environment_are_refused(self, text: str) -> None:
        """What cannot be one header is not sent."""
        error = refusal({"BATCHCREATE_TOKEN": text}, None)

        assert str(error) == f"BATCHCREATE_TOKEN: {STRANGE}"
        assert error.__cause__ is None
        assert error.__context__ is None

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            pytest.param(b"", "{}: is empty; it should hold the token", id="empty"),
            pytest.param(b" \r\n", "{}: is empty; it should hold the token", id="blank"),
            pytest.param(CANARY.encode() + b" x", "{}: " + STRANGE, id="space"),
            pytest.param(CANARY.encode() + b"\nx", "{}: " + STRANGE, id="two lines"),
            pytest.param(CANARY.encode() + b"\x00", "{}: " + STRANGE, id="zero byte"),
            pytest.param(
                CANARY.encode() + b"\xe4",
                "--token-file {}: holds no token (a token is plain ASCII text)",
                id="not ASCII",
            ),
            pytest.param(
                b"\xef\xbb\xbf" + CANARY.encode(),
                "--token-file {}: holds no token (a token is plain ASCII text)",
                id="byte order mark",
            ),
            pytest.param(
                CANARY.encode("utf-16"),
                "--token-file {}: holds no token (a token is plain ASCII text)",
                id="UTF-16",
            ),
            pytest.param(
                b"x" * 65_537,
                "--token-file {}: holds more than 65536 bytes; a token is shorter",
                id="too long",
            ),
        ],
    )
    def test_file_without_a_token_is_refused(
        self, content: bytes, words: str, token_file: Path
    ) -> None:
        """The file is named, what is in it is not shown, and no cause drags it along."""
        token_file.write_bytes(content)

        error = refusal({}, token_file)

        assert str(error) == words.format(token_file)
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_longest_file_is_read_to_its_end(self, token_file: Path) -> None:
        """A token is never cut."""
        token_file.write_bytes(b"x" * 65_536)

        assert headers_of(find_token({}, token_file)) == {"X-Auth-Token": "x" * 65_536}

    def test_missing_file_is_named(self, tmp_path: Path) -> None:
        """The option, the path and the reason stand in one line."""
        path = tmp_path / "missing"

        assert str(refusal({}, path)) == (
            f"--token-file {path}: cannot be read: No such file or directory"
        )

    def test_folder_is_no_token_file(self, tmp_path: Path) -> None:
        """A path to something else ends in one line, too."""
        assert str(refusal({}, tmp_path)) == (
            f"--token-file {tmp_path}: cannot be read: Is a directory"
        )


USER: Final = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": f" {CANARY} ",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {"HUAWEICLOUD_SDK_AK": "AK7", "HUAWEICLOUD_SDK_SK": CANARY}


def revealed(way: Given) -> tuple[str, ...]:
    """Return the texts of *way*, its secrets among them."""
    match way:
        case GivenUser(name=name, password=password, domain=domain):
            return name, password.reveal(), domain
        case GivenKey(ak=ak, sk=sk, security_token=token):
            return ak.reveal(), sk.reveal(), token.reveal() if token is not None else ""
        case GivenToken(token=token):
            return (token.reveal(),)


class TestUser:
    def test_environment_holds_it(self) -> None:
        """A password is taken to the letter, blanks included, and shown to nobody."""
        way = find_way(USER, None)

        assert isinstance(way, GivenUser)
        assert revealed(way) == ("jane", f" {CANARY} ", "acme")
        assert CANARY not in repr(way)
        assert way.source == "BATCHCREATE_IAM_USER"

    @pytest.mark.parametrize("name", USER)
    def test_missing_part_is_named(self, name: str) -> None:
        """Two of three variables are told which one is missing."""
        environment = USER | {name: ""}

        assert str(refusal(environment, None)) == f"incomplete credentials: {name} missing"

    def test_missing_parts_are_named(self) -> None:
        """So are two of them."""
        assert str(refusal({"BATCHCREATE_IAM_USER": "jane"}, None)) == (
            "incomplete credentials: BATCHCREATE_IAM_PASSWORD and BATCHCREATE_IAM_DOMAIN missing"
        )


class TestKey:
    @pytest.fixture
    def profile(self, tmp_path: Path) -> Path:
        path = tmp_path / ".huaweicloud" / "credentials"
        path.parent.mkdir()
        path.touch(mode=0o600)
        return path

    @pytest.mark.parametrize(
        ("more", "token"),
        [({}, ""), ({"HUAWEICLOUD_SDK_SECURITY_TOKEN": " st "}, "st")],
        ids=["permanent", "temporary"],
    )
    def test_environment_holds_it(self, more: dict[str, str], token: str) -> None:
        """The vendor's own variables are understood."""
        way = find_way(KEY | more, None)

        assert revealed(way) == ("AK7", CANARY, token)
        assert CANARY not in repr(way)
        assert way.source == "HUAWEICLOUD_SDK_AK"

    @pytest.mark.parametrize("name", KEY)
    def test_missing_half_is_named(self, name: str) -> None:
        """A key without its secret, or a secret without its key, is told so."""
        assert str(refusal(KEY | {name: " "}, None)) == f"incomplete credentials: {name} missing"

    def test_strange_characters_are_refused(self) -> None:
        """What cannot stand in a header is not signed with."""
        error = refusal(KEY | {"HUAWEICLOUD_SDK_AK": "A K"}, None)

        assert str(error) == f"HUAWEICLOUD_SDK_AK: {STRANGE.replace('token', 'key')}"

    @pytest.mark.parametrize("is_named", [True, False], ids=["named", "at home"])
    def test_profile_of_the_vendor_holds_it(
        self, *, is_named: bool, profile: Path, tmp_path: Path
    ) -> None:
        """The file is found where the vendor's tools keep it, or where a variable points."""
        profile.write_text(
            f"[global]\nak = no\n[basic]\nak = AK7\nsk = {CANARY}\nsecurity_token = s%t\n",
            encoding="utf-8",
        )
        named = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(profile)}

        way = find_way(named if is_named else {"HOME": str(tmp_path)}, None)

        assert revealed(way) == ("AK7", CANARY, "s%t")
        assert way.source == str(profile)

    def test_environment_goes_before_the_profile(self, profile: Path, tmp_path: Path) -> None:
        """Two places of one key are no contradiction."""
        profile.write_text("[basic]\nak = other\nsk = other\n", encoding="utf-8")

        way = find_way(KEY | {"HOME": str(tmp_path)}, None)

        assert revealed(way) == ("AK7", CANARY, "")

    @pytest.mark.parametrize(
        "content",
        ["", "[global]\nak = x\n", "[basic]\n", "[basic]\nak =\nsk =\n"],
        ids=["empty", "other section", "no key", "empty key"],
    )
    def test_profile_without_a_key_is_as_good_as_none(
        self, content: str, profile: Path, tmp_path: Path
    ) -> None:
        """Other credentials, or none, may be what is meant."""
        profile.write_text(content, encoding="utf-8")

        assert str(refusal({"HOME": str(tmp_path)}, None)) == NOWHERE

    def test_missing_profile_is_as_good_as_none(self, tmp_path: Path) -> None:
        """Most people have no such file."""
        assert str(refusal({"HOME": str(tmp_path)}, None)) == NOWHERE

    def test_half_a_profile_is_named(self, profile: Path, tmp_path: Path) -> None:
        """The file and the missing half stand in the message."""
        profile.write_text("[basic]\nak = AK7\n", encoding="utf-8")

        assert str(refusal({"HOME": str(tmp_path)}, None)) == (
            f"incomplete credentials: sk in {profile} missing {LEFT_OUT}"
        )

    @pytest.mark.parametrize(
        "content",
        [
            CANARY.encode(),
            b"[basic]\nsk " + CANARY[:20].encode(),
            b"[basic]\nsk=" + CANARY.encode() + b"\xff",
        ],
        ids=["no section", "no equals sign", "not UTF-8"],
    )
    def test_broken_profile_is_named_and_not_shown(
        self, content: bytes, profile: Path, tmp_path: Path
    ) -> None:
        """No line of the file comes along with the message."""
        profile.write_bytes(content)

        error = refusal({"HOME": str(tmp_path)}, None)

        assert str(error) == (
            f"{profile}: not a credentials file (INI with a section [basic]) {LEFT_OUT}"
        )
        assert error.__cause__ is None
        assert CANARY[:20] not in repr(error.__context__)
        assert error.__context__ is not None
        assert error.__context__.__context__ is None


class TestSecret:
    def test_reveals_itself_when_asked(self) -> None:
        """The one place that sends it gets it."""
        assert Secret(CANARY).reveal() == CANARY

    def test_is_three_stars_to_everybody_else(self) -> None:
        """Neither text nor formatting nor a container shows it."""
        secret = Secret(CANARY)

        @dataclass
        class Holder:
            secret: Secret

        shown = [
            str(secret),
            repr(secret),
            f"{secret}",
            f"{secret!r}",
            format(secret),
        ]
        assert shown == ["***"] * 5
        assert repr([secret]) == "[***]"
        assert repr(Holder(secret)).endswith("Holder(secret=***)")

    @pytest.mark.parametrize(
        "act",
        [
            pickle.dumps,
            copy.copy,
            copy.deepcopy,
            json.dumps,
            vars,
            iter,
            bytes,
            lambda secret: f"{secret:>40}",
            lambda secret: "x" + secret,
            lambda secret: io.StringIO().write(secret),
        ],
        ids=[
            "pickle",
            "copy",
            "deep copy",
            "JSON",
            "vars",
            "iter",
            "bytes",
            "pad",
            "add",
            "write",
        ],
    )
    def test_is_no_text_and_cannot_be_copied(self, act: Callable[[Any], object]) -> None:
        """Whoever takes it for a text gets an error that does not show it."""
        with pytest.raises(TypeError) as caught:
            act(Secret(CANARY))

        assert CANARY not in str(caught.value)

    def test_is_not_in_a_traceback(self) -> None:
        """A traceback with local variables shows stars where the secret is."""

        def fail(token: Token, secret: Secret) -> None:
            msg = f"{token} {secret}"
            raise RuntimeError(msg)

        secret = Secret(CANARY)
        with pytest.raises(RuntimeError) as caught:
            fail(Token(secret), secret)

        assert CANARY not in everything_of(caught.value)

    def test_is_not_in_what_holds_it(self) -> None:
        """Neither the token nor its attributes show it."""
        token = find_token({"BATCHCREATE_TOKEN": CANARY}, None)

        assert CANARY not in f"{token} {token!r} {vars(token)}"


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind exist on POSIX only")
class TestPermissions:
    @pytest.mark.parametrize("mode", [0o600, 0o400, 0o700], ids=oct)
    def test_owner_alone_is_fine(self, mode: int, token_file: Path) -> None:
        """Files of one's own are nobody else's business."""
        token_file.chmod(mode)

        assert not is_readable_by_others(token_file)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o777], ids=oct)
    def test_anybody_else_is_noticed(self, mode: int, token_file: Path) -> None:
        """Any right of group or others counts."""
        token_file.chmod(mode)

        assert is_readable_by_others(token_file)
