"""What a shop wants to know."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs

from acme_shop.model import Product, Sale
from bocore import Money, UnitOfWork, report


@attrs.frozen
class SaleRow:
    """One sale."""

    number: str
    on: date
    product: str = attrs.field(metadata={"label": "Product", "drill": Product})
    quantity: Decimal
    total: Money
    note: str


@attrs.frozen
class Turnover:
    """What came in."""

    sales: int
    total: Money


@report("shop.sales", permission="shop.read")
def sales(uow: UnitOfWork, *, start: date, end: date | None = None, product: Product | None = None) -> Iterable[SaleRow]:
    """List what was sold.

    :param start: the first day.
    :param end: the last day.
    :param product: only this one.
    """
    found = uow.select(Sale).where(Sale.c.on >= start).order_by(Sale.c.number).all()
    products = uow.get_all(Product, {sale.product_id for sale in found})
    for sale in found:
        if (end is None or sale.on <= end) and (product is None or sale.product_id == product.id):
            code = products[sale.product_id].code
            yield SaleRow(sale.number, sale.on, code, sale.quantity, sale.total, sale.note)


@report("shop.turnover", permission="shop.read", kpi=True)
def turnover(uow: UnitOfWork) -> Iterable[Turnover]:
    """Say what came in."""
    found = uow.select(Sale, company_id=uow.company.id).all()
    yield Turnover(len(found), sum((sale.total for sale in found), Money.zero(uow.company.currency)))


@report("shop.wrong_rows", permission="shop.read")
def wrong_rows(uow: UnitOfWork) -> Iterable[Turnover]:
    """Return something else than is promised."""
    return [SaleRow("1", date(2026, 1, 1), "A", Decimal(1), Money("1.00", "EUR"), "")]  # type: ignore[list-item]
