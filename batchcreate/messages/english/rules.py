"""What an analyst reads about a broken rule: what was found, and what to type."""

RULES = {
    "rule.missing": "The {title} is empty. Type {wanted}, for example {example}.",
    "rule.too_short": "The {title} {value} has {length}; it needs {minimum} to {maximum}."
    " Type a longer one.",
    "rule.too_long": "The {title} {value} has {length}; it takes at most {maximum}."
    " Type a shorter one.",
    "rule.charset": "The {title} {value} contains {strangers}. Allowed are {characters}.",
    "rule.first": "The {title} {value} begins with {stranger}. Begin it with {beginning}.",
    "rule.value": "{value} is not a known {title}. Type {choice}{escape}.{perhaps}",
    "rule.impossible": "The {title} {value} is not possible for a composite task, which is"
    " real-time only. Type {choice}{escape}.",
    "rule.placeholder": "The {title} {value} only says that there is none. Leave the cell empty,"
    " or type {wanted}.",
    "rule.encoding": "The {title} {value} was damaged by a program that read it in the wrong"
    " encoding. Type it again.",
    "rule.spreadsheet_error": "{value} in place of the {title} is the error of a formula. Mend"
    " the formula, or type the value in its place.",
    "rule.exponent": "The {title} {value} is a number that a spreadsheet program shortened: digits of"
    " it are lost. Format the column as text, then type or paste the value again from where it"
    " came.",
    "rule.long_number": "The {title} {value} is a number with more digits than the 15 that"
    " spreadsheet programs keep: what stood after them is lost. Format the column as text, then"
    " type or paste the value again from where it came.",
    "rule.number": "The {title} {value} is stored as a number, which drops zeros and rounds."
    " Format the column as text, then type the value again.",
    "rule.date": "The spreadsheet program turned the {title} into the date {value}. Format the"
    " column as text, then type the value again.",
    "rule.boolean": "The spreadsheet program turned the {title} into the truth value {value}."
    " Format the column as text, then type the value again.",
    "rule.no_result": "The formula for the {title} has no result in the file. Open the file in a"
    " spreadsheet program and save it again, or type the value in its place.",
    "rule.merged": "This row has no {title}: {cell} is merged with another cell. Unmerge them,"
    " then type the value in each row.",
    "rule.operation_types.missing": "There are no operation types. Type {wanted}, for example"
    " {example}.",
    "rule.operation_types.placeholder": "{value} names no operation types. Type {wanted}, for"
    " example {example}.",
    "rule.operation_types.value": "{value} is not one of the operation types. Type one or more"
    " of {choice}, separated by commas.{perhaps}",
    "rule.operation_types.count": "There are {count} operation types in {value}. Type 1 to"
    " {maximum} of {choice}, separated by commas.",
    "rule.operation_types.repeated": "{value} names {repeated} more than once. Type every"
    " operation type once.",
    "rule.task_name.placeholder": "The task name {value} only says that there is none. Type"
    " {wanted}, for example {example}.",
    "rule.task_name.repeated": "The task name {value} also stands in {others}. Give every task"
    " of an instance a name of its own, or remove the repeated rows.",
}
