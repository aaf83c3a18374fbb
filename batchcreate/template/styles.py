"""What the cells of the template look like."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

_FONTS: Final = {"en": "Calibri", "zh": "Microsoft YaHei"}

_TEXT: Final = "@"
"""By this format nothing that is typed is taken for a number or a date."""

_MARKED: Final = '@" *"'
"""Shows a mark that is not in the cell, so that every program reads the bare heading."""


class Styles:
    """The formats of one workbook."""

    def __init__(self, book: "Workbook", language: str) -> None:
        self._book = book
        self._font = _FONTS[language]
        heading = {"bold": True, "font_color": "#FFFFFF", "valign": "vcenter"}
        self.mandatory = self._made(num_format=_MARKED, bg_color="#1F4E79", **heading)
        self.optional = self._made(num_format=_TEXT, bg_color="#5F7588", **heading)
        self.cell = self._made(num_format=_TEXT, text_wrap=True, valign="top")
        self.example = self._made(
            num_format=_TEXT, valign="top", italic=True, font_color="#707070"
        )
        self.title = self._made(bold=True, font_size=16)
        self.section = self._made(bold=True, font_size=12)
        self.text = self._made(text_wrap=True, valign="top")
        self.label = self._made(bold=True, valign="top")
        self.refused = book.add_format({"bg_color": "#F8B4B4", "font_color": "#7A0000"})
        self.doubtful = book.add_format({"bg_color": "#FFE0A3"})

    def _made(self, **properties: Any) -> "Format":  # noqa: ANN401 # xlsxwriter's own
        return self._book.add_format({"font_name": self._font, **properties})
