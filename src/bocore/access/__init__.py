"""Who may do what: actors, what they are allowed, and how the unit of work holds them to it."""

from bocore.access.actor import Actor, Scoped

__all__ = ["Actor", "Scoped"]
