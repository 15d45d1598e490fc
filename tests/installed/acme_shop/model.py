"""Products and sales."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from bocore import Entity, Money, entity, exact, field, money, numbered, ref


class Kind(StrEnum):
    """What the law on food wants to know."""

    FOOD = "food"
    OTHER = "other"


@entity("shop_product")
class Product(Entity):
    """Something on the shelf."""

    code: str = field(unique=True, max_length=20, not_blank=True)
    name: str = field(max_length=100)
    price: Money = money(ge=0)
    stock: Decimal = exact(places=3, default=Decimal(0))
    kind: Kind = field(default=Kind.OTHER)


@entity("shop_sale", company=True)
class Sale(Entity):
    """One line at the till."""

    product_id: int = ref(Product)
    on: date
    quantity: Decimal = exact(places=3, gt=0)
    total: Money = money()
    note: str = field(default="", max_length=200)
    number: str = numbered("shop.sale", "{year}-{n:04}", per=("company", "year"), on="on")
