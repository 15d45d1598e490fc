"""What people do with items."""

from __future__ import annotations

from bocore import UnitOfWork, service
from bocore_catalog.checks import still_needed
from bocore_catalog.model import Category, Item, ItemKind, Tracking
from bocore_catalog.rights import EDIT
from bocore_catalog.settings import CatalogSettings


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
    :param tax_class: what it is for tax; as set for all without one.
    :param variant_of: the item that it is a size or colour of; its category and tax class hold where none are given.
    :param options: what tells it from the other variants, such as size=L.
    :param tracking: whether its pieces are told apart by lot or serial number.
    """
    category_id = category.id if category else None
    if variant_of is None:
        tax_class = tax_class or uow.settings(CatalogSettings).tax_class
    else:
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


@service(EDIT)
def change_item(
    uow: UnitOfWork,
    item: Item,
    *,
    name: str | None = None,
    category: Category | None = None,
    tax_class: str | None = None,
    options: dict[str, str] | None = None,
    tracking: Tracking | None = None,
) -> None:
    """Change what is said of an item; what is not given stays. Its unit and kind never change.

    :param category: where it is sorted from now on.
    :param tax_class: what it is for tax.
    :param options: what tells a variant from the others.
    :param tracking: whether its pieces are told apart by lot or serial number.
    """
    item.name = item.name if name is None else name
    item.category_id = item.category_id if category is None else category.id
    item.tax_class = item.tax_class if tax_class is None else tax_class
    item.options = item.options if options is None else options
    item.tracking = item.tracking if tracking is None else tracking


@service(EDIT)
def retire_item(uow: UnitOfWork, item: Item) -> None:
    """Take an item out of the catalogue; what was sold of it stays known, and it can come back."""
    uow.refuse(*still_needed(uow, [item]))
    uow.move(item, "retire")


@service(EDIT)
def reactivate_item(uow: UnitOfWork, item: Item) -> None:
    """Have a retired item back."""
    uow.move(item, "reactivate")


@service(EDIT)
def move_category(uow: UnitOfWork, category: Category, *, under: Category | None = None) -> None:
    """Put a category under another one, with all that is under it.

    :param under: the category above it; none for the top of the tree.
    """
    category.parent_id = under.id if under else None
