"""``opening-balances``: the balances with which books begin as a table, one row a balance or an open item.

``account``, ``account_name``, ``account_kind``
    the code of an account; a new one is opened where its kind is given.
``debit``, ``credit``
    the balance, in one of the two; or ``amount``, negative for a credit.
``currency``, ``base``
    of the balance, the company's where it is empty; and what it is worth in the company's currency, by the rate of the day without it.
``party``
    code or id of the customer, supplier or employee.
``item``, ``due``, ``item_kind``
    the key of an open item, such as the number of the invoice; when it is to be paid; its kind where the account does not say it.
``dims``
    dimensions: ``cost_centre=SHOP1,site=NORTH``.

Rows that say zero are passed over. All that is wrong comes at once, each with its line; a difference is refused unless it is to go on the
account of opening balances.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from bocore import Finding, Receipt, Refused, TextTable, UnitOfWork, importer, service
from bocore_accounting.opening import Opening, OpeningBalance, open_balances, placed
from bocore_accounting.rights import POST


@importer("accounting.opening-balances", permission=POST, suffix=".csv", row=OpeningBalance, once=False, runs_with=["bo.read"])
def load(
    uow: UnitOfWork, rows: Iterable[tuple[int, OpeningBalance]], *, on: date, part: str = "", balance: bool = False
) -> Iterable[Finding]:
    """Post the balances with which books begin, one row a balance or an open item (see the guide for its columns).

    :param on: the first day of the books.
    :param part: the name of this file among several of that day: customers, suppliers.
    :param balance: put what is missing on the account of opening balances (the purpose equity.opening); else it is refused.
    """
    table = list(rows.everything() if isinstance(rows, TextTable) else rows)
    read = [(line, row) for line, row in table if isinstance(row, OpeningBalance)]
    opening = Opening(uow, on)
    findings = opening.take(read)
    yield from findings
    if findings or len(read) < len(table):
        return  # what it adds up to is not known
    try:
        with uow.savepoint():
            opening.post(part, balance)
            uow.flush()
    except Refused as refused:
        for found in refused.findings:
            yield _in_file(found, opening.places)


@service(POST, runs_with=["bo.read"])
def open_balance(
    uow: UnitOfWork,
    on: date,
    account: str,
    amount: Decimal,
    *,
    currency: str = "",
    base: Decimal | None = None,
    party: str = "",
    item: str = "",
    due: date | None = None,
) -> Receipt:
    """Enter what one account had on the first day, against the account of opening balances; a table of them is imported.

    :param on: the first day of the books.
    :param account: its code.
    :param amount: negative for a credit, after --: -- -500.00
    :param currency: the company's, where left out.
    :param base: what it is worth in the company's currency; by the rate of the day where left out.
    :param party: code or id of the customer, supplier or employee.
    :param item: the key of an open item, such as the number of the invoice.
    :param due: when it is to be paid.
    """
    row = OpeningBalance(account=account, amount=amount, currency=currency, base=base, party=party, item=item, due=due)
    part = "/".join(filter(None, (account, currency, party, item)))
    return open_balances(uow, on, [row], part=part, balance=True)


def _in_file(found: Finding, lines: Sequence[int]) -> Finding:
    """What posting refuses about the n-th line of the voucher, by the line of the file."""
    _, _, number = str(found.at or "").rpartition(" line ")
    return placed(found, lines[int(number) - 1]) if number.isdigit() and 0 < int(number) <= len(lines) else found
