"""The spreadsheet that analysts fill in."""

TEMPLATE = {
    "template.tasks": "Tasks",
    "template.guide": "Instructions",
    "template.mandatory": "Mandatory: {wanted}.",
    "template.optional": "Optional: {wanted}.",
    "template.example": "Example: {example}",
    "template.target": " Where it is empty, the one that the import is started with.",
    "template.choose": "Choose one from the list.",
    "template.refused": "Type {wanted}.",
    "template.guide.title": "How to fill in this workbook",
    "template.guide.fill": "Type one row per task in the sheet {tasks}, below the headings."
    " Columns with a star (*) are mandatory. Point at a heading to see what its column takes.",
    "template.guide.columns": "Leave the headings as they are. Columns of your own are welcome"
    " to the right of them; they are ignored.",
    "template.guide.example": "The row that begins with {mark} only shows what a row looks like."
    " It is passed over; leave it or remove it.",
    "template.guide.paste": "Paste values only (Paste Special), never whole cells. What is pasted"
    " is not refused but coloured: red cells break a rule, orange ones are empty although they"
    " are mandatory, or repeat a task name.",
    "template.guide.ready": "Send the workbook back when no cell is coloured. Every row is"
    " checked once more before anything is created.",
    "template.guide.each": "The columns",
    "template.guide.choices": "What the lists offer",
}
