"""``bo job``: what waits to be done, what is being done and what failed; and the workers that do it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.declared import Declared, help_of
from bocore.cli.invocation import Invocation, invocation, requires
from bocore.cli.parameters import given, parameters_of, with_own
from bocore.cli.problems import REFUSED, warn
from bocore.logs import log_to
from bocore.printable import printable

if TYPE_CHECKING:
    from bocore.jobs.queue import QueuedJob
    from bocore.jobs.worker import JobRun

STATES = ("queued", "running", "done", "dead", "cancelled")


@attrs.frozen
class JobLine:
    """One job as the list shows it."""

    id: int
    name: str
    state: str
    due: datetime | None
    attempt: int
    progress: str
    finished: datetime | None
    note: str


@click.group()
def job() -> None:
    """Run jobs, see which wait or failed, and retry or cancel them."""


@job.command()
@click.option("--burst", is_flag=True, help="End when nothing is due, instead of waiting for more.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many at once, a process each.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="End after so many jobs, of each worker.")
@click.option("--log", metavar="FILE|-", help="Also write what happens as lines of JSON, to the end of a file or to standard error.")
@click.option("-v", "--verbose", is_flag=True, help="Say of every job how it ended, not only of those that failed.")
@click.pass_context
@requires("bo.jobs", "see and run jobs")
def run(ctx: click.Context, burst: bool, workers: int, limit: int | None, log: str | None, verbose: bool) -> None:
    """Run jobs: those that are due, and by the clock.

    It goes on until it is told to end (Ctrl-C, SIGTERM): then the job in hand is finished, and the rest given back. A worker that is killed
    loses nothing: its jobs are claimed by another once their lease is over. Any number may work on a database, on any number of machines.

    Exit code 1 where a job ended dead.
    """
    this = invocation(ctx)
    if workers > 1:
        dead = _several(this, workers, burst, limit, log, verbose)
    else:
        with log_to(log or "-", "INFO" if log else "WARNING"):
            dead = _work(this, burst, limit, verbose)
    if dead:
        ctx.exit(REFUSED)


def _work(this: Invocation, burst: bool, limit: int | None, verbose: bool) -> bool:
    """One worker, in this process; True where a job ended dead."""
    from bocore.jobs.worker import Worker

    dead: list[int] = []

    def told(run: JobRun) -> None:
        if run.state == "dead":
            dead.append(run.id)
        if verbose or run.error is not None:
            said = "failed and is tried again" if run.state == "queued" else run.state
            click.echo(f"Job {run.id} ({run.name}): {said}.{f' {printable(run.error)}' if run.error else ''}", err=True)

    worker = Worker(this.app, told=told)
    with _ended_by_signals(worker.stop):
        ran = worker.run(burst=burst, limit=limit)
    click.echo(f"{ran} {'job' if ran == 1 else 'jobs'} run{f', {len(dead)} dead' if dead else ''}.", err=True)
    return bool(dead)


class _ended_by_signals:
    """While it lasts, the first Ctrl-C or SIGTERM asks for an end; another one is as rude as ever."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self.stop = stop
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        import threading

        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._asked)

    def _asked(self, number: int, frame: object) -> None:
        signal.signal(number, self.before[number] or signal.SIG_DFL)
        self.stop()

    def __exit__(self, *exception: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _several(this: Invocation, workers: int, burst: bool, limit: int | None, log: str | None, verbose: bool) -> bool:
    """Several workers, each a process of its own that is told what this one was told."""
    if this.given:
        raise click.UsageError("The plugins of this program were given by hand: start it several times, or one worker a thread.")
    _ = this.app  # what is wrong with the database is said once
    own = [word for word, wanted in (("--burst", burst), ("--verbose", verbose)) if wanted]
    own += [] if log is None else ["--log", log]
    own += [] if limit is None else ["--limit", str(limit)]
    command = [sys.executable, "-m", "bocore.cli", *this.told_again(), "job", "run", *own]
    environment = {**os.environ, "BOCORE_DB": this.db}  # not on the command line, where everybody sees a password
    running = [subprocess.Popen(command, env=environment, start_new_session=True) for _ in range(workers)]  # noqa: S603 - ourselves

    fine = {0, REFUSED}

    def stop() -> None:
        fine.add(-signal.SIGTERM)  # one that has not begun yet has nothing to finish
        for process in running:
            if process.poll() is None:
                process.terminate()

    with _ended_by_signals(stop):
        codes = [process.wait() for process in running]
    bad = [code for code in codes if code not in fine]
    if bad:
        from bocore.errors import BocoreError

        raise BocoreError(f"{len(bad)} of {workers} workers ended with {bad[0]}.", fix="Their own messages say why.")
    return REFUSED in codes


@job.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those.")
@click.option("--name", metavar="JOB", help="Only jobs of that name, e.g. accounting.roll-up.")
@click.option("--all", "every", is_flag=True, help="Also those that were done or cancelled.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="How many of the newest.")
@out.listing
@requires("bo.jobs", "see and run jobs")
def list_(state: Any, name: str | None, every: bool, limit: int, style: str | None, output: Path | None) -> None:
    """List jobs that wait, run or are dead, the newest first."""
    found = invocation().app.jobs.all(state=state, name=name, unfinished=not every and state is None, limit=limit)
    out.put_rows(JobLine, [_line(one) for one in found], style, output)


def _line(one: QueuedJob) -> JobLine:
    progress = "" if one.done is None else f"{one.done} of {one.total}" if one.total is not None else str(one.done)
    asked = "Is to be cancelled." if one.state == "running" and one.cancel_asked_at else ""
    note = " ".join(filter(None, (one.absent if one.state == "queued" else "", asked, one.error if one.state != "done" else "")))
    due = one.due_at if one.state == "queued" else None
    return JobLine(one.id, one.name, one.state, due, one.attempt, progress, one.finished_at, note)


@job.command()
@click.argument("job", type=int)
@out.listing
@requires("bo.jobs", "see and run jobs")
def show(job: int, style: str | None, output: Path | None) -> None:
    """Show one, with its arguments, its times, its error and its result."""
    found = attrs.asdict(invocation().app.jobs.get(job))
    if style in ("json", "csv") or (output is not None and output.suffix.lower() in (".json", ".csv")):
        out.put_value(found, style, output)
        return
    from bocore.reports.render import shown

    rows = [{"field": name, "value": shown(value)} for name, value in found.items() if value not in (None, "", {}, [])]
    out.put_value(rows, style, output)


@job.command()
@click.argument("jobs", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="Every job that is dead.")
@click.option("--name", metavar="JOB", help="With --all-dead: only jobs of that name.")
@requires("bo.jobs", "see and run jobs")
def retry(jobs: tuple[int, ...], all_dead: bool, name: str | None) -> None:
    """Let jobs that failed or were cancelled run again, at once and with all their tries.

    What they have done by `bo.run` already is not done again.
    """
    if bool(jobs) == all_dead or (name is not None and not all_dead):
        raise click.UsageError("Give the ids of jobs, or --all-dead, with --name if only some.")
    queue = invocation().app.jobs
    again = queue.retry_dead(name) if all_dead else queue.retry(*jobs)
    click.echo(f"{len(again)} {'job is' if len(again) == 1 else 'jobs are'} queued again.")


@job.command()
@click.argument("jobs", type=int, nargs=-1, required=True)
@requires("bo.jobs", "see and run jobs")
def cancel(jobs: tuple[int, ...]) -> None:
    """Cancel jobs: at once where they wait; those that run are asked to end.

    What they have committed stays.
    """
    queue = invocation().app.jobs
    for one in jobs:
        found = queue.cancel(one)
        said = "is asked to end" if found.state == "running" else "is cancelled"
        click.echo(f"Job {found.id} ({found.name}) {said}.")


@job.command()
@out.listing
@requires("bo.jobs", "see and run jobs")
def schedules(style: str | None, output: Path | None) -> None:
    """List the jobs by the clock, and when each runs next."""
    from bocore.jobs.schedules import Schedule, Schedules

    out.put_rows(Schedule, Schedules(invocation().app).all(), style, output)


def _enqueue(name: str, declared: Any) -> click.Command:
    """The command that enqueues one job."""

    def enqueue(
        at: datetime | None = None, style: str | None = None, output: Path | None = None, reason: str | None = None, **values: Any
    ) -> None:
        this = invocation()
        _, options = given(declared.options, values)
        with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
            ident = uow.enqueue(declared.name, at=at, options=options)
        for finding in uow.findings:
            warn(finding)
        out.put_value({"id": ident, "name": declared.name}, style, output)

    own: list[click.Parameter] = [
        click.Option(["--at"], type=_Instant(), metavar="INSTANT", help="Not before: 2026-12-31T22:00Z."),
        click.Option(["--reason"], help="Why, for the record."),
        *out.options(),
    ]
    parameters = with_own(own, parameters_of(declared.options))
    return click.Command(name, params=parameters, callback=enqueue, help=help_of(declared), short_help=declared.summary)


class _Instant(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # click 8.1 has no generic one
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from bocore.values import read_value

        try:
            return read_value(value, datetime)
        except ValueError as error:
            self.fail(f"It {error}.", param, ctx)


job.add_command(
    Declared(
        kind="job",
        make=_enqueue,
        name="enqueue",
        help="""Put a job into the queue, for the next worker.

A worker runs it: bo job run.""",
    )
)
