"""A disk that is really full: a small file system in memory, which a ballast file fills."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest


class SmallDisk:
    """A file system of so many megabytes, mounted while it is used in ``with``; needs the rights of root.

    Where it can't be mounted the test is skipped and says why; on continuous integration ($CI) it fails.
    """

    def __init__(self, megabytes: int) -> None:
        self.megabytes = megabytes
        self.path = Path(tempfile.mkdtemp(prefix="bo-disk-"))

    def __enter__(self) -> SmallDisk:
        done = self._run("mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=777", "tmpfs", str(self.path))
        if done:
            self.path.rmdir()
            if os.environ.get("CI"):
                raise OSError(done)
            pytest.skip(f"a small disk can't be mounted here: {done}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._run("umount", "--lazy", str(self.path))
        self.path.rmdir()

    def fill(self, *, leave: int) -> None:
        """Leave so many bytes free."""
        found = os.statvfs(self.path)
        with (self.path / "ballast").open("ab") as ballast:
            os.posix_fallocate(ballast.fileno(), ballast.tell(), found.f_bavail * found.f_frsize - leave)

    def free(self) -> None:
        """Make room again."""
        (self.path / "ballast").unlink()

    def shelve(self) -> None:
        """From now on it can only be read."""
        done = self._run("mount", "-o", "remount,ro", str(self.path))
        if done:
            raise OSError(done)

    @staticmethod
    def _run(*command: str) -> str:
        """What went wrong; nothing if it went well."""
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            return str(error)
        return done.stderr.strip() or f"{command[0]} failed" if done.returncode else ""
