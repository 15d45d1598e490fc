"""One-time codes (RFC 6238, six digits, thirty seconds) and the recovery codes that stand in for them. Pure functions; pyotp computes."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from base64 import b32encode
from datetime import datetime
from hashlib import sha256

SECONDS = 30
WINDOW = 1
"""Steps before and after the present one whose codes are taken: clocks differ, and people type."""
RECOVERY_CODES = 10
_CODE = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[A-Z2-7]{16}")


def new_secret() -> str:
    """A random secret of 160 bits, as base32."""
    import pyotp

    return pyotp.random_base32()


def provisioning_uri(secret: str, name: str, issuer: str) -> str:
    """What an authenticator takes in as a QR code: ``otpauth://totp/…``."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(now: datetime) -> int:
    """The time step of an instant."""
    return int(now.timestamp()) // SECONDS


def matching_step(secret: str, code: object, now: datetime) -> int | None:
    """The time step that a code belongs to, within the window; None for a wrong one. All of them are computed, whichever it is."""
    import pyotp

    shown = _digits(code)
    hotp, present, found = pyotp.HOTP(secret), step_of(now), None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(hotp.at(step), shown):
            found = step
    return found


def _digits(code: object) -> str:
    """Six digits however they were typed: with a space in the middle, or in another script; six blanks for anything else."""
    if not isinstance(code, str) or len(code) > 20:
        return " " * 6
    plain = unicodedata.normalize("NFKC", code).replace(" ", "")
    return plain if _CODE.fullmatch(plain) else " " * 6


def new_recovery_codes() -> list[str]:
    """Random codes of 80 bits in four groups: ``abcd-efgh-ijkl-mnop``."""
    made = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(each[at : at + 4] for at in range(0, 16, 4)) for each in made]


def recovery_digest(code: object, user_id: int) -> bytes | None:
    """The digest that is kept of a recovery code; None for what can't be one."""
    if not isinstance(code, str) or len(code) > 40:
        return None
    plain = code.replace("-", "").replace(" ", "").upper()
    return sha256(f"{user_id}:{plain}".encode()).digest() if _RECOVERY.fullmatch(plain) else None
