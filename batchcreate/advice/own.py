"""What this tool says itself: its own codes, and the statuses of rows."""

import re
from typing import Final

from batchcreate.advice.remedies import (
    ASK_ABOUT,
    ASK_LIST,
    CHECK_NETWORK,
    KEEP_OR_CHANGE,
    MEND_CELLS,
    MEND_PROXY,
    NOTHING,
    RUN_AGAIN,
    RUN_LATER,
    TRUST,
)
from batchcreate.advice.values import Entry, Words


def _reason(words: str) -> re.Pattern[str]:
    # Host and port stand before the reason, and may hold any word.
    return re.compile(rf"^no connection to \S+: .*(?:{words})", re.IGNORECASE)


OWN: Final = (
    Entry(
        codes=("INVALID_ROW",),
        meaning=Words(
            en="Cells of the row break the rules of the API; it was not sent.",
            zh="该行有单元格不符合 API 的规则，未发送。",
        ),
        remedy=MEND_CELLS,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="The request never left: there was no connection to the server.",
            zh="请求未发出：无法连接到服务端。",
        ),
        remedy=CHECK_NETWORK,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="The server's certificate is not to be trusted; nothing was sent.",
            zh="服务端证书不可信，未发送任何内容。",
        ),
        phrase=_reason("certificate"),
        remedy=TRUST,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="The proxy let nothing through; nothing was sent.",
            zh="代理未放行，未发送任何内容。",
        ),
        phrase=re.compile("^the proxy "),
        remedy=MEND_PROXY,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="There is no such host, or its name could not be looked up; nothing was sent.",
            zh="主机名不存在或无法解析，未发送任何内容。",
        ),
        phrase=_reason("name|DNS|getaddrinfo|no address"),
        remedy=CHECK_NETWORK,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="The server could not be reached in time; nothing was sent.",
            zh="未能及时连接到服务端，未发送任何内容。",
        ),
        phrase=re.compile("^no connection in time|: .*timed out", re.IGNORECASE),
        remedy=CHECK_NETWORK,
        source="design",
    ),
    Entry(
        codes=("CONNECT",),
        meaning=Words(
            en="Nothing listens at that address, or a firewall refuses; nothing was sent.",
            zh="该地址没有服务在监听，或被防火墙拒绝，未发送任何内容。",
        ),
        phrase=_reason("refused|call failed|unreachable|no route"),
        remedy=CHECK_NETWORK,
        source="design",
    ),
    Entry(
        codes=("NO_ANSWER",),
        meaning=Words(
            en="The row was sent and not answered; the server's list shows that no task was created.",
            zh="该行已发送但没有收到响应；服务端列表显示任务未创建。",
        ),
        remedy=RUN_LATER,
        source="design",
    ),
    Entry(
        codes=("rejected",),
        meaning=Words(
            en="Cells of the row break the rules of the API; it was not sent.",
            zh="该行有单元格不符合 API 的规则，未发送。",
        ),
        remedy=MEND_CELLS,
        source="design",
    ),
    Entry(
        codes=("not_attempted",),
        meaning=Words(
            en="Not sent yet: the run ended before its turn came.",
            zh="尚未发送：轮到该行之前运行已结束。",
        ),
        remedy=RUN_AGAIN,
        source="design",
    ),
    Entry(
        codes=("created",),
        meaning=Words(en="The task exists.", zh="任务已创建。"),
        remedy=NOTHING,
        source="design",
    ),
    Entry(
        codes=("failed",),
        meaning=Words(
            en="The service refused the row, or it never left; nothing was created.",
            zh="服务拒绝了该行，或请求未发出；任务未创建。",
        ),
        remedy=ASK_ABOUT,
        source="design",
    ),
    Entry(
        codes=("unknown",),
        meaning=Words(
            en="What became of it is not known: the task may exist.",
            zh="结果未知：任务可能已经创建。",
        ),
        remedy=ASK_LIST,
        source="design",
    ),
    Entry(
        codes=("skipped",),
        meaning=Words(
            en="Not sent on purpose: the task exists already.", zh="任务已存在，特意未发送。"
        ),
        remedy=KEEP_OR_CHANGE,
        source="design",
    ),
)
"""Our own codes, then the statuses."""
