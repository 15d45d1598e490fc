"""The permissions of the rental, and who has which."""

from bocore_rental.model import PRICES, READ, SETUP

RENT, YARD, BILL = "rental.rent", "rental.yard", "rental.bill"

LENT = [PRICES, "bo.read"]
"""What services that reckon with money and customers are lent: who signs a contract need not see what others pay."""

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
    "desk": [READ, PRICES, RENT, YARD, "bo.read", "bo.write"],  # and enters customers
    "office": [READ, PRICES, BILL, "bo.read"],
    "manager": [*PERMISSIONS, "bo.read", "bo.write"],
}
