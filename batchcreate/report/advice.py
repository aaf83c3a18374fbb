"""What the reader of a result line can do about it."""

from typing import Final

from batchcreate.models import ResultRow, Status

_BY_CODE: Final = {
    "INVALID_ROW": "Mend the cells that issues.csv lists, then run the same command again.",
    "CONNECT": "The request never left. Check the endpoint and the network, then run again.",
    "APIGW.0308": "The service was too busy. Run again, perhaps with a lower --rate.",
    "APIGW.0301": "The credentials were not accepted. Renew them, then run again.",
    "APIGW.0307": "The token has ended. Get a new one, then run again.",
}
_BY_HTTP_STATUS: Final = {
    400: "The service refused the values of this row. Correct what the message names, then run again.",
    401: "The credentials were not accepted. Renew them, then run again.",
    403: "The account may not do this. Check its permissions and the instance, then run again.",
    404: "The service knows no such project or instance. Check both ids, then run again.",
    409: "A task of this name exists already. Choose another name, then run again.",
    429: "The service was too busy. Run again, perhaps with a lower --rate.",
}
_BY_STATUS: Final = {
    Status.REJECTED: _BY_CODE["INVALID_ROW"],
    Status.NOT_ATTEMPTED: "Not sent yet. Run the same command again.",
    Status.CREATED: "",
    Status.FAILED: "The service refused this row. Correct what the message names, then run again.",
    Status.UNKNOWN: "It may exist on the server. Run again: the server's list is asked first.",
    Status.SKIPPED: "Not sent on purpose: the task exists already.",
}


def advice(row: ResultRow) -> str:
    """Return one line on what to do about *row*, empty where nothing is to be done."""
    if row.status is Status.FAILED:
        by_status = _BY_HTTP_STATUS.get(row.http_status or 0, _BY_STATUS[row.status])
        return _BY_CODE.get(row.error_code, by_status)
    return _BY_STATUS[row.status]
