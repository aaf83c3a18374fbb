"""
Files that analysts correct and send back: the rows that are not created, with annotations.

`batchcreate.to_fix.write` is the entry point. This module imports nothing, because a child
process that copies a workbook imports the package, and is started for every file.
"""
