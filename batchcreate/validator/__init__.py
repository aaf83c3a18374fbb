"""Rows against the rules: which may become tasks, and what is wrong with the others."""

from batchcreate.validator.validate import Checked, repeated_name_issues, validate

__all__ = ["Checked", "repeated_name_issues", "validate"]
