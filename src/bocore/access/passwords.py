"""Passwords: argon2id with 19 MiB, few at a time, and the same work whether or not there is anything to compare with.

RFC 9106, with the parameters of the OWASP Password Storage Cheat Sheet (m=19456, t=2, p=1): about a tenth of a second on one processor.
Only as many are computed at once as there are processors, four at most, so that fifty people who sign in together cost no more memory than
four, and wait instead. The same few threads do it: each thread that has ever asked for 19 MiB may keep them, in an arena of its own.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from bocore.errors import Finding, NotAuthenticated

if TYPE_CHECKING:
    from argon2 import PasswordHasher

TIME, MEMORY, LANES = 2, 19_456, 1
"""Passes, KiB and lanes of argon2id."""
SHORTEST = 12
"""NIST SP 800-63B-4 asks for 15 characters where a password is all, and for 8 beside a second factor; attempts are few here (lockout)."""
LONGEST = 256
"""Characters, so that nobody makes us hash megabytes; NFKC makes at most eighteen of one."""
DIFFERENT = 5
AT_ONCE = min(4, os.cpu_count() or 1)
PATIENCE = 30.0
"""Seconds to wait for a turn: longer than a queue that any browser waits for."""

T = TypeVar("T")


@cache
def hasher() -> PasswordHasher:
    """The hasher with the parameters of today; argon2 is imported when the first password comes."""
    from argon2 import PasswordHasher, Type

    return PasswordHasher(time_cost=TIME, memory_cost=MEMORY, parallelism=LANES, type=Type.ID)


@cache
def _nobody() -> str:
    """The hash of a password that nobody has, for names that nobody has."""
    return hasher().hash(os.urandom(32).hex())


def check_password(password: object, name: str, at: object = None) -> list[Finding]:
    """What is wrong with a password that somebody chooses; it is not repeated in what is said.

    :param name: of the user, which a password must not be made of.
    """
    if not isinstance(password, str):
        return [Finding("bo.password", "A password is text.", at, "password", "Give a str.")]
    if len(password) > LONGEST:
        return [Finding("bo.password", f"The password is longer than {LONGEST} characters.", at, "password", "Choose a shorter one.")]
    plain = _plain(password)
    wrong = []
    if plain is None:
        return [Finding("bo.password", "The password is no Unicode text.", at, "password", "Type it on a keyboard.")]
    if len(plain) < SHORTEST:
        wrong.append(f"The password has fewer than {SHORTEST} characters.")
    elif len(set(plain)) < DIFFERENT:
        wrong.append(f"The password is made of fewer than {DIFFERENT} different characters.")
    elif not plain.casefold().replace(unicodedata.normalize("NFKC", name).casefold(), "", 1)[SHORTEST // 2 :]:
        wrong.append("The password is little more than the name of the user.")
    fix = "Choose four words that have nothing to do with each other, or let a password manager choose."
    return [Finding("bo.password", said, at, "password", fix) for said in wrong]


def hash_password(password: str) -> str:
    """The hash of a password that has been checked, as text with its parameters and its salt."""
    return _in_turn(lambda: hasher().hash(_plain(password) or ""))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed. Without one to compare with the same work is done, and the answer is no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    plain = _plain(password) if len(password) <= LONGEST else None

    def compare() -> bool:
        against = _nobody() if stored is None or plain is None else stored
        try:
            hasher().verify(against, plain or "")
        except (VerificationError, InvalidHashError):
            return False
        return against == stored

    return _in_turn(compare)


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(stored)


def _plain(password: str) -> str | None:
    """One form for what keyboards write in several; None for what is no Unicode text."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFKC", password)


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads that compute."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bocore-password")


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _in_turn(compute: Callable[[], T]) -> T:
    waiting = _pool().submit(compute)
    try:
        return waiting.result(PATIENCE)
    except TimeoutError:
        waiting.cancel()
        message = "Too many people sign in at this moment."
        raise NotAuthenticated(Finding("bo.sign_in_busy", message, "sign-in", fix="Try again in a minute.")) from None
