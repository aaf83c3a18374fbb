"""Everyday text is distinguished from text that was decoded with another encoding."""

import pytest

from batchcreate.loader.encoding_plausibility import read_as


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "客户主数据，每小时（增量）"),
        ("gb18030", "CRM订单 2026"),
        ("cp950", "客戶主檔，每小時"),
        ("cp932", "顧客マスタ、毎時"),
        ("cp949", "고객 마스터"),
        ("cp1252", "Größe für Müller \u2013 “täglich”"),
        ("cp1252", "L\u2019été à l\u2019île, où l\u2019œuvre coûte 5 €"),
        ("cp1252", "¿Qué año? ¡El último!"),
        ("cp1252", "Informação não é opções"),
        ("cp1252", "25 °C, 10 m², § 5, 2ª vez"),
        ("cp1252", "naïve café ŒUVRE"),
        ("cp1252", "Preis: 5 €, 10 £, ©2026, Marke®"),
        ("cp874", "คำสั่งซื้อ ลูกค้า ถนน"),
        ("cp1251", "Заказы клиентов"),
        ("cp1252", "1½h für ½ Größe, 2½-fach"),
    ],
)
def test_everyday_text_is_plausible(encoding: str, text: str) -> None:
    """All of its characters are everyday ones."""
    assert read_as(text, encoding).share == 1.0


@pytest.mark.parametrize(
    ("encoding", "text", "most"),
    [
        ("gb18030", "Gr鲞e", 0),
        ("gb18030", "库存stock", 0.5),
        ("gb18030", "拲暥", 0),
        ("cp950", "隆等杅擂肮祭", 0.7),
        ("cp932", "ｶｩｵ･", 0),
        ("cp932", "隔madija", 0),
        ("cp949", "뚗땞", 0.5),
        ("cp1252", "Çàêàçû", 0),
        ("cp1252", "¶©µ¥", 0.25),
        ("cp1252", "¿Í»§", 0.5),
        ("cp1252", "Logicã Pãrinte", 0),
        ("cp1252", "u¿ycia t³a", 0),
        ("cp1252", "Größe été año", 0.7),
        ("cp1252", "Gr”áe", 0.5),
        ("cp1252", "c½ur d'été, déjà où, à côté", 0),
        ("cp1252", "¼uvre déjà été", 0),
        ("cp1252", "5 ¤ für Größe, schön und täglich, übrig", 0),
        ("cp1252", "NABÍDKY ©PATNÉ", 0.7),
        ("cp1252", "CŸDIGO INFORMA€™ES", 0),
        ("cp874", "ถฉตฅ ทขฦฑ", 0.5),
        ("iso8859_5", "ЖЉЕЅ", 0),  # meant
        ("cp1252", "plain", 0),
        ("gb18030", "plain", 0),
    ],
)
def test_text_in_another_encoding_is_not_plausible(encoding: str, text: str, most: float) -> None:
    """It has rare characters, mixed scripts, or two languages at the same time."""
    assert read_as(text, encoding).share <= most
