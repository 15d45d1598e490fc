"""Permissions of stock, and the roles that are made of them."""

READ, MOVE, COUNT, SETUP, VALUE = "inventory.read", "inventory.move", "inventory.count", "inventory.setup", "inventory.value"
SETTLE = "inventory.settle"
CATALOG = "catalog.read"
"""What services and reports need besides: to read items."""
LENT = [CATALOG, VALUE]
"""What moving goods takes besides: whoever moves them need not see what they are worth."""

PERMISSIONS = {
    READ: "See what lies where, moves, lots and reservations",
    MOVE: "Receive, ship, transfer and reserve goods",
    COUNT: "Count stock, without seeing what the books have",
    SETTLE: "See what the books have of what is counted, and settle differences",
    SETUP: "Keep locations and rules of reordering",
    VALUE: "See and correct what stock is worth: costs, methods, freight",
}
ROLES = {
    "clerk": [READ, MOVE],
    "counter": [COUNT],
    "manager": [READ, MOVE, COUNT, SETTLE, SETUP],
    "controller": [READ, VALUE],
}
