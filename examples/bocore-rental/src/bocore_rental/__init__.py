"""Machines for rent. What other plugins may import is named in ``__all__``."""

from bocore_rental.model import Contract, Machine, RentalCustomer

__all__ = ["Contract", "Machine", "RentalCustomer"]
