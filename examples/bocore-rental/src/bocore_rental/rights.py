"""The permissions of the rental, and who has which."""

from bocore_rental.model import PRICES

READ, RENT, YARD, BILL, SETUP = "rental.read", "rental.rent", "rental.yard", "rental.bill", "rental.setup"

PERMISSIONS = {
    READ: "See machines and contracts",
    PRICES: "See what machines cost and earn",
    RENT: "Draw up, sign and cancel contracts",
    YARD: "Hand machines over, take them back, repair them",
    BILL: "Accrue rent, invoice it, take payments and deposits",
    SETUP: "Buy and retire machines, set limits of customers",
}

ROLES = {
    "yard": [READ, YARD],  # sees who has which machine, and no prices
    "desk": [READ, PRICES, RENT, YARD],
    "office": [READ, PRICES, BILL],
    "manager": list(PERMISSIONS),
}
