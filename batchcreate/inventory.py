"""An instance's whole inventory of tasks, page by page; trusted only where the pages agree."""

import asyncio
from http import HTTPStatus
from itertools import count
from random import Random
from typing import Final, Protocol

from batchcreate.clock import utc_now
from batchcreate.errors import CredentialError, TransportError
from batchcreate.listing import Draft, Incomplete, Inventory, Page, read_page
from batchcreate.models import Decision, Failed, Reply, Signal, Target, Unknown
from batchcreate.outcome import describe, read_failure, read_reply
from batchcreate.rate_limiter import Gate
from batchcreate.retry import RetryPolicy

PAGE_TASKS: Final = 999
"""
What one page is asked for. Editions of ListTasks allow 1,000 or cut at 999; whatever a server
makes of it, the next page begins after what this one really held.
"""

_FINAL_SIGNALS: Final = frozenset({Signal.UNAUTHORIZED, Signal.REDIRECTED})


class Lister(Protocol):
    """What a listing needs of an HTTP client."""

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """
        Ask for one page.

        Raises:
            TransportError: there is no usable reply.

        """
        ...


async def list_all(
    lister: Lister, target: Target, *, gate: Gate, retry: RetryPolicy, random: Random
) -> Inventory | Incomplete:
    """
    List every task of *target*.

    Every page goes through the gate. A page that a fault kept from us is asked for again; a
    refusal, or pages that contradict each other, end the listing.
    """
    draft = Draft()
    while not draft.is_complete:
        page = await _page(lister, target, len(draft.seen), gate=gate, retry=retry, random=random)
        if isinstance(page, Incomplete):
            return page
        if reason := draft.add(page):
            reason = f"the list of tasks is not consistent: {reason}"
            return Incomplete(reason=reason, is_moving=True)
    return Inventory(ids=draft.ids, total=draft.total)


async def _page(
    lister: Lister, target: Target, offset: int, *, gate: Gate, retry: RetryPolicy, random: Random
) -> Page | Incomplete:
    for attempt in count(1):
        admitted_at = await gate.acquire()
        answer = await _ask(lister, target, offset)
        if isinstance(answer, Page):
            gate.succeeded(admitted_at)
            return answer
        decision = answer
        if _is_refused(decision) or attempt >= retry.attempts_max:
            return Incomplete(reason=describe(decision.outcome), signal=decision.signal)
        if decision.signal is Signal.THROTTLED:
            gate.throttled(admitted_at, decision.wait_s)
        else:
            await asyncio.sleep(retry.wait_s(attempt, random))
    raise AssertionError  # pragma: no cover # the count has no end


async def _ask(lister: Lister, target: Target, offset: int) -> Page | Decision:
    """Ask for one page; return how the answer is read where it is none."""
    try:
        reply = await lister.list_tasks(target, offset=offset, limit=PAGE_TASKS)
    except TransportError as error:
        return read_failure(error)
    except CredentialError as error:
        refusal = Failed(http_status=None, error_code="", error_msg=str(error))
        return Decision(outcome=refusal, signal=Signal.UNAUTHORIZED)
    if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_reply(reply, now=utc_now())
    page = read_page(reply)
    malformed = Unknown(reason="the list of tasks is not as documented", http_status=reply.status)
    return page or Decision(outcome=malformed)


def _is_refused(decision: Decision) -> bool:
    """Tell whether asking again would only bring the same answer."""
    is_refusal = isinstance(decision.outcome, Failed) and not decision.may_resend
    return is_refusal or decision.signal in _FINAL_SIGNALS
