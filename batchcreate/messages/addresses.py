"""Cells and columns as spreadsheet programs call them."""


def cell_address(index: int, number: int) -> str:
    """Return the spreadsheet's address of zero-based column *index* in row *number*."""
    return f"{column_letters(index)}{number}"


def column_letters(index: int) -> str:
    """Return what a spreadsheet program calls zero-based column *index*."""
    letters = ""
    rest = index + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
