"""Secrets are hidden in every representation, and masked in messages from the server."""

import copy
import io
import json
import pickle
import traceback
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.auth import Token
from batchcreate.models import Reply
from batchcreate.secret import MASKED_CHARS_MIN, Secret, mask
from batchcreate.transport import Network, mask_reply

CANARY: Final = "canary/+=8d1f"


def everything_of(error: BaseException) -> str:
    """Return everything that a traceback of *error* can show, including local variables."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    links = [error, error.__cause__, error.__context__]
    return "\n".join([*shown.format(), *(f"{link!r} {vars(link)}" for link in links if link)])


class TestSecret:
    def test_reveal_returns_the_text(self) -> None:
        """The caller must request the text explicitly."""
        assert Secret(CANARY).reveal() == CANARY

    def test_is_hidden_in_every_representation(self) -> None:
        """str, repr, formatting and containers show three asterisks."""
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
    def test_is_not_a_string_and_cannot_be_copied(self, act: Callable[[Any], object]) -> None:
        """Use as a string raises an error that does not contain it."""
        with pytest.raises(TypeError) as caught:
            act(Secret(CANARY))

        assert CANARY not in str(caught.value)

    def test_is_not_in_a_traceback(self) -> None:
        """A traceback with local variables shows asterisks instead of the secret."""

        def fail(token: Token, secret: Secret) -> None:
            msg = f"{token} {secret}"
            raise RuntimeError(msg)

        secret = Secret(CANARY)
        with pytest.raises(RuntimeError) as caught:
            fail(Token(secret), secret)

        assert CANARY not in everything_of(caught.value)

    def test_is_hidden_in_its_credential(self) -> None:
        """Neither the token nor its attributes show it."""
        token = Token(Secret(CANARY))

        assert CANARY not in f"{token} {token!r} {vars(token)}"


class TestMask:
    @given(st.text(min_size=MASKED_CHARS_MIN))
    def test_masks_a_secret_in_every_encoding(self, text: str) -> None:
        """Plain, in JSON, and in a URL."""
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

    def test_keeps_other_content(self) -> None:
        """A response without secrets is not changed."""
        content = bytes(range(256))

        assert mask(content, [Secret(CANARY), Secret("short")]) == content

    def test_does_not_mask_short_secrets(self) -> None:
        """A secret of a few letters would mask parts of every message."""
        assert mask(b"HTTP 401", [Secret("401")]) == b"HTTP 401"

    @pytest.mark.parametrize(
        ("status", "shown"), [(200, CANARY), (204, CANARY), (307, "***"), (401, "***")]
    )
    def test_masks_errors_only(self, status: int, shown: str) -> None:
        """A success is data and is not changed; an error appears in messages."""
        reply = Reply(
            status=status,
            headers={"Location": f"https://x.example/{CANARY}"},
            body=f"sent {CANARY}".encode(),
        )

        cleaned = mask_reply(reply, [Secret(CANARY)])

        assert cleaned.body == f"sent {shown}".encode()
        assert {name.lower(): value for name, value in cleaned.headers.items()} == {
            "location": f"https://x.example/{shown}"
        }
        assert mask_reply(reply, [Secret(CANARY)], is_error=True).body == b"sent ***"

    def test_proxy_password_is_masked_in_both_forms(self) -> None:
        """Basic authentication encodes the password without protecting it."""
        network = Network(proxy_user="me", proxy_password=Secret("päss"))

        plain, pair = (secret.reveal() for secret in network.secrets)

        assert plain == "päss"
        assert b64decode(pair) == "me:päss".encode("latin-1")
        assert Network().secrets == ()
