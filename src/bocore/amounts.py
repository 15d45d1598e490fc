"""Amounts of money: whole minor units of one currency, exact, immutable, and never mixed with another currency."""

from __future__ import annotations

import decimal
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, final

from bocore.currencies import ISO_4217, MAX_EXPONENT, Token, iso
from bocore.errors import MoneyError, UsageError
from bocore.rounding import HALF_UP, Number, Rounding, largest_remainder, ratio, require_number, round_ratio

MAX_MINOR = 2**63 - 1

_PLAIN = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
# Results must not depend on the decimal context that the caller happens to have set; what would be rounded raises instead.
_EXACT = decimal.Context(prec=200, Emin=-1000, Emax=1000, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow])

_CURRENCIES: dict[str, Token] = dict(ISO_4217)


class OpenMoney:
    """The slots of an amount while it is being filled; see :func:`load_money`."""

    __slots__ = ("_minor", "_token")

    _minor: int
    _token: Token


@final
class Money(OpenMoney):
    """An amount in one currency: ``Money("12.50", "EUR")`` or ``Money.minor(1250, "EUR")``.

    Exact: whole minor units (cents) in 63 bits, and nothing is ever rounded but where a rounding mode is given or named in the
    documentation. Sums and comparisons work within one currency only. True unless zero.

    :param amount: a Decimal, or plain text such as ``"-12.50"``; more decimals than the currency has are refused.
    :param currency: a code of ISO 4217, or a :class:`~bocore.currencies.Token` for anything else.
    :raises UsageError: the amount is an int, a float or a bool: ``12`` may mean euros or cents.
    :raises MoneyError: the amount is no number, out of range, or has too many decimals.
    :raises UnknownCurrency: there is no such currency.
    """

    __slots__ = ()

    def __new__(cls, amount: str | Decimal, currency: str | Token) -> Money:
        token = currency if isinstance(currency, Token) else iso(currency)
        return _checked(_parse(amount, token), token)

    @classmethod
    def minor(cls, units: int, currency: str | Token) -> Money:
        """An amount given in minor units: ``Money.minor(1250, "EUR")`` is 12.50 euros."""
        token = currency if isinstance(currency, Token) else (type(currency) is str and _CURRENCIES.get(currency)) or iso(currency)
        if type(units) is not int:
            raise UsageError(
                f"{units!r} ({type(units).__name__}) can't be minor units of {token.code}.",
                fix=f'Write Money.minor(1250, "{token.code}") with an int, or Money("12.50", "{token.code}") with text or a Decimal.',
            )
        if not -MAX_MINOR <= units <= MAX_MINOR:
            return _checked(units, token)
        money: Any = OpenMoney()  # load_money in place: documents are made of these by the thousand
        money._minor = units
        money._token = token
        money.__class__ = Money
        return money  # type: ignore[no-any-return]

    @classmethod
    def zero(cls, currency: str | Token) -> Money:
        """Nothing, in that currency."""
        return cls.minor(0, currency)

    @property
    def amount(self) -> Decimal:
        """The amount as a Decimal with the decimal places of the currency."""
        return _EXACT.scaleb(Decimal(self._minor), -self._token.exponent)

    if TYPE_CHECKING:

        @property
        def minor_units(self) -> int:
            """The amount in minor units: 1250 for 12.50 euros."""

        @property
        def token(self) -> Token:
            """What the amount is counted in, with its exponent and name."""

    else:  # the slots themselves: sums over lines read them by the thousand
        minor_units = OpenMoney._minor
        token = OpenMoney._token

    @property
    def currency(self) -> str:
        """The code of what the amount is counted in."""
        return self._token.code

    # Arithmetic, within one currency

    def __add__(self, other: Money) -> Money:
        return _checked(self._minor + _within(self, other, "added to"), self._token)

    def __radd__(self, other: int) -> Money:
        if type(other) is int and other == 0:  # what sum() begins with
            return self
        return _no_number(self, other, "added to")

    def __sub__(self, other: Money) -> Money:
        return _checked(self._minor - _within(self, other, "subtracted from"), self._token)

    def __rsub__(self, other: object) -> Money:
        return _no_number(self, other, "subtracted from")

    def __neg__(self) -> Money:
        return load_money(-self._minor, self._token)

    def __pos__(self) -> Money:
        return self

    def __abs__(self) -> Money:
        return load_money(abs(self._minor), self._token)

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise UsageError(
                f"{self} can't be multiplied by {factor!r} with *: the result may need rounding.",
                fix='Write amount.times(Decimal("1.19"), round=HALF_UP); only whole numbers go with *.',
            )
        return _checked(self._minor * factor, self._token)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> NoReturn:
        raise UsageError(
            f"{self} can't be divided with /: the parts may not add up again.",
            fix="Write amount.split(n) or amount.allocate(weights) for parts, amount.times(Fraction(1, n), round=HALF_UP) for a quotient.",
        )

    __floordiv__ = __truediv__

    def times(self, factor: Number, round: Rounding = HALF_UP) -> Money:
        """The amount times a factor, computed exactly and rounded once to the minor unit."""
        above, below = ratio(factor)
        return _checked(round_ratio(self._minor * above, below, round), self._token)

    def convert(self, rate: Decimal, to: str | Token, round: Rounding = HALF_UP) -> Money:
        """The amount in another currency: one unit of this one is ``rate`` units of that; rounded once."""
        target = to if isinstance(to, Token) else iso(to)
        above, below = ratio(rate)
        units = self._minor * above * 10**target.exponent
        return _checked(round_ratio(units, below * 10**self._token.exponent, round), target)

    def allocate(self, weights: Sequence[Number]) -> list[Money]:
        """Parts in proportion to the weights that add up to the amount exactly, by largest remainder, the first of equals first."""
        token = self._token
        return [load_money(part, token) for part in largest_remainder(self._minor, weights)]

    def split(self, parts: int) -> list[Money]:
        """Equal parts that add up to the amount exactly; the first ones are a minor unit larger where it does not divide."""
        if type(parts) is not int or parts < 1:
            raise MoneyError(f"{self} can't be split into {parts!r} parts.", fix="Give a whole number, 1 or more.")
        return self.allocate([1] * parts)

    # Comparison

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self._minor == other._minor and (self._token is other._token or self._token == other._token)

    def __hash__(self) -> int:
        return hash((self._minor, self._token.code))

    def __bool__(self) -> bool:
        return self._minor != 0

    def __lt__(self, other: Money) -> bool:
        return self._minor < _within(self, other, "compared with")

    def __le__(self, other: Money) -> bool:
        return self._minor <= _within(self, other, "compared with")

    def __gt__(self, other: Money) -> bool:
        return self._minor > _within(self, other, "compared with")

    def __ge__(self, other: Money) -> bool:
        return self._minor >= _within(self, other, "compared with")

    # Text, and what keeps an amount as it is

    def __str__(self) -> str:
        return f"{_plain(self._minor, self._token.exponent)} {self._token.code}"

    def __repr__(self) -> str:
        return f"Money({_plain(self._minor, self._token.exponent)!r}, {self._token.code!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"An amount of money is immutable: {name!r} can't be set. Make a new one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"An amount of money is immutable: {name!r} can't be deleted.")

    def __copy__(self) -> Money:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Money:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (load_money, (self._minor, self._token))


def load_money(minor: int, token: Token) -> Money:
    """An amount from values that have been checked before, such as stored ones; it checks nothing, and is fast for that.

    Filling an open object and then making it a Money is half the price of going round ``__setattr__`` by the slots' descriptors.
    """
    money: Any = OpenMoney()
    money._minor = minor
    money._token = token
    money.__class__ = Money
    return money  # type: ignore[no-any-return]


@final
class UnitPrice:
    """A price per unit, exact to 18 decimal places: ``UnitPrice("0.0375", "EUR")`` a kilowatt hour.

    Not rounded to the minor unit; :meth:`times` a quantity makes it Money. Equal prices are equal however they were written.

    :param amount: a Decimal or plain text, up to 18 places after the point and 18 digits before it.
    :param currency: a code of ISO 4217 or a Token.
    """

    __slots__ = ("_amount", "_token")

    _amount: Decimal
    _token: Token

    def __init__(self, amount: str | Decimal, currency: str | Token) -> None:
        token = currency if isinstance(currency, Token) else iso(currency)
        number = _number(amount, token, "UnitPrice")
        # More than 18 places, or a part before the point of more than 18 digits, would not survive every database.
        scaled = _EXACT.scaleb(number, MAX_EXPONENT)
        if scaled != scaled.to_integral_value() or number.copy_abs() >= 10**18:
            raise MoneyError(
                f"The price {amount} {token.code} has more than 18 decimal places, or is too large.",
                fix="Round it with round_decimal(value, places, mode) first, or price a larger unit.",
            )
        # The one form of each value: no trailing zeros, no exponent, no -0.
        plain = f"{number:f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        object.__setattr__(self, "_amount", Decimal(plain) if number else Decimal(0))
        object.__setattr__(self, "_token", token)

    @property
    def amount(self) -> Decimal:
        """The price as a Decimal without trailing zeros."""
        return self._amount

    @property
    def text(self) -> str:
        """The price as plain text, the same for equal prices: ``"0.0375"``."""
        return f"{self._amount:f}"

    @property
    def currency(self) -> str:
        """The code of what the price is counted in."""
        return self._token.code

    @property
    def token(self) -> Token:
        """What the price is counted in, with its exponent and name."""
        return self._token

    def times(self, quantity: Number, round: Rounding = HALF_UP) -> Money:
        """What that quantity costs, computed exactly and rounded once to the minor unit."""
        above, below = ratio(quantity)
        price, per = self._amount.as_integer_ratio()
        return _checked(round_ratio(price * above * 10**self._token.exponent, per * below, round), self._token)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UnitPrice):
            return NotImplemented
        return self._amount == other._amount and self._token == other._token

    def __hash__(self) -> int:
        return hash((self._amount, self._token.code))

    def __bool__(self) -> bool:
        return bool(self._amount)

    def __str__(self) -> str:
        return f"{self.text} {self._token.code}"

    def __repr__(self) -> str:
        return f"UnitPrice({self.text!r}, {self._token.code!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A price is immutable: {name!r} can't be set. Make a new one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A price is immutable: {name!r} can't be deleted.")

    def __copy__(self) -> UnitPrice:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> UnitPrice:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (UnitPrice, (self.text, self._token))


def _checked(minor: int, token: Token) -> Money:
    if not -MAX_MINOR <= minor <= MAX_MINOR:
        raise MoneyError(
            f"{_plain(minor, token.exponent)} {token.code} is out of range: an amount has at most {MAX_MINOR} minor units.",
            fix="Count it in a token with fewer decimal places.",
        )
    return load_money(minor, token)


def _parse(amount: str | Decimal, token: Token) -> int:
    """An amount in major units as minor units, exactly."""
    if isinstance(amount, str) and _PLAIN.fullmatch(amount):
        whole, _, part = amount.partition(".")
        if len(part) <= token.exponent:  # nearly always; twice as fast as Decimal
            return int(whole + part.ljust(token.exponent, "0"))
    number = _number(amount, token, "Money")
    scaled = _EXACT.scaleb(number, token.exponent)
    minor = int(scaled)
    if minor != scaled:
        raise MoneyError(
            f"{amount} {token.code} has more decimal places than {token.code} ({token.exponent}).",
            fix="Round it with round_decimal(value, places, mode) first, so that the mode is named, or use UnitPrice.",
        )
    return minor


def _number(amount: object, token: Token, what: str) -> Decimal:
    """Text or Decimal as a finite Decimal; anything else is refused with the way to write it."""
    if isinstance(amount, Decimal):
        require_number(amount)
        number = amount
    elif isinstance(amount, str):
        if not _PLAIN.fullmatch(amount):
            raise MoneyError(
                f"{amount!r} is no amount of {token.code}.", fix='Write it plain, such as "-1234.50": no separators, no symbol.'
            )
        number = Decimal(amount)
    else:
        minor = f', or Money.minor(1250, "{token.code}") for minor units' if what == "Money" else ""
        raise UsageError(
            f"{amount!r} ({type(amount).__name__}) can't be an amount of {token.code}: it is not clear what it counts, or not exact.",
            fix=f'Write {what}("12.50", "{token.code}") with text or a Decimal{minor}.',
        )
    if len(number.as_tuple().digits) > 120 or abs(number.adjusted()) > 60:
        raise MoneyError(f"The amount in {token.code} is out of range or has too many digits.", fix="Give an amount of ordinary size.")
    return number


def _plain(minor: int, exponent: int) -> str:
    """Minor units as text with all decimal places of the currency."""
    if not exponent:
        return str(minor)
    digits = str(abs(minor)).zfill(exponent + 1)
    return f"{'-' if minor < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"


def _within(money: Money, other: object, verb: str) -> int:
    """The minor units of another amount, once it is sure that it is counted in the same."""
    if not isinstance(other, Money):
        _no_number(money, other, verb)
    if other._token is not money._token and other._token != money._token:
        name = money.currency if money.currency != other.currency else f"{money.currency} with {money._token.exponent} decimal places"
        raise MoneyError(
            f"{other} can't be {verb} {money}: {other.currency} is not {name}.",
            fix=f'Convert one of them: amount.convert(rate, "{money.currency}").',
        )
    return other._minor


def _no_number(money: Money, other: object, verb: str) -> NoReturn:
    raise UsageError(
        f"{other!r} ({type(other).__name__}) can't be {verb} {money}: it is no amount of money.",
        fix=f'Write Money("12.50", "{money.currency}") or Money.zero("{money.currency}").',
    )
