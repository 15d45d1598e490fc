"""``bo doctor``: what is wrong with a database or with what surrounds it, before somebody notices at work."""

from bocore.doctor.examination import Check, examine

__all__ = ["Check", "examine"]
