"""What people do with items."""

from __future__ import annotations

from bocore import UnitOfWork, service
from bocore_catalog.model import Category, Item, ItemKind, Tracking
from bocore_catalog.rights import EDIT


@service(EDIT)
def add_item(
    uow: UnitOfWork,
    code: str,
    name: str,
    *,
    kind: ItemKind = ItemKind.GOODS,
    unit: str = "C62",
    category: Category | None = None,
    tax_class: str = "",
    variant_of: Item | None = None,
    options: dict[str, str] | None = None,
    tracking: Tracking = Tracking.NONE,
) -> Item:
    """Add an item to the catalogue.

    :param code: your own number of it.
    :param unit: code of the unit in which it is kept and counted, such as C62 (one), KGM or HUR.
    :param category: where it is sorted.
    :param tax_class: what it is for tax.
    :param variant_of: the item that it is a size or colour of; its category and tax class hold where none are given.
    :param options: what tells it from the other variants, such as size=L.
    :param tracking: whether its pieces are told apart by lot or serial number.
    """
    category_id = category.id if category else None
    if variant_of is not None:
        category_id, tax_class = category_id or variant_of.category_id, tax_class or variant_of.tax_class
    return uow.add(
        Item(
            code=code,
            name=name,
            kind=kind,
            unit=unit,
            category_id=category_id,
            tax_class=tax_class,
            variant_of_id=variant_of.id if variant_of else None,
            options=options or {},
            tracking=tracking,
        )
    )


@service(EDIT)
def add_category(uow: UnitOfWork, code: str, name: str, *, under: Category | None = None) -> Category:
    """Add a category.

    :param under: the category that it is a part of.
    """
    return uow.add(Category(code=code, name=name, parent_id=under.id if under else None))
