"""An advice is laid out for people: every page has its title, every label both languages."""

import re
from typing import Final

import pytest

from batchcreate.advice import CATALOGUE, Owner, cases, explain, near
from batchcreate.advice.pages import PAGES
from batchcreate.advice.wording import OWNERS, index, lines, stranger
from batchcreate.rules import RULES

RULE_SOURCES: Final = {source for rule in RULES.values() for source in rule.sources.values()}


def test_every_source_is_a_page_that_people_can_find() -> None:
    """Short names are for the data; rules cite editions of the one page about creating tasks."""
    cited = {entry.source for entries in CATALOGUE.values() for entry in entries}

    assert cited - set(PAGES) - RULE_SOURCES == set()
    assert set(PAGES) - cited == set()


def test_every_owner_has_a_name() -> None:
    """Whoever can mend something is called so that people know whom to ask."""
    assert set(OWNERS) == set(Owner)


@pytest.mark.parametrize("code", ["APIGW.0308", "CONNECT", "task_tag.charset", "created", "XYZ"])
def test_both_languages_have_the_same_lines(code: str) -> None:
    """A translation leaves out nothing."""
    english, chinese = (
        [list(lines(case, language=language)) for case in cases(code, language=language)]
        for language in ("en", "zh")
    )

    assert [len(case) for case in english] == [len(case) for case in chinese]
    assert all(re.search(r"[\u4e00-\u9fff]", line) for case in chinese for line in case[1:])


def test_a_retry_that_helps_is_a_command() -> None:
    """It selects the rows with that code; where nothing else helps there is none."""
    commands = {
        code: [line for line in lines(explain(code)) if "batchcreate retry" in line]
        for code in ("APIGW.0308", "APIGW.0301", "FDI.3033")
    }

    assert commands == {
        "APIGW.0308": ["Does a retry help: yes: batchcreate retry RESULTS_DIR --only APIGW.0308"],
        "APIGW.0301": [
            "Does a retry help: once it is mended: batchcreate retry RESULTS_DIR --only APIGW.0301"
        ],
        "FDI.3033": [],
    }


def test_the_list_has_a_line_for_each_case() -> None:
    """Statuses and the word of the message tell the cases of a code apart."""
    listed = list(index())

    assert len(listed) == sum(len(entries) for entries in CATALOGUE.values())
    assert len(set(listed)) == len(listed)
    assert "APIGW.0201 (HTTP 413): The request body is over 12 MB." in listed
    assert "HTTP_413: The values of this row are too long for the service." in listed


def test_a_stranger_is_told_with_what_is_near() -> None:
    """Where nothing is near, nothing is suggested."""
    assert list(stranger("FDI.303", near("FDI.303"), language="zh"))[1].startswith(
        "是否要查：FDI.3"
    )
    assert list(stranger("zzz", [])) == [
        "zzz is not known here; this is what holds for codes of its kind."
    ]
