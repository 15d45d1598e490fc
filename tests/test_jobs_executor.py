"""Big batches: computed in other processes, or wherever a plugin sends them."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from payslips import net

from bocore import BackOffice, JobBackOffice, Plugin, Worker, hookimpl, job


@job("pay.run")
def pay(bo: JobBackOffice) -> str:
    """Compute net pay in chunks, and add up."""
    chunks = [tuple(Decimal(1000 + n) for n in range(10 * part, 10 * part + 10)) for part in range(4)]
    total = Decimal()
    for done, (_, part) in enumerate(bo.executor().map(net, chunks), start=1):
        total += part
        bo.job.progress(done, len(chunks))
    return str(total)


payroll = Plugin(prefix="pay", jobs=[pay])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [payroll]


def test_without_a_plugin_it_is_a_pool_of_processes(bo: BackOffice) -> None:
    executor = bo.executor()
    assert bo.executor() is executor
    with bo.unit_of_work(actor="ann") as uow:
        ident = uow.enqueue(pay)
    Worker(bo).run(burst=True)
    found = bo.jobs.get(ident)
    assert (found.state, found.result, found.done, found.total) == ("done", "28546.0", 4, 4)
    assert executor.submit(net, (Decimal(10),)).result()[0] != os.getpid()
    bo.close()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(net, (Decimal(10),))


def hooks(executor: Executor) -> ModuleType:
    module = ModuleType("cluster_hooks")

    @hookimpl
    def bo_executor() -> Executor:
        return executor

    module.bo_executor = bo_executor  # type: ignore[attr-defined]
    return module


def test_a_plugin_gives_another_one_and_ends_it_itself(bo_path: Any) -> None:
    with ThreadPoolExecutor(1) as own:
        with BackOffice(bo_path, plugins=[payroll, Plugin(prefix="cluster", hooks=[hooks(own)])]) as bo:
            assert bo.executor() is own
        assert own.submit(net, (Decimal(10),)).result() == (os.getpid(), Decimal("7.0"))  # it is not ended with the application


def test_dask_computes_what_is_sent_to_it(bo_path: Any) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
        BackOffice(bo_path, plugins=[payroll, Plugin(prefix="cluster", hooks=[hooks(client.get_executor())])]) as bo,
    ):
        with bo.unit_of_work(actor="ann") as uow:
            ident = uow.enqueue(pay)
        Worker(bo).run(burst=True)
        assert bo.jobs.get(ident).result == "28546.0"
