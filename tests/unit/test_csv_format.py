"""The encoding of text files is detected, or the user has to give it."""

import io
from collections import Counter
from typing import Any

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.csv_format import (
    CANDIDATES,
    SAMPLE_BYTES,
    find_encoding,
)
from batchcreate.loader.csv_records import BLOCK_BYTES, HEAD_BYTES
from batchcreate.loader.inputs import LoadOptions

HEADER = "task_name,operation_types,description\r\n"
CHINESE = "任务名称,操作类型,描述\r\n"

WRITTEN = {
    "gb18030": "华东区销售订单变更实时同步到数据仓库",
    "cp950": "華東區銷售訂單變更即時同步至資料倉儲",
    "cp932": "東日本の販売注文の変更をデータウェアハウスへ同期",
    "cp949": "고객 마스터, 매시간 주문 데이터 동기화",
    "cp1252": "Bestellübersicht für Müller \u2013 täglich",
}


def encoding_of(content: bytes, **options: Any) -> str:
    return find_encoding(io.BytesIO(content), label="t.csv", options=LoadOptions(**options))


def encoding_refusal(content: bytes) -> str:
    with pytest.raises(LoadError) as caught:
        encoding_of(content)
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
def test_unicode_is_detected(encoding: str, expected: str, header: str) -> None:
    """The mark, the pattern of the bytes or the NUL bytes are evidence."""
    assert encoding_of(table("订单", header).encode(encoding)) == expected


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xfe\xff\0"])
def test_mark_of_utf_16_is_enough(mark: bytes) -> None:
    """The text after it is decoded later."""
    assert encoding_of(mark) == "utf-16"


def test_other_text_with_nul_bytes_is_not_utf_16() -> None:
    """Only known headings are evidence; the NUL bytes are reported later."""
    assert encoding_of(b"a\0b\0,\0") == "utf-8"


def test_ascii_is_read_as_utf_8() -> None:
    """ASCII is a subset of UTF-8."""
    assert encoding_of(table("plain").encode()) == "utf-8"


@pytest.mark.parametrize("encoding", WRITTEN)
def test_encoding_of_everyday_text_is_detected(encoding: str) -> None:
    """Below ASCII headings the characters of the text decide."""
    assert encoding_of(table(WRITTEN[encoding]).encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["gb18030", "cp950"])
def test_encoding_of_chinese_headings_is_detected(encoding: str) -> None:
    """They are known headings in one encoding only."""
    headings = {"gb18030": "任务名称,操作类型", "cp950": "任務名稱,操作類型"}[encoding]

    assert encoding_of(f"{headings}\na,INSERT\n".encode(encoding)) == encoding


def test_one_chinese_heading_among_ascii_ones_is_sufficient() -> None:
    """It increases the number of known headings."""
    assert encoding_of("task_name,operation_types,标签\na,b,订单\n".encode("gb18030")) == "gb18030"


def test_text_decides_below_unknown_headings() -> None:
    """The error about the headings is then readable."""
    assert encoding_of(f"甲,乙\na,{WRITTEN['gb18030']}\n".encode("gb18030")) == "gb18030"


def test_given_encoding_is_used() -> None:
    """It has precedence over detection."""
    assert encoding_of(b"\xff\xfea\0", encoding="cp1251") == "cp1251"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_given_utf_16_needs_no_mark(encoding: str) -> None:
    """The headings show the byte order; little-endian is the default."""
    assert encoding_of(table("x").encode(encoding), encoding="utf-16") == encoding
    assert encoding_of("名称".encode(), encoding="utf-16") == "utf-16-le"
    assert encoding_of("名称".encode("utf-16"), encoding="utf-16") == "utf-16"


def test_ambiguous_encoding_must_be_given() -> None:
    """Two characters differ in each encoding; no encoding is assumed."""
    assert encoding_refusal(table("订单").encode("gb18030")) == (
        "t.csv, line 3: the bytes B6 A9 B5 A5 are not UTF-8, and the text can be read in several"
        " ways: '订单' with --encoding gb18030, '隆等' with --encoding cp950, '땐데' with --encoding"
        " cp949, '匡汽' with --encoding euc_jp, '월온' with --encoding johab, '∂©µ•' with --encoding"
        " mac_roman or mac_turkish, '∂©Ķ•' with --encoding mac_latin2, '¶©µ„' with --encoding"
        " iso8859_13. Repeat the command with the option whose text is right, or save the"
        " spreadsheet again as 'CSV UTF-8' or as .xlsx."
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
def test_uncertain_encoding_must_be_given(encoding: str, text: str) -> None:
    """A text is never decoded with another encoding."""
    refusal = encoding_refusal(table(text).encode(encoding))

    assert "can be read in several ways" in refusal
    assert "with --encoding" in refusal


def test_damaged_utf_8_is_still_utf_8() -> None:
    """The incomplete character is reported with its line later."""
    assert encoding_of(table("订单").encode().replace("单".encode(), "单".encode()[:2])) == "utf-8"


def test_first_line_that_is_not_ascii_may_be_far_down() -> None:
    """The file is searched up to this line."""
    rows = "a,INSERT,plain\r\n" * (2 * BLOCK_BYTES // 16)
    special = f"b,INSERT,{WRITTEN['gb18030']}\r\n"

    assert encoding_of((HEADER + rows + special).encode("gb18030")) == "gb18030"
    assert encoding_of((HEADER + rows + special).encode()) == "utf-8"
    assert encoding_refusal((HEADER + rows + "b,INSERT,订单").encode("gb18030")).startswith(
        f"t.csv, line {rows.count(chr(10)) + 2}: the bytes B6 A9 B5 A5 are not UTF-8"
    )


def test_sample_is_bounded() -> None:
    """Neither many such lines nor an endless one fill the memory."""
    many = (HEADER + WRITTEN["cp932"] + "\r\n").encode("cp932") * SAMPLE_BYTES
    endless = HEADER.encode() + b"\xb6\xa9" * HEAD_BYTES * 4

    assert encoding_of(many[: 4 * BLOCK_BYTES]) == "cp932"
    assert encoding_of(endless) == "utf-8"


def test_candidates_are_tried_in_a_fixed_order() -> None:
    """The message lists the most likely encodings first."""
    assert CANDIDATES == ("gb18030", "cp950", "cp932", "cp949", "cp1252")


def test_encoding_of_chinese_is_assumed_for_chinese_analysts() -> None:
    """A short text is ambiguous, but most of their files have this encoding."""
    content = table("订单").encode("gb18030")

    assert encoding_of(content, language="zh") == "gb18030"
    with pytest.raises(LoadError):
        encoding_of(table("Año").encode("cp850"), language="zh")
    with pytest.raises(LoadError):
        encoding_of(table("\xa0").encode("cp1252"), language="zh")


LANGUAGES = {
    "de": "Bestellübersicht für Müller täglich Größe Straße Lösung Zürich Änderungen Öffnung",
    "fr": "Commandes modifiées près de Châteauroux reçues création données clients élève déjà forêt",
    "es": "Año nuevo señal niño próximo teléfono dirección España número código pequeño",
    "pt": "Atualização de produção não informações preço você código região coração",
    "sv": "återförsäljare lägenhet ändring på köpare",
    "pl": "Zamówienia łódź produkcja źródło część księgowość żółty ćma ósmy ręka mąż",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy řízení zákazník",
    "hu": "Árvíztűrő tükörfúrógép ügyfél szállítás költség",
    "tr": "Sipariş güncellemeleri müşteri çalışma İstanbul",  # noqa: RUF001 # meant
    "lt": "Užsakymai žąsis ėjo ūkis šalis įmonė",
    "ru": "Заказы клиентов склад обновление данных синхронизация новая версия Москва",
    "el": "παραγγελίες πελατών Αθήνα ενημέρωση δεδομένων",
    "he": "הזמנות לקוחות עדכון נתונים",
    "ar": "طلبات العملاء تحديث البيانات",
    "th": "คำสั่งซื้อของลูกค้า ปรับปรุงข้อมูล",
    "zh": "订单 客户 华东区销售订单变更实时同步到数据仓库 供应商主数据 每日全量 库存 发票",
    "zt": "訂單 客戶 華東區銷售訂單變更即時同步至資料倉儲 供應商 庫存 發票 測試環境",
    "ja": "テスト 東日本の販売注文の変更をデータウェアハウスへ同期 顧客 在庫 注文",
    "ko": "고객 마스터 매시간 주문 데이터 동기화 테스트 재고 판매",
}
ENCODINGS = {
    "cp1252 iso8859_1 iso8859_15 mac_roman cp850 cp437": "de fr es pt sv",
    "cp1250 iso8859_2 cp852 mac_latin2": "pl cs hu",
    "cp1254 iso8859_9 cp857": "tr",
    "cp1257 cp775": "lt",
    "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic": "ru",
    "cp1253 iso8859_7 cp737": "el",
    "cp1255 iso8859_8": "he",
    "cp1256 iso8859_6": "ar",
    "cp874": "th",
    "gb18030": "zh zt ja",
    "gbk": "zh",
    "cp950 big5": "zt",
    "cp932 euc_jp": "ja",
    "cp949 euc_kr": "ko",
}


@pytest.mark.parametrize("analysts", ["en", "zh"])
def test_no_text_is_misread(analysts: str) -> None:
    """Each of 36 encodings is detected or asked for, with a word, a few words or a sentence."""
    misread, results = [], Counter[str]()
    for encoding, language in (
        (encoding, language)
        for encodings, languages in ENCODINGS.items()
        for encoding in encodings.split()
        for language in languages.split()
    ):
        words = LANGUAGES[language].split()
        for text in (*words[:3], *map(" ".join, [words[:2], words[2:5]]), LANGUAGES[language]):
            content = table(text).encode(encoding, "ignore")
            try:
                found = encoding_of(content, language=analysts)
                read = content.decode(found)
            except (LoadError, UnicodeDecodeError):  # the second one is reported with its line
                results["asked"] += 1
                continue
            is_right = read == content.decode(encoding)
            results["read"] += 1
            misread += [] if is_right else [(encoding, text, found)]

    assert misread == []
    assert results["read"] > results["asked"] / 10


@pytest.mark.parametrize("language", ["en", "zh"])
def test_text_that_looks_chinese_is_not_misread(language: str) -> None:
    """Its bytes are also common Chinese characters, but it is plausible text in its encoding."""
    texts = [
        ("euc_jp", "更新 東京 株式会社"),
        ("euc_jp", "毎日 株式会社 売上"),
        ("euc_jp", "福岡最近食勝利"),
        ("cp866", "клиентов обновление"),
        ("koi8_r", "версия обновление"),
        ("koi8_u", "великого трое думает"),
        ("iso8859_5", "ДАННЫХ ОБНОВЛЕНИЕ"),
        ("cp860", "CÓDIGO INFORMAÇÕES"),
        ("big5", "測試環境\r\nc,INSERT,測試環境"),
        ("big5", "監督"),
        ("cp949", "고객"),
        ("cp949", "여기"),
        ("cp949", "잊 박"),
        ("euc_jp", "記載"),
        ("cp1256", "انتخاب"),
        ("iso8859_6", "الصفحة"),
        ("iso8859_7", "Ελ"),
        ("iso8859_2", "DLOUHÝ NABÍDKY ŠPATNÉ HLEDÁM TENTOKRÁT"),
    ]
    read = {}

    for encoding, text in texts:
        try:
            read[encoding, text] = encoding_of(table(text).encode(encoding), language=language)
        except LoadError:
            continue

    assert read == {}


@pytest.mark.parametrize(
    ("encoding", "text"), [("gbk", "时"), ("mac_latin2", "Jiří"), ("cp775", "dažām")]
)
def test_unusual_utf_8_is_not_assumed(encoding: str, text: str) -> None:
    """A few bytes of another encoding are valid UTF-8, but of characters that texts hardly have."""
    assert "with --encoding utf-8" in encoding_refusal(table(text).encode(encoding))


def test_short_chinese_text_is_read_for_chinese_analysts() -> None:
    """Frequent characters are more plausible than rare ones of other languages."""
    texts = ["订单", "销售订单", "主数据", "增量同步", "生产环境", "仓库\r\nc,INSERT,库存"]

    found = [encoding_of(table(text).encode("gb18030"), language="zh") for text in texts]

    assert found == ["gb18030"] * len(texts)


@pytest.mark.parametrize(
    ("encoding", "language"),
    [("cp1252", "de"), ("cp1252", "fr"), ("cp1252", "es"), ("gb18030", "zh"), ("cp950", "zt")],
)
def test_usual_files_need_no_question(encoding: str, language: str) -> None:
    """A sentence is sufficient."""
    content = table(LANGUAGES[language]).encode(encoding)

    assert content.decode(encoding_of(content)) == content.decode(encoding)
