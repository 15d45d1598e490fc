"""``bo job``: what an operator sees and does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from bocore import BackOffice, JobBackOffice, Plugin, Worker, job
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as command
from bocore.testing import FrozenClock

FAILING: list[Exception] = []


@job("van.deliver", retries=0)
def deliver(bo: JobBackOffice, *, parcel: int, note: str = "") -> str:
    """Deliver a parcel.

    :param parcel: its number.
    """
    if FAILING:
        raise FAILING.pop()
    return f"parcel {parcel}"


@job("van.wash", cron="0 18 * * fri")
def wash(bo: JobBackOffice) -> None:
    """Wash the van."""


van = Plugin(prefix="van", jobs=[deliver, wash])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [van]


@pytest.fixture
def ask(bo_path: Any, clock: FrozenClock) -> Any:
    def asked(*words: str, code: int = 0, plugins: Any = (van,)) -> Any:
        told = Invocation(plugins=list(plugins), clock=clock)
        result = CliRunner().invoke(command, ["--db", str(bo_path), "--as", "ann", "job", *words], obj=told)
        assert result.exit_code == code, result.output
        return result

    return asked


def listed(result: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_job_is_enqueued_run_and_shown(ask: Any) -> None:
    made = json.loads(ask("enqueue", "deliver", "--parcel", "7", "--reason", "Ordered", "--format", "json").stdout)
    assert made == {"id": 1, "name": "van.deliver"}
    (line,) = listed(ask("list", "--format", "json"))
    assert (line["id"], line["state"], line["attempt"], line["note"]) == (1, "queued", 0, "")
    assert ask("run", "--burst", "--verbose").stderr == "Job 1 (van.deliver): done.\n1 job run.\n"
    assert ask("list").stdout == "Nothing.\n"
    assert listed(ask("list", "--all", "--format", "json"))[0]["state"] == "done"
    whole = json.loads(ask("show", "1", "--format", "json").stdout)
    assert (whole["result"], whole["arguments"], whole["attempt"]) == ("parcel 7", {"parcel": 7}, 1)
    assert "parcel 7" in ask("show", "1").stdout
    assert ask("run", "--burst").stderr == "0 jobs run.\n"


def test_a_job_for_later_waits(ask: Any, clock: FrozenClock) -> None:
    ask("enqueue", "van.deliver", "--parcel", "7", "--at", "2026-01-15T11:00+01:00")
    assert listed(ask("list", "--format", "json"))[0]["due"] == "2026-01-15T10:00:00.000000Z"
    assert ask("run", "--burst").stderr == "0 jobs run.\n"
    clock.advance(hours=1)
    assert ask("run", "--burst").stderr == "1 job run.\n"
    assert "must say its time zone" in ask("enqueue", "deliver", "--parcel", "7", "--at", "2026-01-15T11:00", code=2).stderr


def test_a_job_that_failed_is_listed_with_its_reason_and_retried(ask: Any) -> None:
    from bocore import UsageError

    FAILING.append(UsageError("Nobody was at home.", fix="Ring the bell."))
    ask("enqueue", "deliver", "--parcel", "7")
    failed = ask("run", "--burst", code=1)
    assert failed.stderr == "Job 1 (van.deliver): dead. Nobody was at home. Ring the bell.\n1 job run, 1 dead.\n"
    (line,) = listed(ask("list", "--state", "dead", "--format", "json"))
    assert line["note"] == "Nobody was at home. Ring the bell."
    assert ask("retry", "--all-dead", "--name", "wash").stdout == "0 jobs are queued again.\n"
    assert ask("retry", "1").stdout == "1 job is queued again.\n"
    assert ask("run", "--burst").stderr == "1 job run.\n"
    assert "The job 1 (van.deliver) is done and has not failed." in ask("retry", "1", code=1).stderr
    assert "Give the ids of jobs, or --all-dead" in ask("retry", code=2).stderr
    assert "There is no job 9." in ask("retry", "9", code=1).stderr


def test_jobs_are_cancelled(ask: Any) -> None:
    one, two = (str(json.loads(ask("enqueue", "deliver", "--parcel", "7", "--format", "json").stdout)["id"]) for _ in range(2))
    assert ask("cancel", one, two).stdout == f"Job {one} (van.deliver) is cancelled.\nJob {two} (van.deliver) is cancelled.\n"
    assert ask("run", "--burst").stderr == "0 jobs run.\n"
    assert {one["state"] for one in listed(ask("list", "--all", "--format", "json"))} == {"cancelled"}


def test_what_a_job_is_told_wrongly_is_a_usage_error(ask: Any) -> None:
    assert "--parcel" in ask("enqueue", "deliver", code=2).stderr
    assert "whole number" in ask("enqueue", "deliver", "--parcel", "seven", code=2).stderr
    assert "There is no job 'delivr'. Did you mean 'deliver'?" in ask("enqueue", "delivr", code=2).stderr
    assert ask("list").stdout == "Nothing.\n"


def test_a_job_whose_plugin_is_gone_is_listed_with_that(ask: Any) -> None:
    ask("enqueue", "deliver", "--parcel", "7")
    (line,) = listed(ask("list", "--format", "json", plugins=()))
    assert (line["state"], line["note"]) == ("queued", "The plugin 'van' is not installed.")
    assert ask("run", "--burst", plugins=()).stderr == "0 jobs run.\n"


def test_schedules_are_listed_with_their_next_run(ask: Any) -> None:
    lines = {line["job"]: line for line in listed(ask("schedules", "--format", "json"))}
    assert lines["van.wash"] == {
        "job": "van.wash",
        "cron": "0 18 * * fri",
        "company": "",
        "zone": "UTC",
        "next": "2026-01-16T18:00:00.000000Z",
        "latest": None,
    }
    assert set(lines) == {"van.wash", "bo.forget-jobs", "bo.destroy-retained"}


def test_plugins_given_by_hand_are_no_plugins_of_other_processes(ask: Any) -> None:
    assert "given by hand" in ask("run", "--workers", "2", code=2).stderr


# ---------------------------------------------------------------- processes; the installed plugins bring accounting's roll-up


@pytest.fixture
def books(bo_path: Any, clock: FrozenClock) -> str:
    """Books of the installed plugins, with three jobs."""
    path = str(bo_path.parent / "installed.db")
    with BackOffice(path) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        with bo.unit_of_work(actor="ann") as uow:
            for _ in range(3):
                uow.enqueue("accounting.roll-up")
    return path


def started(path: str, *words: str) -> subprocess.Popen[str]:
    run = [sys.executable, "-m", "bocore.cli", "job", "run", *words]
    return subprocess.Popen(run, stderr=subprocess.PIPE, text=True, env={**os.environ, "BOCORE_DB": path})


def test_several_workers_are_processes_of_their_own(books: str) -> None:
    process = started(books, "--burst", "--workers", "2", "--verbose")
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert said.count("(accounting.roll-up): done.") == 3
    assert said.count(" run.\n") == 2
    with BackOffice(books) as bo:
        assert [one.state for one in bo.jobs.all(name="roll-up")] == ["done"] * 3


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("signals", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_it_is_asked_to(books: str, workers: str, signals: signal.Signals) -> None:
    process = started(books, "--workers", workers, "--verbose")
    assert process.stderr is not None
    said = "".join(process.stderr.readline() for _ in range(3))
    assert said.count("done.") == 3
    process.send_signal(signals)
    rest = process.stderr.read()
    assert process.wait() == 0, rest
    assert rest.count("jobs run.\n") in range(1, int(workers) + 1)  # one that has not begun yet has nothing to say
    process.stderr.close()


def test_balances_roll_up_by_themselves_once_a_worker_runs(bo_path: Any, clock: FrozenClock) -> None:
    from bocore import Line, Money, Voucher

    with BackOffice(bo_path.parent / "books.sqlite", clock=clock) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        bo.run("accounting.setup-chart", actor="ann")
        Worker(bo).run(burst=True)
        with bo.unit_of_work(actor="ann") as uow:
            uow.post(Voucher("sale:1", "sale", [Line("cash", Money("9.00", "EUR")), Line("sales", Money("-9.00", "EUR"))]))
        clock.advance(days=1)
        Worker(bo).run(burst=True)
        (rolled,) = bo.jobs.all(name="accounting.roll-up")
        assert (rolled.state, rolled.result) == ("done", 2)
