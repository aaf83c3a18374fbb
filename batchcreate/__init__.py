"""Bulk-create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets."""

__version__ = "0.1.0"
