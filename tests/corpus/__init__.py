"""
What analysts' spreadsheets suffer: one class of damage each, as files that are built when wanted.

`cells` has the damages of single cells, in workbooks and, where a text can show them, in CSV;
`files` those of a file as a whole. Every class says what it is, where it is and what was meant.
"""
