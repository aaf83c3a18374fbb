"""Plausibility of a decoded text: the share of everyday words and characters; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_THAI_SIGNS: Final = "".join(map(chr, range(0x0E31, 0x0E4F)))
"""Vowels and tones of Thai; some are not alphabetic in Unicode."""

_WORD: Final = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_THAI_SIGNS}])*|[^\x00-\x7f]")

_ALONE: Final = re.compile(
    r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[A-Za-z])"
    r"|(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])"
)
"""Ideographs next to ASCII letters, which are more often halves of a western word."""

_ALPHABETS: Final = tuple(
    frozenset(letters)
    for letters in (
        "äöüßé",  # German
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíñóúüºª",  # Spanish
        "áâãàçéêíóôõúüºª",  # Portuguese
        "àèéìîòù",  # Italian
        "àçèéíïòóúü",  # Catalan
        "áèéëïóöü",  # Dutch, and what English borrows
        "åäöé",  # Swedish, Finnish
        "æøåé",  # Danish, Norwegian
        "áðéíóúýþæö",  # Icelandic
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîșțşţ",  # Romanian
        "čćđšž",  # Croatian, Serbian, Slovenian
        "çğıöşüâîûi̇",  # Turkish # noqa: RUF001 # meant
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "äõöüšž",  # Estonian
    )
)
_SCRIPTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        "[а-яё]{2,}",  # Russian, Bulgarian # noqa: RUF001 # meant
        "[абвгдежзийклмнопрстуфхцчшщьюяіїєґ]{2,}",  # Ukrainian # meant
        "[а-зй-шы-яёіў]{2,}",  # Belarusian # noqa: RUF001 # meant
        "[абвгдежзиклмнопрстуфхцчшјљњћђџ]{2,}",  # Serbian # meant
        "[абвгдежзиклмнопрстуфхцчшјљњќѓџ]{2,}",  # Macedonian # meant
        "[αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ]{2,}",  # Greek # meant
        "[א-ת]{2,}",
        "[ء-ي\u064b-\u0652پچژگک]{2,}",
        # In Thai, hardly any word has four consonants without a vowel.
        "(?!.*[ฃฅ])(?!.*[ก-ฮ]{4})(?:[เ-ไ]?[ก-ฮ]{1,3}[ะ-ฺๅ-๎]*)+",
    )
)
_ASCII_LETTER: Final = re.compile("[A-Za-z]")
_OTHER_SCRIPT: Final = re.compile("[\u0370-\u1dff]")
_UNUSUAL_SHARE: Final = 0.1
"""Maximum share of words with capitals in the middle, or with letters of two scripts."""

_ONE_LETTER_WORDS: Final = frozenset("àáèéòóåöøæºª")
_UNUSUAL: Final = re.compile(r"ã(?![oe])|õ(?!e)")
_SYMBOL: Final = re.compile(
    r"(?<!\w)[¿¡«»“”„‘…•€£§]|(?<!\w)[®™©](?![^\W\d_])|[«»“”„‘…•€£§®™©](?!\w)"  # noqa: RUF001 # meant
    r"|(?<![^\W\d_])°|(?<=\w)[²³](?![^\W\d_])|[’–—·½¼¾×\u00a0]"  # noqa: RUF001 # meant
)
_ISO_8859_15: Final = re.compile(r"¤|(?<=[^\W\d_])[¼½¾]|(?<!\d)[¼½¾](?=[^\W\d_])")
"""The characters that Œ, œ, Ÿ and the euro of ISO-8859-15 become in Windows-1252."""

_INSIDE: Final = re.compile(r"(?<=[^\W\d_])[€™®©£§¿¡„•]+(?=[^\W\d_])")
"""Symbols that are letters in another encoding if they are inside of a word."""

_FREQUENT: Final[Mapping[str, frozenset[str]]] = {
    "gb18030": frozenset(
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
        "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当"
        "使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你"
        "明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果"
        "料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农"
        "指几九区强放决西被干做必战先回则任取据处府南收到订单客户描述数据同步任务标签供应商库存发票付款仓库"
        "采购销售财务物流合测试环境字段网络服器接口每增删改更查询导历史备份志权限角色员工资产价格报告华东海京深广称类号状态组织架构运输"
    ),
    "cp950": frozenset(
        "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子"
        "說產種面而方後多定行學法所民得經十三之進著等部度家電力裡如水化高自二理起小物現實加量都兩體制機當"
        "使點從業本去把性好應開它合還因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反你"
        "明看原又利比或但質氣第向道命此變條只沒結解問意建月公無系軍很情者最立代想已通並提直題程展五果料象"
        "員位入常文總次品式活設及管特件長求老頭基資邊流路級少圖山統接知較將組見計別手期根論運指區強放決西"
        "任取據處南收訂單客戶描述資料同步任務標籤供應商庫存發票付款倉庫採購銷售財務物流測試環境欄網路伺服"
        "器介每增刪改更查詢導歷史備份權限角色員工資產價格報告東海京稱類號狀態組織架構運輸臺灣華"
    ),
    "cp949": frozenset(
        "이다는을를에의가고하지로도한기사서인자시대있어은들그리해나수정아니라보전장여부일제구조주과상성스"
        "선관원공동국문내원안경면신모행비무생분위진실방회적화용거유산식요체계통중간단학연만드개소세발오업"
        "데터고객주문작설명테스트동기출재구매판처금"
    ),
    "cp932": frozenset(
        "日一国人年大十二本中長出三時行見月分後前生間上東今金入学高円子外下来気小山北書先名川千水西電校南"
        "毎食車会社新更売商品客顧注文在庫販管理部門番号変同期情報株式京都市データ作成用数量地方法定自動的業"
        "務発送受支払請求仕入取引担当者住所内容期限開始終了完処一覧表計画実績店舗最全体"
    ).union(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB)))),
}
"""Frequent characters; in text of another encoding they are rare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """
    Everyday characters of a double-byte encoding.

    Attributes:
        codec: the smallest encoding of its family; characters that it lacks are rare.
        characters: encoding with the same frequent characters.
        leads: ranges of first bytes: punctuation, letters, and the common ideographs.

    """

    codec: str
    characters: str
    leads: Sequence[tuple[int, int]]


_BANDS: Final[Mapping[str, _Band]] = {
    "gb18030": _Band(codec="gb2312", characters="gb18030", leads=((0xA1, 0xA3), (0xB0, 0xD7))),
    "cp950": _Band(codec="big5", characters="cp950", leads=((0xA1, 0xC6),)),
    "cp932": _Band(codec="shift_jis", characters="cp932", leads=((0x81, 0x83), (0x88, 0x97))),
    "euc_jp": _Band(codec="euc_jp", characters="cp932", leads=((0xA1, 0xA5), (0xB0, 0xCF))),
    "cp949": _Band(codec="euc_kr", characters="cp949", leads=((0xA1, 0xA3), (0xB0, 0xC8))),
    "johab": _Band(codec="johab", characters="cp949", leads=((0x88, 0xD3), (0xD9, 0xDA))),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    A text that was decoded with one encoding, and how plausible it is.

    Attributes:
        text: the text.
        is_eastern: True if a character beyond ASCII has two bytes.
        units: number of different characters, or words, beyond ASCII.
        share: share of the everyday ones.
        frequent: share of frequent characters if *is_eastern*, else 0.

    """

    text: str
    is_eastern: bool
    units: int
    share: float
    frequent: float

    @property
    def rank(self) -> tuple[float, float]:
        """Sort key; higher values are more plausible."""
        return self.share, self.frequent


def read_as(text: str, encoding: str) -> Reading:
    """
    Return the plausibility of *text*, which was decoded with *encoding*.

    In Chinese, Japanese and Korean encodings the common characters are in one band of codes,
    and text of another encoding is scattered over all bands. Accented letters are in words of one
    case, and each language has few of them; the words of other alphabets have no other letters.
    """
    band = _BANDS.get(encoding)
    if band is None:
        units, share = _alphabetic_share(text)
        return Reading(text=text, is_eastern=False, units=units, share=share, frequent=0)
    special = {char for char in text if not char.isascii()}
    free = special.intersection(_ALONE.sub("", text))
    letters = {char for char in special if char.isalpha()}
    return Reading(
        text=text,
        is_eastern=True,
        units=len(special),
        share=_share(sum(_is_in(band, char) for char in free), len(special)),
        frequent=_share(len(letters & _FREQUENT[band.characters]), len(letters)),
    )


def _is_in(band: _Band, char: str) -> bool:
    try:
        code = char.encode(band.codec)
    except UnicodeEncodeError:
        return False
    return len(code) > 1 and any(first <= code[0] <= last for first, last in band.leads)


def _alphabetic_share(text: str) -> tuple[int, float]:
    """Return the number of words and symbols beyond ASCII, and the share of everyday ones."""
    words: set[str] = set()
    symbols: set[tuple[str, str]] = set()
    for match in _WORD.finditer(text):
        if match[0].isascii():
            continue
        if all(char.isalpha() or char in _THAI_SIGNS for char in match[0]):
            words.add(match[0])
        else:
            at = next(at for at in range(match.start(), match.end()) if text[at] > "\x7f")
            symbols.add((text[max(0, at - 1) : at], text[at : match.end() + 1]))
    whole = len(words) + len(symbols)
    shaped = [word.lower() for word in words if _has_usual_shape(word)]
    is_unusual = len(words) - len(shaped) > _UNUSUAL_SHARE * len(words)
    # Text in ISO-8859-15 differs in these characters only, so that one of them decides.
    if is_unusual or _ISO_8859_15.search(text) or _INSIDE.search(text):
        return whole, 0.0
    letters = [set(_not_ascii(word)) for word in shaped if _is_mixed(word)]
    latin = max(sum(map(alphabet.issuperset, letters)) for alphabet in _ALPHABETS)
    other = max(sum(bool(script.fullmatch(word)) for word in shaped) for script in _SCRIPTS)
    return whole, _share(max(latin, other) + sum(map(_is_symbol, symbols)), whole)


def _has_usual_shape(word: str) -> bool:
    """Return True if *word* has one script, and a capital first letter or capitals only."""
    has_usual_case = word[1:] == word[1:].lower() or word == word.upper()
    return has_usual_case and not (_ASCII_LETTER.search(word) and _OTHER_SCRIPT.search(word))


def _is_mixed(word: str) -> bool:
    """Return True if *word* has enough ASCII letters between its accented ones."""
    special = len(_not_ascii(word))
    is_mixed = special <= len(word) - special + 1 and special < len(word)
    return (is_mixed or word in _ONE_LETTER_WORDS) and not _UNUSUAL.search(word)


def _is_symbol(around: tuple[str, str]) -> bool:
    """Return True if a symbol, between two characters, is usual there."""
    before, rest = around
    is_alone = len(_not_ascii(before + rest)) <= len("’é")  # noqa: RUF001 # meant
    return is_alone and _SYMBOL.match(before + rest, len(before)) is not None


def _not_ascii(text: str) -> str:
    return "".join(char for char in text if not char.isascii())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
