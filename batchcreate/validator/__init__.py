"""Validation of rows against the rules of the fields; pure."""

from batchcreate.validator.cells import check_value, clean_value, is_certain
from batchcreate.validator.validate import CheckedChunk, repeated_value_issues, validate

__all__ = [
    "CheckedChunk",
    "check_value",
    "clean_value",
    "is_certain",
    "repeated_value_issues",
    "validate",
]
