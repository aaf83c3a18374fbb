"""The command ``explain`` and the language of the advice in reports."""

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
    """The lines are meaning, owner, action, the command to retry such rows, and source."""
    ended = await invoke("explain", "apigw.0308", folder=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "APIGW.0308 (HTTP 429)",
        "Meaning: Rate limit of the gateway exceeded.",
        "Fixed by: the engineer who runs batchcreate",
        "What to do: Run the same command again. If it happens often, lower --rate.",
        "Retry: yes: batchcreate retry RESULTS_DIR --only APIGW.0308",
        "Source: API Request Signing Guide, Error Codes",
    ]


async def test_every_meaning_of_a_code_is_explained(tmp_path: Path) -> None:
    """A code with several statuses has a paragraph for each, also in Chinese."""
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
        "重试是否有效：无效",
        "来源：API 签名指南，错误码",
    ]


async def test_reasons_of_failed_connections_are_explained(tmp_path: Path) -> None:
    """All of them have the same code."""
    ended = await invoke("explain", "CONNECT", folder=tmp_path)

    first, *others = ended.out.split("\n\n")
    assert first.splitlines()[0] == "CONNECT"
    assert [text.splitlines()[0] for text in others] == [
        f"CONNECT ({reason})" for reason in ("certificate", "proxy", "name", "timeout", "refused")
    ]


async def test_rules_and_statuses_are_explained_too(tmp_path: Path) -> None:
    """Rules and row statuses of reports are accepted like codes."""
    rule = await invoke("explain", "task_tag.too_short", folder=tmp_path)
    created = await invoke("explain", "Created", folder=tmp_path)

    assert rule.out.splitlines()[-1].startswith("Source: ROMA Connect API reference, CreateMult")
    assert created.out.splitlines() == [
        "created",
        "Meaning: The task exists.",
        "Retry: no",
        "Source: batchcreate",
    ]


async def test_unknown_code_gets_the_advice_of_its_kind(tmp_path: Path) -> None:
    """Similar codes are suggested, and the exit code is 1."""
    ended = await invoke("explain", "FDI.3034", folder=tmp_path)

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (1, "")
    assert lines[0].startswith("Unknown code FDI.3034;")
    assert lines[1].startswith("Did you mean: ")
    assert "FDI.3043" in lines[1]
    assert "Meaning: Undocumented error; see the server's message." in lines


async def test_texts_unlike_any_code_get_no_suggestion(tmp_path: Path) -> None:
    """General advice is given, and control characters are escaped."""
    ended = await invoke("explain", "\x1b[2J", folder=tmp_path)

    assert ended.code == 1
    assert ended.out.startswith("Unknown code \\x1b[2J;")
    assert "Did you mean" not in ended.out
    assert explain("zzz").action in ended.out


async def test_all_codes_are_listed(tmp_path: Path) -> None:
    """Each meaning of each code has a line, with the option and without a code."""
    listed = await invoke("explain", "--list", folder=tmp_path)
    bare = await invoke("explain", folder=tmp_path, LC_ALL="zh_CN.UTF-8")

    cases = sum(len(entries) for entries in CATALOGUE.values())
    assert (listed.code, bare.code) == (0, 0)
    assert len(listed.out.splitlines()) == len(bare.out.splitlines()) == cases
    assert listed.out.splitlines()[0].startswith("INVALID_ROW: Not sent: cells of the row break")
    assert bare.out.splitlines()[0].startswith("INVALID_ROW: 该行有单元格不符合")


async def test_reports_use_the_language_of_the_option(tmp_path: Path) -> None:
    """The language of a rebuilt report can differ from that of the run."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), {"task_name": "x y"}])
    results = tmp_path / "tasks-results" / "results.csv"

    await invoke("run", "tasks.csv", "--simulate", "--lang", "zh", folder=tmp_path)
    chinese = read_lines(results)
    ended = await invoke("report", "tasks-results", "--lang", "en", folder=tmp_path)
    english = read_lines(results)

    assert ended.code == 0
    for lines, language in ((chinese, "zh"), (english, "en")):
        advice = explain("INVALID_ROW", status=Status.REJECTED, language=language).text
        assert [line["advice"] for line in lines] == ["", advice]
