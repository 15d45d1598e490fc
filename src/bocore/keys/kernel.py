"""The kernel of encryption: text to ciphertext and back, and the blind index by which ciphertext is found. Pure functions on plain data.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. A stored value is text: ``bo1:<id of the data key>:<nonce, ciphertext and
tag>``. What it belongs to is authenticated with it, so that a value which is moved to another row or field does not open.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Any

KEY_SIZE = 32
NONCE = 12
TAG = 16
INDEX_SIZE = 16
"""Bytes of a blind index: two of a thousand million values agree by chance once in 10**20 times."""
VERSION = "bo1"
HEAD = len("bo1:0123456789abcdef:")
FORM = re.compile(r"bo1:[0-9a-f]{16}:[A-Za-z0-9_-]{38,}={0,2}")
"""What a stored value looks like; the empty text is stored as it is."""


class Unreadable(ValueError):
    """A stored value that does not open: another key, another place, or altered."""


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_SIZE)


def cipher_of(key: bytes) -> Any:
    """What encrypts under a key; making it costs as much as a short value."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != KEY_SIZE:
        raise ValueError(f"a key has {KEY_SIZE} bytes")
    return AESGCM(key)


def place_of(entity: str, position: int, row: int) -> bytes:
    """What a value of a field belongs to: the entity by its first name, the permanent position of the column in its shape, the row.

    It is the canonical form of the three in an array; the name of a table needs no escape.
    """
    return f'["{entity}",{position},{row}]'.encode()


def seal(cipher: Any, key: int, plain: str, place: bytes) -> str:
    """Encrypt a text for its place.

    :param cipher: of the data key, from :func:`cipher_of`.
    :param key: the id of the data key.
    """
    head = f"{VERSION}:{key:016x}:"
    nonce = os.urandom(NONCE)
    return head + urlsafe_b64encode(nonce + cipher.encrypt(nonce, plain.encode(), head.encode() + place)).decode()


def unseal(cipher: Any, stored: str, place: bytes) -> str:
    """The text that was encrypted for this place. Raises Unreadable for anything else."""
    head, body = _parts(stored)
    from cryptography.exceptions import InvalidTag

    try:
        plain: bytes = cipher.decrypt(body[:NONCE], body[NONCE:], head.encode() + place)
        return plain.decode()
    except (InvalidTag, UnicodeDecodeError):
        raise Unreadable("it was altered, or belongs to another row or field") from None


def key_of(stored: str) -> int:
    """The id of the data key of a stored value. Raises Unreadable for what is none."""
    if type(stored) is not str or not FORM.fullmatch(stored):
        raise Unreadable("it is no encrypted value")
    return int(stored[len(VERSION) + 1 : HEAD - 1], 16)


def _parts(stored: str) -> tuple[str, bytes]:
    key_of(stored)
    try:
        body = urlsafe_b64decode(stored[HEAD:])
    except Base64Error:
        raise Unreadable("it is no encrypted value") from None
    # Base64 has several texts for the same bytes: one value has one form.
    if urlsafe_b64encode(body).decode() != stored[HEAD:]:
        raise Unreadable("it is no encrypted value")
    return stored[:HEAD], body


def blind_index(key: bytes, field: bytes, text: str) -> str:
    """What a value is looked up by without being opened: HMAC-SHA256 of field and text, cut to 16 bytes, in hex.

    :param key: the index key of the tenant, which no other field of another tenant shares.
    :param field: :func:`place_of` with the row 0, so that the same text in two fields can't be told to be the same.
    :param text: in normal form (NFC), as every text is stored.
    """
    return hmac.digest(key, len(field).to_bytes(4, "big") + field + text.encode(), sha256)[:INDEX_SIZE].hex()


# ---------------------------------------------------------------- keys that wrap keys


def wrap(cipher: Any, key: bytes, context: bytes) -> bytes:
    """Encrypt a data key; it opens only with the same context."""
    nonce = os.urandom(NONCE)
    wrapped: bytes = nonce + cipher.encrypt(nonce, key, b"bocore key " + context)
    return wrapped


def unwrap(cipher: Any, wrapped: bytes, context: bytes) -> bytes:
    """The data key. Raises Unreadable where it was altered, or wrapped by another key or for another context."""
    from cryptography.exceptions import InvalidTag

    try:
        key: bytes = cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], b"bocore key " + context)
    except (InvalidTag, ValueError):
        raise Unreadable("it was altered, or belongs to another key") from None
    return key


def fingerprint(key: bytes) -> str:
    """The id of a key that wraps others: it says which, and nothing of what it is."""
    return "local:" + sha256(b"bocore key id\0" + key).hexdigest()[:16]
