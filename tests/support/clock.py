"""A wall clock that only the test moves: what takes hours takes no time, and happens at its second or does not.

    clock = Clock(directory)
    make.httpd(environment=clock.environment)
    clock.advance(64)

Both modules count seconds by `time` or CLOCK_REALTIME, which `clock.c` answers. httpd itself asks `gettimeofday` and
lives in the present, and so do all waits.
"""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """A clock that stands still, in files of its own below `directory`."""

    def __init__(self, directory: Path):
        library, file = directory / "clock.so", directory / "clock"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE], check=True)
        file.write_bytes(bytes(mmap.PAGESIZE))
        with file.open("r+b") as opened:
            self._second = mmap.mmap(opened.fileno(), mmap.PAGESIZE)
        self.environment = {"LD_PRELOAD": str(library), "JK_TEST_CLOCK": str(file)}
        self.set(int(time.time()))

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return struct.unpack_from("=q", self._second)[0]

    def set(self, second: int) -> None:
        struct.pack_into("=q", self._second, 0, second)

    def advance(self, seconds: int) -> None:
        self.set(self.now + seconds)
