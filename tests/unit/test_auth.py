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
from batchcreate.errors import SettingsError
from batchcreate.secret import Secret

CANARY: Final = "MIIDkgYJKoZIhvcNAQcC+/=-canary"
SENT: Final = {"X-Auth-Token": CANARY}
NOWHERE: Final = (
    "no credentials: set BATCHCREATE_TOKEN or give --token-file FILE; or set "
    "BATCHCREATE_IAM_USER, BATCHCREATE_IAM_PASSWORD, BATCHCREATE_IAM_DOMAIN; or set "
    "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (or try the tool without an account: --simulate)"
)
TWICE: Final = "several credentials: BATCHCREATE_TOKEN and --token-file {}; keep one of them"
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
