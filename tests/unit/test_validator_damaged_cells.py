"""Cells as analysts really send them, each with what was meant: taken, suggested or refused."""

# ruff: noqa: RUF001  (every look-alike is meant)

from collections.abc import Mapping, Sequence

import pytest

from batchcreate.models import Chunk, Column
from batchcreate.rules import RULES, items
from batchcreate.validator import validate

UUID = "b1a7c0de-5d2f-4e1b-9c3a-6f8e7d6c5b4a"
HEX = "7f3c9a41d2e84b6f9a0c5d1e2b3f4a5c"
ALL = "INSERT,UPDATE,DELETE"

HARMLESS: Mapping[str, Sequence[tuple[str, str]]] = {
    "task_name": [
        (" crm-orders", "crm-orders"),
        ("crm-orders\u00a0", "crm-orders"),
        ("\u3000crm-orders\u3000", "crm-orders"),
        ("crm-orders\t", "crm-orders"),
        ("crm-orders\r\n", "crm-orders"),
        ("\ufeffcrm-orders", "crm-orders"),
        ("\u200bcrm-orders\u200b", "crm-orders"),
        ("\u200ecrm-orders\u200f", "crm-orders"),
        ("\u2009crm-orders\u202f", "crm-orders"),
    ],
    "task_id": [
        (f"{HEX} ", HEX),
        (f"\u00a0{HEX}", HEX),
        (f"{HEX}\u00ad", HEX),
        ("\u200b", ""),
        (" \u00a0 ", ""),
    ],
    "source_app_id": [(f"{UUID}\n", UUID), (f"\u2060{UUID}\u2060", UUID)],
    "instance_id": [(f" {UUID}\u200b", UUID)],
    "task_tag": [("crm-orders ", "crm-orders"), ("\u202acrm-orders\u202c", "crm-orders")],
    "task_type": [
        ("realtime ", "REALTIME"),
        ("\uff32\uff25\uff21\uff2c\uff34\uff29\uff2d\uff25", "REALTIME"),
        ("\u201cREALTIME\u201d", "REALTIME"),
        ("'realtime'", "REALTIME"),
        ("REAL\u200bTIME", "REALTIME"),
        ("\u3010REALTIME\u3011", "REALTIME"),
    ],
    "operation_types": [
        ("insert", "INSERT"),
        ("Insert, Update", "INSERT,UPDATE"),
        ("INSERT UPDATE DELETE", ALL),
        ("INSERT\u3000UPDATE", "INSERT,UPDATE"),
        ("INSERT\u3001UPDATE\u3001DELETE", ALL),
        ("INSERT\uff0cUPDATE", "INSERT,UPDATE"),
        ("INSERT\uff1bDELETE;", "INSERT,DELETE"),
        ("insert/update", "INSERT,UPDATE"),
        ("INSERT+UPDATE", "INSERT,UPDATE"),
        ("INSERT\r\nUPDATE", "INSERT,UPDATE"),
        ("\u201cINSERT\u201d,\u201cUPDATE\u201d", "INSERT,UPDATE"),
        ("'INSERT','UPDATE'", "INSERT,UPDATE"),
        ('["INSERT", "UPDATE"]', "INSERT,UPDATE"),
        ("{INSERT,DELETE}", "INSERT,DELETE"),
        ("\uff29\uff2e\uff33\uff25\uff32\uff34", "INSERT"),
        ("INSERT\u200b,\u200bUPDATE", "INSERT,UPDATE"),
        ("INSERT,\u00a0UPDATE", "INSERT,UPDATE"),
        ("\u3010INSERT\u3011\u3010UPDATE\u3011", "INSERT,UPDATE"),
    ],
    "description": [
        ("  Orders of the shop ", "Orders of the shop"),
        ("Orders\r\nof the shop", "Orders\nof the shop"),
        ("Orders\rof the shop", "Orders\nof the shop"),
        ("\ufeffOrders", "Orders"),
        ("订单\u3000", "订单"),
        ("Größe – “très” 订单 🚀", "Größe – “très” 订单 🚀"),
        ("I \u2764\ufe0f", "I \u2764\ufe0f"),
        ("=SUM(A1)", "=SUM(A1)"),
        ("'quoted'", "'quoted'"),
        ("N/A", "N/A"),
        ("see #N/A in B2", "see #N/A in B2"),
        ("Why???", "Why???"),
        ("CAFÉ»", "CAFÉ»"),
        ("客户订单（每天）", "客户订单（每天）"),
        ("APP選項", "APP選項"),
        ("12345678901234567890", "12345678901234567890"),
    ],
}
"""What only can be meant is taken for it."""

MENDABLE: Mapping[str, Sequence[tuple[str, str]]] = {
    "task_name": [
        ("crm orders", "crm_orders"),
        ("crm  orders", "crm_orders"),
        ("crm orders 01", "crm_orders_01"),
        ("crm\u00a0orders", "crm_orders"),
        ("crm\norders", "crm_orders"),
        ("crm\torders", "crm_orders"),
        ("crm \u2013 orders", "crm-orders"),
        ("crm\u2014orders", "crm-orders"),
        ("crm\u2014\u2014orders", "crm-orders"),
        ("crm\u2011orders", "crm-orders"),
        ("crm\u2212orders", "crm-orders"),
        ("crm\u200borders", "crmorders"),
        ("crm\u00ad-orders", "crm-orders"),
        ("crm/orders", "crm_orders"),
        ("crm\\orders", "crm_orders"),
        ("crm:orders", "crm_orders"),
        ("crm, orders", "crm_orders"),
        ("crm (orders)", "crm_orders"),
        ("crm（orders）", "crm_orders"),
        ("crm、orders", "crm_orders"),
        ("crm，orders", "crm_orders"),
        ("crm：orders", "crm_orders"),
        ("crm_orders。", "crm_orders"),
        ("v1。2-orders", "v1.2-orders"),
        ("crm·orders", "crm_orders"),
        ("crm＿orders", "crm_orders"),
        ("crm－orders", "crm-orders"),
        ("ｃｒｍ-orders", "crm-orders"),
        ("crm-orders０１", "crm-orders01"),
        ("\u0441rm-orders", "crm-orders"),
        ("crm-\u043erders", "crm-orders"),
        ("\u0391BC-orders", "ABC-orders"),
        ("crm-ordérs", "crm-orders"),
        ("cafe\u0301-orders", "cafe-orders"),
        ("München-orders", "Muenchen-orders"),
        ("Mu\u0308nchen-orders", "Muenchen-orders"),
        ("Straße-01", "Strasse-01"),
        ("Øresund", "Oeresund"),
        ("Łódź-orders", "Lodz-orders"),
        ("señor-orders", "senor-orders"),
        ("İstanbul", "Istanbul"),
        ("MÃ¼nchen-orders", "Muenchen-orders"),
        ("ï»¿crm-orders", "crm-orders"),
        ("“crm-orders”", "crm-orders"),
        ('"crm-orders"', "crm-orders"),
        ("'crm-orders", "crm-orders"),
        ("‘crm-orders’", "crm-orders"),
        ("john’s-orders", "johns-orders"),
        ("-crm-orders", "crm-orders"),
        ("_crm_orders", "crm_orders"),
        (".crm-orders", "crm-orders"),
        ("#crm-orders", "crm-orders"),
        ("crm@orders", "crm_orders"),
        ("crm orders!", "crm_orders"),
        ("crm-orders…", "crm-orders"),
        ("crm-orders™", "crm-orders"),
        ("①crm-orders", "1crm-orders"),
        ("2024.0", "2024"),
    ],
    "task_tag": [
        ("crm orders", "crm_orders"),
        ("crm.orders", "crm_orders"),
        ("#crm-orders", "crm-orders"),
        ("“crm-orders”", "crm-orders"),
        ("crm_orders（new）", "crm_orders_new"),
        ("Kühlung", "Kuehlung"),
        ("1001.0", "1001"),
    ],
    "task_id": [
        (f'"{HEX}"', HEX),
        (f"'{HEX}", HEX),
        (f"“{HEX}”", HEX),
        (f"{{{HEX}}}", HEX),
        (f"[{HEX}]", HEX),
        (f"({HEX})", HEX),
        (f"<{HEX}>", HEX),
        (f"{HEX},", HEX),
        (f"{HEX};", HEX),
        (f"{HEX}。", HEX),
        (f"ID: {HEX}", HEX),
        (f"id={HEX}", HEX),
        (f"Task ID：{HEX}", HEX),
        (f"任务ID：{HEX}", HEX),
        (f"任务编号: {HEX}", HEX),
        (f'="{HEX}"', HEX),
        (f"{HEX[:16]} {HEX[16:]}", HEX),
        (f"{HEX[:16]}\n{HEX[16:]}", HEX),
        (f"{HEX[:8]}\u200b{HEX[8:]}", HEX),
        ("12345.0", "12345"),
        ("1,234,567", "1234567"),
    ],
    "source_app_id": [
        (UUID.replace("-", "\u2013"), UUID),
        (UUID.replace("-", "\u2011"), UUID),
        (UUID.replace("-", " - "), UUID),
        (UUID.replace("b1a7", "b1\u04307"), UUID),
        (UUID.replace("1", "\uff11"), UUID),
        (f"urn:uuid:{UUID}", UUID),
        (f"appId: {UUID}", UUID),
        (f"UUID {UUID}", UUID),
        (f"源端应用ID：{UUID}", UUID),
        (f"'{UUID}'", UUID),
        (f"{UUID[:18]}\r\n{UUID[18:]}", UUID),
    ],
    "target_app_id": [(f"{{{UUID}}}", UUID), (f"`{UUID}`", UUID)],
    "project_id": [(f'"{HEX}"', HEX), (f"Project ID: {HEX}", HEX)],
    "instance_id": [(f"{UUID[:9]}\n{UUID[9:]}", UUID), (f"实例ID：{UUID}", UUID)],
    "task_type": [
        ("REAL TIME", "REALTIME"),
        ("Real-Time", "REALTIME"),
        ("REAL_TIME", "REALTIME"),
        ("REALTME", "REALTIME"),
        ("REATLIME", "REALTIME"),
        ("Realtime task", "REALTIME"),
        ("REALTIME.", "REALTIME"),
        ("实时", "REALTIME"),
        ("实时任务", "REALTIME"),
        ("CDC", "REALTIME"),
        ("streaming", "REALTIME"),
        ("TIMING", "REALTIME"),
        ("定时", "REALTIME"),
        ("scheduled", "REALTIME"),
        ("Echtzeit", "REALTIME"),
        ("RЕALTIME", "REALTIME"),
    ],
    "operation_types": [
        ("INSRT", "INSERT"),
        ("UDPATE", "UPDATE"),
        ("DELET", "DELETE"),
        ("INSERT,UPDTE", "INSERT,UPDATE"),
        ("inserts", "INSERT"),
        ("I/U/D", ALL),
        ("I,U", "INSERT,UPDATE"),
        ("IUD", ALL),
        ("I U D", ALL),
        ("CUD", ALL),
        ("ALL", ALL),
        ("all operations", ALL),
        ("*", ALL),
        ("全部", ALL),
        ("所有操作", ALL),
        ("增删改", ALL),
        ("新增、修改、删除", ALL),
        ("新增/更新", "INSERT,UPDATE"),
        ("插入和更新", "INSERT,UPDATE"),
        ("插入，更新", "INSERT,UPDATE"),
        ("新增 删除", "INSERT,DELETE"),
        ("仅新增", "INSERT"),
        ("新增操作", "INSERT"),
        ("删除", "DELETE"),
        ("insert and update", "INSERT,UPDATE"),
        ("insert & update", "INSERT,UPDATE"),
        ("INSERT, UPDATE and DELETE", ALL),
        ("insert only", "INSERT"),
        ("InsertUpdateDelete", ALL),
        ("INSERTUPDATE", "INSERT,UPDATE"),
        ("INSERT-UPDATE", "INSERT,UPDATE"),
        ("INSERT.", "INSERT"),
        ("1. INSERT 2. UPDATE", "INSERT,UPDATE"),
        ("INSERT,INSERT", "INSERT"),
        ("INSERT,UPDATE,INSERT", "INSERT,UPDATE"),
        ("UPSERT", "INSERT,UPDATE"),
        ("INS,UPD,DEL", ALL),
        ("create, update, delete", ALL),
        ("add/change/remove", ALL),
        ("æ–°å¢ž", "INSERT"),
    ],
    "description": [
        ("MÃ¼nchen", "München"),
        ("MÃƒÂ¼nchen", "München"),
        ("donâ€™t", "don’t"),
        ("voilÃ\u00a0", "voilà"),
        ("è®¢å\x8d\x95å\x90Œæ\xad¥", "订单同步"),
        ("鎻忚堪璁㈠崟", "描述订单"),
        ("¶©µ¥Í¬²½", "订单同步"),
        ("M黱chen", "München"),
        ("Ð—Ð°ÐºÐ°Ð·Ñ‹", "Заказы"),
        ("ï»¿Orders", "Orders"),
        ("one\x0btwo", "one two"),
        ("one\x00two", "onetwo"),
        ("\uf0b7 first", "• first"),
        ("x\ud800y", "xy"),
    ],
}
"""What is refused with the one thing that was meant as suggestion."""

HOPELESS: Mapping[str, Sequence[str]] = {
    "task_name": [
        "",
        "ab",
        "x" * 101,
        "客户订单",
        "crm-订单",
        "Заказы",
        "#REF!",
        "#N/A",
        "N/A",
        "none",
        "NULL",
        "nan",
        "---",
        "无",
        "TBD",
        "1.23457E-19",
        "crm\ufffdorders",
        "???",
    ],
    "task_id": [
        "1.23457E+19",
        "1,23457E+19",
        "1E+20",
        "1E-05",
        "12345678901234500000",
        "#VALUE!",
        "#NAME?",
        "#BEZUG!",
        "#DIV/0!",
        "########",
        "Err:502",
        "N/A",
        "n/a",
        "-",
        "none",
        "null",
        "nan",
        "<NA>",
        "无",
        "暂无",
        "/",
        "?",
        "ab",
        "7" * 51,
        "7f3c 9a41",
        f"{HEX},{HEX}",
        f"{HEX}\n{HEX}",
        "订单",
        "see above",
    ],
    "source_app_id": ["-", "N/A", "#SPILL!", "tbd", "app one", "a" * 65, "客户"],
    "project_id": ["a/b", "default project", "N/A"],
    "task_tag": ["abc", "null", "None", "crm,orders", "crm;orders", "订单", "t" * 65],
    "task_type": ["batch", "SELECT", "#N/A", "N/A", "不定时", "5"],
    "operation_types": [
        "",
        "SELECT",
        "INSERT,SELECT",
        "banana",
        "INSERT,banana",
        "all but delete",
        "INSERT, no DELETE",
        "不删除",
        "UPSRT",
        "#NAME?",
        "N/A",
        ",;",
        "x" * 5000,
        "查询",
    ],
    "description": [
        "#REF!",
        "#NULL!",
        "Orders \ufffd\ufffd",
        "锟斤拷锟斤拷",
        "ï¿½",
        "è®¢å\x8d\x95åŒæ\xad¥",
        "????",
        "?? ??",
        "璁㈠崟琛?",
        "x" * 1025,
    ],
}
"""What is refused without a suggestion: nobody can know what was meant, or that there is nothing."""


def looked_at(field: str, typed: str) -> tuple[str | None, str]:
    """Return what is taken for the cell (``None``: it is refused), and the suggestion."""
    cells = {name: RULES[name].example for name in ("task_name", "operation_types")}
    cells[field] = typed
    chunk = Chunk(
        file="tasks.csv",
        sheet="",
        columns={name: Column(header=name, index=at) for at, name in enumerate(cells)},
        numbers=[2],
        cells={name: [text] for name, text in cells.items()},
    )

    checked = validate(chunk, defaults={}, needs_target=False)

    if checked.rejected:
        (suggestion,) = {issue.suggestion for issue in checked.rejected[0].issues}
        return None, suggestion
    (taken,) = checked.cells[field]
    return ",".join(items(taken)) if RULES[field].values else taken, ""


def pairs(table: Mapping[str, Sequence[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(field, *pair) for field, found in table.items() for pair in found]


@pytest.mark.parametrize(("field", "typed", "meant"), pairs(HARMLESS))
def test_harmless_cell_is_taken_for_what_is_meant(field: str, typed: str, meant: str) -> None:
    """Nobody has to mend what cannot be misunderstood."""
    assert looked_at(field, typed) == (meant, "")


@pytest.mark.parametrize(("field", "typed", "meant"), pairs(MENDABLE))
def test_doubtful_cell_is_refused_with_what_is_meant(field: str, typed: str, meant: str) -> None:
    """The analyst decides, and has only to agree."""
    assert looked_at(field, typed) == (None, meant)


@pytest.mark.parametrize(
    ("field", "typed"), [(field, typed) for field, found in HOPELESS.items() for typed in found]
)
def test_cell_that_nobody_can_guess_has_no_suggestion(field: str, typed: str) -> None:
    """A wrong suggestion is worse than none."""
    assert looked_at(field, typed) == (None, "")


def test_corpus_is_large_enough_to_speak_of_shares() -> None:
    """Nine in ten of a handful would say nothing."""
    sizes = [sum(map(len, table.values())) for table in (HARMLESS, MENDABLE, HOPELESS)]

    assert sizes[1] >= 150
    assert sum(sizes) >= 300
