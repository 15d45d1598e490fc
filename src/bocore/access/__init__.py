"""Who may do what: actors, what they are allowed, and how the unit of work holds them to it."""

from bocore.access.actor import Actor

__all__ = ["Actor"]
