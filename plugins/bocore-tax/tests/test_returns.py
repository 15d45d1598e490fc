"""A quarter is declared, filed, and never moves again."""

from __future__ import annotations


def test_a_quarter_is_filed_with_what_was_sold_and_bought(firm, clock):
    clock.set("2026-04-20T09:00Z")
    firm.sell("s:1", "1000.00")
    firm.buy("b:1", "300.50")
    first = firm.declare()
    assert firm.boxes(first) == {"1": "200.00", "4": "60.10", "5": "139.90", "6": "1000.00", "7": "300.00"}
    assert firm.balances() == {"1100": "1200.00", "2000": "-360.60", "2200": "-139.90", "4000": "-1000.00", "6800": "300.50"}
