"""What a rental keeps: machines, contracts, deposits, the rent that was earned, and what was invoiced."""

from datetime import date

from bocore import Entity, Money, Party, entity, field, money, numbered, parent, ref, states

READ, PRICES, SETUP = "rental.read", "rental.prices", "rental.setup"
"""Who may see machines and contracts; what they cost and earn; and who buys machines and sets limits of customers.

Contracts, deposits, accruals and invoices name nobody who may write them: only the rental's own services do.
"""

TAKEN = ["signed", "returned", "closed"]
"""The states in which a contract takes its machine's days."""


@entity("rental_machine", read=READ, write=SETUP, company=True, unique=[("company_id", "code")])
class Machine(Entity):
    """A machine that is let."""

    code: str = field(max_length=20, not_blank=True, doc="as painted on it")
    name: str = field(max_length=100, not_blank=True)
    purchased: date | None = field(default=None, doc="from this day on it could be let")
    price: Money | None = money(default=None, ge=0, read=PRICES, write=PRICES, doc="what it was bought for")
    daily_rate: Money = money(gt=0, read=PRICES, write=PRICES, doc="of new contracts")
    state: str = states(
        {
            ("available", "rent"): "rented",
            ("rented", "bring_back"): "available",
            ("rented", "break"): "in_repair",
            ("available", "break"): "in_repair",
            ("in_repair", "repair"): "available",
            ("available", "retire"): "retired",
            ("in_repair", "retire"): "retired",
        },
        default="available",
    )


@entity("rental_customer", read=READ, write=SETUP, extends=Party)
class RentalCustomer(Entity):
    """What the rental keeps of a party that rents."""

    credit_limit: Money | None = money(default=None, ge=0, doc="what it may owe; as set for all where empty")
    first_contract: date | None = field(default=None, doc="when it signed for the first time")


@entity(
    "rental_contract",
    read=READ,
    company=True,
    frozen_in={"closed", "cancelled"},
    index=["starts"],
    unique=[("company_id", "number")],
)
class Contract(Entity):
    """A machine is let to a customer. Once it is closed or cancelled, neither it nor what belongs to it changes."""

    number: str = numbered("rental.contract", "R{year}-{n:04}", per=("company", "year"), on="drawn_up")
    drawn_up: date
    customer_id: int = ref(Party)
    machine_id: int = ref(Machine)
    starts: date = field(doc="the first day that is charged")
    ends: date = field(doc="the last day that is booked")
    daily_rate: Money = money(gt=0, read=PRICES, doc="as agreed: it stays when the machine's own rate changes")
    deposit: Money = money(ge=0, read=PRICES, doc="as agreed; none where zero")
    handed_over: date | None = field(default=None, doc="when the customer fetched it")
    returned: date | None = field(default=None, doc="the last day that is charged")
    state: str = states(
        {
            ("draft", "sign"): "signed",
            ("signed", "take_back"): "returned",
            ("returned", "close"): "closed",
            ("draft", "cancel"): "cancelled",
            ("signed", "cancel"): "cancelled",
        },
        default="draft",
    )


@entity("rental_deposit", unique=["contract_id"])
class Deposit(Entity):
    """A customer's money that the rental holds until the machine is back."""

    contract_id: int = parent(Contract)
    amount: Money = money(gt=0, read=PRICES)
    taken: date
    state: str = states({("held", "settle"): "settled", ("held", "cancel"): "cancelled"}, default="held")

    @property
    def key(self) -> str:
        """Of the voucher, and of the open item that it makes."""
        return f"rental.deposit:{self.contract_id}"


@entity("rental_accrual", unique=[("contract_id", "since", "attempt")], frozen_in={"reversed"})
class Accrual(Entity):
    """Rent that was earned on some days of one month, and posted as revenue of the last of them."""

    contract_id: int = parent(Contract)
    since: date
    through: date
    attempt: int = field(default=1, ge=1, doc="counts on where what began on this day was taken back")
    amount: Money = money(gt=0, read=PRICES)
    state: str = states({("posted", "take_back"): "reversed"}, default="posted")

    @property
    def key(self) -> str:
        """Of the voucher."""
        return f"rental.accrual:{self.contract_id}:{self.since}:{self.attempt}"


@entity("rental_invoice", company=True, unique=[("company_id", "number")])
class Invoice(Entity):
    """What a customer was charged: the rent of some days, or a repair."""

    number: str = numbered("rental.invoice", "RI{year}-{n:05}", per=("company", "year"), on="on")
    contract_id: int = parent(Contract)
    on: date
    due: date
    through: date | None = field(default=None, doc="the rent is charged through this day; empty for a repair")
    amount: Money = money(gt=0, read=PRICES)
    state: str = states({("issued", "cancel"): "cancelled"}, default="issued")

    @property
    def key(self) -> str:
        """Of the voucher, and of the open item that it makes."""
        return f"rental.invoice:{self.id}"
