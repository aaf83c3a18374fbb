"""
A copy of an analyst's workbook that holds some of its rows only, made by a child process.

The parent's side is `batchcreate.copies.process`. What runs in the child imports nothing of the
rest of the package: it starts once for every file, and has to start cheaply.
"""
