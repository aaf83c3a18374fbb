"""What the codes of every source mean, who can mend it and what to do; pure."""

from batchcreate.advice.catalogue import CATALOGUE
from batchcreate.advice.explaining import (
    canonical,
    cases,
    explain,
    explain_group,
    explain_row,
    near,
)
from batchcreate.advice.remedies import MEND_CELLS
from batchcreate.advice.values import Advice, Owner, Retry

__all__ = [
    "CATALOGUE",
    "MEND_CELLS",
    "Advice",
    "Owner",
    "Retry",
    "canonical",
    "cases",
    "explain",
    "explain_group",
    "explain_row",
    "near",
]
