"""Damaged cell values are detected, and corrected if the original is certain."""

# ruff: noqa: RUF001  (the look-alikes are intended)

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.rules import RULES, split_values
from batchcreate.validator import validate
from batchcreate.validator.damage import cleaned, fix_encoding
from tests.chunks import make_chunk, rejected_rows
from tests.damaged_cells import FIXABLE, HARMLESS, ODD_TEXTS, UNFIXABLE


def checked_cell(field: str, typed: str) -> tuple[str | None, str]:
    """Return the value of a cell, or None if it is rejected, and the suggestion."""
    cells = {name: RULES[name].example for name in ("task_name", "operation_types")}
    cells[field] = typed
    chunk = make_chunk({name: [text] for name, text in cells.items()})

    checked = validate(chunk, defaults={}, needs_target=False)

    if checked.rejected:
        (suggestion,) = {issue.suggestion for issue in rejected_rows(checked)[0].issues}
        return None, suggestion
    (value,) = checked.cells[field]
    return ",".join(split_values(value)) if RULES[field].values else value, ""


def test_harmless_cells_are_cleaned() -> None:
    """Unambiguous cells need no fix by an analyst."""
    cells = [(field, *pair) for field, pairs in HARMLESS.items() for pair in pairs]

    results = [(field, typed, checked_cell(field, typed)) for field, typed, _ in cells]

    assert results == [(field, typed, (value, "")) for field, typed, value in cells]


def test_fixable_cells_are_rejected_with_a_suggestion() -> None:
    """The analyst decides about the suggested value."""
    cells = [(field, *pair) for field, pairs in FIXABLE.items() for pair in pairs]

    results = [(field, typed, checked_cell(field, typed)) for field, typed, _ in cells]

    assert results == [(field, typed, (None, value)) for field, typed, value in cells]


def test_unfixable_cells_have_no_suggestion() -> None:
    """A wrong suggestion is worse than none."""
    cells = [(field, typed) for field, texts in UNFIXABLE.items() for typed in texts]

    results = [(field, typed, checked_cell(field, typed)) for field, typed in cells]

    assert results == [(field, typed, (None, "")) for field, typed in cells]


def test_corpus_is_large() -> None:
    """A share of a small corpus is not conclusive."""
    sizes = [sum(map(len, table.values())) for table in (HARMLESS, FIXABLE, UNFIXABLE)]

    assert sizes[1] >= 150
    assert sum(sizes) >= 300


def as_latin(data: bytes) -> str:
    """Decode *data* as Windows does: unassigned bytes become control characters."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


CORRECT = [
    "Orders of the shop",
    "Bestellungen für Köln, Größe “XL” – täglich…",
    "Das heißt „Äpfel“ und „Öl“: Ä… ÄÖÜß äöüß",
    "à la carte: où, là-bas «été» – «CAFÉ» «DÛ»",
    "Fecha (AÑO) ¿qué? ¡Él! ÅÅÅÅ-MM-DD ÉÉÉÉ",
    "Zahrnúť položku „Iné…“",
    "Łódź żółć gęślą jaźń",
    "tabulka je plná\u00a0– čeká se",
    "PROHLÍŽEČ",
    "A\u3402b",
    "Çäçänçä ÕÄÖÜ éèêë",
    "Заказы магазина, каждый час",
    "Παραγγελίες του καταστήματος",
    "Đơn hàng của cửa hàng, mỗi giờ",
    "Mağaza siparişleri İstanbul ığdır",
    "客户订单，每小时同步一次（增量）",
    "實時同步客戶訂單，每小時一次",
    "APP選項與ABC資料庫",
    "%lld週, 鍵ID",
    "实时 联通 系统 小写 单位",
    "ショップの注文、毎時",
    "상점 주문, 매시간",
    "طلبات المتجر כל שעה",
    "5 µm² ½ °C £10 ×3 ±2 ¶ §1 ©",
    "🚀 Start ❤️ 👨‍👩‍👧",
]

SAMPLES = [
    "Bestellungen für Köln",
    "señal ñandú",
    "l’été déjà",
    "Łódź żółć",
    "Заказы магазина",
    "Παραγγελίες",
    "Đơn hàng",
    "客户订单同步任务",
    "注文の同期",
    "상점 주문",
    "Caraș-Severin",
    "“订单”",
]


DECODINGS: dict[str, Callable[[str], str]] = {
    "windows-1252": lambda text: as_latin(text.encode()),
    "latin-1": lambda text: text.encode().decode("latin-1"),
    "windows-1252 twice": lambda text: as_latin(as_latin(text.encode()).encode()),
}


@pytest.mark.parametrize("text", CORRECT)
def test_correct_text_is_not_changed(text: str) -> None:
    """Correct text in any language is not detected as damaged."""
    assert fix_encoding(text) is None


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("decoding", DECODINGS)
def test_utf8_decoded_as_western_european_is_fixed(text: str, decoding: str) -> None:
    """Every language is restored, even after two errors."""
    assert fix_encoding(DECODINGS[decoding](text)) == text


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("鎻忚堪璁㈠崟", "描述订单"),
        ("Obr谩zek v铆ce", "Obrázek více"),
        ("袟邪泻邪蟹褘", "Заказы"),
        ("¶©µ¥Í¬²½", "订单同步"),
        ("ÈÎÎñÃû³Æ CRM", "任务名称 CRM"),
        ("M黱chen", "München"),
        ("Stra遝, K鰈n", "Straße, Köln"),
    ],
)
def test_text_decoded_as_chinese_is_fixed(read: str, text: str) -> None:
    """UTF-8 as GBK, GBK as Windows-1252, and Windows-1252 as GBK."""
    assert fix_encoding(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "Orders \ufffd",
        "锟斤拷",
        "ï¿½",
        "MÃ¼nchen 订单",
        "MÃ¼nchen, Köln",
        "è®¢å\x8d\x95åŒ",
        "æ–° å¢ž ç¬¬ ä½ å¥½",
        "璁㈠崟琛?",
        "Gr\x81n Ã\x81",
        as_latin(as_latin(as_latin("München".encode()).encode()).encode()),
    ],
)
def test_text_with_lost_characters_is_detected_and_not_fixed(text: str) -> None:
    """An incomplete fix would be another damage."""
    assert fix_encoding(text) == ""


@given(st.text(max_size=80))
def test_any_text_can_be_checked(text: str) -> None:
    """Surrogates and control characters raise no exception."""
    found = fix_encoding(text)

    assert found is None or found != text


def test_time_of_a_check_is_proportional_to_the_length() -> None:
    """A long text in a wrong column does not delay the check."""
    pieces = ("和", "和a", "和。", "Ã", "ÃÂ", "é和", "¶©", "?", "和?", "é", "\xa0é")

    slow = [piece for piece in pieces if cpu_s(piece * 16_000) > 1]

    assert slow == []


def cpu_s(text: str) -> float:
    started = time.process_time()
    fix_encoding(text)
    return time.process_time() - started


@given(st.text(st.characters(codec="ascii")))
def test_ascii_is_never_damaged(text: str) -> None:
    """ASCII is the same in all encodings."""
    assert fix_encoding(text) is None


@given(ODD_TEXTS, st.sampled_from(sorted(RULES)))
def test_cleaning_twice_changes_nothing(text: str, field: str) -> None:
    """A cleaned value is its own cleaned value."""
    once = cleaned(RULES[field], text)

    assert cleaned(RULES[field], once) == once


def test_unmatched_mark_is_not_removed() -> None:
    """Its other half is in another cell, so the list was split."""
    split = (
        "(INSERT",
        "UPDATE)",
        "[INSERT",
        "{INSERT,UPDATE",
        '"INSERT',
        'INSERT,UPDATE"',
        "“INSERT",
    )
    whole = {"(INSERT,UPDATE)": "INSERT,UPDATE", '["INSERT"]': "INSERT", "“INSERT”": "INSERT"}
    rule = RULES["operation_types"]

    assert [text for text in split if cleaned(rule, text) != text] == []
    assert {text: cleaned(rule, text) for text in whole} == whole
