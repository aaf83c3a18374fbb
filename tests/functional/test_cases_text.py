"""Text files that are easily misread: each row is created as the analyst typed it, or rejected."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.functional.input_outcomes import (
    assert_asked,
    assert_ended,
    assert_reported,
    assert_strict_sends_nothing,
    differences,
    effects_of_unchanged_copies,
    flat,
    names_row,
    outcome_of,
    seen,
    task,
)
from tests.text_inputs import (
    DAMAGE,
    HEADINGS,
    OPERATIONS,
    RECORDS,
    REFUSED,
    TOTALS,
    TextInput,
)


async def test_bare_carriage_return_rejects_both_halves(tmp_path: Path) -> None:
    """A carriage return in a file with CRLF line ends splits a row; each half names the other."""
    outcome = await outcome_of("bare-cr-in-crlf-file.csv", tmp_path)

    created = {2: task("aaa-01", description="first"), 5: task("aaa-03", description="third")}
    assert_ended(outcome, created, rejected={3: "", 4: ""})
    assert names_row(outcome.message(3), 4), seen(outcome)
    assert names_row(outcome.message(4), 3), seen(outcome)


async def test_list_below_blank_headings_is_a_split_list(tmp_path: Path) -> None:
    """Cells below blank headings are reported; here they contain the rest of a list."""
    outcome = await outcome_of("blank-headings.csv", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["B2", "C2"]})
    assert_reported(outcome, r"\bC\b.*\bD\b.*ignored|ignored.*\bC\b.*\bD\b")


async def test_dates_are_warnings(tmp_path: Path) -> None:
    """A tag or an id that looks like a date is sent as typed, unless warnings are refused."""
    await assert_strict_sends_nothing("date-like-texts.csv", tmp_path)
    outcome = await outcome_of("date-like-texts.csv", tmp_path)

    created = {
        2: task("aaa-01", description="x", task_tag="5-Mar", source_app_id="app-1"),
        3: task("aaa-02", description="x", task_tag="Mar-05", source_app_id="app-1"),
        4: task("aaa-03", description="x", task_tag="1-Sep", source_app_id="12/05/2026"),
    }
    assert_ended(outcome, created, warned={2: ["D2"], 3: ["D3"], 4: ["D4"]})
    assert outcome.cells("warning") == {2: {"D2"}, 3: {"D3"}, 4: {"D4", "E4"}}
    assert all("date" in outcome.message(number) for number in created)


@pytest.mark.parametrize(
    ("encoding", "descriptions"),
    [
        ("cp850", ["Año nuevo"]),
        ("euc_jp", ["テスト"]),
        ("mac_roman", ["Mühle", "Düsseldorf", "Zürich"]),
    ],
    ids=["cp850", "euc_jp", "mac_roman"],
)
async def test_ambiguous_encoding_is_asked(
    encoding: str, descriptions: list[str], tmp_path: Path
) -> None:
    """The encoding is among the candidates; with the option the text is read correctly."""
    name = f"encoding-{encoding.replace('_', '-')}.csv"

    asked = await outcome_of(name, tmp_path)
    read = await outcome_of(name, tmp_path, "--encoding", encoding)

    assert_asked(asked, "--encoding", encoding)
    assert asked.check.code == 2, seen(asked)
    created = {
        number: task(f"abc{number - 2}", description=description)
        for number, description in enumerate(descriptions, 2)
    }
    assert_ended(read, created)


async def test_numbers_written_by_programs_are_rejected(tmp_path: Path) -> None:
    """A number with a point and an exponent has lost digits; without a point it may be a tag."""
    outcome = await outcome_of("exponents-with-bare-e.csv", tmp_path)

    warned = {6: ["D6"]} if outcome.cells("warning") else {}
    assert_ended(
        outcome,
        {6: task("abc5", task_tag="12345678E5")},
        rejected={2: ["A2"], 3: ["E3"], 4: ["E4"], 5: ["E5"]},
        warned=warned,
    )
    assert outcome.cells("error")[2] == {"A2", "E2"}
    assert all("digits" in outcome.message(number) for number in (2, 3, 4, 5)), seen(outcome)


async def test_hash_signs_are_a_narrow_column(tmp_path: Path) -> None:
    """The message asks for a wider column; there is no formula in this file."""
    outcome = await outcome_of("hash-signs.csv", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["D2"]})
    assert "narrow" in outcome.message(2)
    assert "formula" not in flat(outcome.check.err + outcome.run.err + outcome.message(2))


async def test_ragged_rows_do_not_hide_other_issues(tmp_path: Path) -> None:
    """Rows with more cells than headings are rejected in the same pass as wrong cells."""
    outcome = await outcome_of("ragged-rows-and-other-issues.csv", tmp_path)

    assert_ended(outcome, {}, rejected={2: "", 3: ["A3"], 4: "", 5: ["B5"]})
    assert "UPSRT" in outcome.message(5)


async def test_repeated_header_row_is_skipped(tmp_path: Path) -> None:
    """It is reported, and not counted as a row."""
    outcome = await outcome_of("repeated-heading-row.csv", tmp_path)

    created = {2: task("aaa-01", description="x"), 4: task("aaa-02", description="y")}
    assert_ended(outcome, created)
    assert_reported(outcome, r"skipped.*row 3|row 3.*skipped", r"\b2 rows\b")


async def test_repeated_task_id_rejects_its_rows(tmp_path: Path) -> None:
    """Each of the rows names the other."""
    outcome = await outcome_of("repeated-task-id.csv", tmp_path)

    created = {4: task("id-3", task_id="abc124")}
    assert_ended(outcome, created, rejected={2: ["C2"], 3: ["C3"]})
    assert names_row(outcome.message(2), 3), seen(outcome)
    assert names_row(outcome.message(3), 2), seen(outcome)


async def test_header_row_in_another_language_is_skipped(tmp_path: Path) -> None:
    """A second header row below the first one is reported, and not counted as a row."""
    outcome = await outcome_of("second-language-heading-row.csv", tmp_path)

    assert_ended(outcome, {3: task("aaa-01", description="x")})
    assert_reported(outcome, r"skipped.*row 2|row 2.*skipped", r"\b1 row\b")


async def test_space_before_quotation_mark_does_not_unquote(tmp_path: Path) -> None:
    """The quotation marks are removed, and the list stays in its cell."""
    outcome = await outcome_of("space-before-quotation-mark.csv", tmp_path)

    created = {
        2: task("aaa-01", "INSERT,UPDATE", description="orders and items"),
        3: task("aaa-02", description="one"),
    }
    assert_ended(outcome, created)


async def test_list_split_in_brackets_is_rejected(tmp_path: Path) -> None:
    """An unmatched bracket or quotation mark is never removed."""
    outcome = await outcome_of("split-list-in-brackets.csv", tmp_path)

    rejected = {number: [f"B{number}", f"C{number}"] for number in (2, 3, 4, 5)}
    assert_ended(outcome, {}, rejected=rejected)


async def test_list_split_at_its_commas_is_rejected(tmp_path: Path) -> None:
    """The cell to the right of the operation types is also an operation type."""
    outcome = await outcome_of("split-list-without-marks.csv", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["B2", "C2"]})


async def test_surplus_empty_cell_rejects_its_row(tmp_path: Path) -> None:
    """An unquoted comma has shifted the cells of the row."""
    outcome = await outcome_of("surplus-empty-cell.csv", tmp_path)

    assert_ended(outcome, {3: task("aaa-02", description="plain")}, rejected={2: ""})


async def test_totals_rows_are_rejected_without_suggestion(tmp_path: Path) -> None:
    """They are not tasks, and no other value would make them tasks."""
    outcome = await outcome_of("totals-rows.csv", tmp_path)

    created = {
        2: task("crm-orders", description="orders of the shop"),
        3: task("crm-items", "INSERT,UPDATE", description="items"),
    }
    assert_ended(outcome, created, rejected={4: "", 5: ""})
    assert (outcome.suggestions(4), outcome.suggestions(5)) == ([], []), seen(outcome)
    for number in (4, 5):
        assert re.search("total.*row", outcome.message(number), re.IGNORECASE), seen(outcome)


async def test_ctrl_z_at_the_end_is_ignored(tmp_path: Path) -> None:
    """The byte 1A is the end-of-file mark of old programs."""
    outcome = await outcome_of("trailing-ctrl-z.csv", tmp_path)

    created = {2: task("aaa-01", description="a"), 3: task("aaa-02", description="x")}
    assert_ended(outcome, created)


async def test_unknown_headings_are_reported_before_anything_else(tmp_path: Path) -> None:
    """A stray quotation mark in a row does not make it the header row."""
    outcome = await outcome_of("unknown-headings-and-stray-mark.csv", tmp_path)

    assert_asked(outcome, "Name", "Ops")
    assert outcome.check.code == 2, seen(outcome)
    assert_reported(outcome, r"(row|line) 1\b", "Name.*Ops")
    assert not re.search(r"(row|line) 3\b", flat(outcome.check.err + outcome.run.err))


async def test_unquoted_line_break_rejects_both_halves(tmp_path: Path) -> None:
    """Each half names the other; the row below them is not affected."""
    outcome = await outcome_of("unquoted-line-break.csv", tmp_path)

    created = {4: task("aaa-02", description="x", task_tag="tag-2", source_app_id="app-2")}
    assert_ended(outcome, created, rejected={2: "", 3: ""})
    assert names_row(outcome.message(2), 3), seen(outcome)
    assert names_row(outcome.message(3), 2), seen(outcome)


@pytest.mark.parametrize(
    "inputs",
    [RECORDS, HEADINGS, DAMAGE, TOTALS, OPERATIONS],
    ids=["records", "headings", "damage", "totals", "operations"],
)
async def test_no_cell_changes_its_meaning(
    inputs: Mapping[str, TextInput], tmp_path: Path
) -> None:
    """Each row of these files is created as it was typed, or has an issue."""
    required = {
        (name, ""): each.rows
        for name, each in zip(written(inputs, tmp_path), inputs.values(), strict=True)
    }

    found = await differences(tmp_path, required)

    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "stems",
    [
        pytest.param(
            [
                *("surplus-semicolon", "split-in-chinese", "break-in-a-name"),
                *("bare-line-feed-in-crlf-file", "marks-inside-a-cell"),
            ],
            id="five files",
        ),
        pytest.param(list(RECORDS), marks=pytest.mark.long, id="all files"),
    ],
)
async def test_rows_with_a_wrong_shape_are_not_sent_from_unchanged_copies(
    tmp_path: Path, stems: list[str]
) -> None:
    """Shifted, split and joined rows stay rejected in the to-fix files."""
    inputs = {stem: RECORDS[stem] for stem in stems}

    found = await effects_of_unchanged_copies(tmp_path, written(inputs, tmp_path))

    assert found == []


async def test_tables_with_contradicting_headings_are_refused(tmp_path: Path) -> None:
    """Nothing is read if the columns of the file are not certain."""
    codes = {}
    for stem, content in REFUSED.items():
        outcome = await outcome_of(f"{stem}.csv", tmp_path, content=content)
        codes[stem] = outcome.codes

    assert codes == dict.fromkeys(REFUSED, (2, 2))


def written(inputs: Mapping[str, TextInput], folder: Path) -> list[str]:
    """Write the files; return their names."""
    names = []
    for stem, each in inputs.items():
        names.append(f"{stem}{each.suffix}")
        content = each.text.replace("@", f"{stem}-")
        (folder / names[-1]).write_text(content, encoding="utf-8", newline="")
    return names
