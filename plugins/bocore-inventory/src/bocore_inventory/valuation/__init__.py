"""The cost of stock, as pure functions on whole numbers: no database, no money, no rounding that loses anything.

Quantities are integers in millionths of an item's unit, values integers in ten-thousandths of the currency's minor unit.
"""

from bocore_inventory.valuation.average import Average, Row
from bocore_inventory.valuation.curve import Curve
from bocore_inventory.valuation.replay import Issue, Layer, Replayed, replay

__all__ = ["Average", "Curve", "Issue", "Layer", "Replayed", "Row", "replay"]
