"""Advice: what a code means, who can fix it and how; pure."""

from batchcreate.advice.codes import CATALOGUE, FIX_CELLS, Owner, Retry
from batchcreate.advice.explain import (
    Advice,
    explain,
    explain_each,
    explain_group,
    explain_row,
    format_advice,
    format_catalogue,
    format_unknown_code,
    known_code,
    similar_codes,
)

__all__ = [
    "CATALOGUE",
    "FIX_CELLS",
    "Advice",
    "Owner",
    "Retry",
    "explain",
    "explain_each",
    "explain_group",
    "explain_row",
    "format_advice",
    "format_catalogue",
    "format_unknown_code",
    "known_code",
    "similar_codes",
]
