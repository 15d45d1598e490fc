"""What the rental knows of its customers. Services call it; it is none itself."""

from bocore import Money, Party, UnitOfWork, open_items
from bocore_rental.model import RentalCustomer
from bocore_rental.settings import RentalSettings


def customer_of(uow: UnitOfWork, party: Party) -> RentalCustomer:
    """What the rental keeps of a party; made where it has nothing yet."""
    return uow.extension(party, RentalCustomer) or uow.add(RentalCustomer(), extends=party)


def credit(uow: UnitOfWork, party: Party) -> tuple[Money, Money]:
    """What a party owes, and what it may owe, both in the company's currency."""
    extension = uow.extension(party, RentalCustomer)
    allowed = extension.credit_limit if extension else None
    if allowed is None:
        allowed = Money(uow.settings(RentalSettings).credit_limit, uow.company.currency)
    zero = Money.zero(uow.company.currency)
    return sum((item.base for item in open_items(uow, party=party, purpose="receivable")), zero), allowed
