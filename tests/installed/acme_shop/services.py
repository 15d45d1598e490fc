"""What a shop does."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import attrs

from acme_shop.model import Kind, Product, Sale
from bocore import Finding, Money, Refused, UnitOfWork, service


@attrs.frozen
class Wanted:
    """One line of an order."""

    code: str
    quantity: Decimal


@attrs.frozen
class StockRow:
    """What is on the shelf."""

    code: str
    stock: Decimal


@service("shop.sell")
def sell(uow: UnitOfWork, product: Product, quantity: Decimal = Decimal(1), *, on: date | None = None, note: str = "") -> Sale:
    """Sell something at its price.

    :param quantity: how much of it.
    :param on: the day; today unless told.
    :param note: what the customer said.
    """
    if product.stock < quantity:
        message = f"There are {product.stock} of {product.name}."
        raise Refused([Finding("shop.stock", message, product, "stock", "Sell less."), Finding("shop.order", "Order more.", product)])
    product.stock -= quantity
    total = Money.minor(int(product.price.minor_units * quantity), product.price.currency)
    return uow.add(Sale(product_id=product.id, on=on or uow.today(), quantity=quantity, total=total, note=note))


@service("shop.sell")
def add_product(uow: UnitOfWork, code: str, name: str, *, price: Money, kind: Kind = Kind.OTHER, stock: Decimal = Decimal(0)) -> Product:
    """Put something new on the shelf."""
    return uow.add(Product(code=code, name=name, price=price, kind=kind, stock=stock))


@service("shop.sell")
def order(uow: UnitOfWork, lines: Sequence[Wanted]) -> int:
    """Put what was delivered on the shelf; returns how many products."""
    found = uow.find_all(Product, code=[line.code for line in lines])
    for line in lines:
        found[line.code].stock += line.quantity
    return len(lines)


@service("shop.read", read_only=True)
def stock(uow: UnitOfWork, *products: Product, below: Decimal | None = None) -> Iterable[StockRow]:
    """Say what is on the shelf, of some products or all."""
    rows = products or uow.select(Product).order_by(Product.c.code)
    return [StockRow(p.code, p.stock) for p in rows if below is None or p.stock < below]
