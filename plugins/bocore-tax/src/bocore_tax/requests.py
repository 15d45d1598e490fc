"""What ``tax`` is asked and what it answers: plain data, which a service such as Avalara can answer as well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs

from bocore import Money, TaxFact


def _codes(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


@attrs.frozen(kw_only=True)
class TaxRequest:
    """The tax of one amount: a line of an invoice, a bill or a sale.

    :param amount: net, or gross where it is ``inclusive``; negative for what is taken back.
    :param place: of supply: where the tax is due, by ISO 3166: ``"GB"``, ``"US-CA"``.
    :param on: the tax point.
    :param tax_class: what the item says of itself; ``"standard"`` where it says nothing.
    :param direction: ``"output"`` for what is sold, ``"input"`` for what is bought.
    :param business: whether the other side acts as a business. Who gives a tax number does.
    :param tax_number: of the other side, where it has one.
    :param counterpart: the place of the other side; the same without one.
    :param codes: of the taxes, where the caller knows them and no rule is wanted: those on a supplier's bill.
    :param stated: the tax as a supplier's bill states it: it is taken in place of the computed one. For a single tax that is part of the
        price; of the same sign as the amount.
    :param document: requests with the same text are rounded together; each alone where empty.
    :param key: the caller's own, given back with the answer.
    """

    amount: Money
    place: str
    on: date
    inclusive: bool = False
    tax_class: str = "standard"
    direction: str = "output"
    business: bool = False
    tax_number: str = ""
    counterpart: str = ""
    codes: tuple[str, ...] | None = attrs.field(default=None, converter=_codes)
    stated: Money | None = None
    document: str = ""
    key: str = ""


@attrs.frozen(kw_only=True)
class Charge:
    """One tax of an amount, as one fact of a return.

    :param purpose: of the voucher line that carries the fact: ``tax.output``, ``tax.input``, ``tax.withholding``.
    :param amount: of that line: debit positive. The fact has the same as its tax.
    :param note: what the law wants written on the document.
    """

    code: str
    name: str
    kind: str
    rate: Decimal | None
    purpose: str
    amount: Money
    fact: TaxFact
    note: str = ""


@attrs.frozen(kw_only=True)
class TaxAnswer:
    """The tax of one request.

    :param gross: net and the taxes that are part of the price.
    :param payable: gross less what is withheld.
    :param cost: the part of the tax on a purchase that is not given back: it belongs to what was bought.
    :param charges: one a tax; a reverse charge on a purchase has two.
    """

    key: str
    net: Money
    gross: Money
    payable: Money
    cost: Money
    charges: tuple[Charge, ...] = ()

    @property
    def tax(self) -> Money:
        """The taxes that are part of the price."""
        return self.gross - self.net
