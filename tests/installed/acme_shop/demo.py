"""The shop's part of ``bo demo``."""

from collections.abc import Callable
from decimal import Decimal

from acme_shop.services import add_product, sell
from bocore import BackOffice, Money


def quarter(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Sell apples."""
    bo.run(add_product, "APPLE", "Apple", actor="demo", price=Money("0.50", "EUR"), stock=Decimal(100))
    for _ in range(3):
        bo.run(sell, "APPLE", Decimal(2), actor="demo")
    say("3 sales")
