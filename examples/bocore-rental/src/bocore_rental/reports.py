"""What a firm wants to know of its fleet."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import attrs

from bocore import Drill, Headed, Money, Party, UnitOfWork, open_items, report
from bocore_rental.days import Span, covered, length, month_end, month_start
from bocore_rental.deposits import PURPOSE
from bocore_rental.model import PRICES, READ, TAKEN, Accrual, Contract, Machine

TENTH = Decimal("0.1")
CONTRACTS = Drill("rental.contracts", machine="_only", since="_since", through="_through")
VOUCHER = Drill("accounting.trace", of="voucher")  # leads nowhere where nobody keeps books
RENT = Drill("rental.rent", machine="_only", since="_since", through="_through")


def _period(uow: UnitOfWork, since: date | None, through: date | None) -> Span:
    """The days asked for: this month without any."""
    through = through or month_end(since or uow.today())
    return since or month_start(through), through


def months(since: date, through: date) -> dict[str, Span]:
    """The months from one day to another, by name."""
    found = {}
    while since <= through:
        found[f"{since:%Y-%m}"] = (since, min(month_end(since), through))
        since = month_start(since, -1)
    return found


@attrs.frozen
class UtilisationRow:
    """How much of the time that it was there a machine was let."""

    style: str = attrs.field(metadata={"style": True})
    machine: str
    name: str
    days: dict[str, int] = attrs.field(metadata={"spread": True, "label": "Days let", "drill": CONTRACTS})
    used: dict[str, Decimal] = attrs.field(metadata={"spread": True, "label": "Used", "unit": "%"})
    _only: str | None
    _since: dict[str, date]
    _through: dict[str, date]


@report("rental.utilisation", permission=READ)
def utilisation(uow: UnitOfWork, *, since: date | None = None, through: date | None = None, compare: int = 0) -> Iterable[UtilisationRow]:
    """Show how many days each machine was let, of those that it was there.

    :param since: the first day; the first of its month without one.
    :param through: the last day; the last of its month without one.
    :param compare: so many months before it as well.
    """
    first, last = _period(uow, since, through)
    spans = {f"{first} – {last}": (first, last)}
    for back in range(1, compare + 1):
        start = month_start(first, back)
        spans[f"{start:%Y-%m}"] = (start, month_end(start))
    return Headed(_utilisation(uow, spans), since=first, through=last)


def _utilisation(uow: UnitOfWork, spans: dict[str, Span]) -> Iterator[UtilisationRow]:
    contracts = uow.select(Contract, company_id=uow.company.id, state=TAKEN).all()
    let: dict[int, list[Span]] = {}
    for contract in contracts:
        let.setdefault(contract.machine_id, []).append((contract.starts, contract.returned or contract.ends))
    since, through = ({name: span[at] for name, span in spans.items()} for at in (0, 1))
    all_days, all_there = dict.fromkeys(spans, 0), dict.fromkeys(spans, 0)
    for machine in uow.select(Machine, company_id=uow.company.id).order_by(Machine.c.code):
        days = {name: covered(let.get(machine.id, ()), span) for name, span in spans.items()}
        there = {name: length((max(span[0], machine.purchased or span[0]), span[1])) for name, span in spans.items()}
        for name in spans:
            all_days[name] += days[name]
            all_there[name] += there[name]
        yield UtilisationRow("", machine.code, machine.name, days, _shares(days, there), machine.code, since, through)
    yield UtilisationRow("total", "", "All machines", all_days, _shares(all_days, all_there), None, since, through)


def _shares(days: dict[str, int], there: dict[str, int]) -> dict[str, Decimal]:
    return {name: (Decimal(100 * days[name]) / there[name]).quantize(TENTH) if there[name] else Decimal("0.0") for name in days}


@attrs.frozen
class ContractRow:
    """A contract."""

    number: str = attrs.field(metadata={"drill": Contract})
    machine: str
    customer: str
    starts: date
    ends: date
    returned: date | None
    state: str


@report("rental.contracts", permission=READ, runs_with=["bo.read"])
def contracts(
    uow: UnitOfWork, *, machine: str | None = None, since: date | None = None, through: date | None = None
) -> Iterable[ContractRow]:
    """List contracts by their first day.

    :param machine: only of the machine with this code.
    :param since: only those that end on this day or later.
    :param through: only those that begin on this day or before.
    """
    query = uow.select(Contract, company_id=uow.company.id).order_by(Contract.c.starts, Contract.c.id)
    if through is not None:
        query = query.where(Contract.c.starts <= through)
    rows = [each for each in query if since is None or (each.returned or each.ends) >= since]
    machines = uow.get_all(Machine, {each.machine_id for each in rows})
    parties = uow.get_all(Party, {each.customer_id for each in rows})
    for each in rows:
        code = machines[each.machine_id].code
        if machine is None or code == machine:
            yield ContractRow(each.number, code, parties[each.customer_id].name, each.starts, each.ends, each.returned, each.state)


@attrs.frozen
class DepositRow:
    """A deposit that is held."""

    item: str
    customer: str
    taken: date
    due: date | None = attrs.field(metadata={"doc": "to be given back"})
    amount: Money


@report("rental.deposits", permission=PRICES, runs_with=["bo.read"])
def deposits(uow: UnitOfWork, *, as_of: date | None = None) -> Iterable[DepositRow]:
    """List the deposits that are held, by the day on which they are to be given back.

    :param as_of: the end of this day; now without one.
    """
    items = open_items(uow, purpose=PURPOSE, as_of=as_of)
    parties = uow.get_all(Party, {item.party_id for item in items if item.party_id})
    for item in items:
        yield DepositRow(item.key, parties[item.party_id].name if item.party_id else "", item.posting_date, item.due, -item.remaining)


@attrs.frozen
class RevenueRow:
    """What a machine earned."""

    style: str = attrs.field(metadata={"style": True})
    machine: str
    name: str
    revenue: dict[str, Money] = attrs.field(metadata={"spread": True, "drill": RENT})
    _only: str | None
    _since: dict[str, date]
    _through: dict[str, date]


@report("rental.revenue", permission=PRICES, runs_with=["bo.read"])
def revenue(uow: UnitOfWork, *, since: date | None = None, through: date | None = None) -> Iterable[RevenueRow]:
    """Show what each machine earned, month beside month, by the days that it was let.

    :param since: the first day; the first of its month without one.
    :param through: the last day; the last of its month without one.
    """
    first, last = _period(uow, since, through)
    return Headed(_revenue(uow, months(first, last)), since=first, through=last)


def _revenue(uow: UnitOfWork, spans: dict[str, Span]) -> Iterator[RevenueRow]:
    zero = Money.zero(uow.company.currency)
    since, through = ({name: span[at] for name, span in spans.items()} for at in (0, 1))
    totals = dict.fromkeys(spans, zero)
    earned: dict[str, dict[str, Money]] = {}
    first, last = min(since.values()), max(through.values())
    for row in _rent(uow, first, last):
        earned.setdefault(row.machine, dict.fromkeys(spans, zero))[f"{row.through:%Y-%m}"] += row.amount
        totals[f"{row.through:%Y-%m}"] += row.amount
    for machine in uow.select(Machine, company_id=uow.company.id).order_by(Machine.c.code):
        yield RevenueRow("", machine.code, machine.name, earned.get(machine.code, dict.fromkeys(spans, zero)), machine.code, since, through)
    yield RevenueRow("total", "", "All machines", totals, None, since, through)


@attrs.frozen
class RentRow:
    """Rent as posted."""

    machine: str
    contract: str = attrs.field(metadata={"drill": Contract})
    since: date
    through: date
    days: int
    amount: Money
    voucher: str = attrs.field(metadata={"drill": VOUCHER, "doc": "its key, by which it is found again"})


@report("rental.rent", permission=PRICES, runs_with=["bo.read"])
def rent(uow: UnitOfWork, *, machine: str | None = None, since: date | None = None, through: date | None = None) -> Iterable[RentRow]:
    """List the rent that was posted, with its vouchers.

    :param machine: only of the machine with this code.
    :param since: the first day; the first of its month without one.
    :param through: the last day; the last of its month without one.
    """
    return [row for row in _rent(uow, *_period(uow, since, through)) if machine in (None, row.machine)]


def _rent(uow: UnitOfWork, since: date, through: date) -> Iterator[RentRow]:
    """Each accrual whose last day is in the period, in the currency of the company."""
    accruals = (
        uow.select(Accrual, state="posted").where(Accrual.c.through.between(since, through)).order_by(Accrual.c.through, Accrual.c.id).all()
    )
    found = uow.get_all(Contract, {each.contract_id for each in accruals})
    machines = uow.get_all(Machine, {each.machine_id for each in found.values()})
    for each in accruals:
        contract = found[each.contract_id]
        if contract.company_id == uow.company.id:
            days = length((each.since, each.through))
            yield RentRow(machines[contract.machine_id].code, contract.number, each.since, each.through, days, each.amount, each.key)


@attrs.frozen
class Fleet:
    """The fleet today."""

    machines: int
    let: int
    in_repair: int
    used: Decimal = attrs.field(metadata={"unit": "%"})


@report("rental.fleet", permission=READ, kpi=True)
def fleet(uow: UnitOfWork) -> Iterable[Fleet]:
    """Count the machines, and those that are with customers."""
    states = [each.state for each in uow.select(Machine, company_id=uow.company.id) if each.state != "retired"]
    used = _shares({"": states.count("rented")}, {"": len(states)})[""]
    yield Fleet(len(states), states.count("rented"), states.count("in_repair"), used)
