"""An IAM user's token: fetched when first needed, renewed once for all workers, kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from random import Random
from typing import Final

from batchcreate.auth.grants import Grant, IamUser, login_body, read_grant
from batchcreate.errors import CredentialError, NotSentError, TransportError
from batchcreate.models import Reply
from batchcreate.retry import RetryPolicy
from batchcreate.secret import Secret
from batchcreate.transport import masked

MARGIN_S: Final = 300.0
"""How long before its end a token is renewed, or a tenth of its life where that is shorter."""

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Sends one POST; raises `TransportError` where there is no usable reply."""


class IamToken:
    """
    The credential of an IAM user (IAM API, obtaining a user token through password).

    Args:
        user: who logs in.
        post: sends the login.
        retry: when a login that brought no answer is sent again.
        random: draws the waits.

    """

    def __init__(
        self, user: IamUser, post: Post, *, retry: RetryPolicy | None = None, random: Random
    ) -> None:
        self._retry = retry or RetryPolicy(attempts_max=3)
        self._random = random
        self.name = f"IAM user {user.name} at {user.endpoint}"
        self._user = user
        self._post = post
        self._turn = asyncio.Lock()
        self._grant: Grant | None = None
        self._granted_at = 0.0
        self._fresh_until = 0.0
        self._refusal = ""

    @property
    def secrets(self) -> Sequence[Secret]:
        """The password, and the token in force."""
        token = () if self._grant is None else (self._grant.token,)
        return (self._user.password, *token)

    @property
    def project_id(self) -> str:
        """The project of the token in force; empty before the first login."""
        return "" if self._grant is None else self._grant.project_id

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 # a token does not depend on the request; a signature does
        """Return the token's header; `ready` comes first."""
        return {} if self._grant is None else {"X-Auth-Token": self._grant.token.reveal()}

    async def ready(self) -> None:
        """
        Log in where there is no token, or where it is about to end.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        if _now() < self._fresh_until:
            return
        async with self._turn:
            if _now() >= self._fresh_until:
                await self._log_in()

    async def renew(self, used_at: float) -> bool:
        """
        Get a new token after one was refused; one login serves all who ask.

        Args:
            used_at: loop time at which the refused request left.

        Raises:
            CredentialError: IAM refused the user, or cannot be reached.

        """
        async with self._turn:
            if used_at >= self._granted_at:
                await self._log_in()
        return True

    async def _log_in(self) -> None:
        # A user whose password was refused is locked if it is tried again and again.
        if self._refusal:
            raise CredentialError(self._refusal)
        asked_at = _now()
        reply = await self._ask()
        try:
            grant = read_grant(reply, self._user)
        except CredentialError as error:
            self._refusal = str(error)
            raise
        margin_s = min(MARGIN_S, grant.lifetime_s / 10)
        self._grant = grant
        self._granted_at = _now()
        self._fresh_until = asked_at + grant.lifetime_s - margin_s

    async def _ask(self) -> Reply:
        """Send the login; one that brought no answer may be sent again."""
        url = f"{self._user.endpoint}/v3/auth/tokens?nocatalog=true"
        headers = {"Content-Type": "application/json;charset=utf8"}
        reason, remedy = "", "check --iam-endpoint, or run the same command again later"
        for attempt in range(self._retry.attempts_max):
            if attempt:
                await asyncio.sleep(self._retry.wait_s(attempt, self._random))
            try:
                reply = await self._post(url, headers, login_body(self._user))
            except TransportError as error:
                reason = str(error)
                if isinstance(error, NotSentError) and error.is_permanent:
                    remedy = "a certificate of your own authority needs --ca-file"
                    break
            else:
                if not _may_pass(reply.status):
                    return masked(reply, (self._user.password,))
                reason = f"HTTP {reply.status}"
        msg = f"no token from IAM at {self._user.endpoint}: {reason}; {remedy}"
        raise CredentialError(msg)


def _may_pass(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _now() -> float:
    return asyncio.get_running_loop().time()
