"""The same rules as headings, where many rows broke one of them."""

CAUSES = {
    "cause.missing": "no {title}",
    "cause.too_short": "{title} shorter than {minimum} characters",
    "cause.too_long": "{title} longer than {maximum}",
    "cause.charset": "characters in the {title} that are not allowed",
    "cause.first": "{title} with a first character that is not allowed",
    "cause.value": "unknown {title}",
    "cause.impossible": "{title} that composite tasks do not have",
    "cause.placeholder": "a word for nothing as {title}",
    "cause.encoding": "{title} damaged by an encoding",
    "cause.spreadsheet_error": "{title} with the error of a formula",
    "cause.exponent": "{title} shortened by the spreadsheet program",
    "cause.long_number": "{title} with digits lost in the spreadsheet program",
    "cause.number": "{title} stored as a number",
    "cause.date": "{title} turned into a date",
    "cause.boolean": "{title} turned into a truth value",
    "cause.no_result": "{title} from a formula without a stored result",
    "cause.merged": "{title} in merged cells",
    "cause.count": "too few or too many {title}",
    "cause.repeated": "{title} more than once in one cell",
    "cause.task_name.repeated": "{title} that other rows have too",
}
