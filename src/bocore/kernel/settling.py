"""Settling: the lines that pay open items, each with its item's own base, and the exchange difference that this realises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.core import in_core
from bocore.amounts import Money
from bocore.errors import Finding, Refused, UsageError
from bocore.kernel.company import Company, which_company
from bocore.kernel.currency import find_rate
from bocore.kernel.itemising import find_items
from bocore.kernel.items import ItemBalance
from bocore.kernel.voucher import Line
from bocore.record.canonical import normalise_text
from bocore.rounding import largest_remainder

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

DIFFERENCE = "fx.realised"


@attrs.frozen
class Paid:
    """What is paid of an open item.

    :param key: of the item.
    :param amount: in the item's currency, above zero for claims and debts alike; all that is open without one.
    :param base: what the payment is worth in the company's currency, above zero.
    :param rate: of the payment, in place of ``base``: what one unit of the item's currency is worth.
    """

    key: str
    amount: Money | None = None
    base: Money | None = attrs.field(default=None, kw_only=True)
    rate: Decimal | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class Unsettled:
    """What is open of an item, as :func:`share_lines` needs it: amounts signed, positive for a claim."""

    key: str
    purpose: str
    remaining: Money
    base: Money


def settle_lines(
    uow: UnitOfWork, paid: Iterable[Paid], *, company: Company | int | str | None = None, on: date | None = None
) -> list[Line]:
    """The lines of a voucher that pay these items, and those of the exchange differences that the payments realise.

    Each settling line has its item's own share of base, and the payment that settles the last of an item all that is left of it. The
    difference to what was paid goes to ``fx.realised``, so that with the line of the bank, at the same base, the voucher adds up.

    :param on: the day whose spot rate counts where a payment has neither base nor rate; today without one.
    :raises Refused: an item is not there, more is paid than is open, or an amount can't be (``bo.no_item``, ``bo.item_exceeded``,
        ``bo.item_currency``, ``bo.settlement``); with all that is wrong.
    :raises NotFound: a rate is missing (``bo.no_rate``).
    """
    payments = [_normal(one) for one in paid]
    if not (uow._free or uow.authority.own):  # a plugin's own code asks for what was opened by it
        uow.require("bo.read", "read what is open")
    where = uow.company if company is None else which_company(uow, company)
    base = uow.tokens[where.currency]
    items = _unsettled(uow, {one.key for one in payments}, where.id)
    findings = list(_check(payments, items))
    if findings:
        raise Refused(findings)
    day = on or uow.today()
    worth: list[tuple[Unsettled, Money, Money]] = []
    open_now = {key: abs(item.remaining) for key, item in items.items()}
    for one in payments:
        item = items[one.key]
        amount = open_now[one.key] if one.amount is None else one.amount
        open_now[one.key] -= amount
        worth.append((item, amount, _worth(uow, one, amount, base, day)))
    exceeded = [_exceeded(items[key], abs(items[key].remaining) - left) for key, left in open_now.items() if left.minor_units < 0]
    if exceeded:
        raise Refused(exceeded)
    return share_lines(worth)


def share_lines(payments: Sequence[tuple[Unsettled, Money, Money]]) -> list[Line]:
    """The lines for payments of items: (item, amount paid, its worth in base), amounts above zero; something is open. Pure.

    Several payments of one item share its base by amount, with what stays open as one more part, so that no cent is lost or made
    (:func:`bocore.largest_remainder`).
    """
    parts: dict[str, list[int]] = {}
    items: dict[str, Unsettled] = {}
    for item, amount, _ in payments:
        items[item.key] = item
        parts.setdefault(item.key, []).append(amount.minor_units)
    shares: dict[str, Iterator[int]] = {}
    for key, amounts in parts.items():
        item = items[key]
        left = abs(item.remaining.minor_units) - sum(amounts)
        shares[key] = iter(largest_remainder(item.base.minor_units, [*amounts, left]))
    lines: list[Line] = []
    for item, amount, worth in payments:
        sign = 1 if item.remaining.minor_units > 0 else -1
        share = next(shares[item.key])
        lines.append(Line(item.purpose, amount * -sign, base=Money.minor(-share, worth.token), settles=item.key))
        difference = share - sign * worth.minor_units
        if difference:
            value = Money.minor(difference, worth.token)
            lines.append(Line(DIFFERENCE, value, base=value))
    return lines


# ---------------------------------------------------------------- looking up and checking


def _normal(one: Any) -> Paid:
    """The payment with its key in the one form in which it is kept."""
    if not isinstance(one, Paid) or type(one.key) is not str:
        raise UsageError(f"{one!r} is no payment of an open item.", fix='Write Paid("inv:17", Money("28.00", "EUR")).')
    for name in ("amount", "base"):
        value = getattr(one, name)
        if value is not None and type(value) is not Money:
            raise UsageError(f"The {name} that is paid of {one.key} is {value!r}.", fix='Give Money: Money("28.00", "EUR").')
    return one if one.key.isascii() else attrs.evolve(one, key=normalise_text(one.key))


@in_core
def _unsettled(uow: UnitOfWork, keys: set[str], company: int) -> dict[str, Unsettled]:
    """key → what is open of the items, of this unit of work or before; locked, since they are about to be settled."""
    rows = find_items(uow, company, keys).values()
    balances: Mapping[int, ItemBalance] = uow.get_all(ItemBalance, [row.id for row in rows], lock=not uow.read_only)
    return {
        row.key: Unsettled(
            key=row.key,
            purpose=row.purpose,
            remaining=Money.minor(balances[row.id].remaining, row.amount.token),
            base=Money.minor(balances[row.id].base, row.base.token),
        )
        for row in rows
    }


def _check(payments: Sequence[Paid], items: Mapping[str, Unsettled]) -> Iterator[Finding]:
    for one in payments:
        at = f"payment of {one.key}"
        item = items.get(one.key)
        if item is None:
            yield Finding("bo.no_item", f"There is no open item {one.key} in this company.", at, "key", "Correct the key.")
            continue
        if one.base is not None and one.rate is not None:
            yield Finding("bo.settlement", "It has a base and a rate.", at, "rate", "Give one of them, or neither for the rate of the day.")
        if one.amount is not None and one.amount.token != item.remaining.token:
            message = f"{one.key} is in {item.remaining.currency}, and {one.amount} is paid."
            fix = f"Say how much of it is paid in {item.remaining.currency}, and what that is worth with base=."
            yield Finding("bo.item_currency", message, at, "amount", fix)
        for name, value, least in (("amount", one.amount, 1), ("base", one.base, 0)):
            if value is not None and value.minor_units < least:
                yield Finding("bo.settlement", f"The {name} is {value}.", at, name, "Give it above zero, for claims and debts alike.")
        if not item.remaining:
            yield _exceeded(item, one.amount)
        if one.base is not None and one.base.token != item.base.token:
            message = f"The base is in {one.base.currency}; the company's currency is {item.base.currency}."
            yield Finding("bo.base", message, at, "base", f"Give it in {item.base.currency}.")
        if one.rate is not None and (type(one.rate) is not Decimal or not one.rate.is_finite() or one.rate <= 0):
            yield Finding("bo.settlement", f"{one.rate!r} is no rate.", at, "rate", 'Give a Decimal above zero: Decimal("0.91").')


def _worth(uow: UnitOfWork, one: Paid, amount: Money, base: Any, day: date) -> Money:
    """What a payment is worth in the company's currency."""
    if amount.token == base:
        return amount
    if one.base is not None:
        return one.base
    rate = one.rate if one.rate is not None else find_rate(uow, amount.currency, base.code, day)
    return amount.convert(rate, base)


def _exceeded(item: Unsettled, paid: Money | None) -> Finding:
    message = f"{paid or 'All that is open'} is paid of {item.key}, of which {abs(item.remaining)} is open."
    fix = "Pay what is open, if anything is; what was paid beyond it opens an item of its own, of the kind on_account."
    return Finding("bo.item_exceeded", message, f"payment of {item.key}", "amount", fix, open=str(abs(item.remaining)))
