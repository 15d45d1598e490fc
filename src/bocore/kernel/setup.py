"""The first company of a new database."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from bocore.errors import Refused
from bocore.kernel.company import Company, check_zone

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


def first_company(uow: UnitOfWork, *, name: str, currency: str, code: str | None, zone: str, **more: Any) -> Company:
    """Add a company unless one of that code is there; its currency and time zone must exist."""
    code = code or code_from(name)
    found = uow.find(Company, code=code)
    if found is not None:
        return found
    uow.tokens[currency]
    wrong = check_zone(zone)
    if wrong is not None:
        raise Refused([wrong])
    return uow.add(Company(code=code, name=name, currency=currency, zone=zone, **more))


def code_from(name: str) -> str:
    """A short code from a name in any script: ``Acme Ltd`` → ``ACME``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    return words[0].upper()[:20] if words else "MAIN"
