"""Logins of an IAM user: shared by all workers, renewed in time, stopped after a refusal."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.auth import IamTokens, IamUser
from batchcreate.auth.iam import IssuedToken, login_body, read_login, read_project_id
from batchcreate.errors import (
    CredentialError,
    MaybeSentError,
    NotSentError,
    NotSentReason,
    TransportError,
)
from batchcreate.models import Reply
from batchcreate.secret import Secret
from tests.virtual_time import run_virtually

PASSWORD: Final = "canary-päss/42"  # noqa: S105 # opens nothing
IAM: Final = "https://iam.example"
USER: Final = IamUser(
    name="jane",
    password=Secret(PASSWORD),
    domain="acme",
    endpoint=IAM,
)
SCOPE: Final = {"id": "p1"}
ISSUED: Final = datetime(2025, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
REFUSED_MESSAGE: Final = (
    "IAM at https://iam.example refused a token for user jane, account acme, project p1 ({}); "
    "check BATCHCREATE_IAM_USER, _PASSWORD and _DOMAIN, and the project"
)

Act = Reply | TransportError


def token_details(**changes: object) -> dict[str, object]:
    """Return the details of a token that is valid for 24 hours, as in IAM's response."""
    return {
        "issued_at": "2025-01-02T03:04:05.678901Z",
        "expires_at": "2025-01-03T03:04:05.678901Z",
        "project": {"id": "p1", "name": "cn-north-4"},
    } | changes


def issued_reply(text: str = "token-1", *, lifetime_s: float = 86_400, **changes: object) -> Reply:
    expires = (ISSUED + timedelta(seconds=lifetime_s)).isoformat()
    body = json.dumps({"token": token_details(expires_at=expires, **changes)}).encode()
    return Reply(status=201, headers={"X-Subject-Token": text}, body=body)


def reply_of(status: int, content: object = None) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status=status, headers={}, body=body)


REFUSED: Final = reply_of(401, {"error": {"code": 401, "message": "wrong password"}})


class Iam:
    """Returns scripted responses, each after 0.1 seconds; the last one repeatedly."""

    def __init__(self, *acts: Act) -> None:
        self.logins: list[float] = []
        self.bodies: list[bytes] = []
        self._acts = list(acts)

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        assert url == f"{IAM}/v3/auth/tokens?nocatalog=true"
        assert dict(headers) == {"Content-Type": "application/json;charset=utf8"}
        self.logins.append(asyncio.get_running_loop().time())
        self.bodies.append(body)
        await asyncio.sleep(0.1)
        act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
        if isinstance(act, TransportError):
            raise act
        return act


def credential(iam: Iam) -> IamTokens:
    return IamTokens(USER, iam, random=Random(1))  # noqa: S311 # jitter, no secret


def sent(token: IamTokens, project_id: str = "p1") -> str:
    url = f"https://roma.example/v2/{project_id}/fdi/instances/i1/tasks"
    return token.headers("GET", url, b"").get("X-Auth-Token", "")


def requested(iam: Iam) -> list[dict[str, str]]:
    """Return the projects of the requested tokens."""
    return [json.loads(body)["auth"]["scope"]["project"] for body in iam.bodies]


def failure(*acts: Act) -> tuple[str, Iam]:
    """Return the message of a login with the responses *acts*, which must fail."""
    iam = Iam(*acts)

    async def log_in() -> None:
        await credential(iam).ready("p1")

    with pytest.raises(CredentialError) as caught:
        run_virtually(log_in())
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value), iam


class TestLogin:
    def test_requests_a_project_scoped_token(self) -> None:
        """The body is as documented for tokens by password."""
        assert json.loads(login_body(USER, {"name": "cn-north-4"})) == {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": "jane",
                            "password": PASSWORD,
                            "domain": {"name": "acme"},
                        }
                    },
                },
                "scope": {"project": {"name": "cn-north-4"}},
            }
        }

    def test_is_sent_when_a_token_is_needed(self) -> None:
        """Before that there is no token, and the password is the only secret."""
        iam = Iam(issued_reply("token-1"))

        async def use() -> None:
            token = credential(iam)
            before = (sent(token), [each.reveal() for each in token.secrets])
            await token.ready()
            await token.ready("p1")
            await token.ready("p1")
            await token.ready()

            assert before == ("", [PASSWORD])
            assert sent(token) == "token-1"
            assert [each.reveal() for each in token.secrets] == [PASSWORD, "token-1"]
            assert token.name == "IAM user jane at https://iam.example"

        run_virtually(use())
        assert len(iam.logins) == 1

    def test_is_shared_by_concurrent_workers(self) -> None:
        """Fifty workers send one login."""
        iam = Iam(issued_reply())

        async def use() -> None:
            token = credential(iam)
            async with asyncio.TaskGroup() as group:
                for _ in range(50):
                    group.create_task(token.ready("p1"))

        run_virtually(use())
        assert len(iam.logins) == 1

    @pytest.mark.parametrize(
        ("lifetime_s", "renewed_after_s"),
        [(86_400, 86_100), (3000, 2700), (100, 90), (2, 1.8), (-5, 0.9)],
        ids=["a day", "fifty minutes", "short", "shorter", "already expired"],
    )
    def test_is_renewed_before_the_token_expires(
        self, lifetime_s: float, renewed_after_s: float
    ) -> None:
        """The margin is five minutes, or a tenth of the lifetime if that is shorter."""
        iam = Iam(issued_reply("token-1", lifetime_s=lifetime_s), issued_reply("token-2"))

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(renewed_after_s - 0.1 - 0.01)
            await token.ready()
            assert sent(token) == "token-1"

            await asyncio.sleep(0.02)
            await token.ready()
            assert sent(token) == "token-2"

        run_virtually(use())

    def test_renews_a_refused_token_once(self) -> None:
        """Fifty workers with a 401 response send one login; a later one sends none."""
        iam = Iam(issued_reply("token-1"), issued_reply("token-2"))

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(1)
            used_at = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as group:
                renewals = [group.create_task(token.renew("p1", used_at)) for _ in range(50)]
            late = await token.renew("p1", used_at)

            assert {task.result() for task in renewals} == {True}
            assert (late, sent(token)) == (True, "token-2")

        run_virtually(use())
        assert len(iam.logins) == 2


class TestSeveralProjects:
    def test_have_separate_tokens(self) -> None:
        """Each request has the token of its project."""
        iam = Iam(issued_reply("token-1"), issued_reply("token-2"))

        async def use() -> None:
            token = credential(iam)
            async with asyncio.TaskGroup() as group:
                for number in range(50):
                    group.create_task(token.ready(f"p{1 + number % 2}"))

            assert (sent(token), sent(token, "p2"), sent(token, "p3")) == (
                "token-1",
                "token-2",
                "",
            )
            assert [each.reveal() for each in token.secrets] == [PASSWORD, "token-1", "token-2"]

        run_virtually(use())
        assert requested(iam) == [{"id": "p1"}, {"id": "p2"}]

    def test_are_renewed_separately(self) -> None:
        """An expired or refused token causes no login for the other project."""
        iam = Iam(
            issued_reply("a", lifetime_s=100),
            issued_reply("b", lifetime_s=1000),
            issued_reply("c"),
        )

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await token.ready("p2")
            await asyncio.sleep(95)
            await token.ready()
            await token.renew("p2", asyncio.get_running_loop().time())
            await token.renew("p3", 0.0)

        run_virtually(use())
        assert requested(iam) == [{"id": name} for name in ("p1", "p2", "p1", "p2", "p3")]

    @pytest.mark.parametrize(
        ("project", "project_id", "logins"),
        [({"id": "p1", "name": "cn-north-4"}, "p1", 1), (None, "", 2)],
        ids=["with id", "without id"],
    )
    def test_are_found_by_name(self, project: object, project_id: str, logins: int) -> None:
        """The token of the login by name is cached if the response contains the id."""
        iam = Iam(issued_reply(project=project))

        async def use() -> None:
            token = credential(iam)
            assert await token.find_project("cn-north-4") == project_id
            await token.ready()
            await token.ready("p1")

        run_virtually(use())
        assert requested(iam) == [{"name": "cn-north-4"}, {"id": "p1"}][:logins]


class TestRefusal:
    def test_is_reported_with_user_endpoint_and_reason(self) -> None:
        """The message contains IAM's message, and the status once."""
        message, iam = failure(REFUSED)

        assert message == REFUSED_MESSAGE.format("HTTP 401: wrong password")
        assert len(iam.logins) == 1

    def test_is_final(self) -> None:
        """No further login is sent, since IAM locks a user after a few wrong passwords."""
        iam = Iam(REFUSED)

        async def use() -> list[str]:
            token = credential(iam)
            reasons = []
            for attempt in (
                lambda: token.ready("p1"),
                lambda: token.ready("p2"),
                lambda: token.find_project("cn-north-4"),
                lambda: token.renew("p1", 1e9),
            ):
                with pytest.raises(CredentialError) as caught:
                    await attempt()
                reasons.append(str(caught.value))
            return reasons

        assert len(set(run_virtually(use()))) == 1
        assert len(iam.logins) == 1

    def test_of_a_renewal_is_final_although_the_token_is_valid(self) -> None:
        """A changed password is not sent repeatedly."""
        iam = Iam(issued_reply("token-1", lifetime_s=100), REFUSED)

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(95)
            with pytest.raises(CredentialError, match="wrong password"):
                await token.ready()

        run_virtually(use())
        assert len(iam.logins) == 2

    def test_masks_a_password_in_the_response(self) -> None:
        """Some gateways return parts of the request."""
        echo = reply_of(400, {"error_msg": f"bad request: {PASSWORD}", "error_code": "IAM.1"})

        message, _ = failure(echo)

        assert message == REFUSED_MESSAGE.format("HTTP 400: IAM.1, bad request: ***")

    @pytest.mark.parametrize(
        "reply",
        [
            reply_of(201, {"token": token_details()}),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b""),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b"<html>"),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b"[]"),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b'{"token": "t"}'),
            issued_reply("a b"),
            issued_reply("ä"),
            issued_reply("a\udcff"),
        ],
        ids=[
            "no header", "no body", "a page", "a list", "no description",
            "a space in it", "a letter beyond ASCII", "not UTF-8",
        ],
    )  # fmt: skip
    def test_includes_invalid_tokens(self, reply: Reply) -> None:
        """An invalid token is neither used nor shown."""
        message, iam = failure(reply)

        assert message == REFUSED_MESSAGE.format("HTTP 201 without a valid token")
        assert len(iam.logins) == 1

    @pytest.mark.parametrize("status", [302, 307, 400, 403, 404])
    def test_with_a_token_is_still_a_refusal(self, status: int) -> None:
        """Only a success contains a token; a code equal to the status is omitted."""
        reply = Reply(
            status=status,
            headers={"X-Subject-Token": "t"},
            body=json.dumps({"token": token_details()}).encode(),
        )

        message, _ = failure(reply)

        assert f"(HTTP {status}: {{" in message


class TestOutage:
    @pytest.mark.parametrize(
        ("act", "reason"),
        [
            (reply_of(500), "HTTP 500"),
            (reply_of(503, b"<html>"), "HTTP 503"),
            (reply_of(429, {"error_code": "APIGW.0308"}), "HTTP 429"),
            (MaybeSentError("no answer in time"), "no answer in time"),
            (NotSentError("no connection to x"), "no connection to x"),
        ],
        ids=["500", "503", "429", "no answer", "no connection"],
    )
    def test_is_retried_twice(self, act: Act, reason: str) -> None:
        """A login is safe to retry: it creates nothing."""
        message, iam = failure(act)

        assert message == (
            f"IAM at https://iam.example did not return a token: {reason}; "
            "check --iam-endpoint, or run the same command again later"
        )
        assert len(iam.logins) == 3
        assert iam.logins[2] <= 0.2 + 0.5 + 1.0

    def test_ends_with_the_first_response(self) -> None:
        """The third login succeeds."""
        iam = Iam(reply_of(500), NotSentError("no connection"), issued_reply("token-1"))

        async def use() -> str:
            token = credential(iam)
            await token.ready("p1")
            return sent(token)

        assert run_virtually(use()) == "token-1"

    def test_is_not_final(self) -> None:
        """Unlike after a refusal, the next request logs in again."""
        iam = Iam(reply_of(500), reply_of(500), reply_of(500), issued_reply("token-1"))

        async def use() -> str:
            token = credential(iam)
            with pytest.raises(CredentialError):
                await token.ready("p1")
            await token.ready("p1")
            return sent(token)

        assert run_virtually(use()) == "token-1"

    def test_is_tolerated_while_the_token_is_valid(self) -> None:
        """A failed renewal is retried until the token expires; requests continue."""
        iam = Iam(
            issued_reply("token-1", lifetime_s=100), *[reply_of(500)] * 6, issued_reply("token-2")
        )

        async def use() -> list[str]:
            token = credential(iam)
            await token.ready("p1")
            seen = []
            for at_s in (91, 92, 98, 99.5):
                await asyncio.sleep(at_s - asyncio.get_running_loop().time())
                await token.ready()
                seen.append(sent(token))
            return seen

        assert run_virtually(use()) == ["token-1", "token-1", "token-1", "token-2"]
        assert len(iam.logins) == 1 + 3 + 3 + 1

    def test_is_reported_when_the_token_has_expired(self) -> None:
        """An expired token is not used."""
        iam = Iam(issued_reply("token-1", lifetime_s=100), reply_of(500))

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(100)
            with pytest.raises(CredentialError, match="did not return a token"):
                await token.ready()

        run_virtually(use())

    def test_of_verification_is_not_retried(self) -> None:
        """A certificate that cannot be verified ends the login."""
        message, iam = failure(
            NotSentError("certificate verify failed", reason=NotSentReason.CERTIFICATE)
        )

        assert message == (
            "IAM at https://iam.example did not return a token: certificate verify failed; "
            "for a private certificate authority, give --ca-file"
        )
        assert len(iam.logins) == 1


class TestReadLogin:
    def test_reads_header_and_body(self) -> None:
        """The token is in the header, its lifetime and project are in the body."""
        issued = read_login(issued_reply("t", lifetime_s=120), USER, SCOPE)

        assert (issued.token.reveal(), issued.project_id, issued.lifetime_s) == ("t", "p1", 120.0)

    @pytest.mark.parametrize(
        "changes",
        [
            {"issued_at": None},
            {"issued_at": "soon"},
            {"issued_at": 17},
            {"issued_at": "2025-01-02T03:04:05"},
            {"expires_at": ""},
        ],
        ids=["nothing", "words", "a number", "no time zone", "empty"],
    )
    def test_invalid_dates_mean_a_day(self, changes: dict[str, object]) -> None:
        """The documented lifetime is used; a 401 renews the token anyway."""
        body = json.dumps({"token": token_details(**changes)}).encode()
        reply = Reply(status=201, headers={"X-Subject-Token": "t"}, body=body)

        assert read_login(reply, USER, SCOPE).lifetime_s == 86_400.0

    def test_missing_dates_mean_a_day(self) -> None:
        """The documented lifetime is used."""
        reply = Reply(status=201, headers={"X-Subject-Token": "t"}, body=b'{"token": {}}')

        issued = read_login(reply, USER, SCOPE)

        assert (issued.lifetime_s, issued.project_id) == (86_400.0, "")

    @pytest.mark.parametrize(
        "project",
        [None, "p1", {}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "a/b"}, {"id": "x" * 65}],
        ids=str,
    )
    def test_invalid_project_ids_are_ignored(self, project: object) -> None:
        """An invalid id is not used in a path."""
        assert read_project_id(project) == ""

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
        st.sampled_from([200, 201, 204, 301, 400, 401]),
        st.text(),
    )
    def test_every_response_is_a_token_or_a_refusal(
        self, content: object, status: int, token: str
    ) -> None:
        """No response of IAM raises another exception."""
        for body in (content, {"token": content}, {"token": {"issued_at": content}}):
            reply = Reply(
                status=status,
                headers={"X-Subject-Token": token},
                body=json.dumps(body).encode(),
            )
            assert read(reply, lambda issued: issued.lifetime_s > 0)


def read(reply: Reply, is_sound: Callable[[IssuedToken], Any]) -> bool:
    try:
        return bool(is_sound(read_login(reply, USER, SCOPE)))
    except CredentialError:
        return True
