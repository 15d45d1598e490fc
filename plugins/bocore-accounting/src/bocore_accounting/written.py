"""Amounts that a person wrote, in a table or at a prompt: what can't be one is told to a bookkeeper, not to a program."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches

from bocore import Finding, Money, MoneyError, Refused, Token, UnitOfWork, UnknownCurrency, round_decimal


def written_amount(uow: UnitOfWork, amount: Decimal, code: str, field: str = "amount") -> Money:
    """An amount in a currency or commodity.

    :param field: what the amount is called where it was written; the finding names it.
    :raises Refused: nothing is counted in that code, it has fewer decimals, or the amount is too large.
    """
    token = written_token(uow, code, "commodity" if field == "quantity" else "currency")
    try:
        return Money(amount, token)
    except MoneyError:
        pass
    if round_decimal(amount, token.exponent) != amount:
        message = f"The {field} {amount} has more decimals than are counted in {code}."
        most = f"at most {token.exponent} decimals" if token.exponent else "no decimals"
        finding = Finding("accounting.decimals", message, field=field, fix=f"Write {most} for {code}.")
    else:
        finding = Finding("accounting.too_large", f"The {field} {amount} {code} is too large to be kept.", field=field, fix="Correct it.")
    raise Refused([finding])


def written_token(uow: UnitOfWork, code: str, field: str = "currency") -> Token:
    """What a code stands for; Refused, with what to do, for one that nobody knows."""
    try:
        token: Token = uow.tokens[code]
    except UnknownCurrency:
        close = get_close_matches(code.upper(), uow.tokens, n=2)
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        fix = f"{hint}Use a code of ISO 4217; what is no currency is declared: bo accounting declare-commodity {code or 'CODE'} DECIMALS."
        message = f"There is no currency or commodity {code!r}." if code else f"The {field} is empty."
        raise Refused([Finding("accounting.currency", message, field=field, fix=fix)]) from None
    return token
