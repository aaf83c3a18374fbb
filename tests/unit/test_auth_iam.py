"""An IAM user's login: one for all workers, renewed in time, refused once, read with care."""

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
from batchcreate.auth.grants import Grant, id_of, login_body, read_grant
from batchcreate.errors import (
    CredentialError,
    MaybeSentError,
    NotSentError,
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
UNGRANTED: Final = (
    "IAM at https://iam.example gave no token to user jane of account acme for project p1 ({}); "
    "check BATCHCREATE_IAM_USER, _PASSWORD and _DOMAIN, and the project"
)

Act = Reply | TransportError


def described(**changes: object) -> dict[str, object]:
    """Return a token as IAM describes it, a day long."""
    return {
        "issued_at": "2025-01-02T03:04:05.678901Z",
        "expires_at": "2025-01-03T03:04:05.678901Z",
        "project": {"id": "p1", "name": "cn-north-4"},
    } | changes


def granted(text: str = "token-1", *, lifetime_s: float = 86_400, **changes: object) -> Reply:
    expires = (ISSUED + timedelta(seconds=lifetime_s)).isoformat()
    body = json.dumps({"token": described(expires_at=expires, **changes)}).encode()
    return Reply(status=201, headers={"X-Subject-Token": text}, body=body)


def said(status: int, content: object = None) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status=status, headers={}, body=body)


REFUSED: Final = said(401, {"error": {"code": 401, "message": "wrong password"}})


class Iam:
    """Answers logins as scripted, each after a tenth of a second; the last one again and again."""

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


def asked(iam: Iam) -> list[dict[str, str]]:
    """Return the projects that tokens were asked for."""
    return [json.loads(body)["auth"]["scope"]["project"] for body in iam.bodies]


def failure(*acts: Act) -> tuple[str, Iam]:
    """Return what a login that goes as *acts* ends in."""
    iam = Iam(*acts)

    async def log_in() -> None:
        await credential(iam).ready("p1")

    with pytest.raises(CredentialError) as caught:
        run_virtually(log_in())
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value), iam


class TestLogin:
    def test_asks_for_a_project_scoped_token(self) -> None:
        """The body is that of the page on tokens by password."""
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

    def test_is_made_when_it_is_needed(self) -> None:
        """Before it there is no token, no project, and nothing but the password to hide."""
        iam = Iam(granted("token-1"))

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

    def test_serves_all_who_wait(self) -> None:
        """Fifty workers at the start make one login."""
        iam = Iam(granted())

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
        ids=["a day", "fifty minutes", "short", "shorter", "ended before it began"],
    )
    def test_is_renewed_before_the_token_ends(
        self, lifetime_s: float, renewed_after_s: float
    ) -> None:
        """Five minutes before, or a tenth of its life where that is shorter."""
        iam = Iam(granted("token-1", lifetime_s=lifetime_s), granted("token-2"))

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

    def test_follows_a_refused_token_once(self) -> None:
        """Fifty workers whose requests met a 401 make one login; late ones make none."""
        iam = Iam(granted("token-1"), granted("token-2"))

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
    def test_have_a_token_each(self) -> None:
        """A token of one project is worth nothing in another one; each request bears its own."""
        iam = Iam(granted("token-1"), granted("token-2"))

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
        assert asked(iam) == [{"id": "p1"}, {"id": "p2"}]

    def test_are_renewed_each_for_itself(self) -> None:
        """A token that ends, or is refused, costs no login for the other project."""
        iam = Iam(granted("a", lifetime_s=100), granted("b", lifetime_s=1000), granted("c"))

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await token.ready("p2")
            await asyncio.sleep(95)
            await token.ready()
            await token.renew("p2", asyncio.get_running_loop().time())
            await token.renew("p3", 0.0)

        run_virtually(use())
        assert asked(iam) == [{"id": name} for name in ("p1", "p2", "p1", "p2", "p3")]

    @pytest.mark.parametrize(
        ("project", "found", "logins"),
        [({"id": "p1", "name": "cn-north-4"}, "p1", 1), (None, "", 2)],
        ids=["told", "not told"],
    )
    def test_are_found_by_name(self, project: object, found: str, logins: int) -> None:
        """The login that tells the id gives its token too, where IAM tells it."""
        iam = Iam(granted(project=project))

        async def use() -> None:
            token = credential(iam)
            assert await token.find_project("cn-north-4") == found
            await token.ready()
            await token.ready("p1")

        run_virtually(use())
        assert asked(iam) == [{"name": "cn-north-4"}, {"id": "p1"}][:logins]


class TestRefusal:
    def test_is_told_with_user_endpoint_and_reason(self) -> None:
        """The server's own code and words stand in the message."""
        message, iam = failure(REFUSED)

        assert message == UNGRANTED.format("HTTP 401, 401, wrong password")
        assert len(iam.logins) == 1

    def test_is_final(self) -> None:
        """However many ask: a user is locked after a few wrong passwords."""
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

    def test_of_a_renewal_ends_it_though_the_token_lives(self) -> None:
        """A password that was changed is not tried again and again."""
        iam = Iam(granted("token-1", lifetime_s=100), REFUSED)

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(95)
            with pytest.raises(CredentialError, match="wrong password"):
                await token.ready()

        run_virtually(use())
        assert len(iam.logins) == 2

    def test_shows_no_password_that_the_server_repeats(self) -> None:
        """Some gateways answer with what they were sent."""
        echo = said(400, {"error_msg": f"bad request: {PASSWORD}", "error_code": "IAM.1"})

        message, _ = failure(echo)

        assert message == UNGRANTED.format("HTTP 400, IAM.1, bad request: ***")

    @pytest.mark.parametrize(
        "reply",
        [
            said(201, {"token": described()}),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b""),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b"<html>"),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b"[]"),
            Reply(status=201, headers={"X-Subject-Token": "t"}, body=b'{"token": "t"}'),
            granted("a b"),
            granted("ä"),
            granted("a\udcff"),
        ],
        ids=[
            "no header", "no body", "a page", "a list", "no description",
            "a space in it", "a letter beyond ASCII", "no UTF-8",
        ],
    )  # fmt: skip
    def test_of_garbage_ends_it(self, reply: Reply) -> None:
        """What is no token is not used as one, and not shown either."""
        message, iam = failure(reply)

        assert message == UNGRANTED.format("HTTP 201 without a usable token")
        assert len(iam.logins) == 1

    @pytest.mark.parametrize("status", [302, 307, 400, 403, 404])
    def test_with_a_token_in_it_is_a_refusal(self, status: int) -> None:
        """Only a success grants anything."""
        reply = Reply(
            status=status,
            headers={"X-Subject-Token": "t"},
            body=json.dumps({"token": described()}).encode(),
        )

        message, _ = failure(reply)

        assert f"(HTTP {status}, HTTP_{status})" in message


class TestOutage:
    @pytest.mark.parametrize(
        ("act", "reason"),
        [
            (said(500), "HTTP 500"),
            (said(503, b"<html>"), "HTTP 503"),
            (said(429, {"error_code": "APIGW.0308"}), "HTTP 429"),
            (MaybeSentError("no answer in time"), "no answer in time"),
            (NotSentError("no connection to x"), "no connection to x"),
        ],
        ids=["500", "503", "429", "no answer", "no connection"],
    )
    def test_is_waited_out_three_times(self, act: Act, reason: str) -> None:
        """A login may be repeated: it creates nothing."""
        message, iam = failure(act)

        assert message == (
            f"no token from IAM at https://iam.example: {reason}; "
            "check --iam-endpoint, or run the same command again later"
        )
        assert len(iam.logins) == 3
        assert iam.logins[2] <= 0.2 + 0.5 + 1.0

    def test_of_a_moment_is_got_over(self) -> None:
        """The third login counts as much as the first."""
        iam = Iam(said(500), NotSentError("no connection"), granted("token-1"))

        async def use() -> str:
            token = credential(iam)
            await token.ready("p1")
            return sent(token)

        assert run_virtually(use()) == "token-1"

    def test_can_pass_until_the_next_time(self) -> None:
        """Unlike a refusal it does not stay."""
        iam = Iam(said(500), said(500), said(500), granted("token-1"))

        async def use() -> str:
            token = credential(iam)
            with pytest.raises(CredentialError):
                await token.ready("p1")
            await token.ready("p1")
            return sent(token)

        assert run_virtually(use()) == "token-1"

    def test_is_got_over_while_the_token_lives(self) -> None:
        """A renewal that fails before the end is tried again until then; the work goes on."""
        iam = Iam(granted("token-1", lifetime_s=100), *[said(500)] * 6, granted("token-2"))

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

    def test_is_told_when_the_token_has_ended(self) -> None:
        """Then there is nothing left to go on with."""
        iam = Iam(granted("token-1", lifetime_s=100), said(500))

        async def use() -> None:
            token = credential(iam)
            await token.ready("p1")
            await asyncio.sleep(100)
            with pytest.raises(CredentialError, match="no token from IAM"):
                await token.ready()

        run_virtually(use())

    def test_of_trust_is_not_waited_out(self) -> None:
        """A certificate that does not verify gets no second request."""
        message, iam = failure(NotSentError("certificate verify failed", is_permanent=True))

        assert message == (
            "no token from IAM at https://iam.example: certificate verify failed; "
            "a certificate of your own authority needs --ca-file"
        )
        assert len(iam.logins) == 1


class TestGrant:
    def test_is_read_from_header_and_body(self) -> None:
        """The token is a header, its life and project are in the body."""
        grant = read_grant(granted("t", lifetime_s=120), USER, SCOPE)

        assert (grant.token.reveal(), grant.project_id, grant.lifetime_s) == ("t", "p1", 120.0)

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
    def test_without_times_lives_a_day(self, changes: dict[str, object]) -> None:
        """As documented; a 401 renews it anyway."""
        body = json.dumps({"token": described(**changes)}).encode()
        reply = Reply(status=201, headers={"X-Subject-Token": "t"}, body=body)

        assert read_grant(reply, USER, SCOPE).lifetime_s == 86_400.0

    def test_without_any_times_lives_a_day(self) -> None:
        """So does one that does not mention them."""
        reply = Reply(status=201, headers={"X-Subject-Token": "t"}, body=b'{"token": {}}')

        grant = read_grant(reply, USER, SCOPE)

        assert (grant.lifetime_s, grant.project_id) == (86_400.0, "")

    @pytest.mark.parametrize(
        "project",
        [None, "p1", {}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "a/b"}, {"id": "x" * 65}],
        ids=str,
    )
    def test_names_a_project_or_none(self, project: object) -> None:
        """What cannot be an id is not put into a path."""
        assert id_of(project) == ""

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
        st.sampled_from([200, 201, 204, 301, 400, 401]),
        st.text(),
    )
    def test_is_a_grant_or_a_refusal_whatever_comes(
        self, content: object, status: int, token: str
    ) -> None:
        """No answer of IAM ends a command with a trace."""
        for body in (content, {"token": content}, {"token": {"issued_at": content}}):
            reply = Reply(
                status=status,
                headers={"X-Subject-Token": token},
                body=json.dumps(body).encode(),
            )
            assert read(reply, lambda grant: grant.lifetime_s > 0)


def read(reply: Reply, is_sound: Callable[[Grant], Any]) -> bool:
    try:
        return bool(is_sound(read_grant(reply, USER, SCOPE)))
    except CredentialError:
        return True
