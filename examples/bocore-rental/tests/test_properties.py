"""What must hold of rent whatever happens, and in whatever order."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Money
from bocore.testing import FrozenClock
from bocore_rental.contracts import take_back
from bocore_rental.deposits import check
from bocore_rental.model import Accrual, Contract
from bocore_rental.rent import accrue

FIRST = date(2026, 1, 20)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(accruals=st.lists(st.integers(0, 50), max_size=5), back=st.integers(0, 40), late=st.lists(st.integers(0, 60), max_size=3))
def test_a_contract_earns_its_days_once_however_often_and_late_they_are_accrued(bo_plugins, tmp_path_factory, let, accruals, back, late):
    folder = tmp_path_factory.mktemp("rent")
    bo = BackOffice(folder / "books.db", plugins=bo_plugins, clock=FrozenClock("2026-04-30T09:00Z")).init(
        company="Lift Ltd", currency="EUR"
    )
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, starts=FIRST, ends=FIRST + timedelta(days=9))
    for days in accruals:
        with bo.unit_of_work(actor="office") as uow:
            accrue(uow, through=FIRST + timedelta(days=days))
    with bo.unit_of_work(actor="yard") as uow:
        take_back(uow, uow.get(Contract, contract.id), on=FIRST + timedelta(days=back))
    for days in [*late, 100]:
        with bo.unit_of_work(actor="office") as uow:
            accrue(uow, through=FIRST + timedelta(days=days))
    with bo.unit_of_work(actor="office", read_only=True) as uow:
        posted = uow.select(Accrual, state="posted").order_by(Accrual.c.since).all()
        each_day = [each.since + timedelta(days=n) for each in posted for n in range((each.through - each.since).days + 1)]
        assert each_day == [FIRST + timedelta(days=n) for n in range(back + 1)]
        assert list(check(uow)) == []
    rows = {row.account: row.balance for row in bo.report("trial-balance", actor="ann").rows}
    assert rows["4000"] == -(Money("180.00", "EUR") * (back + 1)).amount
    bo.close()
