"""The spreadsheet of the rows that are not created: its own columns and their words."""

TO_FIX = {
    "to_fix.status_heading": "batchcreate status",
    "to_fix.origin_heading": "batchcreate origin",
    "to_fix.status.rejected": "rejected (row {number}): {issues}",
    "to_fix.status.not_attempted": "not sent yet (row {number}): nothing to mend.",
    "to_fix.status.failed": "failed (row {number}): {answer}. {advice}",
    "to_fix.status.unknown": "unknown (row {number}): perhaps created. Leave the row as it is;"
    " the next run finds out.",
    "to_fix.issue": "{column}: {message}",
    "to_fix.suggestion": "Suggestion: {suggestion}",
    "to_fix.next_issue": "; ",
    "to_fix.explained": "What became of each row and what to do; row numbers are those of the file"
    " that the rows were taken from. Leave both columns of batchcreate as they are.",
    "to_fix.fresh": "{file}: its rows were copied into a fresh workbook without the formats of"
    " your own.",
    "to_fix.left_alone": "{file}: has been edited and not been read since; it stays as it is. Name it"
    " beside the other files of the next run.",
}
