"""Rent: earned by the day, invoiced, paid."""

from datetime import date

from bocore import Finding, Line, Money, Paid, Refused, Source, UnitOfWork, Voucher, service, settle_lines
from bocore_rental.days import DAY
from bocore_rental.model import Accrual, Contract, Invoice
from bocore_rental.posting import EARNING, Accrued, IfClosed, accrue_all, charged_through, issue
from bocore_rental.rights import BILL, LENT


@service(BILL, runs_with=LENT)
def accrue(uow: UnitOfWork, *, through: date, if_closed: IfClosed = "refuse") -> list[Accrued]:
    """Post the rent that all contracts have earned and that is not posted yet; doing it again posts nothing.

    :param through: the last day that counts.
    :param if_closed: refuse, or next_open: what belongs to a closed month is posted on the first open day.
    """
    contracts = uow.select(Contract, company_id=uow.company.id, state=EARNING).where(Contract.c.starts <= through).all()
    return accrue_all(uow, contracts, through, if_closed)


@service(BILL, runs_with=LENT)
def invoice(uow: UnitOfWork, contract: Contract, *, through: date | None = None, if_closed: IfClosed = "refuse") -> Invoice:
    """Invoice the rent that a contract has earned; what is not accrued yet, is.

    :param through: the last day that is charged; without one the day of return, or yesterday.
    :param if_closed: refuse, or next_open: as for accruals.
    """
    until = through or contract.returned or uow.today() - DAY
    accrue_all(uow, [contract], until, if_closed)
    since = charged_through(uow, contract)
    rows = [each for each in uow.children(contract, Accrual) if each.state == "posted" and since < each.through <= until]
    if not rows:
        fix = "Name a later day: rent is invoiced in the parts in which it was accrued."
        raise Refused([Finding("rental.nothing_earned", f"No rent of {since + DAY} to {until} is to be invoiced.", contract, fix=fix)])
    amount = sum((each.amount for each in rows), Money.zero(contract.daily_rate.currency))
    return issue(
        uow,
        contract,
        amount,
        uow.today(),
        purpose="rental.accrued",
        event="invoiced",
        text="Rent through " + f"{until}, {{label}}",
        through=max(each.through for each in rows),
    )


@service(BILL, runs_with=LENT)
def pay(
    uow: UnitOfWork, invoice: Invoice, reference: str, *, amount: Money | None = None, to: str = "bank", on: date | None = None
) -> None:
    """Take a customer's payment of an invoice.

    :param reference: of the payment, as on the bank statement: the same one is taken once.
    :param amount: all that is open without one.
    :param to: bank or cash.
    :param on: the day; today without one.
    """
    day = on or uow.today()
    lines = settle_lines(uow, [Paid(invoice.key, amount)], on=day)
    paid = -sum((line.amount for line in lines if line.settles), Money.zero(invoice.amount.currency))
    base = -sum((line.base for line in lines if line.base is not None), Money.zero(uow.company.currency))
    uow.post(
        Voucher(
            key=f"rental.payment:{reference}",
            kind="rental.payment",
            source=Source(invoice, event="paid", label="Invoice {number}"),
            posting_date=day,
            text="Payment of {label}",
            lines=[Line(to, paid, base=base), *lines],
        )
    )
