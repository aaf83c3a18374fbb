"""
Cells of workbooks, read by a child process with limits.

The parent's side is `batchcreate.workbooks.reader`. Modules that run in the child import only
this package and `batchcreate.text`, because a child process is started for every file.
"""
