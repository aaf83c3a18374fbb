"""Damages of single cells; each is in a separate row, whose other cells are valid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FIELDS = (
    "task_name",
    "operation_types",
    "task_type",
    "task_tag",
    "description",
    "source_app_id",
    "target_app_id",
    "Owner",
)
"""The columns of the corpus; the last one is an additional column of the analyst."""

NO_RESULT, ERROR, MERGED = "=no result", "error", "merged"


class CellResult(StrEnum):
    """The result of validating a damaged cell."""

    ACCEPTED = "accepted"
    CLEANED = "cleaned"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """
    One class of damage.

    Attributes:
        name: description of the damage.
        field: name of the column.
        typed: content of the cell.
        expected: the corrected value or the suggestion, or an empty string without a suggestion.
        result: result of validating the cell.
        special: kind of cell, if the value alone does not determine it.

    """

    name: str
    field: str
    typed: object
    expected: str = ""
    result: CellResult = CellResult.REJECTED
    special: str = ""

    @property
    def is_text(self) -> bool:
        """Return True if a CSV file can represent the damage."""
        return isinstance(self.typed, str) and not self.special


def _cleaned(name: str, field: str, typed: str, expected: str) -> Damage:
    return Damage(
        name=name, field=field, typed=typed, expected=expected, result=CellResult.CLEANED
    )


def _rejected(
    name: str, field: str, typed: object, expected: str = "", special: str = ""
) -> Damage:
    return Damage(name=name, field=field, typed=typed, expected=expected, special=special)


CELLS: Sequence[Damage] = (
    _cleaned("spaces around a name", "task_name", "  crm-a01 ", "crm-a01"),
    _cleaned("no-break space behind a name", "task_name", "crm-a02\u00a0", "crm-a02"),
    _cleaned("ideographic space before a name", "task_name", "\u3000crm-a03", "crm-a03"),
    _cleaned("zero-width space behind a name", "task_name", "crm-a04\u200b", "crm-a04"),
    _cleaned("byte order mark before a name", "task_name", "\ufeffcrm-a05", "crm-a05"),
    _cleaned("line break behind a name", "task_name", "crm-a06\n", "crm-a06"),
    _cleaned("no-break space behind an id", "source_app_id", "app-a07\u00a0", "app-a07"),
    _cleaned("tab behind a tag", "task_tag", "crm-tag\t", "crm-tag"),
    Damage(
        name="Chinese separators",
        field="operation_types",
        typed="insert、update",
        result=CellResult.ACCEPTED,
    ),
    _cleaned("full-width letters in a list", "operation_types", "ＩＮＳＥＲＴ", "INSERT"),
    _cleaned("spaces as separators", "operation_types", "insert update", "INSERT,UPDATE"),
    _cleaned("full-width task type", "task_type", "ｒｅａｌｔｉｍｅ", "REALTIME"),
    _rejected("space inside a name", "task_name", "crm b01", "crm_b01"),
    _rejected("zero-width space inside a name", "task_name", "crm\u200b-b02", "crm-b02"),
    _rejected("full-width letters in a name", "task_name", "ｃｒｍ－b03", "crm-b03"),
    _rejected("Cyrillic look-alike in a name", "task_name", "\u0441rm-b04", "crm-b04"),
    _rejected("accents in a name", "task_name", "café-b05", "cafe-b05"),
    _rejected("en dash in a name", "task_name", "crm\u2013b06", "crm-b06"),
    _rejected("smart quotes around a name", "task_name", "\u201ccrm-b07\u201d", "crm-b07"),
    _rejected("slash in a name", "task_name", "crm/b08", "crm_b08"),
    _rejected("Chinese name", "task_name", "客户订单"),
    _rejected("line break inside a name", "task_name", "crm\nb10", "crm_b10"),
    _rejected("name of 101 characters", "task_name", "n" * 101),
    _rejected("name begins with an underscore", "task_name", "_crm-b12", "crm-b12"),
    _rejected("name of two characters", "task_name", "cr"),
    _rejected("soft hyphen inside a tag", "task_tag", "crm\u00adtag", "crmtag"),
    _rejected("direction mark inside a tag", "task_tag", "crm\u200ftag", "crmtag"),
    _rejected("space inside a tag", "task_tag", "crm tag", "crm_tag"),
    _rejected("tag of two characters", "task_tag", "ab"),
    _rejected("no operation types", "operation_types", ""),
    _rejected("misspelt operation type", "operation_types", "INSRT", "INSERT"),
    _rejected("one of two misspelt", "operation_types", "DELTE,INSERT", "DELETE,INSERT"),
    _rejected("initials", "operation_types", "I/U/D", "INSERT,UPDATE,DELETE"),
    _rejected("all of them in a word", "operation_types", "ALL", "INSERT,UPDATE,DELETE"),
    _rejected("repeated operation type", "operation_types", "INSERT,INSERT", "INSERT"),
    _rejected("Chinese task type", "task_type", "实时", "REALTIME"),
    _rejected("task type with a space", "task_type", "real time", "REALTIME"),
    _rejected("scheduled task type", "task_type", "TIMING", "REALTIME"),
    _rejected("text read in the wrong encoding", "description", "MÃ¼nchen", "München"),
    _rejected("replacement character", "description", "M\ufffdnchen"),
    _rejected("private character", "description", "Orders \ue000", "Orders"),
    _rejected("description of 1,025 characters", "description", "d" * 1025),
    _rejected("quotes around an id", "source_app_id", '"app-b40"', "app-b40"),
    _rejected("space inside an id", "source_app_id", "app b41"),
    _rejected("id in exponent form", "source_app_id", "1.23457E+19"),
    _rejected("error value as text", "target_app_id", "#N/A"),
    _rejected("id of 20 digits as a number", "source_app_id", 12345678901234567890),
    _rejected("date in a name", "task_name", datetime(2026, 3, 4)),  # noqa: DTZ001 # cells have no zone
    _rejected("date in a tag", "task_tag", datetime(2026, 3, 4)),  # noqa: DTZ001 # cells have no zone
    _rejected("fraction in an id", "source_app_id", 1.5),
    _rejected("boolean in a tag", "task_tag", True),
    _rejected("error in a cell", "source_app_id", "#REF!", special=ERROR),
    _rejected("formula without a result", "task_tag", '="crm-"&"tag"', special=NO_RESULT),
    _rejected("cell covered by a merged one", "operation_types", "", "INSERT,UPDATE", MERGED),
)
"""One damage of each class, in rows from 2 on (or 5, below a title block)."""


def valid_row(at: int) -> dict[str, object]:
    """Return a valid row; *at* makes its name unique."""
    return {
        "task_name": f"good-{at:03}",
        "operation_types": "INSERT,UPDATE",
        "task_type": "REALTIME",
        "task_tag": "crm-orders",
        "description": f"Orders, part {at}",
        "source_app_id": "app-source",
        "target_app_id": "app-target",
        "Owner": f"analyst {at}",
    }


def damaged_row(at: int, damage: Damage) -> dict[str, object]:
    """Return a row whose only damage is *damage*."""
    return valid_row(at) | {damage.field: damage.typed}
