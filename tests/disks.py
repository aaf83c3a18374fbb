"""Disks for single tests: small, full and read-only."""

import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needs import require_program, skip_or_fail


@contextmanager
def small_disk(folder: Path, *, size_kib: int) -> Iterator[Path]:
    """Mount a file system of *size_kib* KiB on *folder* until the block ends."""
    if os.geteuid():
        skip_or_fail("mounting a disk requires root")
    folder.mkdir()
    mount = (require_program("mount"), "-t", "tmpfs", "-o", f"size={size_kib}k,mode=700", "tmpfs")
    mounted = subprocess.run((*mount, str(folder)), capture_output=True, check=False)  # noqa: S603 # arguments of this module
    if mounted.returncode:
        skip_or_fail(f"file systems cannot be mounted: {mounted.stderr!r}")
    try:
        yield folder
    finally:
        subprocess.run((require_program("umount"), "--lazy", str(folder)), check=True)  # noqa: S603 # arguments of this module


def enlarge(disk: Path, *, size_kib: int) -> None:
    """Change the size of a small disk."""
    _remount(disk, f"size={size_kib}k")


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Mount *disk* read-only until the block ends; root cannot write to it either."""
    _remount(disk, "ro")
    try:
        yield
    finally:
        _remount(disk, "rw")


def fill(disk: Path, *, pages_left: int = 0) -> Path:
    """Write a file that leaves *pages_left* pages of *disk* free; return its path."""
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
    remount = (require_program("mount"), "-o", f"remount,{option}", str(disk))
    subprocess.run(remount, check=True)  # noqa: S603 # arguments of this module


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Limit the size of written files to *size* bytes until the block ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, earlier)
