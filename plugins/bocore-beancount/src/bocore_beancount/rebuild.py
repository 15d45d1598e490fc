"""The books as a ledger: what was imported comes back as it was, what was posted in other ways is said in beancount's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from bocore import UnitOfWork
from bocore_accounting import Account, Entry, Line, balances_in_base_only
from bocore_beancount import directives, meta
from bocore_beancount.chart import DAY, kinds
from bocore_beancount.ledger import AccountDecl, Amount, Cost, Ledger, Posting, Roots, Transaction
from bocore_beancount.model import AccountExtra, DirectiveRow, EntryExtra, LedgerFile, Lot
from bocore_beancount.names import account_names, commodity_codes

DAY_ONE = date(1970, 1, 1)
"""When accounts open in books that have no entries yet."""


def rebuild(uow: UnitOfWork) -> Ledger:
    """The whole books of the unit's company, without adjustment books."""
    files = uow.select(LedgerFile, company_id=uow.company.id).order_by(LedgerFile.c.id).all()
    by_file = uow.children(files, DirectiveRow)
    rows = directives.of_all(by_file.values())
    roots = Roots(**files[0].roots) if files else Roots()
    books = _Books(uow, roots)
    return Ledger(
        title=next((each.title for each in files if each.title), uow.company.name),
        operating_currencies=tuple(dict.fromkeys(code for each in files for code in each.operating_currencies)),
        roots=roots,
        commodities=tuple({each.code: each for each in directives.commodities(rows)}.values()),
        accounts=tuple(books.declared()),
        transactions=tuple(books.transactions()),
        prices=tuple(directives.prices(rows)),
        balances=tuple(directives.balances(rows)),
        others=tuple(directives.others(rows)),
    )


class _Books:
    """The rows of the books, read in few queries."""

    def __init__(self, uow: UnitOfWork, roots: Roots) -> None:
        self.base = uow.company.currency
        company = uow.company.id
        self.account_extras = {each.id: each for each in uow.stream(uow.select(AccountExtra))}
        self.accounts = sorted(uow.stream(uow.select(Account, company_id=company)), key=self._place)
        entries = uow.stream(uow.select(Entry, company_id=company, book=""))
        self.entries = {each.id: each for each in sorted(entries, key=_order)}
        self.lines: dict[int, list[Line]] = defaultdict(list)
        for line in uow.stream(uow.select(Line).order_by(Line.c.entry_id, Line.c.position)):
            self.lines[line.entry_id].append(line)
        self.extras = {each.id: each for each in uow.stream(uow.select(EntryExtra, company_id=company))}
        self.lots = {each.id: each for each in uow.stream(uow.select(Lot))}
        root_of = {kind: root for root, kind in kinds(roots).items()}
        named = account_names((each.code, each.name, root_of[each.kind]) for each in self.accounts)
        self.names = {each.id: named[each.code] for each in self.accounts}
        self.used = {line.account_id for ident in self.entries for line in self.lines[ident]}
        self.codes = commodity_codes(self._codes())

    def _place(self, account: Account) -> tuple[date, int, int]:
        extra = self.account_extras.get(account.id)
        return account.opened or date.min, extra.position if extra else 0, account.id

    def _codes(self) -> Iterator[str]:
        for account in self.accounts:
            yield from account.currencies
        for ident in self.entries:
            for line in self.lines[ident]:
                yield line.amount.currency
                if line.quantity is not None:
                    yield line.quantity.currency
                if line.base is not None:
                    yield line.base.currency

    def declared(self) -> Iterator[AccountDecl]:
        """The accounts that take lines, or took some."""
        unbooked = self._with_lots_taken_back()
        first = min((each.posting_date for each in self.entries.values()), default=DAY_ONE)
        for each in self.accounts:
            if not each.postable and each.id not in self.used:
                continue
            extra = self.account_extras.get(each.id)
            opened = each.opened or first
            yield AccountDecl(
                name=self.names[each.id],
                opened=opened,
                closed=max(each.closed - DAY, opened) if each.closed else None,
                currencies=tuple(self.codes[code] for code in each.currencies),
                booking="NONE" if each.id in unbooked else extra.booking if extra else None,
                meta=meta.from_json(extra.meta) if extra else self._origin(each),
            )

    def _with_lots_taken_back(self) -> set[int]:
        """Accounts in which a purchase was reversed: on its own day, so that lots may be sold on paper after they are gone.

        They are opened with the booking method NONE, under which beancount looks for no lot to take them from.
        """
        reversals = [entry for entry in self.entries.values() if entry.reverses_id is not None]
        return {
            line.account_id
            for entry in reversals
            for line in self.lines[entry.id]
            if (lot := self._lots(entry).get(line.position)) is not None and lot.cost is not None
        }

    def _origin(self, account: Account) -> dict[str, str]:
        """What an account is called in the books, where beancount has another name for it."""
        if self.names[account.id] == account.code:
            return {}
        return {"code": account.code, "name": account.name}

    def transactions(self) -> Iterator[Transaction]:
        """The entries, by day and then in the order of their numbers."""
        for entry in self.entries.values():
            lines, extra = self.lines[entry.id], self.extras.get(entry.id)
            lots = self._lots(entry)
            in_base = balances_in_base_only(lines)
            postings = tuple(self._posting(line, lots.get(line.position), in_base) for line in lines)
            if extra is None:
                noted = {"number": entry.number, "reference": entry.reference}
                kept = {key: value for key, value in noted.items() if value}
                yield Transaction(date=entry.posting_date, narration=entry.text, meta=kept, lines=postings)
                continue
            yield Transaction(
                date=entry.posting_date,
                flag=extra.flag,
                payee=extra.payee,
                narration=extra.narration,
                tags=frozenset(extra.tags),
                links=frozenset(extra.links),
                meta=meta.from_json(extra.meta),
                lines=postings,
            )

    def _lots(self, entry: Entry) -> Mapping[int, Lot]:
        """The lots of an entry's lines by position; a reversal gives back those of the entry that it reverses."""
        while entry.id not in self.extras and entry.reverses_id in self.entries:
            entry = self.entries[entry.reverses_id]
        return {line.position: self.lots[line.id] for line in self.lines[entry.id] if line.id in self.lots}

    def _posting(self, line: Line, lot: Lot | None, in_base: bool) -> Posting:
        amount, quantity = line.amount, line.quantity
        if in_base and line.base is not None and line.base.currency != amount.currency:
            amount, quantity = line.base, line.quantity or line.amount
        if quantity is not None and lot is None and quantity.minor_units * amount.minor_units <= 0:
            quantity = None  # beancount has no words for units that are worth something of the opposite sign, or nothing
        balancing = Amount(amount.amount, self.codes[amount.currency])
        return Posting(
            account=self.names[line.account_id],
            units=balancing if quantity is None else Amount(quantity.amount, self.codes[quantity.currency]),
            amount=balancing,
            cost=_cost(lot),
            price=_price(lot),
            flag=lot.flag if lot else None,
            meta=meta.from_json(lot.meta) if lot else {},
        )


def _cost(lot: Lot | None) -> Cost | None:
    if lot is None or lot.cost is None or lot.cost_currency is None or lot.acquired is None:
        return None
    return Cost(lot.cost, lot.cost_currency, lot.acquired, lot.label)


def _price(lot: Lot | None) -> Amount | None:
    return None if lot is None or lot.price is None or lot.price_currency is None else Amount(lot.price, lot.price_currency)


def _order(entry: Entry) -> tuple[date, int, str, int]:
    return entry.posting_date, len(entry.number), entry.number, entry.id
