"""Workbooks that are easily misread: what they display is created, or the cell is rejected."""

from collections.abc import Mapping
from pathlib import Path

from tests.functional.input_outcomes import (
    assert_asked,
    assert_ended,
    assert_reported,
    assert_strict_sends_nothing,
    differences,
    effects_of_unchanged_copies,
    flat,
    outcome_of,
    seen,
    task,
)
from tests.row_results import Results
from tests.workbook_inputs import HIDDEN_COLUMNS, HIDDEN_ROWS, INPUTS, SKIPPED


async def test_text_in_a_covered_cell_is_rejected(tmp_path: Path) -> None:
    """A cell that a merged range covers contains a text that is not displayed."""
    outcome = await outcome_of("covered-merged-cell-with-text.xlsx", tmp_path)

    assert_ended(outcome, {2: task("abc1")}, rejected={3: ["A3"]})


async def test_filtered_rows_are_asked_about(tmp_path: Path) -> None:
    """`check` reports the rows; `run` sends nothing until they are included or skipped."""
    asked = await outcome_of("filtered-rows.xlsx", tmp_path)
    included = await outcome_of("filtered-rows.xlsx", tmp_path, "--hidden-rows", "include")
    skipped = await outcome_of("filtered-rows.xlsx", tmp_path, "--hidden-rows", "skip")

    assert_asked(asked, "--hidden-rows", "include", "skip")
    assert asked.check.code == 0, seen(asked)
    rows = {
        2: task("abc1", description="x", task_tag="keep"),
        3: task("abc2", description="x", task_tag="dropped"),
        4: task("abc3", description="x", task_tag="keep"),
        5: task("abc4", description="x", task_tag="dropped"),
    }
    assert_ended(included, rows)
    assert_ended(skipped, {2: rows[2], 4: rows[4]})
    for outcome in (asked, included, skipped):
        assert_reported(outcome, r"hidden.*\b3\b.*\b5\b|\b3\b.*\b5\b.*hidden")


async def test_formula_without_result_is_rejected_and_zero_is_a_warning(tmp_path: Path) -> None:
    """Results of formulas are sent; a zero may come from a reference to an empty cell."""
    await assert_strict_sends_nothing("formula-with-result-zero.xlsx", tmp_path)
    outcome = await outcome_of("formula-with-result-zero.xlsx", tmp_path)

    created = {2: task("aaa-01"), 5: task("aaa-05"), 6: task("aaa-06", source_app_id="0")}
    assert_ended(outcome, created, rejected={3: ["A3"], 4: ["A4"]}, warned={6: ["E6"]})
    assert "formula" in outcome.message(3)
    assert "#N/A" in outcome.message(4)


async def test_formulas_without_result_in_xls_are_not_blank(tmp_path: Path) -> None:
    """Each cell whose result is not in the file has an issue."""
    outcome = await outcome_of("formulas-without-result.xls", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["C2"]})
    assert outcome.cells("error") == {2: {"C2", "D2", "E2"}}, seen(outcome)


async def test_heading_with_its_values_is_recognised_or_suggested(tmp_path: Path) -> None:
    """The row is created, or the heading is quoted together with operation_types."""
    outcome = await outcome_of("heading-with-values.xlsx", tmp_path)

    if outcome.run.code:
        assert_asked(outcome, "Operation types", "INSERT/UPDATE/DELETE", "operation_types")
        assert outcome.check.code == 2, seen(outcome)
    else:
        (body,) = outcome.bodies.values()
        assert_ended(outcome, {2: body})
        assert body in (task("abc1"), task("abc1", task_tag="tag1")), body


async def test_hidden_column_is_reported(tmp_path: Path) -> None:
    """A hidden column below a known heading is read."""
    outcome = await outcome_of("hidden-column.xlsx", tmp_path)

    created = {2: task("aaa-01", description="x", task_tag="tag-old-1")}
    assert_ended(outcome, created)
    assert_reported(outcome, r"hidden.*\bD\b|\bD\b.*hidden")


async def test_collapsed_rows_of_ods_are_asked_about(tmp_path: Path) -> None:
    """Filtered and collapsed rows are hidden rows."""
    asked = await outcome_of("hidden-rows.ods", tmp_path)
    included = await outcome_of("hidden-rows.ods", tmp_path, "--hidden-rows", "include")
    skipped = await outcome_of("hidden-rows.ods", tmp_path, "--hidden-rows", "skip")

    assert_asked(asked, "--hidden-rows", "include", "skip")
    assert asked.check.code == 0, seen(asked)
    assert_ended(included, {2: task("aaa-01"), 3: task("aaa-02"), 4: task("aaa-03")})
    assert_ended(skipped, {2: task("aaa-01")})
    for outcome in (asked, included, skipped):
        assert_reported(outcome, r"hidden.*\b3\b.*\b4\b|\b3\b.*\b4\b.*hidden|hidden.*3-4")


async def test_cells_below_a_merged_heading_are_rejected(tmp_path: Path) -> None:
    """The row is not sent with the first of its three operation types."""
    outcome = await outcome_of("merged-heading.xlsx", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["B2", "C2", "D2"]})


async def test_unknown_headings_of_every_sheet_are_quoted(tmp_path: Path) -> None:
    """Hidden sheets are not mentioned if there are none."""
    outcome = await outcome_of("no-known-heading.xlsx", tmp_path)

    assert_asked(outcome)
    assert outcome.check.code == 2, seen(outcome)
    assert_reported(outcome, r"Name\W+Ops", r"\bx\W+y\b")
    assert "hidden" not in flat(outcome.check.err + outcome.run.err).lower()


async def test_prefix_of_a_number_format_in_ods_is_not_lost(tmp_path: Path) -> None:
    """The id that is displayed differs from the number that is stored."""
    outcome = await outcome_of("number-format-with-prefix.ods", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["E2"]})
    assert "APP-0042" in outcome.message(2), seen(outcome)
    assert "text" in outcome.message(2), seen(outcome)


async def test_formatted_number_in_a_description_is_rejected(tmp_path: Path) -> None:
    """The message quotes what is displayed, and asks for the text."""
    outcome = await outcome_of("number-formats-in-description.xlsx", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["C2"], 3: ["C3"], 4: ["C4"]})
    for number, displayed in ((2, "50"), (3, "1.10"), (4, "1,234.50")):
        assert displayed in outcome.message(number), seen(outcome)
        assert "text" in outcome.message(number), seen(outcome)


async def test_number_in_an_id_is_sent_only_as_displayed(tmp_path: Path) -> None:
    """A format that is plain zero-fill may be applied; any other is rejected."""
    outcome = await outcome_of("number-formats-in-id.xlsx", tmp_path)

    displayed = {4: ("abc3", "0123"), 5: ("abc4", "1234"), 6: ("abc5", "0001234")}
    sent = [number for number in displayed if number in outcome.created]
    refused = [number for number in displayed if number not in sent]
    created = {
        number: task(name, task_id=displayed[number][1])
        for number, (name, _) in displayed.items()
        if number in sent
    }
    assert_ended(
        outcome, created, rejected={number: [f"E{number}"] for number in (2, 3, *refused)}
    )
    assert "D-01234" in outcome.message(2), seen(outcome)
    assert "012-34-5678" in outcome.message(3), seen(outcome)


async def test_formatted_number_in_name_and_tag_is_rejected(tmp_path: Path) -> None:
    """Each of the three cells has an issue that quotes what is displayed."""
    outcome = await outcome_of("number-formats-in-name-and-tag.xlsx", tmp_path)

    assert_ended(outcome, {}, rejected={2: ["A2"]})
    assert outcome.cells("error") == {2: {"A2", "C2", "D2"}}, seen(outcome)
    for displayed in ("orders-1001", "1,234.50 EUR", "wave_2026"):
        assert displayed in outcome.message(2), seen(outcome)


async def test_struck_through_row_is_a_warning(tmp_path: Path) -> None:
    """The row is created unless warnings are refused."""
    await assert_strict_sends_nothing("struck-through-row.xlsx", tmp_path)
    outcome = await outcome_of("struck-through-row.xlsx", tmp_path)

    created = {2: task("aaa-01", description="x"), 3: task("aaa-02")}
    assert_ended(outcome, created, warned={3: ""})
    assert "strike" in outcome.message(3).lower() or "struck" in outcome.message(3).lower()


async def test_hidden_sheet_with_the_headings_is_named(tmp_path: Path) -> None:
    """The message names the sheet and the option; with the option it is read."""
    name = "tasks-sheet-hidden.xlsx"
    asked = await outcome_of(name, tmp_path)
    read = await outcome_of(name, tmp_path, "--sheet", "Tasks")

    assert_asked(asked, "hidden", "Tasks", "--sheet")
    assert asked.check.code == 2, seen(asked)
    assert_reported(asked, "Tasks.*--sheet")
    assert_ended(read, {2: task("abc1")})


async def test_zero_fill_of_xls_is_applied(tmp_path: Path) -> None:
    """The zeros that a number format displays are sent."""
    outcome = await outcome_of("zero-fill.xls", tmp_path)

    assert_ended(outcome, {2: task("abc1", task_id="00042"), 3: task("0001001")})


async def test_displayed_values_are_created(tmp_path: Path) -> None:
    """Each row of these workbooks is created as displayed, or has an issue."""
    required: dict[tuple[str, str], Mapping[int, Results]] = {}
    for name, each in INPUTS.items():
        each.write(tmp_path / name)
        required |= {(name, sheet): rows for sheet, rows in each.rows.items()}

    found = await differences(tmp_path, required)

    assert found == [], "\n".join(found)


async def test_stored_values_are_not_sent_from_unchanged_copies(tmp_path: Path) -> None:
    """The to-fix files contain what is displayed, or the cells stay rejected."""
    for name in ("numbers.xlsx", "covered.xlsx"):
        INPUTS[name].write(tmp_path / name)

    found = await effects_of_unchanged_copies(tmp_path, ["numbers.xlsx", "covered.xlsx"])

    assert found == []


async def test_every_kind_of_hidden_row_is_asked_about(tmp_path: Path) -> None:
    """Rows that are hidden by hand, without height or collapsed; nothing is sent."""
    for name, write in HIDDEN_ROWS.items():
        write(tmp_path / name)
        outcome = await outcome_of(name, tmp_path)

        assert_asked(outcome, "--hidden-rows", "include", "skip")
        assert_reported(outcome, r"hidden.*\b3\b|\b3\b.*hidden")
        for sheet in ("by_hand", "without_height", "collapsed") if name == "rows.xlsx" else ():
            assert_reported(outcome, rf"{sheet}.*hidden.*\b3\b|hidden.*{sheet}.*\b3\b")


async def test_hidden_rows_that_are_skipped_are_not_validated(tmp_path: Path) -> None:
    """They are reported, neither rejected nor counted, and do not make other rows duplicates."""
    SKIPPED.write(tmp_path / "tasks.xlsx")

    outcome = await outcome_of("tasks.xlsx", tmp_path, "--hidden-rows", "skip")

    assert_ended(outcome, {2: task("skipped-1")})
    assert_reported(outcome, r"hidden.*\b3\b.*\b4\b|\b3\b.*\b4\b.*hidden|hidden.*3-4")


async def test_every_kind_of_hidden_column_is_reported(tmp_path: Path) -> None:
    """A column that is hidden, without width or collapsed is read."""
    for name, write in HIDDEN_COLUMNS.items():
        write(tmp_path / name)
        outcome = await outcome_of(name, tmp_path)

        assert outcome.codes == (0, 0), seen(outcome)
        assert {body["task_tag"] for body in outcome.bodies.values()} == {"tag-old"}
        assert_reported(outcome, r"hidden.*\bD\b|\bD\b.*hidden")
