"""Price lists, in and out."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import attrs

from acme_shop.model import Kind, Product
from bocore import Finding, Money, Refused, Severity, UnitOfWork, batched, exporter, importer


@attrs.frozen
class PriceLine:
    """One line of a supplier's price list."""

    code: str
    price: Decimal
    name: str = ""
    kind: Kind = Kind.OTHER
    since: date | None = None


@importer("shop.price_list", permission="shop.sell", suffix=".csv", row=PriceLine)
def price_list(uow: UnitOfWork, rows: Iterable[tuple[int, PriceLine]], *, prefix: str = "") -> Iterator[Finding]:
    """Take in a supplier's price list.

    :param prefix: goes before every code.
    """
    for part in batched(rows, 1000):
        for line, row in part:
            if row.price < 0:
                yield Finding("shop.price", f"{row.code} costs {row.price}.", line, "price", "Ask the supplier.")
            elif row.price == 0:
                yield Finding("shop.free", f"{row.code} costs nothing.", line, severity=Severity.WARNING)
        uow.add_all(
            Product(code=prefix + row.code, name=row.name, price=Money(row.price, uow.company.currency), kind=row.kind) for _, row in part
        )
        uow.flush(release=True)


@importer("shop.notes", permission="shop.sell", suffix=".txt")
def notes(uow: UnitOfWork, path: Path) -> Iterable[Finding]:
    """Take in a product a line, by name."""
    for line, name in enumerate(path.read_text().splitlines(), 1):
        uow.add(Product(code=f"N{line}", name=name, price=Money.zero(uow.company.currency)))
    return []


@exporter("shop.price_list", permission="shop.read", suffix=".txt")
def write_price_list(uow: UnitOfWork, out: TextIO, *, kind: Kind | None = None) -> None:
    """Write the price list, a line a product."""
    for product in uow.select(Product).order_by(Product.c.code):
        if kind is None or product.kind is kind:
            out.write(f"{product.code} {product.price.amount}\n")
        if product.name == "FIRE":
            raise Refused([Finding("shop.fire", "The shop is on fire.", product)])
