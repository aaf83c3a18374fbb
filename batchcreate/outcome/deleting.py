"""Reads what came back from one request to delete."""

from http import HTTPStatus
from typing import Final

from batchcreate.models import Deletion, DeletionStatus, Reply
from batchcreate.outcome.bodies import error_of
from batchcreate.outcome.creating import REFUSALS

_DELETED_STATUSES: Final = frozenset({200, 202, 204})


def read_deletion(reply: Reply) -> Deletion | None:
    """
    Read the answer to a DeleteTask request; ``None`` where it must be asked again.

    A deletion by id may be repeated safely: the second time its task is gone. Only the service
    itself can say so; a 404 of the gateway speaks of the path, the project or the instance.
    """
    status = reply.status
    if status in _DELETED_STATUSES:
        return Deletion(status=DeletionStatus.DELETED, http_status=status)
    code, message = error_of(reply)
    if status == HTTPStatus.NOT_FOUND and code.startswith("FDI."):
        return Deletion(status=DeletionStatus.GONE, http_status=status)
    if status in REFUSALS or status == HTTPStatus.UNAUTHORIZED:
        return Deletion(
            status=DeletionStatus.REFUSED,
            http_status=status,
            error_code=code,
            error_msg=message,
        )
    return None
