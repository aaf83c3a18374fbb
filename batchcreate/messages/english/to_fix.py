"""The spreadsheet of the rows that are not created: its own columns and their words."""

TO_FIX = {
    "to_fix.status_heading": "batchcreate status",
    "to_fix.origin_heading": "batchcreate origin",
    "to_fix.status.rejected": "rejected: mend the coloured cells",
    "to_fix.status.not_attempted": "not sent yet: nothing to mend",
    "to_fix.status.failed": "refused by the service: see the comment",
    "to_fix.status.unknown": "perhaps created: the next run finds out, leave the row as it is",
    "to_fix.status.skipped": "not sent: a task of this name exists already",
    "to_fix.suggestion": "Suggestion: {suggestion}",
}
