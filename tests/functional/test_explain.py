"""``batchcreate explain`` and the language of advice, as people meet them."""

from pathlib import Path

from batchcreate.advice import CATALOGUE, explain
from batchcreate.models import Status
from tests.functional.inside import invoke
from tests.functional.program import (
    read_lines,
    task_rows,
    write_rows,
)


async def test_a_code_is_explained_on_standard_output(tmp_path: Path) -> None:
    """Meaning, owner, what to do and the command that retries such rows; nothing else is said."""
    ended = await invoke("explain", "apigw.0308", folder=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "APIGW.0308 (HTTP 429)",
        "Meaning: More calls arrived than the gateway admits.",
        "Who can mend it: the engineer who runs batchcreate",
        "What to do: Run the same command again; where it happens often, give a lower --rate.",
        "Does a retry help: yes: batchcreate retry RESULTS_DIR --only APIGW.0308",
        "Source: API Request Signing Guide, Error Codes",
    ]


async def test_every_case_of_a_code_is_explained(tmp_path: Path) -> None:
    """A code that comes with several statuses is a paragraph for each; Chinese where asked for."""
    ended = await invoke("explain", "APIGW.0201", "--lang", "zh", folder=tmp_path)

    paragraphs = ended.out.split("\n\n")
    assert [text.splitlines()[0] for text in paragraphs] == [
        "APIGW.0201 (HTTP 400)",
        "APIGW.0201 (HTTP 413)",
        "APIGW.0201 (HTTP 414, 494)",
        "APIGW.0201 (HTTP 502, 504)",
    ]
    assert paragraphs[0].splitlines()[1:] == [
        "含义：请求参数不合法。",
        "由谁处理：分析人员，在表格中",
        "如何处理：请在表格中更正提示信息所指的内容，然后用更正后的文件重新运行。",
        "重试是否有用：无用",
        "来源：API 签名指南，错误码",
    ]


async def test_what_only_a_message_tells_is_marked(tmp_path: Path) -> None:
    """The kinds of failed connections share their code."""
    ended = await invoke("explain", "CONNECT", folder=tmp_path)

    first, *others = ended.out.split("\n\n")
    assert first.splitlines()[0] == "CONNECT"
    assert {text.splitlines()[0] for text in others} == {"CONNECT, where the message says so"}


async def test_rules_and_statuses_are_explained_too(tmp_path: Path) -> None:
    """Whatever stands in a report can be asked for."""
    rule = await invoke("explain", "task_tag.too_short", folder=tmp_path)
    created = await invoke("explain", "Created", folder=tmp_path)

    assert rule.out.splitlines()[-1].startswith("Source: ROMA Connect API reference, CreateMult")
    assert created.out.splitlines() == [
        "created",
        "Meaning: The task exists.",
        "Does a retry help: no",
        "Source: batchcreate itself",
    ]


async def test_a_code_that_is_not_known_gets_what_holds_for_its_kind(tmp_path: Path) -> None:
    """It is said so, near misses are named, and the exit code is 1."""
    ended = await invoke("explain", "FDI.3034", folder=tmp_path)

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (1, "")
    assert lines[0].startswith("FDI.3034 is not known here")
    assert lines[1].startswith("Perhaps one of these was meant: ")
    assert "FDI.3043" in lines[1]
    assert (
        "Meaning: The service has a reason that is not documented; the message names it." in lines
    )


async def test_nothing_is_suggested_for_what_is_like_no_code(tmp_path: Path) -> None:
    """There is something to say all the same, and what was typed is repeated harmlessly."""
    ended = await invoke("explain", "\x1b[2J", folder=tmp_path)

    assert ended.code == 1
    assert ended.out.startswith("\\x1b[2J is not known here")
    assert "Perhaps" not in ended.out
    assert explain("zzz").action in ended.out


async def test_all_codes_are_listed(tmp_path: Path) -> None:
    """With the option, or without a code, each case of each code has a line."""
    listed = await invoke("explain", "--list", folder=tmp_path)
    bare = await invoke("explain", folder=tmp_path, LC_ALL="zh_CN.UTF-8")

    cases = sum(len(entries) for entries in CATALOGUE.values())
    assert (listed.code, bare.code) == (0, 0)
    assert len(listed.out.splitlines()) == len(bare.out.splitlines()) == cases
    assert listed.out.splitlines()[0].startswith("INVALID_ROW: Cells of the row break the rules")
    assert bare.out.splitlines()[0].startswith("INVALID_ROW: 该行有单元格不符合")


async def test_reports_are_in_the_language_that_was_asked_for(tmp_path: Path) -> None:
    """A run speaks the language of its user, and so does a rebuilt report."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), {"task_name": "x y"}])
    results = tmp_path / "tasks-results" / "results.csv"

    await invoke("run", "tasks.csv", "--simulate", "--lang", "zh", folder=tmp_path)
    chinese = read_lines(results)
    ended = await invoke("report", "tasks-results", "--lang", "en", folder=tmp_path)
    english = read_lines(results)

    assert ended.code == 0
    for lines, language in ((chinese, "zh"), (english, "en")):
        told = explain("INVALID_ROW", status=Status.REJECTED, language=language).text
        assert [line["advice"] for line in lines] == ["", told]
