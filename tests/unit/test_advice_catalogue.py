"""Every code that a page names is explained, in both languages, and each by its source."""

import re
from typing import Final

import pytest

from batchcreate.advice import CATALOGUE, canonical, cases, near
from batchcreate.cli import commands
from batchcreate.models import Status
from batchcreate.outcome import CONNECT
from batchcreate.reconcile import NO_ANSWER
from batchcreate.rules import RULES

# The codes and statuses of the reference (section 2), written down from it, not from the code.

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

ENTRIES: Final = list(dict.fromkeys(entry for entries in CATALOGUE.values() for entry in entries))
ANSWERS: Final = [entry for entry in ENTRIES if not set(entry.codes) & RULE_IDS]

OPTIONS: Final = re.compile(r"--[a-z][a-z-]+")
BORROWED: Final = frozenset(
    re.findall(
        r"\w+",
        "ID IP IAM API URL HTTP SQL MB CSV FDI SDK AK SK HUAWEICLOUD BATCHCREATE TOKEN PROXY USER"
        " PASSWORD DOMAIN X-Subject-Token batchcreate run doctor issues.csv results to fix id"
        " roma:tasks:create roma:tasks:list project_id instance_id task_name description".replace(
            "_", " "
        ),
    )
)
"""Names that stay as they are in a Chinese text."""


@pytest.mark.parametrize(
    ("code", "status"), DOCUMENTED, ids=[f"{code} {status}" for code, status in DOCUMENTED]
)
def test_documented_code_is_known_with_its_status(code: str, status: int) -> None:
    """A page's code has an entry for each status that the page gives it."""
    assert any(status in entry.http_statuses for entry in CATALOGUE[code])


def test_own_codes_and_statuses_are_known() -> None:
    """What this tool writes into its reports is explained like what servers say."""
    assert [code for code in OWN if code not in CATALOGUE] == []


def test_the_three_gateways_share_their_numbers() -> None:
    """A number of one is a number of all."""
    numbers = {
        gateway: {code.partition(".")[2] for code in CATALOGUE if code.startswith(f"{gateway}.0")}
        for gateway in ("APIGW", "APIG", "APIC")
    }

    assert numbers["APIGW"] == numbers["APIG"] == numbers["APIC"]


def test_each_case_of_a_code_can_be_told_from_the_others() -> None:
    """No two cases share a status unless the words of the message part them."""
    for code, entries in CATALOGUE.items():
        plain = [entry for entry in entries if entry.phrase is None]
        statuses = [status for entry in plain for status in entry.http_statuses or (0,)]

        assert len(set(statuses)) == len(statuses) > 0, code


def test_entries_are_complete_in_both_languages() -> None:
    """Meaning and what to do are whole sentences of either language, and a page says so."""
    for entry in ENTRIES:
        meaning, action = entry.meaning, entry.remedy.words
        has_action = entry.codes != ("created",)

        assert (meaning.en[-1], meaning.zh[-1], entry.source != "") == (".", "。", True), entry
        assert (action.en[-1:], action.zh[-1:]) == ((".", "。") if has_action else ("", "")), entry


def test_both_languages_name_the_same_options() -> None:
    """A translation names no other option than the original."""
    for entry in ENTRIES:
        words = entry.remedy.words

        assert sorted(set(OPTIONS.findall(words.en))) == sorted(set(OPTIONS.findall(words.zh)))


def test_options_that_are_named_exist() -> None:
    """What people are told to type is understood."""
    known = {option for command in commands.ALL for each in command.params for option in each.opts}
    named = {option for entry in ENTRIES for option in OPTIONS.findall(entry.remedy.words.en)}

    assert named - known == set()


def test_no_english_word_is_left_in_a_chinese_text() -> None:
    """Only names stay as they are; the texts of rules are those of the messages."""
    for entry in ANSWERS:
        text = OPTIONS.sub("", entry.meaning.zh + entry.remedy.words.zh).replace("_", " ")

        assert set(re.findall(r"[A-Za-z]{2,}", text)) - BORROWED == set(), entry


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("fdi.3033", "FDI.3033"),
        (" APIGW.0308 ", "APIGW.0308"),
        ("apig.0308", "APIG.0308"),
        ("invalid_row", "INVALID_ROW"),
        ("Task_Name.Charset", "task_name.charset"),
        ("UNKNOWN", "unknown"),
        ("http_404", "HTTP_404"),
        ("http 404", "HTTP_404"),
        ("404", "HTTP_404"),
        ("FDI.1", ""),
        ("418", ""),
        ("", ""),
    ],
)
def test_case_and_the_ways_to_write_a_status_do_not_matter(typed: str, code: str) -> None:
    """A code is found as people type it."""
    assert canonical(typed) == code


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("FDI.303", "FDI.3033"),
        ("0613", "APIGW.0613"),
        ("APIGW.3033", "FDI.3033"),
        ("INVALIDROW", "INVALID_ROW"),
        ("task_nam.charset", "task_name.charset"),
        ("no_answers", "NO_ANSWER"),
    ],
)
def test_near_misses_are_named(typed: str, first: str) -> None:
    """A slip, a missing beginning and a wrong one lead to the code that was meant."""
    assert first in near(typed)


@pytest.mark.parametrize("typed", ["", " ", "全角", "zzzzzz", "\x00", "." * 5000])
def test_what_is_like_no_code_has_no_near_misses(typed: str) -> None:
    """Nothing is suggested rather than anything."""
    assert near(typed) == []


def test_every_case_of_a_code_is_listed() -> None:
    """A code that comes with several statuses is explained for each of them."""
    assert [case.http_statuses for case in cases("apigw.0201")] == [
        (400,),
        (413,),
        (414, 494),
        (502, 504),
    ]


def test_a_code_that_is_not_known_is_one_case() -> None:
    """It is said that the code is not known."""
    (case,) = cases("XYZ.1", language="zh")

    assert (case.code, case.is_known) == ("XYZ.1", False)
