"""Deposits: a customer's money, held as an open item until the machine is back."""

from collections.abc import Iterator
from datetime import date, timedelta

from bocore import BalanceQuery, Finding, Line, Money, Refused, Source, UnitOfWork, Voucher, open_items, service
from bocore_rental.model import READ, Contract, Deposit, Invoice
from bocore_rental.rights import BILL, LENT
from bocore_rental.settings import RentalSettings

PURPOSE = "rental.deposit"


@service(BILL, runs_with=LENT)
def take_deposit(uow: UnitOfWork, contract: Contract, *, paid: str = "bank", on: date | None = None) -> Deposit:
    """Take the deposit that was agreed.

    :param paid: bank or cash.
    :param on: the day; today without one.
    """
    if contract.state != "signed" or not contract.deposit or uow.children(contract, Deposit):
        fix = "A deposit is taken once, after the contract is signed and while the machine is not back."
        raise Refused([Finding("rental.no_deposit_due", "No deposit is to be taken.", contract, "deposit", fix)])
    day = on or uow.today()
    deposit = uow.add(Deposit(contract_id=contract.id, amount=contract.deposit, taken=day))
    due = contract.ends + timedelta(days=uow.settings(RentalSettings).refund_days)
    owed = Line(PURPOSE, -deposit.amount, opens=deposit.key, kind="deposit", party=contract.customer_id, due=due)
    uow.post(
        Voucher(
            key=deposit.key,
            kind="rental.deposit",
            source=Source(contract, event="deposit_taken", label="Contract {number}"),
            posting_date=day,
            text="Deposit, {label}",
            lines=[Line(paid, deposit.amount), owed],
        )
    )
    return deposit


@service(BILL, runs_with=LENT)
def settle_deposit(
    uow: UnitOfWork, contract: Contract, *, keep_for: Invoice | None = None, paid: str = "bank", on: date | None = None
) -> Money:
    """Give a deposit back, less what an invoice says is still owed; returns what was given back.

    :param keep_for: the invoice, of a repair or of rent, that is paid with it as far as it goes.
    :param paid: bank or cash.
    :param on: the day; today without one.
    """
    deposits = uow.children(contract, Deposit)
    if not deposits:
        fix = "Take it with bo rental take-deposit."
        raise Refused([Finding("rental.no_deposit", "No deposit was taken.", contract, fix=fix)])
    if contract.state == "signed":
        fix = "Take the machine back first: bo rental take-back."
        raise Refused([Finding("rental.not_back", "The machine is not back.", contract, "state", fix)])
    (deposit,) = deposits
    uow.move(deposit, "settle")
    kept = Money.zero(deposit.amount.currency)
    lines = [Line(PURPOSE, deposit.amount, settles=deposit.key)]
    if keep_for is not None:
        owed = sum((item.remaining for item in open_items(uow, keys=[keep_for.key])), kept)
        kept = min(owed, deposit.amount)
        lines.append(Line("receivable", -kept, settles=keep_for.key))
    back = deposit.amount - kept
    if back:
        lines.append(Line(paid, -back))
    uow.post(
        Voucher(
            key=f"{deposit.key}:settled",
            kind="rental.deposit",
            source=Source(contract, event="deposit_settled", label="Contract {number}"),
            posting_date=on or uow.today(),
            text="Deposit settled, {label}",
            lines=lines,
        )
    )
    return back


@service(READ, read_only=True, runs_with=LENT)
def check(uow: UnitOfWork) -> Iterator[Finding]:
    """Compare the deposits that are held with their open items, and with the books where somebody keeps them; lists what differs."""
    currency = uow.company.currency
    contracts = uow.select(Contract, company_id=uow.company.id, state=["signed", "returned"]).all()
    held = [each for rows in uow.children(contracts, Deposit).values() for each in rows if each.state == "held"]
    items = {item.key: item for item in open_items(uow, purpose=PURPOSE)}
    for deposit in held:
        item = items.pop(deposit.key, None)
        if item is None or item.remaining != -deposit.amount:
            said = item.remaining if item else "nothing"
            yield Finding("rental.deposit_item", f"The deposit is {deposit.amount}, its open item {said}.", deposit, "amount")
    for key, item in items.items():
        yield Finding("rental.deposit_unknown", f"The open item {key} of {item.remaining} is of no deposit that is held.", key)
    total = -sum((deposit.amount for deposit in held), Money.zero(currency))
    balance = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose=PURPOSE))
    if balance is not None and balance != total:
        yield Finding("rental.deposit_balance", f"Deposits of {-total} are held, the books have {balance}.", PURPOSE)
