"""The file in which tasks survive a restart: one JSON line for each create and delete."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from batchcreate.errors import SettingsError

Entry = Mapping[str, Any]

_DELETED = frozenset({"event", "project_id", "instance_id", "task_id"})
_FIELDS: Mapping[object, frozenset[str]] = MappingProxyType(
    {
        "created": _DELETED | {"created_at", "body"},
        "deleted": _DELETED,
    }
)


class StateFile:
    """
    An append-only log of what happened to the tasks.

    A line torn by a crash is cut off when the file is opened. Lines reach the operating
    system before the call is answered; they are not synced, so a power cut may lose some.

    Args:
        path: created if missing; its folder must exist.

    Raises:
        SettingsError: the file cannot be opened or holds something else.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.touch(mode=0o600)  # if it is new: names of tasks are nobody else's business
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            message = f"state_path {path} cannot be opened ({error.strerror}): give another file"
            raise SettingsError(message) from error

    def read(self) -> Iterator[Entry]:
        """Yield the entries in the order in which they were appended."""
        content = self._path.read_bytes()
        whole, newline, torn = content.rpartition(b"\n")
        if torn:
            self._file.truncate(len(whole) + len(newline))
        for number, line in enumerate(whole.splitlines(), start=1):
            yield self._decode(number, line)

    def append(self, entry: Entry) -> None:
        """Write one entry."""
        self._file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _decode(self, number: int, line: bytes) -> Entry:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not _is_record(entry):
            self.close()
            message = (
                f"state_path {self._path}, line {number} is not a simulator's record: "
                "give the file of an earlier simulator, or a new name"
            )
            raise SettingsError(message)
        return entry


def _is_record(entry: Entry) -> bool:
    fields = _FIELDS.get(entry.get("event"))
    return fields is not None and fields == entry.keys()
