"""What is shown to be recognised: ``bo_<id>_<secret>``, of which only a digest is kept.

The secret has 256 random bits, so that a fast hash does: nobody can try them all, and nobody has chosen it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256

API, SESSION = "bo", "bos"
FORM = re.compile(r"(bos?)_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{43})")


def new_secret() -> str:
    """A random secret of 256 bits."""
    return secrets.token_urlsafe(32)


def text_of(kind: str, ident: int, secret: str) -> str:
    """What is shown, once: the row and its secret."""
    return f"{kind}_{ident}_{secret}"


def read(kind: str, text: object) -> tuple[int, bytes] | None:
    """The id of the row and the digest to compare with; None for what is no such text."""
    found = FORM.fullmatch(text) if isinstance(text, str) and len(text) <= 80 else None
    return (int(found[2]), digest(found[3])) if found is not None and found[1] == kind else None


def digest(secret: str) -> bytes:
    """SHA-256 of a secret."""
    return sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are the same, in a time that says nothing of where they differ."""
    return hmac.compare_digest(one, other)
