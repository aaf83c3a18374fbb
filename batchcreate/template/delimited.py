"""The template as CSV: headings and the example row."""

import csv
import io

from batchcreate.template.headings import headings


def delimited(language: str) -> bytes:
    """Return the template in UTF-8 with the byte order mark by which Excel knows it."""
    text = io.StringIO(newline="")
    columns = headings(language)
    csv.writer(text).writerows(
        [[column.text for column in columns], [column.example for column in columns]]
    )
    return text.getvalue().encode("utf-8-sig")
