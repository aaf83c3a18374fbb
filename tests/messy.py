"""
Generator of samples/messy.xlsx, a workbook with typical issues.

Run it after a change: ``python -m tests.messy samples/messy.xlsx``
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

CREATED: Final = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)

REJECTED: Final = {
    "CRM": {
        "A8": "task_name.charset",
        "H9": "target_app_id.long_number",
        "A10": "task_name.repeated",
        "A11": "task_name.repeated",
        "F13": "operation_types.merged",
        "E14": "task_tag.spreadsheet_error",
        "E15": "task_tag.date",
        "A16": "task_name.charset",
        "F17": "operation_types.value",
        "E18": "task_tag.too_short",
        "C22": "task_type.impossible",
        "E23": "task_tag.placeholder",
    },
    "ERP任务": {
        "A3": "task_name.missing",
        "B4": "operation_types.missing",
        "A5": "task_name.first",
        "C7": "task_tag.boolean",
        "A8": "task_name.charset",
        "B9": "operation_types.repeated",
    },
}
"""The cells with issues and the rules that they break, by sheet."""

CLEANED: Final = {"CRM": ["A7", "D7", "F7", "F21", "D24", "F24"], "ERP任务": ["B11"]}
"""The cells that are corrected automatically, by sheet."""

_CRM_HEADINGS: Final = (
    "任务名称\nTask name *",
    "Task ID",
    "Task type 任务类型",
    "Description / 描述",
    "Task tag",
    "OPERATION TYPES (mandatory)",
    "Source app",
    "目标端应用ID (target_app_id)",
    "负责人 Owner",
    "Go-live",
)
_WIDE: Final = "INSERT,DELETE".translate({point: point + 0xFEE0 for point in range(0x41, 0x5B)})
"""Text typed with a full-width input method."""

_IDS: Final = ("5b1f0e7d93c24a6f", "c2b8d1ef-6e3a-4f2c-8d4b-7a9f8e7d6c5b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula and its stored result."""

    text: str
    result: str


# The name, type, description, tag, operations, application and owner of each row from row 6 on.
_CRM_ROWS: Final[Sequence[Sequence[Any]]] = (
    ("crm-accounts", "REALTIME", "Accounts with their branches", "crm-core",
     "INSERT,UPDATE,DELETE", _IDS[0], "Li Wei"),
    ("crm-contacts  ", "realtime", "Contacts, no leads\xa0", "crm-core",
     "Insert / Update ", _IDS[0], "Li Wei"),
    ("crm leads", "REALTIME", "Leads of all campaigns", "crm-core", "INSERT", _IDS[0], "Li Wei"),
    ("crm-campaigns", "REALTIME", "Campaigns", "crm-core", "INSERT,UPDATE",
     482915730264815937, "Li Wei"),
    ("crm-orders", "REALTIME", "Orders of the shop", "crm-sales", "INSERT,UPDATE,DELETE",
     _IDS[1], "王芳"),
    ("crm-orders", "REALTIME", "Orders of the branches", "crm-sales", "INSERT,UPDATE,DELETE",
     _IDS[1], "王芳"),
    ("crm-refunds", "REALTIME", "Refunds", "crm-sales", "INSERT,UPDATE", _IDS[1], "王芳"),
    ("crm-vouchers", "REALTIME", "Vouchers and their use", "crm-sales", None, _IDS[1], "王芳"),
    ("crm-loyalty", "REALTIME", "Points of the loyalty programme",
     Formula(text="=VLOOKUP(A14,Lookup!A:B,2,FALSE)", result="#N/A"), "INSERT", _IDS[1], "王芳"),
    ("crm-visits", "REALTIME", "Visits of the field service", date(2026, 3, 4), "INSERT,UPDATE",
     _IDS[1], "M. Okafor"),
    ("\u0441rm-cases", "REALTIME", "Cases of the call centre", "crm-service", "insert;update",
     _IDS[1], "M. Okafor"),
    ("crm-surveys", "REALTIME", "Answers to surveys", "crm-service", "UPSRT", _IDS[1],
     "M. Okafor"),
    ("crm-chats", "REALTIME", "Chats", "crm", "INSERT", _IDS[1], "M. Okafor"),
    (),
    ("crm-calls", "REALTIME", "Calls, without recordings", "crm-service", "INSERT、DELETE",
     _IDS[1], "M. Okafor"),
    ("crm-emails", "REALTIME", "Emails", "crm-service", "新增，更新", _IDS[1], "M. Okafor"),
    ("crm-nightly", "TIMING", "Full load at night", "crm-service", "INSERT", _IDS[1],
     "M. Okafor"),
    ("crm-territories", "", "Territories", "n/a", "INSERT|UPDATE", _IDS[1], "M. Okafor"),
    ("crm-products", "", "Products\u200b", "crm-core", _WIDE, _IDS[0], "Li Wei"),
)  # fmt: skip

_ERP_HEADINGS: Final = ("任务名称", "操作类型", "任务标签", "描述")
_ERP_ROWS: Final[Sequence[Sequence[Any]]] = (
    ("示例：crm-orders-cdc-01", "INSERT,UPDATE,DELETE", "crm-orders", "示例行"),
    ("", "INSERT", "erp-base", "供应商"),
    ("erp-invoices", "", "erp-base", "发票"),
    ("_erp-payments", "INSERT，UPDATE", "erp-base", "付款"),
    (20260112, "INSERT", "erp-base", "库存盘点"),
    ("erp-ledger", "INSERT", True, "总账"),
    ("erp-成本中心", "INSERT", "erp-base", "成本中心"),
    ("erp-budgets", "INSERT,INSERT,DELETE", "erp-base", "预算"),
    ("erp-suppliers", "INSERT、UPDATE、DELETE", "erp-base", "供应商主数据"),
    ("erp-rates", " update ", "erp-base", "汇率"),
)


def make(path: Path) -> None:
    """Write the workbook to *path*."""
    with xlsxwriter.Workbook(path, {"remove_timezone": True}) as book:
        book.set_properties({"created": CREATED.replace(tzinfo=None), "author": "Li Wei"})
        _write_notes(book.add_worksheet("说明 Notes"))
        _write_crm(book, book.add_worksheet("CRM"))
        _write_erp(book, book.add_worksheet("ERP任务"))
        _write_lookup(book.add_worksheet("Lookup"))
        old = book.add_worksheet("CRM (2024)")
        old.write_row(0, 0, ["task_name", "operation_types"])
        old.write_row(1, 0, ["crm-accounts-old", "INSERT"])
        old.hide()
        book.add_worksheet("Sheet3")
        book.worksheets_objs[1].activate()


def _write_notes(sheet: "Worksheet") -> None:
    sheet.set_column(0, 0, 90)
    sheet.write_column(
        0,
        0,
        [
            "Onboarding wave 2 / 第二批接入",
            "CRM: Li Wei, M. Okafor; ERP: 王芳",
            "12 Jan: tags agreed with the platform team. 'crm-core' for master data only!",
            "Please do not sort the sheets.",
        ],
    )


def _write_crm(book: "Workbook", sheet: "Worksheet") -> None:
    title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
    head = book.add_format({"bold": True, "bg_color": "#C6E0B4", "border": 1, "text_wrap": True})
    day = book.add_format({"num_format": "d-mmm"})
    joined = book.add_format({"valign": "vcenter", "border": 1})
    sheet.merge_range(0, 0, 0, len(_CRM_HEADINGS) - 1, "CRM integration tasks, wave 2", title)
    sheet.write_row(1, 0, ["Prepared by", "Li Wei", "", "Version", 3])
    sheet.write_row(2, 0, ["Status", "for review"])
    sheet.write_row(4, 0, _CRM_HEADINGS, head)
    sheet.set_row(4, 32)
    for column, width in enumerate((20, 10, 12, 34, 14, 24, 12, 38, 14, 10)):
        sheet.set_column(column, column, width)
    for number, cells in enumerate(_CRM_ROWS, start=5):
        if cells:
            name, kind, description, tag, operations, target, owner = cells
            row = (name, None, kind, description, tag, operations, "CRM", target, owner)
            _write_cells(sheet, number, row, day)
            sheet.write_datetime(number, len(row), datetime(2026, 3, 1 + number, tzinfo=UTC), day)
    sheet.merge_range(11, 5, 12, 5, "INSERT,UPDATE", joined)
    sheet.freeze_panes(5, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_erp(book: "Workbook", sheet: "Worksheet") -> None:
    head = book.add_format({"bold": True, "bg_color": "#FFE699", "border": 1})
    sheet.write_row(0, 0, _ERP_HEADINGS, head)
    sheet.set_column(0, len(_ERP_HEADINGS) - 1, 26)
    for number, cells in enumerate(_ERP_ROWS, start=1):
        _write_cells(sheet, number, cells, head)


def _write_lookup(sheet: "Worksheet") -> None:
    sheet.write_row(0, 0, ["System", "Tag"])
    sheet.write_row(1, 0, ["crm-accounts", "crm-core"])


def _write_cells(sheet: "Worksheet", number: int, cells: Sequence[Any], day: Any) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, Formula):
            sheet.write_formula(number, column, value.text, None, value.result)
        elif isinstance(value, date):
            sheet.write_datetime(number, column, value, day)
        elif value not in (None, ""):
            sheet.write(number, column, value)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
