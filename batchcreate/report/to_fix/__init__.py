"""Gives analysts their own rows back: those that are not created, and what to do about them."""

from batchcreate.report.to_fix.values import HandedBack, Originals, Written
from batchcreate.report.to_fix.writing import write_to_fix

__all__ = ["HandedBack", "Originals", "Written", "write_to_fix"]
