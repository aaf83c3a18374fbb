"""What `check` says about rows that broke the same rule."""

CHECK = {
    "check.group": "{count} rows: {what}, column {column}",
    "check.group_of_one": "{count} row: {what}, column {column}",
}
