"""The catalogue contains every documented code, complete in both languages."""

import re
from typing import Final

from batchcreate.advice import CATALOGUE
from batchcreate.advice.codes import (
    OWNERS,
    PREFIXES,
    REMEDIES,
    RETRIES,
    SOURCES,
    TEXTS,
    UNDOCUMENTED_RESPONSE,
    UNKNOWN_CODE,
    LocalizedText,
    Owner,
    Retry,
)
from batchcreate.cli import commands
from batchcreate.errors import NotSentReason
from batchcreate.models import Status
from batchcreate.reconcile import NO_ANSWER
from batchcreate.responses import CONNECT
from batchcreate.rules import RULES

# The codes and statuses of the API reference (section 2), copied from it, not from the code.

SERVICE: Final = {
    400: [
        *("FDI.3002", "FDI.3016", "FDI.3019", "FDI.3020", "FDI.3021", "FDI.3022", "FDI.3023"),
        *("FDI.3026", "FDI.3027", "FDI.3028", "FDI.3033", "FDI.3035", "FDI.3037", "FDI.3039"),
        *("FDI.3043", "FDI.3150"),
    ],
    404: ["FDI.3081", "FDI.3083"],
    500: ["FDI.9999"],
}
GATEWAY: Final = {
    400: ["0104", "0105", "0106", "0201", "0602", "0607"],
    401: ["0301", "0303", "0305", "0307", "0311"],
    403: ["0302", "0304", "0306", "0310", "0401", "0402", "0404", "0801", "0802"],
    404: ["0101", "0103"],
    405: ["0501", "0502"],
    413: ["0201"],
    414: ["0201"],
    429: ["0308"],
    494: ["0201"],
    500: ["0601", "0605", "0606", "0608", "0609", "0611", "0612", "0705"],
    502: ["0201", "0610"],
    503: ["0613"],
    504: ["0201"],
}
OTHERS: Final = {
    400: [
        *("ROMA.1000", "ROMA.1002", "ROMA.1006", "ROMA.1007", "ROMA.13000", "ROMA.13001"),
        *("ROMA.10010", "IAM.0007", "IAM.0009", "IAM.0011", "IAM.0072"),
    ],
    401: [
        *("APIG.1000", "APIG.1001", "APIG.1002", "APIG.1003", "APIG.1004", "APIG.1006"),
        *("APIG.1007", "APIC.7102"),
    ],
    403: ["APIG.1005", "APIC.7106"],
    404: ["ROMA.00110006", "APIG.3030", "APIC.7302"],
    500: ["ROMA.00110002", "APIC.9000", "APIG.0103", "APIG.0104", "APIG.0105"],
}
DOCUMENTED: Final = [
    *((code, status) for status, codes in SERVICE.items() for code in codes),
    *((f"APIGW.{number}", status) for status, numbers in GATEWAY.items() for number in numbers),
    *((code, status) for status, codes in OTHERS.items() for code in codes),
    *((f"HTTP_{status}", status) for status in (400, 401, 403, 404, 405, 408, 409, 429)),
    *((f"HTTP_{status}", status) for status in (500, 502, 503, 504)),
]
RULE_IDS: Final = {code for code in CATALOGUE if code.partition(".")[0] in RULES}
OWN: Final = ["INVALID_ROW", CONNECT, NO_ANSWER, *Status]

ENTRIES: Final = [
    *dict.fromkeys(entry for entries in CATALOGUE.values() for entry in entries),
    *PREFIXES.values(),
    UNDOCUMENTED_RESPONSE,
    UNKNOWN_CODE,
]
"""Every entry once."""

RULE_SOURCES: Final = {source for rule in RULES.values() for source in rule.sources.values()}

OPTIONS: Final = re.compile(r"--[a-z][a-z-]+")
LATIN_NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        "ID IP IAM API URL HTTP SQL MB CSV FDI SDK AK SK HUAWEICLOUD BATCHCREATE TOKEN PROXY USER"
        " PASSWORD DOMAIN X-Subject-Token batchcreate run doctor issues.csv results to fix id"
        " roma:tasks:create roma:tasks:list project_id instance_id task_name description".replace(
            "_", " "
        ),
    )
)
"""Names that are not translated in Chinese texts."""


def test_documented_codes_are_known_with_their_statuses() -> None:
    """Each code of a page has an entry for each status that the page gives."""
    missing = [
        (code, status)
        for code, status in DOCUMENTED
        if not any(status in entry.http_statuses for entry in CATALOGUE.get(code, ()))
    ]

    assert missing == []


def test_own_codes_and_statuses_are_known() -> None:
    """Codes that batchcreate writes into reports are explained like codes of the server."""
    assert [code for code in OWN if code not in CATALOGUE] == []


def test_the_three_gateways_share_their_numbers() -> None:
    """A number of one gateway is a number of all."""
    numbers = {
        gateway: {code.partition(".")[2] for code in CATALOGUE if code.startswith(f"{gateway}.0")}
        for gateway in ("APIGW", "APIG", "APIC")
    }

    assert numbers["APIGW"] == numbers["APIG"] == numbers["APIC"]


def test_meanings_of_a_code_are_distinguishable() -> None:
    """Two meanings have different statuses, different reasons or different phrases."""
    ambiguous = []
    for code, entries in CATALOGUE.items():
        cases = [
            (status, entry.not_sent_reason)
            for entry in entries
            if entry.phrase is None
            for status in entry.http_statuses or (0,)
        ]
        if not cases or len(set(cases)) < len(cases):
            ambiguous.append(code)

    assert ambiguous == []


def test_reasons_of_requests_not_sent_have_an_entry() -> None:
    """Invalid URLs and other failures have the general one."""
    reasons = {entry.not_sent_reason for entry in CATALOGUE[CONNECT]}

    assert set(NotSentReason) - reasons == {NotSentReason.URL, NotSentReason.OTHER}


def test_entries_are_complete_in_both_languages() -> None:
    """Meaning and action are sentences in each language, and the source is given."""
    incomplete = [
        entry
        for entry in ENTRIES
        if not is_sentence(entry.meaning)
        or not (is_sentence(entry.remedy.action) or entry.codes == ("created",))
        or not entry.source
    ]

    assert incomplete == []


def is_sentence(text: LocalizedText) -> bool:
    return (text.en[-1:], text.zh[-1:]) == (".", "。") and bool(re.search(r"[一-鿿]", text.zh))


def test_other_texts_are_complete_in_both_languages() -> None:
    """Both languages have a text with the same placeholders."""
    texts = [*TEXTS.values(), *OWNERS.values(), *RETRIES.values(), *SOURCES.values()]
    incomplete = [
        text
        for text in texts
        if not text.en
        or not text.zh
        or sorted(re.findall(r"{\w+}", text.en)) != sorted(re.findall(r"{\w+}", text.zh))
    ]

    assert incomplete == []


def test_owners_and_retries_have_a_text_each() -> None:
    """The names in the file are the values of the enums."""
    assert (set(OWNERS), set(RETRIES)) == (set(Owner), set(Retry))


def test_every_remedy_is_used() -> None:
    """The file contains no remedy that no entry refers to."""
    used = {id(entry.remedy) for entry in ENTRIES}

    assert [name for name, remedy in REMEDIES.items() if id(remedy) not in used] == []


def test_every_source_has_a_title_and_is_cited() -> None:
    """Rules cite editions of the page about CreateMultiTasks, which have a common title."""
    cited = {entry.source for entry in ENTRIES}

    assert cited - set(SOURCES) - RULE_SOURCES == set()
    assert set(SOURCES) - cited == set()


def test_both_languages_name_the_same_options() -> None:
    """A translation contains the same options as the original."""
    different = [
        entry
        for entry in ENTRIES
        if set(OPTIONS.findall(entry.remedy.action.en))
        != set(OPTIONS.findall(entry.remedy.action.zh))
    ]

    assert different == []


def test_options_in_actions_exist() -> None:
    """Users are not asked to give an option that no command has."""
    known = {
        option for command in commands.COMMANDS for each in command.params for option in each.opts
    }
    named = {option for entry in ENTRIES for option in OPTIONS.findall(entry.remedy.action.en)}

    assert named - known == set()


def test_chinese_texts_contain_no_english_words() -> None:
    """Only names are not translated; the texts of rules are those of the messages."""
    english = {}
    for entry in ENTRIES:
        if set(entry.codes) & RULE_IDS:
            continue
        text = OPTIONS.sub("", entry.meaning.zh + entry.remedy.action.zh).replace("_", " ")
        if words := set(re.findall(r"[A-Za-z]{2,}", text)) - LATIN_NAMES:
            english[text] = words

    assert english == {}
