"""Itemising: what the lines of vouchers open and settle is checked with all the rest, and becomes rows with the voucher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.views import may_name
from bocore.amounts import Money
from bocore.currencies import Token
from bocore.errors import Finding
from bocore.kernel.body import ident
from bocore.kernel.dimensions import DimensionSet, dimension_sets
from bocore.kernel.items import ItemBalance, ItemKind, OpenItem, Settlement, SettlementKind, kind_of
from bocore.kernel.voucher import Line, Voucher, VoucherRecord

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

TAKEN = ("party", "partner", "account", "by", "dims")
"""What a settling line takes from its item where it says nothing itself, so that both meet on one account and in one analysis."""

Key = tuple[int, str]
"""Company and key of an item."""


def has_keys(voucher: Voucher) -> bool:
    """Whether a line of the voucher opens or settles anything."""
    for line in voucher.lines:  # noqa: SIM110 - a generator costs three times as much, on a path that every voucher takes
        if line.opens is not None or line.settles is not None:
            return True
    return False


@attrs.define
class Item:
    """An item as the vouchers of one call find it and leave it."""

    key: str
    purpose: str
    token: Token
    base_token: Token
    book: str | None
    party: int | None
    partner: int | None
    account: str | None
    by: Mapping[str, Any]
    dims: Mapping[str, str]
    remaining: int
    base: int
    revaluation: int = 0
    row: OpenItem | None = None
    balance: ItemBalance | None = None


@attrs.define
class Step:
    """What a line does to an item; ``kind`` is None where it opens it."""

    item: Item
    line: Line
    position: int
    kind: SettlementKind | None

    def apply(self) -> None:
        """Bring the item to where a settling line leaves it."""
        base = self.line.base.minor_units if self.line.base is not None else 0
        self.item.remaining += self.line.amount.minor_units
        if self.kind is SettlementKind.REVALUATION:
            self.item.revaluation += base
        else:
            self.item.base += base


@attrs.define
class Itemised:
    """What the lines of one voucher do, to be written with its record."""

    steps: list[Step]


class Items:
    """The items that the vouchers of one call open and settle; looked up once, locked, and followed line by line."""

    def __init__(self, uow: UnitOfWork, wanted: Iterable[tuple[int, Voucher]], mirror_of: VoucherRecord | None) -> None:
        self.uow = uow
        self.mirror_of = mirror_of
        self.findings: list[Finding] = []
        self._known: dict[Key, Item] = {}
        self._elsewhere: dict[str, int] = {}
        pairs = {(company, key) for company, voucher in wanted for line in voucher.lines for key in (line.opens, line.settles) if key}
        self._load(pairs)

    @classmethod
    def of(cls, uow: UnitOfWork, items: dict[Key, Item]) -> Items:
        """Those that are given: for vouchers that were posted already."""
        made = cls(uow, (), None)
        made._known = items
        return made

    def _load(self, pairs: set[Key]) -> None:
        here = opened_here(self.uow)
        rows = {pair: here[pair] for pair in pairs if pair in here}
        missing = sorted({key for company, key in pairs if (company, key) not in rows})
        for row in self.uow._reader.by_values(OpenItem, "key", missing) if missing else ():
            if (row.company_id, row.key) in pairs:
                rows[row.company_id, row.key] = row
            else:
                self._elsewhere[row.key] = row.company_id
        balances = self.uow.get_all(ItemBalance, [row.id for row in rows.values()], lock=True) if rows else {}
        sets = {row.dimension_set_id for row in rows.values() if row.dimension_set_id is not None}
        dims = self.uow.get_all(DimensionSet, sets) if sets else {}
        for pair, row in rows.items():
            balance = balances[row.id]
            self._known[pair] = Item(
                row.key, row.purpose, row.amount.token, row.base.token, row.book, row.party_id, row.partner_id, row.account, row.by,
                {} if row.dimension_set_id is None else dims[row.dimension_set_id].values,
                balance.remaining, balance.base, balance.revaluation, row, balance,
            )  # fmt: skip

    # -- before the voucher is completed

    def take(self, voucher: Voucher, company: int) -> Voucher:
        """The voucher whose settling lines have what they left out from their items."""
        lines, opening = [], {line.opens: line for line in voucher.lines if line.opens is not None}
        for line in voucher.lines:
            if line.settles is None:
                lines.append(line)
                continue
            item: Any = self._known.get((company, line.settles)) or opening.get(line.settles)
            taken = {name: getattr(item, name) for name in TAKEN if item is not None and not getattr(line, name)}
            lines.append(attrs.evolve(line, **taken) if taken else line)
        return attrs.evolve(voucher, lines=lines)

    # -- checking, line by line

    def itemise(self, voucher: Voucher, asked: Voucher, company: int) -> Itemised:
        """What the lines do, in their order; what is wrong with them is added to ``findings``.

        :param voucher: as completed: short of lines where a base could not be found, which is said elsewhere.
        """
        whole = len(voucher.lines) >= len(asked.lines)
        steps: list[Step] = []
        for position, line in enumerate((voucher if whole else asked).lines, 1):
            at = f"voucher {voucher.key} line {position}"
            if line.opens is not None:
                steps += self._open(voucher, line, position, company, at)
            elif line.settles is not None:
                steps += self._settle(voucher, line, position, company, at)
        return Itemised(steps)

    def _open(self, voucher: Voucher, line: Line, position: int, company: int, at: str) -> Iterator[Step]:
        assert line.opens is not None
        known = self._known.get((company, line.opens))
        if known is not None:
            what = f"it was opened on {known.row.posting_date}" if known.row else "another line opens it"
            fix = f'Settle it with settles="{line.opens}", or give the new item a key of its own.'
            self.findings.append(Finding("bo.item_exists", f"There is an open item {line.opens} already: {what}.", at, "opens", fix))
            return
        base = line.amount if line.base is None else line.base  # without a base the voucher is refused anyway
        if base and (not line.amount or (line.amount.minor_units > 0) != (base.minor_units > 0)):
            message = f"The item is {line.amount} with a base of {base}."
            self.findings.append(Finding("bo.item_base", message, at, "base", "Give both the same sign, and no base to an amount of 0."))
        item = opened_by(line.opens, line, voucher.book)
        self._known[company, line.opens] = item
        yield Step(item, line, position, None)

    def _settle(self, voucher: Voucher, line: Line, position: int, company: int, at: str) -> Iterator[Step]:
        assert line.settles is not None
        item = self._known.get((company, line.settles))
        if item is None:
            if self.mirror_of is None:  # a voucher of before there were items is reversed without them
                self.findings.append(self._missing(line.settles, at))
            return
        if self.mirror_of is not None:
            kind = self._kind_of_mirror(position)
            if item.token != line.amount.token:
                return
        elif voucher.nature == "revaluation":
            kind = SettlementKind.REVALUATION
        else:
            kind = SettlementKind.SETTLEMENT
        if self.mirror_of is None:
            wrong = list(self._check(item, voucher, line, kind, at))
            self.findings += wrong
            if wrong:
                return
        step = Step(item, line, position, kind)
        step.apply()
        yield step

    def _kind_of_mirror(self, position: int) -> SettlementKind:
        assert self.mirror_of is not None
        if self.mirror_of.nature == "revaluation":
            return SettlementKind.REVALUATION
        return SettlementKind.REVERSAL if self.mirror_of.body["lines"][position - 1].get("opens") else SettlementKind.REOPENING

    def _missing(self, key: str, at: str) -> Finding:
        if key in self._elsewhere and may_name(self.uow, self._elsewhere[key]):
            message = f"The open item {key} belongs to another company (id {self._elsewhere[key]})."
            return Finding("bo.other_company", message, at, "settles", "Post the voucher in the company whose item it is.")
        fix = "Correct the key, or post the voucher that opens it before."
        return Finding("bo.no_item", f"There is no open item {key}.", at, "settles", fix)

    def _check(self, item: Item, voucher: Voucher, line: Line, kind: SettlementKind, at: str) -> Iterator[Finding]:
        yield from _check_same(item, voucher, line, at)
        if line.amount.token != item.token:
            message = f"{item.key} is in {item.token.code}, and the line settles {line.amount}."
            fix = f"Settle it in {item.token.code}; settle_lines gives the base and the exchange difference."
            yield Finding("bo.item_currency", message, at, "amount", fix)
        elif kind is SettlementKind.REVALUATION:
            if item.token == item.base_token:
                fix = "Leave the line out."
                yield Finding("bo.item_base", f"{item.key} is in the company's currency, and worth what it is.", at, "base", fix)
            elif line.amount:
                fix = "Give it the amount 0 and a base; what settles the item is another voucher."
                yield Finding("bo.item_base", f"A revaluation changes the base of {item.key} alone.", at, "amount", fix)
        else:
            yield from _check_open(item, line, at)

    # -- writing

    def record(self, recorded: Iterable[tuple[VoucherRecord, Itemised]]) -> None:
        """Write what the lines do, with their vouchers, and bring what is kept as open to where they leave it."""
        uow = self.uow
        steps = [(record, step) for record, itemised in recorded for step in itemised.steps]
        opening = [(record, step) for record, step in steps if step.kind is None]
        sets = dimension_sets(uow, [step.item.dims for _, step in opening])
        for (record, step), dims in zip(opening, sets, strict=True):
            step.item.row = self._opened(record, step, dims)
        uow.add_all((step.item.row for _, step in opening if step.item.row is not None), made_by="uow.post")
        uow._closing.items.update(((record.company_id, step.item.key), step.item.row) for record, step in opening)
        uow.add_all((_settled(record, step, step.kind) for record, step in steps if step.kind is not None), made_by="uow.post")
        self._balance()

    def _opened(self, record: VoucherRecord, step: Step, dims: int | None) -> OpenItem:
        item, line = step.item, step.line
        kind = ItemKind(line.kind) if line.kind else kind_of(self.uow.purposes, item.purpose, line.amount.minor_units)
        return OpenItem(
            key=item.key, kind=kind, purpose=item.purpose, party_id=item.party, partner_id=item.partner,
            amount=line.amount, base=_base(line), due=line.due,
            document_date=record.document_date, posting_date=record.posting_date,
            book=item.book, account=item.account, by=dict(item.by), dimension_set_id=dims,
            voucher_id=record.id, line=step.position, company_id=record.company_id,
        )  # fmt: skip

    def _balance(self) -> None:
        made, known, rows = [], [], []
        for item in self._known.values():
            if item.row is None:
                continue
            is_open = bool(item.remaining or item.base or item.revaluation)
            balance = item.balance
            if balance is None:
                made.append(ItemBalance(open=is_open, remaining=item.remaining, base=item.base, revaluation=item.revaluation))
                rows.append(item.row)
            else:
                balance.open, balance.remaining, balance.base, balance.revaluation = is_open, item.remaining, item.base, item.revaluation
                known.append(balance)
        self.uow.add_all(made, extends=rows, made_by="uow.post")
        if known:
            self.uow.write(known, made_by="uow.post")


def opened_by(key: str, line: Line, book: str | None) -> Item:
    """The item that a line opens."""
    base = line.amount if line.base is None else line.base  # without a base the voucher is refused anyway
    return Item(
        key, line.purpose, line.amount.token, base.token, book, _ident(line.party), _ident(line.partner),
        line.account, line.by, line.dims, line.amount.minor_units, base.minor_units,
    )  # fmt: skip


def find_items(uow: UnitOfWork, company: int, keys: Iterable[str]) -> dict[str, OpenItem]:
    """key → open item of a company, of this unit of work or before, settled or not. Nothing is written for it."""
    wanted, here = set(keys), opened_here(uow)
    found = {key: here[company, key] for key in wanted if (company, key) in here}
    missing = sorted(wanted - found.keys())
    if missing:
        found.update((row.key, row) for row in uow._reader.by_values(OpenItem, "key", missing) if row.company_id == company)
    return found


def opened_here(uow: UnitOfWork) -> dict[Key, OpenItem]:
    """The items that this unit of work has opened and not written yet."""
    pending, opened = uow._tracker.pending.get(OpenItem, ()), uow._closing.items
    if len(opened) != len(pending):  # a savepoint was undone, or rows were written in between
        opened.clear()
        opened.update(((row.company_id, row.key), row) for row in pending)
    return opened


# ---------------------------------------------------------------- what may settle what


def _check_same(item: Item, voucher: Voucher, line: Line, at: str) -> Iterator[Finding]:
    """An item and what settles it meet on one account, with one party, in one book."""
    pairs: Sequence[tuple[str, Any, Any]] = (
        ("purpose", item.purpose, line.purpose),
        ("party", item.party, _ident(line.party)),
        ("partner", item.partner, _ident(line.partner)),
        ("account", item.account, line.account),
        ("book", item.book, voucher.book),
    )
    for name, mine, given in pairs:
        if mine != given:
            message = f"The {name} of {item.key} is {_said(mine)}, and that of the line {_said(given)}."
            fix = (
                f"Settle it with the same {name}." if name in ("purpose", "book") else f"Leave {name} out: the line takes it from the item."
            )
            yield Finding("bo.item_differs", message, at, name, fix)


def _check_open(item: Item, line: Line, at: str) -> Iterator[Finding]:
    """No more is settled than is open, with the base that goes with it."""
    amount, left = line.amount.minor_units, item.remaining + line.amount.minor_units
    if not amount:
        if line.base:
            fix = 'Only a voucher with nature="revaluation" does that; leave the base out.'
            yield Finding("bo.item_base", f"The line changes the base of {item.key} alone.", at, "base", fix)
        return
    remaining = Money.minor(item.remaining, item.token)
    said = str(remaining)
    if item.remaining and (amount > 0) == (item.remaining > 0):
        fix = f"Turn the sign: a line that settles it is {'a credit' if amount > 0 else 'a debit'}."
        yield Finding("bo.item_sign", f"{remaining} of {item.key} is open, and the line adds {line.amount}.", at, "amount", fix, open=said)
    elif abs(amount) > abs(item.remaining):
        message = f"The line settles {abs(line.amount)} of {item.key}, of which {abs(remaining)} is open."
        fix = (
            "Settle what is open; put the rest on an item of its own, such as one of the kind on_account."
            if remaining
            else "Nothing is left to settle."
        )
        yield Finding("bo.item_exceeded", message, at, "amount", fix, open=said)
    elif line.base is not None and line.base.token == item.base_token:
        rest = item.base + line.base.minor_units
        if rest and rest * left <= 0:  # of the other sign, or left over where nothing is open
            base = Money.minor(-item.base, item.base_token)
            message = f"{base} of base goes with all that is open of {item.key}, and the line has {line.base}."
            fix = "Make the lines with settle_lines: they take the item's base and show the exchange difference."
            yield Finding("bo.item_base", message, at, "base", fix, base=str(base))


def _said(value: object) -> str:
    return "none" if value is None else repr(value)


def _ident(row: Any) -> int | None:
    return None if row is None else ident(row)


def _base(line: Line) -> Money:
    assert line.base is not None
    return line.base


def _settled(record: VoucherRecord, step: Step, kind: SettlementKind) -> Settlement:
    assert step.item.row is not None
    return Settlement(
        item_id=step.item.row.id, kind=kind, posting_date=record.posting_date, amount=step.line.amount, base=_base(step.line),
        voucher_id=record.id, line=step.position, company_id=record.company_id,
    )  # fmt: skip
