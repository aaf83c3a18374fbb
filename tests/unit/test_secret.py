"""Secrets are hidden in every representation, and masked in messages from the server."""

import copy
import html
import io
import json
import pickle
import re
import traceback
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import combinations, product
from typing import Any, Final
from urllib.parse import quote, quote_plus

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


def escaped(text: str, form: str) -> str:
    return "".join(form.format(ord(char)) for char in text)


SECRETS: Final = {
    "token": "MIIEowIBAAKCAQEA7/+d3f1c0b-9a_8e7d6c5b4a==",
    "access key": "CANARYAK77D0E4B1ZQXW",
    "password": r"""P%40&amp;ss \"w\o/rd'<1>""",
    "short password": 'Tr0ub4"&r/3',
    "password with other letters": "Grüne/漢字&😀=42",
}
SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": str,
    "upper case": str.upper,
    "swapped case": str.swapcase,
    "HTML": html.escape,
    "HTML, named": lambda text: escape(text).replace("/", "&sol;").replace("=", "&equals;"),
    "HTML, decimal": lambda text: escaped(text, "&#{};"),
    "HTML, decimal with zeros": lambda text: escaped(text, "&#{:08d};"),
    "HTML, hexadecimal": lambda text: escaped(text, "&#x{:x};"),
    "HTML, capitals": lambda text: escaped(text, "&#X{:X};"),
    "percent, capitals": lambda text: quote(text, safe=""),
    "percent, small letters": lambda text: re.sub(
        "%..", lambda match: match[0].lower(), quote(text, safe="")
    ),
    "percent, all characters": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent, twice": lambda text: quote(quote(text), safe=""),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, unescaped letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON, slashes": lambda text: json.dumps(text).replace("/", "\\/")[1:-1],
    "JSON, all characters": lambda text: "".join(
        f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H")
    ),
    "JSON, twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML in JSON": lambda text: json.dumps(escape(text))[1:-1],
    "JSON in a URL": lambda text: quote(json.dumps(text)[1:-1]),
    "line break": lambda text: f"{text[:10]}\r\n{text[10:]}",
    "NUL between": "\0".join,
    "hexadecimal": lambda text: text.encode().hex(),
    **{
        f"base64 at {shift}{' for URLs' if encode is urlsafe_b64encode else ''}": partial(
            lambda shift, encode, text: encode(b"me:"[:shift] + text.encode() + b"\n").decode(),
            *(shift, encode),
        )
        for shift in range(4)
        for encode in (b64encode, urlsafe_b64encode)
    },
}


class TestMask:
    def test_masks_every_secret_in_every_spelling(self) -> None:
        """Nothing but the surrounding text and at most the ends of an encoded group remain."""
        wrong = []
        for (kind, secret), (name, spell) in product(SECRETS.items(), SPELLINGS.items()):
            spelled = spell(secret)

            masked = mask(f'{{"m": "<{spelled}>"}}'.encode(), [Secret(secret)]).decode()

            rest = masked.replace("***", "")
            if not masked.startswith('{"m": "<') or not masked.endswith('>"}') or len(rest) > 20:
                wrong.append((kind, name, masked))

        assert wrong == []

    def test_masks_every_part_of_sixteen_characters(self) -> None:
        """A shorter part is not evident; a server may return the beginning or the end."""
        secret = SECRETS["token"]
        wrong = []
        for (start, end), (name, spell) in product(
            combinations(range(len(secret) + 1), 2), SPELLINGS.items()
        ):
            is_part = end - start >= 16 and (start % 3, end % 5) == (0, 0)
            if is_part and "base64" not in name:
                spelled = spell(secret[start:end])
                masked = mask(f"[{spelled}]".encode(), [Secret(secret)])
                if masked != b"[***]":
                    wrong.append((start, end, name, masked))

        assert wrong == []
        assert mask(secret[:15].encode(), [Secret(secret)]) == secret[:15].encode()

    def test_masks_what_is_encoded_in_another_charset(self) -> None:
        """JSON may be UTF-16, and old programs write Latin-1."""
        secret = Secret("Größe-77-geheim")
        contents = [secret.reveal().encode(charset) for charset in ("latin-1", "utf-8")]
        ascii_secret = SECRETS["access key"]

        shown = [mask(content, [secret]) for content in contents]
        wide = mask(ascii_secret.encode("utf-16-be"), [Secret(ascii_secret)])

        assert shown == [b"***", b"***"]
        assert ascii_secret[-1:].encode() not in wide

    @given(st.text(min_size=MASKED_CHARS_MIN))
    def test_masks_any_secret_in_usual_spellings(self, text: str) -> None:
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

    def test_masks_what_is_escaped_many_times(self) -> None:
        """The number of rounds is limited, but larger than in practice."""
        secret = SECRETS["token"]
        spelled = [secret]
        for _ in range(12):
            spelled.append(quote(spelled[-1], safe=""))

        masked = [mask(text.encode(), [Secret(secret)]) for text in spelled]

        assert masked[:8] == [b"***"] * 8

    def test_time_is_limited_if_everything_matches(self) -> None:
        """A secret of equal characters, and responses of the largest size."""
        secret = Secret("x" * 6000)

        masked = [mask(text * 7000, [secret]) for text in (b"xxxxxxxxx", b"xxxxxxxxy")]

        assert masked == [b"***", b"xxxxxxxxy" * 7000]

    def test_masks_next_to_letters_with_a_longer_small_form(self) -> None:
        """The positions of the secret do not change."""
        assert mask("İİ CANARYAK".encode(), [Secret("canaryak")]) == "İİ ***".encode()

    def test_masks_every_occurrence(self) -> None:
        """Adjacent and overlapping ones, too."""
        content = b"a CANARYAK77D0E4B1ZQXWCANARYAK77D0E4B1ZQXW b aaaaaaaaa c"

        masked = mask(content, [Secret(SECRETS["access key"]), Secret("aaaaaaa")])

        assert masked == b"a ****** b *** c"

    def test_keeps_other_content(self) -> None:
        """A response without secrets is not changed."""
        content = bytes(range(256)) + b"%zz &unknown; &#; \\q \\u12 \\u{110000} %ff"

        assert mask(content, [Secret(CANARY), Secret("short")]) == content

    def test_does_not_mask_short_secrets(self) -> None:
        """A secret of a few letters would mask parts of every message."""
        assert mask(b"HTTP 401", [Secret("401")]) == b"HTTP 401"

    @pytest.mark.parametrize("status", [200, 204, 307, 401, 500])
    def test_masks_every_reply(self, status: int) -> None:
        """Body, and names and values of headers, before they are interpreted."""
        reply = Reply(
            status=status,
            headers={"Location": f"https://x.example/{CANARY}", f"X-{CANARY}": "1"},
            body=f"sent {CANARY}".encode(),
        )

        cleaned = mask_reply(reply, [Secret(CANARY)])

        assert (cleaned.body, cleaned.is_masked) == (b"sent ***", True)
        assert dict(cleaned.headers) == {"Location": "https://x.example/***", "X-***": "1"}
        assert cleaned.headers["location"] == "https://x.example/***"

    def test_reply_without_secrets_is_the_same(self) -> None:
        """Most replies contain none."""
        reply = Reply(status=200, headers={"Date": "today"}, body=b'{"task_id": "27"}')

        assert mask_reply(reply, [Secret(CANARY)]) is reply

    def test_proxy_password_is_masked_in_both_forms(self) -> None:
        """Basic authentication encodes the password without protecting it."""
        network = Network(proxy_user="me", proxy_password=Secret("päss"))

        plain, pair = (secret.reveal() for secret in network.secrets)

        assert plain == "päss"
        assert b64decode(pair) == "me:päss".encode("latin-1")
        assert Network().secrets == ()
