"""The command line: options to settings, one pipeline call, exit code."""

from batchcreate.cli.main import main

__all__ = ["main"]
