"""Rows against the rules: which may become tasks, and what is wrong with the others."""

from batchcreate.validator.checked import Checked
from batchcreate.validator.checking import validate
from batchcreate.validator.repeats import repeated_name_issues

__all__ = ["Checked", "repeated_name_issues", "validate"]
