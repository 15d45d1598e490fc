"""What every line comes to: amounts that were left out, costs that were not written, and whether assertions hold.

As hledger does it: transactions are taken by day, and those of one day in the order of the file; numbers are exact. A transaction balances
when its lines, each at its cost, sum to nil in the decimals that are shown of each commodity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal

import attrs

from bocore import Finding
from bocore_hledger.journal import EXACT, Amount, Assertion, Cost, Posting, Transaction

_DIVISION = Context(prec=28, rounding=ROUND_HALF_EVEN)
_HALF = Decimal("0.5")


def weight(units: Amount, cost: Cost | None) -> Amount:
    """What a line balances with: its units, or what they cost."""
    if cost is None:
        return units
    if cost.total:
        return Amount(cost.amount.number.copy_sign(units.number) if units.number else Decimal(0), cost.amount.code)
    return Amount(EXACT.multiply(cost.amount.number, units.number), cost.amount.code)


def resolve(
    transactions: Iterable[Transaction], places: Mapping[str, int], found: list[Finding], *, assertions: bool = True
) -> list[Transaction]:
    """The transactions with an amount on each line, in the order in which they were given.

    :param places: decimals that are shown of each commodity, within which transactions balance.
    :param found: where errors go; a transaction that has one is left out.
    :param assertions: check them; not worth it where lines are missing.
    """
    given = list(transactions)
    books = _Books(places, found, assertions)
    done: dict[int, Transaction] = {}
    for number, each in sorted(enumerate(given), key=lambda pair: pair[1].date):
        whole = books.take(each)
        if whole is not None:
            done[number] = whole
    return [done[number] for number in sorted(done)]


def holding(transactions: Iterable[Transaction], places: Mapping[str, int]) -> tuple[list[Transaction], list[Finding]]:
    """Transactions without those balance assertions that fail, and why they do."""
    given = list(transactions)
    books = _Books(places, [], True)
    kept: dict[int, Transaction] = {}
    for number, each in sorted(enumerate(given), key=lambda pair: pair[1].date):
        whole = books.take(each) or each
        lines = [attrs.evolve(line, assertion=None) if id(line) in books.failing else line for line in whole.postings]
        kept[number] = attrs.evolve(whole, postings=tuple(lines))
    return [kept[number] for number in sorted(kept)], books.found


class _Books:
    """What each account holds while transactions come in."""

    def __init__(self, places: Mapping[str, int], found: list[Finding], assertions: bool) -> None:
        self.places = places
        self.found = found
        self.assertions = assertions
        self.failing: set[int] = set()
        """Identities of lines with assertions that do not hold."""
        self.held: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

    def take(self, each: Transaction) -> Transaction | None:
        """The transaction with all amounts, after it was booked; None where it has an error."""
        assigned = list(self._assigned(each))
        faults = [*self._without_commodity(each, assigned), *_left_out_twice(each, assigned)]
        if not faults:
            whole = with_amounts(assigned)
            faults = list(self._unbalanced(each, whole))
        if faults:
            self.found += faults
            self.assertions = False  # what follows can't be known
            return None
        for posting in whole:
            if posting.units is not None:
                held = self.held[posting.account]
                held[posting.units.code] = EXACT.add(held[posting.units.code], posting.units.number)
            if posting.assertion is not None and self.assertions:
                failed = list(self._failed(each, posting, posting.assertion))
                self.found += failed
                if failed:
                    self.failing.add(id(posting))
        return attrs.evolve(each, postings=tuple(whole))

    def _assigned(self, each: Transaction) -> Iterator[Posting]:
        """The lines, and for an assertion without amount, what makes it true."""
        here: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for posting in each.postings:
            if posting.units is None and posting.assertion is not None:
                number, code = posting.assertion.amount
                before = self._balance(posting.account, code, posting.assertion.below)
                moved = (each for (account, of), each in here.items() if of == code and _within(account, posting))
                now = _sum([before, *moved])
                posting = attrs.evolve(posting, units=Amount(EXACT.subtract(number, now), code), inferred=True)
            if posting.units is not None:
                place = posting.account, posting.units.code
                here[place] = EXACT.add(here[place], posting.units.number)
            yield posting

    def _without_commodity(self, each: Transaction, postings: Iterable[Posting]) -> Iterator[Finding]:
        for posting in postings:
            written = [posting.units, posting.cost.amount if posting.cost else None]
            if any(amount is not None and amount.number and not amount.code for amount in written):
                fix = "Write what it counts, give a default above (D $1,000.00), or say what it is: bo import hledger … --commodity =EUR."
                yield Finding("hledger.no_commodity", f"The amount on {posting.account} has no commodity.", at=each.place(posting), fix=fix)

    def _unbalanced(self, each: Transaction, postings: Iterable[Posting]) -> Iterator[Finding]:
        left = {code: total for code, total in totals(postings).items() if not self._nil(code, total, postings)}
        if left:
            sums = " and ".join(str(Amount(total, code)) for code, total in left.items())
            fix = "Correct an amount, or leave out the amount of one line: it is filled in."
            yield Finding("hledger.unbalanced", f"The transaction does not balance: its lines sum to {sums}.", at=each.at, fix=fix)

    def _nil(self, code: str, total: Decimal, postings: Iterable[Posting]) -> bool:
        places = self.places.get(code)
        if places is None:
            places = max((decimals(each.cost.amount.number) for each in postings if each.cost and each.cost.amount.code == code), default=0)
        return total.copy_abs() <= _HALF.scaleb(-places)

    def _balance(self, account: str, code: str, below: bool) -> Decimal:
        if not below:
            return self.held[account][code] if account in self.held else Decimal(0)
        under = f"{account}:"
        held = (sums[code] for name, sums in self.held.items() if (name == account or name.startswith(under)) and code in sums)
        return _sum(held)

    def _failed(self, each: Transaction, posting: Posting, assertion: Assertion) -> Iterator[Finding]:
        """What an account holds, where that is not what is asserted."""
        with_below = " with the accounts below it" if assertion.below else ""
        expected = assertion.amount
        codes = {expected.code}
        if assertion.sole:
            codes |= {code for name, sums in self.held.items() if _within(name, posting) for code in sums}
        for code in sorted(codes, key=lambda code: (code != expected.code, code)):
            wanted = expected.number if code == expected.code else Decimal(0)
            actual = self._balance(posting.account, code, assertion.below)
            if actual != wanted:
                message = f"{posting.account}{with_below} should hold {Amount(wanted, code)} here, and holds {Amount(actual, code)}."
                difference = Amount(EXACT.subtract(actual, wanted), code)
                fix = f"Look for what is missing or wrong until {each.date}: the difference is {difference}."
                yield Finding("hledger.assertion", message, at=each.place(posting), fix=fix, expected=str(wanted), actual=str(actual))


def _within(account: str, posting: Posting) -> bool:
    """Whether an account counts for the assertion of a line."""
    below = posting.assertion is not None and posting.assertion.below
    return account == posting.account or (below and account.startswith(f"{posting.account}:"))


def _left_out_twice(each: Transaction, postings: Iterable[Posting]) -> Iterator[Finding]:
    for posting in [one for one in postings if one.units is None][1:]:
        message = "The amounts of two lines are left out: only one can be filled in."
        fix = "Write the amount of one of them, two spaces behind the account: behind one it is part of the name."
        yield Finding("hledger.unbalanced", message, at=each.place(posting), fix=fix)


def totals(postings: Iterable[Posting]) -> dict[str, Decimal]:
    """What lines sum to, each at its cost, by commodity, in the order in which they come."""
    sums: dict[str, Decimal] = {}
    for each in postings:
        if each.units is not None:
            number, code = weight(each.units, each.cost)
            sums[code] = EXACT.add(sums.get(code, Decimal(0)), number)
    return sums


def with_amounts(postings: list[Posting]) -> list[Posting]:
    """The lines, with an amount for that which has none (one line for each commodity), or the cost that balances two commodities."""
    nothing = next((code for code in totals(postings) if code), "")
    known = [
        attrs.evolve(each, units=Amount(each.units.number, nothing)) if each.units is not None and not each.units.code else each
        for each in postings
    ]
    missing = next((number for number, each in enumerate(known) if each.units is None), None)
    if missing is None:
        return _exchanged(known)
    one = known[missing]
    sums = {code: total.copy_negate() for code, total in totals(known).items() if total} or {nothing: Decimal(0)}
    filled = [attrs.evolve(one, units=Amount(number, code), inferred=True) for code, number in sums.items()]
    filled[1:] = [attrs.evolve(each, comment="") for each in filled[1:]]
    return [*known[:missing], *filled, *known[missing + 1 :]]


def _exchanged(postings: list[Posting]) -> list[Posting]:
    """Lines in two commodities without a word of cost: the first was exchanged for the other."""
    left = {code: total for code, total in totals(postings).items() if total}
    if len(left) != 2 or any(each.cost for each in postings):
        return postings
    (given, sold), (taken, bought) = left.items()
    if (sold > 0) == (bought > 0):
        return postings
    count = sum(each.units is not None and each.units.code == given for each in postings)
    cost = Cost(Amount(bought.copy_abs(), taken), total=True)
    if count > 1:
        cost = Cost(Amount(_DIVISION.divide(bought.copy_abs(), sold.copy_abs()), taken))
    return [attrs.evolve(each, cost=cost) if each.units is not None and each.units.code == given else each for each in postings]


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for each in numbers:
        total = EXACT.add(total, each)
    return total


def decimals(number: Decimal) -> int:
    """How many decimals a number needs."""
    exponent = number.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
