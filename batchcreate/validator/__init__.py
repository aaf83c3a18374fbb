"""Validation of rows against the rules of the fields; pure."""

from batchcreate.validator.validate import CheckedChunk, repeated_value_issues, validate

__all__ = ["CheckedChunk", "repeated_value_issues", "validate"]
