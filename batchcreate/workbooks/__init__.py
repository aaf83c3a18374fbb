"""
What stands in the cells of a workbook, read by a child process under limits.

The parent's side is `batchcreate.workbooks.reader`. Nothing that runs in the child may import
the rest of the package: it starts once for every file, and has to start cheaply.
"""
