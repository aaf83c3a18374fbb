"""Headers of the credentials that do not change during a run."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import pytest

from batchcreate.auth import AccessKey, SignedKey, Token
from batchcreate.secret import Secret

CANARY: Final = "canary/+=8d1f"
NOW: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


async def renewed(credential: Token | SignedKey) -> bool:
    await credential.ready()
    return await credential.renew("p1", 0.0)


class TestToken:
    def test_is_sent_in_one_header(self) -> None:
        """A token cannot be renewed."""
        token = Token(Secret(CANARY), name="the token from here")

        assert token.headers("GET", "https://roma.example/", b"") == {"X-Auth-Token": CANARY}
        assert [secret.reveal() for secret in token.secrets] == [CANARY]
        assert asyncio.run(renewed(token)) is False


class TestSignedKey:
    @pytest.mark.parametrize(
        ("security_token", "secrets"),
        [(None, ["AK7", CANARY]), (Secret("st"), ["AK7", CANARY, "st"])],
        ids=["permanent", "temporary"],
    )
    def test_every_request_is_signed(
        self, security_token: Secret | None, secrets: list[str]
    ) -> None:
        """The project of the path is signed too; a refused key cannot be renewed."""
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
    def test_other_paths_have_no_project(self, path: str) -> None:
        """Calls to IAM are signed without a project."""
        access = AccessKey(ak=Secret("AK7"), sk=Secret(CANARY))
        key = SignedKey(access, name="the key", now=lambda: NOW)

        assert "X-Project-Id" not in key.headers("GET", f"https://iam.example{path}", b"")
