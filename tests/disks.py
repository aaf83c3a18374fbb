"""Disks of a test's own: small ones, full ones, and ones that take nothing."""

import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needs import missing, required


@contextmanager
def small_disk(folder: Path, *, size_kib: int) -> Iterator[Path]:
    """Mount a file system of its own, of a size in KiB, on *folder*; it goes with the block."""
    if os.geteuid():
        missing("only root can mount a disk")
    folder.mkdir()
    mount = (required("mount"), "-t", "tmpfs", "-o", f"size={size_kib}k,mode=700", "tmpfs")
    tried = subprocess.run((*mount, str(folder)), capture_output=True, check=False)  # noqa: S603 # ours
    if tried.returncode:
        missing(f"no file system can be mounted here: {tried.stderr!r}")
    try:
        yield folder
    finally:
        subprocess.run((required("umount"), "--lazy", str(folder)), check=True)  # noqa: S603 # ours


def enlarge(disk: Path, *, size_kib: int) -> None:
    """Give a small disk another size."""
    _remount(disk, f"size={size_kib}k")


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Let *disk* take nothing, not even from root, until the block ends."""
    _remount(disk, "ro")
    try:
        yield
    finally:
        _remount(disk, "rw")


def fill(disk: Path, *, pages_left: int = 0) -> Path:
    """Take all space of *disk* but so many pages; return the file that does."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        if pages_left:
            space = os.statvfs(disk)
            file.write(bytes(space.f_frsize) * (space.f_bavail - pages_left))
        else:
            while True:
                file.write(bytes(1024))
    return ballast


def _remount(disk: Path, option: str) -> None:
    remount = (required("mount"), "-o", f"remount,{option}", str(disk))
    subprocess.run(remount, check=True)  # noqa: S603 # ours


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let the operating system refuse to write more than *size* bytes to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, earlier)
