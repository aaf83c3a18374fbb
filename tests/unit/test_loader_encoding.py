"""The encoding of a text is proved, shown by its headings or its language, or asked for."""

import io
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.encoding import CANDIDATES, SAMPLE_BYTES, find_encoding
from batchcreate.loader.options import LoadOptions
from batchcreate.loader.source import BLOCK_BYTES, HEAD_BYTES

HEADER = "task_name,operation_types,description\r\n"
CHINESE = "任务名称,操作类型,描述\r\n"

WRITTEN = {
    "gb18030": "华东区销售订单变更实时同步到数据仓库",
    "cp950": "華東區銷售訂單變更即時同步至資料倉儲",
    "cp932": "東日本の販売注文の変更をデータウェアハウスへ同期",
    "cp949": "고객 마스터, 매시간 주문 데이터 동기화",
    "cp1252": "Bestellübersicht für Müller \u2013 täglich",
}


def found(content: bytes, **options: Any) -> str:
    return find_encoding(io.BytesIO(content), label="t.csv", options=LoadOptions(**options))


def refusal(content: bytes) -> str:
    with pytest.raises(LoadError) as caught:
        found(content)
    return str(caught.value)


def table(text: str, header: str = HEADER) -> str:
    return f"{header}a,INSERT,plain\r\nb,INSERT,{text}\r\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("header", [HEADER, CHINESE])
def test_unicode_is_proved(encoding: str, expected: str, header: str) -> None:
    """By its mark, its pattern or its NUL bytes."""
    assert found(table("订单", header).encode(encoding)) == expected


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xfe\xff\0"])
def test_mark_of_utf_16_is_enough(mark: bytes) -> None:
    """What is wrong behind it shows later."""
    assert found(mark) == "utf-16"


def test_other_text_with_nul_bytes_is_not_utf_16() -> None:
    """Only known headings show it; what the bytes are instead shows later."""
    assert found(b"a\0b\0,\0") == "utf-8"


def test_ascii_is_read_as_utf_8() -> None:
    """Which it is."""
    assert found(table("plain").encode()) == "utf-8"


@pytest.mark.parametrize("encoding", WRITTEN)
def test_everyday_text_shows_its_encoding(encoding: str) -> None:
    """Under plain headings it is told by what the characters are."""
    assert found(table(WRITTEN[encoding]).encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["gb18030", "cp950"])
def test_chinese_headings_show_the_encoding(encoding: str) -> None:
    """They are known in one encoding only, so a single strange word is no riddle."""
    headings = {"gb18030": "任务名称,操作类型", "cp950": "任務名稱,操作類型"}[encoding]

    assert found(f"{headings}\na,INSERT\n".encode(encoding)) == encoding


def test_one_chinese_heading_among_plain_ones_shows_the_encoding() -> None:
    """More of them are known then."""
    assert found("task_name,operation_types,标签\na,b,订单\n".encode("gb18030")) == "gb18030"


def test_unknown_headings_leave_it_to_the_text() -> None:
    """The error about them can then be read."""
    assert found(f"甲,乙\na,{WRITTEN['gb18030']}\n".encode("gb18030")) == "gb18030"


def test_told_encoding_is_taken() -> None:
    """The user knows better."""
    assert found(b"\xff\xfea\0", encoding="cp1251") == "cp1251"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_that_is_told_needs_no_mark(encoding: str) -> None:
    """The headings show which of the two it is, and most programs write the one."""
    assert found(table("x").encode(encoding), encoding="utf-16") == encoding
    assert found("名称".encode(), encoding="utf-16") == "utf-16-le"
    assert found("名称".encode("utf-16"), encoding="utf-16") == "utf-16"


def test_text_that_may_be_anything_is_asked_for() -> None:
    """Two words are read differently by every encoding, and nothing is guessed."""
    assert refusal(table("订单").encode("gb18030")) == (
        "t.csv, line 3: the bytes B6 A9 B5 A5 are not UTF-8; they can read '订单' in gb18030,"
        " '隆等' in cp950, 'ｶｩｵ･' in cp932, '땐데' in cp949, '¶©µ¥' in cp1252. Say with --encoding"
        " what the file is, or save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Заказы клиентов"),
        ("cp1251", "склад"),
        ("koi8-r", "Заказы клиентов"),
        ("cp866", "Заказы клиентов"),
        ("cp1253", "παραγγελίες"),
        ("cp1254", "sipariş güncellemeleri ığ"),
        ("cp1250", "Zamówienia łódź"),
        ("cp1250", "Příliš žluťoučký kůň"),
        ("mac-roman", "Größe"),
        ("cp850", "Größe"),
        ("cp949", "고객"),
        ("gb18030", "客户"),
        ("big5", "測試"),
    ],
)
def test_text_in_doubt_or_in_another_encoding_is_asked_for(encoding: str, text: str) -> None:
    """A text is never taken for another one."""
    assert "Say with --encoding" in refusal(table(text).encode(encoding))


def test_text_in_no_encoding_is_asked_for() -> None:
    """The message does not pretend to know any."""
    assert "are not UTF-8, nor of another usual encoding. Say with --encoding" in refusal(
        table("").encode() + b"\x81\xff\x81 \x81\r\n"
    )


def test_damaged_utf_8_is_no_other_encoding() -> None:
    """One cut character among whole ones is reported where it stands, when it is read."""
    assert found(table("订单").encode().replace("单".encode(), "单".encode()[:2])) == "utf-8"


def test_first_strange_line_may_stand_far_down() -> None:
    """All of the file is looked at until something is strange."""
    rows = "a,INSERT,plain\r\n" * (2 * BLOCK_BYTES // 16)
    strange = f"b,INSERT,{WRITTEN['gb18030']}\r\n"

    assert found((HEADER + rows + strange).encode("gb18030")) == "gb18030"
    assert found((HEADER + rows + strange).encode()) == "utf-8"
    assert refusal((HEADER + rows + "b,INSERT,订单").encode("gb18030")).startswith(
        f"t.csv, line {rows.count(chr(10)) + 2}: the bytes B6 A9 B5 A5 are not UTF-8"
    )


def test_sample_is_bounded() -> None:
    """Neither many strange lines nor an endless one are kept in memory."""
    many = (HEADER + WRITTEN["cp932"] + "\r\n").encode("cp932") * SAMPLE_BYTES
    endless = HEADER.encode() + b"\xb6\xa9" * HEAD_BYTES * 4

    assert found(many[: 4 * BLOCK_BYTES]) == "cp932"
    assert found(endless) == "utf-8"


def test_candidates_are_tried_in_a_fixed_order() -> None:
    """The message lists the likeliest for our users first."""
    assert CANDIDATES == ("gb18030", "cp950", "cp932", "cp949", "cp1252")
