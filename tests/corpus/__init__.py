"""
Corpus of damaged input files, one class of damage each.

`cells` contains damages of single cells, for workbooks and, if text can represent them, for CSV;
`files` contains damages of whole files. Each class states its name, location and correct value.
"""
