"""Makes ``first.sql`` and ``first.json``: a small firm's books as the first revision of the core and of each plugin leaves them.

They were made once, with that revision's own code, and are kept: upgrading is tested from what a release really wrote, and not from what
today's code takes for it. To make them again (other salts and nonces, the same business)::

    git worktree add /tmp/first fcc824f
    PYTHONPATH=/tmp/first/src:/tmp/first/plugins/bocore-accounting/src:/tmp/first/plugins/bocore-beancount/src \
        python tests/upgrade/make.py
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from bocore import BackOffice, Line, Money, Party, Voucher, lock_period
from bocore.kernel.party import PartyAddress, PartyIdentifier
from bocore.record.verify import verify
from bocore.testing import FrozenClock
from bocore_accounting.balances import roll_up
from bocore_accounting.demo import Firm, prepare

HERE = Path(__file__).parent
REVISION = "fcc824f"
JOURNAL = """date,text,account,account_name,account_kind,debit,credit
2026-02-02,Rent of February,6100,,,1200.00,
,,1010,,,,1200.00
2026-02-03,Training,6500,Training,expense,350.00,
,,1010,,,,350.00
"""
LEDGER = """option "title" "Ann's"
option "operating_currency" "USD"
2024-01-01 commodity VTI
2024-01-01 open Assets:Bank USD
2024-01-01 open Assets:Broker VTI "FIFO"
2024-01-01 open Expenses:Food
2024-01-01 open Income:Gains
2024-01-01 open Equity:Start
2024-01-01 * "Ann" "Begin" #start
  Assets:Bank  1000.00 USD
  Equity:Start
2024-01-05 * "Buy"
  Assets:Broker  10 VTI {70.19 USD, "first"}
  Assets:Bank  -701.90 USD
2024-01-09 * "Sell"
  Assets:Broker  -4 VTI {70.19 USD} @ 71.00 USD
  Assets:Bank  284.00 USD
  Income:Gains
2024-02-01 * "Diner" "Lunch"
  Expenses:Food  12.50 USD
  Assets:Bank
2024-02-03 balance Assets:Bank  569.60 USD
"""


def business(bo: BackOffice, folder: Path) -> None:
    """Two companies: vouchers, a reversal, a lock, a late bill, imports, personal data that changes and goes, and a reader of the feed."""
    bo.init(company="Demo Trading Ltd", currency="EUR", code="DEMO", zone="Europe/Vienna")
    bo.init(company="Ann", currency="USD", code="ANN")
    with bo.unit_of_work(actor="ann", reason="Chart of accounts", company="DEMO") as uow:
        prepare(uow)
    with bo.unit_of_work(actor="ann", reason="Customers and suppliers", company="DEMO") as uow:
        firm = Firm(uow, date(2025, 10, 1))
    for title, vouchers in list(firm.quarter())[:3]:
        with bo.unit_of_work(actor="ann", reason=title, company="DEMO") as uow:
            uow.post(*vouchers)
    with bo.unit_of_work(actor="bob", reason="Invoiced to the wrong customer", company="DEMO") as uow:
        uow.reverse(firm.key("sale", 7), "Invoiced to the wrong customer")
        lock_period(uow, "ledger", firm.month_end(0))
    with bo.unit_of_work(actor="bob", reason="A late bill", company="DEMO") as uow:
        uow.post(firm.late_bill())
        roll_up(uow)
    people(bo)
    bo.run(sell, 5, actor="till", key="sale:5", company="DEMO")
    for name, text in (("journal.csv", JOURNAL), ("ann.beancount", LEDGER)):
        (folder / name).write_text(text, encoding="utf-8")
    bo.import_file("journal-csv", folder / "journal.csv", actor="ann", company="DEMO")
    bo.import_file("beancount", folder / "ann.beancount", actor="ann", company="ANN")
    list(bo.feed("crm"))
    with bo.unit_of_work(actor="ann", reason="Not read by anybody yet", company="DEMO") as uow:
        uow.add(Party(name="New & Sons"))


def people(bo: BackOffice) -> None:
    """Rows with personal fields: added, changed, and one deleted."""
    with bo.unit_of_work(actor="ann", reason="A person") as uow:
        party = uow.add(Party(name="Ünal Yılmaz", code="P1"))  # noqa: RUF001 - a name with a letter that is not Latin-1
        uow.add(PartyAddress(party_id=party.id, lines="Hauptstraße 1", city="Wien", postcode="1010", country="AT"))
        uow.add_all([PartyIdentifier(party_id=party.id, scheme="tax", value=value) for value in ("123", "456")])
    with bo.unit_of_work(actor="bob", reason="Moved") as uow:
        party = uow.find(Party, code="P1")
        uow.children(party, PartyAddress)[0].lines = "Ring 2"
        uow.remove(uow.find(PartyIdentifier, party_id=party.id, value="456"))


def sell(uow: Any, amount: int) -> dict[str, str]:
    """A cash sale, answered with its key."""
    money = Money.minor(amount * 100, "EUR")
    receipt = uow.post(Voucher("till:5", "till.sale", [Line("cash", money), Line("sales", -money)]))[0]
    return {"key": receipt.key}


def figures(bo: BackOffice) -> dict[str, Any]:
    """What the reports say: company and report → rows as JSON gives them."""
    from bocore.reports import render

    found = {}
    for company in ("DEMO", "ANN"):
        for report in ("trial-balance", "general-ledger", "journal"):
            with tempfile.TemporaryFile("w+") as file:
                result = bo.report(report, actor="ann", company=company)
                render("json", result.columns, result.rows, file)
                file.seek(0)
                found[f"{company} {report}"] = json.load(file)
    return found


def written(row: Any) -> str:
    """A row of a report on one line."""
    return json.dumps(row, ensure_ascii=False)


def main() -> None:
    """Write the two files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with BackOffice(folder / "books.db", plugins=["accounting", "beancount"], clock=FrozenClock()) as bo:
            business(bo, folder)
            assert verify(bo).ok
            kept = figures(bo)
        connection = sqlite3.connect(folder / "books.db")
        dump = "\n".join(connection.iterdump())
        connection.close()
    (HERE / "first.sql").write_text(f"-- Made by make.py with bocore at {REVISION}.\n{dump}\n", encoding="utf-8")
    lines = [f"  {json.dumps(name)}: [\n" + ",\n".join(f"    {written(row)}" for row in rows) + "\n  ]" for name, rows in kept.items()]
    (HERE / "first.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
