"""Three hundred rows with twenty-two mistakes: exactly these are found, each at its cell."""

import csv
from pathlib import Path

import pytest

from batchcreate.loader import LoadOptions, read
from batchcreate.models import Chunk, RepeatedRow, RowLocation
from batchcreate.rules import BODY_FIELDS, TARGET_FIELDS
from batchcreate.validator import repeated_name_issues, validate

FIELDS = (*BODY_FIELDS, *TARGET_FIELDS)
COLUMNS = dict(zip(FIELDS, "ABCDEFGHIJ", strict=True))

MISTAKES = {
    5: ("task_name", "", "missing"),
    9: ("task_name", "ab", "too_short"),
    14: ("task_name", "x" * 101, "too_long"),
    23: ("task_name", "crm orders 023", "charset"),
    31: ("task_name", "crm\u200borders-031", "charset"),
    47: ("task_name", "\u0441rm-orders-047", "charset"),
    58: ("task_name", "-crm-orders-058", "first"),
    66: ("task_id", "t1", "too_short"),
    72: ("task_id", "7" * 51, "too_long"),
    85: ("task_id", "7f3c 9a41", "charset"),
    99: ("task_type", "TIMING", "impossible"),
    100: ("task_type", "REALTME", "value"),
    121: ("description", "x" * 1025, "too_long"),
    140: ("task_tag", "crm", "too_short"),
    155: ("task_tag", "crm orders", "charset"),
    170: ("operation_types", "", "missing"),
    188: ("operation_types", "UPSRT", "value"),
    203: ("operation_types", "INSERT,INSERT", "repeated"),
    222: ("source_app_id", "a" * 65, "too_long"),
    251: ("target_app_id", "订单", "charset"),
    277: ("project_id", "a/b", "charset"),
    301: ("instance_id", "i" * 65, "too_long"),
}


def good_row(number: int) -> dict[str, str]:
    return {
        "task_name": f"crm-orders-cdc-{number:03}",
        "task_id": "",
        "task_type": "realtime",
        "description": f"Orders of shop {number},\nin two lines",
        "task_tag": "crm-orders",
        "operation_types": "INSERT; update",
        "source_app_id": "app-crm",
        "target_app_id": "app-dwh",
        "project_id": "",
        "instance_id": "inst-1",
    }


def chunks(path: Path, *, chunk_rows: int = 1000) -> list[Chunk]:
    events = read(path, label="tasks.csv", options=LoadOptions(chunk_rows=chunk_rows))
    return [event for event in events if isinstance(event, Chunk)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, FIELDS)
        rows.writeheader()
        for number in range(2, 302):
            field, value, _ = MISTAKES.get(number, ("task_id", "", ""))
            rows.writerow(good_row(number) | {field: value})
    return path


def test_exactly_the_mistakes_are_found_each_at_its_cell(path: Path) -> None:
    """278 of 300 rows become tasks; 22 are rejected for what is wrong with them."""
    checked = [
        validate(chunk, defaults={"project_id": "p-1"}, needs_target=True)
        for chunk in chunks(path, chunk_rows=64)
    ]

    found = [
        (issue.location.number, issue.cell, issue.value, issue.rule)
        for part in checked
        for row in part.rejected
        for issue in row.issues
    ]
    sent = [
        task.location.number for part in checked for task in part.tasks("https://roma.example")
    ]

    assert found == [
        (number, f"{COLUMNS[field]}{number}", value, f"{field}.{kind}")
        for number, (field, value, kind) in MISTAKES.items()
    ]
    assert sent == [number for number in range(2, 302) if number not in MISTAKES]


def test_keys_show_the_names_that_occur_twice(path: Path) -> None:
    """What a repeated name needs to be found and explained comes out of the same pass."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("crm-orders-cdc-300", "crm-orders-cdc-002"), encoding="utf-8")
    places: dict[tuple[str, str, str], list[RepeatedRow]] = {}

    for chunk in chunks(path):
        column = chunk.columns["task_name"]
        checked = validate(chunk, defaults={}, needs_target=False)
        for number, project_id, instance_id, name in checked.keys():  # noqa: SIM118  (no mapping)
            place = RowLocation(file=chunk.file, sheet=chunk.sheet, number=number)
            row = RepeatedRow(location=place, column=column, task_name=name)
            places.setdefault((project_id, instance_id, name), []).append(row)
    groups = [group for group in places.values() if len(group) > 1]

    assert [[issue.cell for issue in repeated_name_issues(group)] for group in groups] == [
        ["A2", "A300"]
    ]
