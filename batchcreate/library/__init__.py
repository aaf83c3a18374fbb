"""The pipeline for Python programs: prints nothing, asks nothing, returns typed values."""

from batchcreate.library.calls import (
    check,
    configure,
    read_issues,
    read_results,
    rebuild_reports,
    resume,
    run,
)
from batchcreate.library.following import Running, running
from batchcreate.library.progress import Progress

__all__ = [
    "Progress",
    "Running",
    "check",
    "configure",
    "read_issues",
    "read_results",
    "rebuild_reports",
    "resume",
    "run",
    "running",
]
