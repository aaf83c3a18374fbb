"""Discovery of the configured credential: sources, conflicts and malformed values."""

import os
from pathlib import Path
from typing import Final

import pytest

from batchcreate.auth import (
    PROMPT,
    ConfiguredCredential,
    ConfiguredKey,
    ConfiguredToken,
    ConfiguredUser,
    find_credential,
    permission_warning,
)
from batchcreate.errors import SettingsError

CANARY: Final = "MIIDkgYJKoZIhvcNAQcC+/=-canary"
CREDENTIALS_FILE: Final = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
TOKEN: Final = {"BATCHCREATE_TOKEN": CANARY}
USER: Final = {
    "BATCHCREATE_IAM_USER": "jane",
    "BATCHCREATE_IAM_PASSWORD": f" {CANARY} ",
    "BATCHCREATE_IAM_DOMAIN": "acme",
}
KEY: Final = {"HUAWEICLOUD_SDK_AK": "AK7", "HUAWEICLOUD_SDK_SK": CANARY}
NONE_CONFIGURED: Final = (
    "no credentials: set BATCHCREATE_TOKEN or give --token-file FILE; or set "
    "BATCHCREATE_IAM_USER, BATCHCREATE_IAM_PASSWORD, BATCHCREATE_IAM_DOMAIN; or set "
    "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (or try the tool without an account: --simulate)"
)
BY_VARIABLE: Final = "BATCHCREATE_TOKEN (to remove it: unset BATCHCREATE_TOKEN)"
BY_USER: Final = (
    "BATCHCREATE_IAM_USER (to remove it: unset BATCHCREATE_IAM_USER, "
    "BATCHCREATE_IAM_PASSWORD, BATCHCREATE_IAM_DOMAIN)"
)
BY_KEY: Final = (
    "HUAWEICLOUD_SDK_AK (to remove it: unset HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, "
    "HUAWEICLOUD_SDK_SECURITY_TOKEN)"
)
IGNORE_FILE: Final = f"set {CREDENTIALS_FILE} to an empty text"
MALFORMED: Final = "contains a space, a line break or a special character; a token has none"


def refusal(environment: dict[str, str], token_file: Path | None = None) -> SettingsError:
    """Return the error; neither it nor its context contains the secret."""
    with pytest.raises(SettingsError) as caught:
        find_credential(environment, token_file)
    assert CANARY[:20] not in f"{caught.value!r} {caught.value.__context__!r}"
    return caught.value


def revealed(credential: ConfiguredCredential) -> tuple[str, ...]:
    """Return the texts of *credential*, including its secrets."""
    match credential:
        case ConfiguredUser(name=name, password=password, domain=domain):
            return name, password.reveal(), domain
        case ConfiguredKey(ak=ak, sk=sk, security_token=token):
            return ak.reveal(), sk.reveal(), token.reveal() if token is not None else ""
        case ConfiguredToken(token=token):
            return (token.reveal(),)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token.txt"
    path.touch(mode=0o600)
    return path


def write_file(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestToken:
    @pytest.mark.parametrize(
        "text", [CANARY, f" \t{CANARY}\r\n"], ids=["plain", "with white space around it"]
    )
    def test_variable_contains_it(self, text: str) -> None:
        """The variable is sufficient."""
        assert revealed(find_credential({"BATCHCREATE_TOKEN": text}, None)) == (CANARY,)

    @pytest.mark.parametrize(
        "content",
        [CANARY.encode(), f"\n{CANARY}\r\n".encode()],
        ids=["plain", "with line breaks around it"],
    )
    def test_file_contains_it(self, content: bytes, token_file: Path) -> None:
        """Line breaks that an editor adds are removed."""
        token_file.write_bytes(content)

        assert revealed(find_credential({}, token_file)) == (CANARY,)

    def test_file_is_used_if_the_variable_is_empty(self, token_file: Path) -> None:
        """An empty variable counts as not set."""
        token_file.write_text(CANARY, encoding="ascii")

        assert revealed(find_credential({"BATCHCREATE_TOKEN": " "}, token_file)) == (CANARY,)

    @pytest.mark.parametrize(
        "environment",
        [{}, {"BATCHCREATE_TOKEN": ""}, {"BATCHCREATE_TOKEN": " \n"}, {"TOKEN": CANARY}],
        ids=["not set", "empty", "blank", "another name"],
    )
    def test_without_credentials_all_options_are_listed(self, environment: dict[str, str]) -> None:
        """The message also mentions the simulator, which needs no account."""
        assert str(refusal(environment)) == NONE_CONFIGURED

    def test_two_tokens_are_refused(self, token_file: Path) -> None:
        """The message contains both sources, and how to remove each."""
        token_file.write_text(CANARY, encoding="ascii")

        assert str(refusal(TOKEN, token_file)) == (
            f"more than one credential is configured: {BY_VARIABLE} and --token-file {token_file} "
            "(to remove it: omit --token-file); keep one"
        )

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
    def test_malformed_variable_is_refused(self, text: str) -> None:
        """A token must be a valid header value."""
        error = refusal({"BATCHCREATE_TOKEN": text}, None)

        assert str(error) == f"BATCHCREATE_TOKEN: {MALFORMED}"
        assert error.__cause__ is None
        assert error.__context__ is None

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param(b"", "{}: the file is empty; it must contain the token", id="empty"),
            pytest.param(b" \r\n", "{}: the file is empty; it must contain the token", id="blank"),
            pytest.param(CANARY.encode() + b" x", "{}: " + MALFORMED, id="space"),
            pytest.param(CANARY.encode() + b"\nx", "{}: " + MALFORMED, id="two lines"),
            pytest.param(CANARY.encode() + b"\x00", "{}: " + MALFORMED, id="zero byte"),
            pytest.param(
                CANARY.encode() + b"\xe4",
                "--token-file {}: not a token (expected ASCII text)",
                id="not ASCII",
            ),
            pytest.param(
                b"\xef\xbb\xbf" + CANARY.encode(),
                "--token-file {}: not a token (expected ASCII text)",
                id="byte order mark",
            ),
            pytest.param(
                CANARY.encode("utf-16"),
                "--token-file {}: not a token (expected ASCII text)",
                id="UTF-16",
            ),
            pytest.param(
                b"x" * 65_537,
                "--token-file {}: larger than 65536 bytes, so it is not a token",
                id="too long",
            ),
        ],
    )
    def test_file_without_a_token_is_refused(
        self, content: bytes, message: str, token_file: Path
    ) -> None:
        """The message contains the file but not its content; neither does a cause."""
        token_file.write_bytes(content)

        error = refusal({}, token_file)

        assert str(error) == message.format(token_file)
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_longest_file_is_read_completely(self, token_file: Path) -> None:
        """A token is not truncated."""
        token_file.write_bytes(b"x" * 65_536)

        assert revealed(find_credential({}, token_file)) == ("x" * 65_536,)

    def test_missing_file_is_named(self, tmp_path: Path) -> None:
        """The message contains option, path and reason."""
        path = tmp_path / "missing"

        assert str(refusal({}, path)) == (
            f"--token-file {path}: cannot be read: No such file or directory"
        )

    def test_folder_is_not_a_token_file(self, tmp_path: Path) -> None:
        """The message contains option, path and reason."""
        assert str(refusal({}, tmp_path)) == (
            f"--token-file {tmp_path}: cannot be read: Is a directory"
        )


class TestUser:
    def test_variables_contain_it(self) -> None:
        """A password is used unchanged, with outer spaces, and is hidden in the repr."""
        credential = find_credential(USER, None)

        assert isinstance(credential, ConfiguredUser)
        assert revealed(credential) == ("jane", f" {CANARY} ", "acme")
        assert CANARY not in repr(credential)
        assert credential.source == "BATCHCREATE_IAM_USER"

    @pytest.mark.parametrize("name", USER)
    def test_missing_part_is_named(self, name: str) -> None:
        """Two of three variables are incomplete."""
        environment = USER | {name: ""}

        assert str(refusal(environment)) == f"incomplete credentials: {name} missing"

    def test_missing_parts_are_named(self) -> None:
        """The message contains both."""
        assert str(refusal({"BATCHCREATE_IAM_USER": "jane"})) == (
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
    def test_variables_contain_it(self, more: dict[str, str], token: str) -> None:
        """The variables of the vendor's tools are used."""
        credential = find_credential(KEY | more, None)

        assert revealed(credential) == ("AK7", CANARY, token)
        assert CANARY not in repr(credential)
        assert credential.source == "HUAWEICLOUD_SDK_AK"

    @pytest.mark.parametrize("name", KEY)
    def test_missing_half_is_named(self, name: str) -> None:
        """A key needs both id and secret."""
        assert str(refusal(KEY | {name: " "})) == f"incomplete credentials: {name} missing"

    def test_malformed_key_is_refused(self) -> None:
        """The id is sent in a header."""
        error = refusal(KEY | {"HUAWEICLOUD_SDK_AK": "A K"}, None)

        assert str(error) == f"HUAWEICLOUD_SDK_AK: {MALFORMED.replace('token', 'key')}"

    @pytest.mark.parametrize("is_configured", [True, False], ids=["configured", "default"])
    def test_credentials_file_contains_it(
        self, *, is_configured: bool, profile: Path, tmp_path: Path
    ) -> None:
        """The file of the vendor's tools is found at its default path or through the variable."""
        profile.write_text(
            f"[global]\nak = no\n[basic]\nak = AK7\nsk = {CANARY}\nsecurity_token = s%t\n",
            encoding="utf-8",
        )
        configured = {CREDENTIALS_FILE: str(profile)}

        credential = find_credential(
            configured if is_configured else {"HOME": str(tmp_path)}, None
        )

        assert revealed(credential) == ("AK7", CANARY, "s%t")
        assert credential.source == str(profile)

    def test_variables_precede_the_credentials_file(self, profile: Path, tmp_path: Path) -> None:
        """A key in both places counts as one credential."""
        profile.write_text("[basic]\nak = other\nsk = other\n", encoding="utf-8")

        credential = find_credential(KEY | {"HOME": str(tmp_path)}, None)

        assert revealed(credential) == ("AK7", CANARY, "")

    @pytest.mark.parametrize(
        "content",
        ["", "[global]\nak = x\n", "[basic]\n", "[basic]\nak =\nsk =\n"],
        ids=["empty", "other section", "no key", "empty key"],
    )
    def test_default_file_without_a_key_is_ignored(
        self, content: str, profile: Path, tmp_path: Path
    ) -> None:
        """The file may exist for another purpose."""
        profile.write_text(content, encoding="utf-8")

        assert str(refusal({"HOME": str(tmp_path)})) == NONE_CONFIGURED

    def test_default_file_is_optional(self, tmp_path: Path) -> None:
        """Most users do not have it."""
        assert str(refusal({"HOME": str(tmp_path)})) == NONE_CONFIGURED

    def test_incomplete_file_is_named(self, profile: Path, tmp_path: Path) -> None:
        """The message contains the file and the missing key."""
        profile.write_text("[basic]\nak = AK7\n", encoding="utf-8")

        assert str(refusal({"HOME": str(tmp_path)})) == (
            f"incomplete credentials: sk in {profile} missing (to ignore the file: {IGNORE_FILE})"
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
    def test_malformed_file_is_named_and_not_shown(
        self, content: bytes, profile: Path, tmp_path: Path
    ) -> None:
        """Neither the message nor its context contains a line of the file."""
        profile.write_bytes(content)

        error = refusal({"HOME": str(tmp_path)}, None)

        assert str(error) == (
            f"{profile}: not a credentials file (INI with a section [basic]) (to ignore the file: {IGNORE_FILE})"
        )
        assert error.__cause__ is None
        assert CANARY[:20] not in repr(error.__context__)
        assert error.__context__ is not None
        assert error.__context__.__context__ is None


class TestExactlyOne:
    @pytest.mark.parametrize(
        ("environment", "kind"),
        [(TOKEN, ConfiguredToken), (USER, ConfiguredUser), (KEY, ConfiguredKey)],
        ids=["token", "IAM user", "key"],
    )
    def test_is_found(self, environment: dict[str, str], kind: type) -> None:
        """Each kind is sufficient; these do not come from a file."""
        credential = find_credential(environment, None)

        assert isinstance(credential, kind)
        assert credential.file is None

    @pytest.mark.parametrize(
        ("environment", "sources"),
        [
            (TOKEN | USER, [BY_VARIABLE, BY_USER]),
            (TOKEN | KEY, [BY_VARIABLE, BY_KEY]),
            (USER | KEY, [BY_USER, BY_KEY]),
            (TOKEN | USER | KEY, [BY_VARIABLE, BY_USER, BY_KEY]),
        ],
        ids=["token and user", "token and key", "user and key", "all"],
    )
    def test_several_are_all_named(self, environment: dict[str, str], sources: list[str]) -> None:
        """The message contains all sources, and how to remove each."""
        assert str(refusal(environment)) == (
            f"more than one credential is configured: {' and '.join(sources)}; keep one"
        )

    def test_credentials_file_counts(self, tmp_path: Path) -> None:
        """A key in the default file is listed with its path."""
        path = write_file(tmp_path / ".huaweicloud" / "credentials", "[basic]\nak=a\nsk=b\n")

        assert str(refusal(TOKEN | {"HOME": str(tmp_path)})) == (
            f"more than one credential is configured: {BY_VARIABLE} and {path} "
            f"(to remove it: {IGNORE_FILE}); keep one"
        )

    def test_credentials_file_can_be_ignored(self, tmp_path: Path) -> None:
        """An empty variable disables the default file."""
        write_file(tmp_path / ".huaweicloud" / "credentials", "[basic]\nak=a\nsk=b\n")

        credential = find_credential(TOKEN | {"HOME": str(tmp_path), CREDENTIALS_FILE: ""}, None)

        assert credential.source == "BATCHCREATE_TOKEN"

    def test_token_from_the_prompt_has_a_source(self) -> None:
        """The source is the prompt instead of a variable."""
        assert find_credential({PROMPT: " abc\n"}, None).source == "the prompt"

    def test_credentials_contain_their_file(self, tmp_path: Path) -> None:
        """Permissions of the file can be checked later."""
        token = write_file(tmp_path / "token.txt", "abc\n")
        profile = write_file(tmp_path / "credentials", b"\xef\xbb\xbf[basic]\nak=a\nsk=b\n")

        assert find_credential({}, token).file == token
        assert find_credential({CREDENTIALS_FILE: str(profile)}, None).file == profile


class TestMalformed:
    def test_security_token_requires_its_key(self) -> None:
        """A part of a temporary key is incomplete."""
        assert str(refusal({"HUAWEICLOUD_SDK_SECURITY_TOKEN": CANARY})) == (
            "incomplete credentials: HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK missing"
        )

    @pytest.mark.parametrize("name", [*KEY, "HUAWEICLOUD_SDK_SECURITY_TOKEN"])
    @pytest.mark.parametrize(
        "text", ["a b", "a\nb", "ä", "a\udcff"], ids=["space", "line", "letter", "not UTF-8"]
    )
    def test_malformed_part_of_a_key_is_named(self, name: str, text: str) -> None:
        """The message contains the variable with the invalid value."""
        assert str(refusal(KEY | {name: text})) == (
            f"{name}: contains a space, a line break or a special character; a key has none"
        )

    def test_malformed_part_of_a_file_is_named(self, tmp_path: Path) -> None:
        """The message contains the key of the line and the file."""
        path = write_file(tmp_path / "credentials", f"[basic]\nak = a b\nsk = {CANARY}\n")

        assert str(refusal({CREDENTIALS_FILE: str(path)})).startswith(
            f"ak in {path}: contains a space"
        )

    def test_missing_configured_file_is_refused(self, tmp_path: Path) -> None:
        """A wrong path is not the same as a missing credential."""
        path = tmp_path / "nope"

        assert str(refusal({CREDENTIALS_FILE: str(path)})) == (
            f"{CREDENTIALS_FILE} {path}: cannot be read: No such file or directory"
        )

    @pytest.mark.parametrize("content", ["", "[global]\nak = a\nsk = b\n", "[basic]\n"])
    def test_configured_file_without_a_key_is_refused(self, content: str, tmp_path: Path) -> None:
        """A configured file must contain a key."""
        path = write_file(tmp_path / "credentials", content)

        assert str(refusal({CREDENTIALS_FILE: str(path)})) == (
            f"{CREDENTIALS_FILE} {path}: no ak and sk in section [basic]"
        )

    def test_configured_file_in_another_format_is_refused(self, tmp_path: Path) -> None:
        """The message does not contain a line of it."""
        path = write_file(tmp_path / "credentials", CANARY)

        assert str(refusal({CREDENTIALS_FILE: str(path)})) == (
            f"{CREDENTIALS_FILE} {path}: not a credentials file (INI with a section [basic])"
        )

    def test_huge_file_is_not_read(self, tmp_path: Path) -> None:
        """Memory does not depend on the size of the file."""
        path = write_file(tmp_path / "credentials", b"x" * 1_048_577)

        assert str(refusal({CREDENTIALS_FILE: str(path)})) == (
            f"{CREDENTIALS_FILE} {path}: larger than 1048576 bytes, so it is not a credentials file"
        )


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind exist on POSIX only")
class TestPermissions:
    @pytest.mark.parametrize("mode", [0o600, 0o400, 0o700], ids=oct)
    def test_access_of_the_owner_is_accepted(self, mode: int, token_file: Path) -> None:
        """There is no warning if only the owner has access."""
        token_file.chmod(mode)

        assert permission_warning(token_file) == ""

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o777], ids=oct)
    def test_access_of_others_is_reported(self, mode: int, token_file: Path) -> None:
        """Any permission of group or others counts; the command can be pasted."""
        token_file.chmod(mode)

        path = token_file.rename(token_file.with_name("my token"))

        assert permission_warning(path, "--token-file x") == (
            f"--token-file x is readable by other users; run chmod 600 '{path}'"
        )
