"""The one law of double entry, for any lines: what is accepted balances, and what balances is accepted."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import Money, Refused
from bocore_accounting import Entry, Line, check, journal, post
from bocore_accounting.checks import Difference, unbalanced

TOKENS = ("EUR", "USD", "JPY")
minor = st.integers(-(10**6), 10**6)
plain_line = st.tuples(st.integers(1, 3), st.sampled_from(TOKENS), minor, st.none() | minor)


def balances(lines):
    """The law, said slowly: per token; in base too when every line has one; in base alone when there are several tokens with bases."""
    per_token, base = defaultdict(int), 0
    based = all(line[3] is not None for line in lines)
    for _, token, amount, value in lines:
        per_token[token] += amount
        base += value or 0
    if based and len(per_token) > 1:
        return base == 0
    return not any(per_token.values()) and (not based or base == 0)


@given(st.lists(plain_line, max_size=12))
def test_exactly_the_entries_that_do_not_balance_are_found(lines):
    entries = {entry: [line for line in lines if line[0] == entry] for entry, *_ in lines}
    assert {d.entry for d in unbalanced(lines)} == {entry for entry, own in entries.items() if not balances(own)}


@given(st.lists(plain_line, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(lines, random):
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert sorted(unbalanced(lines), key=str) == sorted(unbalanced(shuffled), key=str)


@given(st.lists(plain_line, min_size=1, max_size=8))
def test_the_mirror_of_an_entry_balances_it(lines):
    mirror = [(entry, token, -amount, None if base is None else -base) for entry, token, amount, base in lines]
    assert unbalanced([*lines, *mirror]) == []


def test_a_sale_in_dollars_paid_in_euros_balances_in_base():
    bank, receivable, gain = (1, "EUR", 364_000, 364_000), (1, "USD", -400_000, -360_000), (1, "EUR", -4_000, -4_000)
    assert unbalanced([bank, receivable, gain]) == []
    assert unbalanced([bank, receivable]) == [Difference(1, None, 4_000)]


def test_two_commodities_balance_each_for_itself():
    assert unbalanced([(1, "USD", 100, None), (1, "USD", -100, None), (1, "VACHR", 5, None), (1, "VACHR", -5, None)]) == []
    assert unbalanced([(1, "USD", 100, None), (1, "VACHR", -100, None)]) == [Difference(1, "USD", 100), Difference(1, "VACHR", -100)]


amounts = st.lists(st.tuples(st.sampled_from(["1000", "1010", "4000", "6100"]), st.sampled_from(TOKENS), minor), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=4), st.booleans())
def test_the_books_accept_what_balances_and_nothing_else(books, entries, evened_out):
    if evened_out:
        entries = [[*lines, *(("3000", token, -amount) for _, token, amount in lines)] for lines in entries]
    with books.work(read_only=True) as uow:
        codes = {code for lines in entries for code, _, _ in lines}
        from bocore_accounting import account_ids

        ids, before = account_ids(uow, codes), uow.select(Entry).count()
    sound = all(balances([(0, token, value, value if token == "EUR" else None) for _, token, value in lines]) for lines in entries)
    try:
        with books.work() as uow:
            book = journal(uow, "GEN").id
            post(
                uow,
                [
                    (
                        Entry(journal_id=book, posting_date=date(2026, 1, 1)),
                        [Line(account_id=ids[code], amount=Money.minor(value, token)) for code, token, value in lines],
                    )
                    for lines in entries
                ],
            )
        accepted = True
    except Refused as refusal:
        accepted = False
        assert {finding.code for finding in refusal.findings} == {"accounting.unbalanced"}
    assert accepted == sound
    with books.work(read_only=True) as uow:
        assert uow.select(Entry).count() == before + (len(entries) if accepted else 0)
        numbers = sorted(entry.number for entry in uow.select(Entry))
        assert numbers == [f"GEN/2026/{n:05}" for n in range(1, len(numbers) + 1)]
        assert list(check(uow)) == []
