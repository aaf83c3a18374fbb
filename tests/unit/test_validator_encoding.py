"""Texts that were read in the wrong encoding are found, honest ones in any language are not."""

# ruff: noqa: RUF001  (every odd character is meant)

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.validator.damage import repaired


def as_latin(data: bytes) -> str:
    """Read *data* as Windows does: bytes without a character become controls."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


HONEST = [
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


READINGS: dict[str, Callable[[str], str]] = {
    "windows-1252": lambda text: as_latin(text.encode()),
    "latin-1": lambda text: text.encode().decode("latin-1"),
    "windows-1252 twice": lambda text: as_latin(as_latin(text.encode()).encode()),
}


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_is_left_alone(text: str) -> None:
    """No language and no sign looks like damage."""
    assert repaired(text) is None


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("reading", READINGS)
def test_utf8_that_was_read_as_western_european_is_mended(text: str, reading: str) -> None:
    """Every language comes back, even after two wrong readings."""
    assert repaired(READINGS[reading](text)) == text


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
def test_chinese_readings_are_mended_both_ways(read: str, text: str) -> None:
    """UTF-8 as GBK, GBK as Windows-1252, and Windows-1252 as GBK."""
    assert repaired(read) == text


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
def test_text_with_something_lost_is_found_and_not_guessed(text: str) -> None:
    """Half a repair would be another damage."""
    assert repaired(text) == ""


@given(st.text(max_size=80))
def test_any_text_can_be_asked_about(text: str) -> None:
    """Lone surrogates, controls and nonsense are no surprise."""
    found = repaired(text)

    assert found is None or found != text


@given(st.text(st.characters(codec="ascii")))
def test_ascii_has_no_encoding_to_get_wrong(text: str) -> None:
    """It is the same in all of them."""
    assert repaired(text) is None
