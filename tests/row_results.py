"""Required results of the rows of an input file, and the differences from the actual ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    The required result of one row.

    Attributes:
        status: of results.csv; any status if it is empty.
        fields: of the body in addition to the name (which is free if it is not given); operation
            types are INSERT if they are not given.
        errors: cells of which at least one has an error; any cell if there is none.
        warnings: the same for warnings; the row must have one if this is not None.
        text: part of the messages of the row.
        is_noticed: there is an issue, of any severity.

    """

    status: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    errors: str = ""
    warnings: str | None = None
    text: str = ""
    is_noticed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSeen:
    """The actual result of one row: status, body, issues as lines of issues.csv."""

    status: str
    body: Mapping[str, Any] | None
    issues: tuple[Mapping[str, str], ...]


Results = tuple[Result, ...]


def created(operations: str = "INSERT", **fields: str) -> Results:
    """The row is created with exactly these fields, and has no issue."""
    return (_created(operations, fields),)


def warned(cells: str = "", operations: str = "INSERT", **fields: str) -> Results:
    """The row is created, with a warning at one of *cells*."""
    return (_created(operations, fields, cells),)


def rejected(cells: str = "", text: str = "") -> Results:
    """The row is rejected, with an error at one of *cells* and *text* in its messages."""
    return (Result(status="rejected", errors=cells, text=text),)


def noticed(text: str = "") -> Results:
    """The row is rejected or has a warning."""
    return (Result(is_noticed=True, text=text),)


def _created(operations: str, fields: Mapping[str, str], warnings: str | None = None) -> Result:
    body = {"operation_types": operations.split(","), **fields}
    return Result(status="created", fields=body, warnings=warnings)


def difference(required: Results, seen: RowSeen | None) -> str:
    """Return how a row differs from all its *required* results; nothing if it has one of them."""
    if seen is None:
        return "is not in results.csv"
    found = [_difference(each, seen) for each in required]
    return "" if "" in found else "; or ".join(found)


def _difference(required: Result, seen: RowSeen) -> str:
    texts = " ".join(issue["message"] for issue in seen.issues)
    errors, warnings = cells(seen, "error"), cells(seen, "warning")
    body = {
        name: value
        for name, value in (seen.body or {}).items()
        if name != "task_name" or name in required.fields
    }
    checks = {
        f"{seen.status} as {body}: {texts}": required.status in {"", seen.status},
        f"{seen.status} as {body} without an issue": seen.issues or not required.is_noticed,
        f"{required.text!r} is not in {texts!r}": required.text.lower() in texts.lower(),
        f"errors at {errors}: {texts}": _are_found(required.errors, errors),
        f"warnings at {warnings}: {texts}": required.status != "created"
        or (not warnings if required.warnings is None else _warned(required.warnings, warnings)),
        f"created as {body}": required.status != "created" or body == required.fields,
    }
    return next((text for text, is_met in checks.items() if not is_met), "")


def cells(seen: RowSeen, severity: str) -> list[str]:
    """Return the cells with an issue of this severity."""
    return [issue["cell"] for issue in seen.issues if issue["severity"] == severity]


def _are_found(allowed: str, found: Sequence[str]) -> bool:
    return not allowed or bool(set(found) & set(allowed.split()))


def _warned(allowed: str, found: Sequence[str]) -> bool:
    return bool(found) and _are_found(allowed, found)
