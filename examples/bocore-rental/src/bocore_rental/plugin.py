"""The rental as a plugin: what it declares, and the hooks that it answers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from bocore import Changes, Company, Finding, JobBackOffice, Party, Plugin, UnitOfWork, concerns, hookimpl, job
from bocore_rental import contracts, deposits, files, fleet, model, posting, rent, reports
from bocore_rental.contracts import ContractSigned
from bocore_rental.customers import customer_of
from bocore_rental.days import DAY, common, length
from bocore_rental.model import TAKEN, Contract, Machine
from bocore_rental.rights import BILL, PERMISSIONS, ROLES
from bocore_rental.settings import RentalSettings


@job("rental.accrue", cron="0 2 * * *", per_company=True, permissions=[BILL])
def nightly(bo: JobBackOffice) -> None:
    """Post the rent of a company through yesterday."""
    with bo.unit_of_work(reason="Rent of the day") as uow:
        rent.accrue(uow, through=uow.today() - DAY, if_closed="next_open")


plugin = Plugin(
    prefix="rental",
    entities=model,
    services=[fleet, contracts, rent, deposits],
    reports=reports,
    importers=files,
    jobs=[nightly],
    migrations="bocore_rental.migrations",
    settings=RentalSettings,
    permissions=PERMISSIONS,
    roles=ROLES,
    purposes={
        "rental.revenue": "sales",
        "rental.accrued": "accrued.revenue",
        "rental.deposit": "customer.advance",
        "rental.damages": "rental.revenue",
    },
    demo="bocore_rental.demo:play",
)


@hookimpl
@concerns(Contract)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """No contract ends before it begins, and no machine is let twice on one day."""
    rows = [*changes.added(Contract), *(change.entity for change in changes.updated(Contract))]
    for contract in rows:
        if contract.ends < contract.starts:
            yield Finding("rental.ends", f"The contract ends on {contract.ends}, before it begins.", contract, "ends", "Give a later day.")
    yield from _twice(uow, [each for each in rows if each.state in TAKEN])


def _twice(uow: UnitOfWork, rows: list[Contract]) -> Iterator[Finding]:
    """Those of these contracts whose machine is let to somebody else in their days."""
    others = uow.select(Contract, machine_id={each.machine_id for each in rows}, state=TAKEN).all() if rows else []
    machines = uow.get_all(Machine, {each.machine_id for each in rows})
    for contract in rows:
        for other in others:
            both = common(_booked(contract), _booked(other))
            if other.id != contract.id and other.machine_id == contract.machine_id and length(both):
                code = machines[contract.machine_id].code
                said = f"{code} is let from {both[0]} to {both[1]} by another contract ({other.number})."
                yield Finding("rental.let", said, contract, "machine_id", "Choose other days or another machine.")


def _booked(contract: Contract) -> tuple[date, date]:
    return contract.starts, contract.returned or contract.ends


@hookimpl
def bo_event(uow: UnitOfWork, events: Sequence[Any]) -> None:
    """Who signs a contract for the first time becomes a customer of the rental."""
    for signed in events:
        if isinstance(signed, ContractSigned):
            customer = customer_of(uow, uow.get(Party, signed.customer_id))
            customer.first_contract = customer.first_contract or signed.on


@hookimpl
def bo_close_check(uow: UnitOfWork, company: Company, area: str, through: date) -> Iterable[Finding]:
    """The ledger is not closed over rent that is not posted."""
    if area != "ledger":
        return
    warn = uow.settings(RentalSettings).unaccrued == "warn"
    for contract, since, last in posting.unaccrued(uow, company.id, through):
        fix = f"Post it: bo rental accrue --through {through}."
        said = f"Rent of {since} to {last} is not accrued."
        yield Finding("rental.unaccrued", said, contract, fix=fix, severity="warning" if warn else "error")
