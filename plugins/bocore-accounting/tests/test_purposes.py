"""Purposes find their account: the most particular rule, then the latest, then what the purpose falls back to."""

from __future__ import annotations

from datetime import date

from bocore import fallbacks
from bocore_accounting.chart import GROUPS, KINDS, STANDARD
from bocore_accounting.purposes import PurposeMap, Rule, choose

DAY = date(2026, 3, 2)
KNOWN = {"sales": "income", "income": "", "vet.sales": "sales", "suspense": ""}


def test_the_most_particular_rule_wins():
    rules = [Rule("sales", 1), Rule("sales", 2, keys={"site": "north"}), Rule("sales", 3, keys={"site": "north", "category": "food"})]
    assert choose(rules, "", {}, DAY) == 1
    assert choose(rules, "", {"site": "south"}, DAY) == 1
    assert choose(rules, "", {"site": "north", "category": "tools"}, DAY) == 2
    assert choose(rules, "", {"site": "north", "category": "food"}, DAY) == 3


def test_a_rule_holds_from_its_day_on_and_the_latest_wins():
    rules = [Rule("sales", 2, since=date(2026, 1, 1)), Rule("sales", 1), Rule("sales", 3, since=date(2026, 3, 3))]
    assert choose(rules, "", {}, date(2025, 12, 31)) == 1
    assert choose(rules, "", {}, date(2026, 3, 2)) == 2
    assert choose(rules, "", {}, date(2026, 3, 3)) == 3


def test_a_book_of_adjustments_has_rules_of_its_own_before_the_common_ones():
    rules = [Rule("sales", 1, keys={"site": "north"}), Rule("sales", 2, book="ifrs")]
    assert choose(rules, "ifrs", {"site": "north"}, DAY) == 2
    assert choose(rules, "", {"site": "north"}, DAY) == 1
    assert choose(rules, "tax", {}, DAY) is None


def test_a_purpose_without_a_rule_falls_back():
    chart = PurposeMap([Rule("income", 1), Rule("sales", 2)], KNOWN)
    assert chart.account("vet.sales", "", {}, DAY) == 2
    assert chart.account("suspense", "", {}, DAY) is None


def test_keys_may_be_whole_numbers():
    assert PurposeMap([Rule("sales", 7, keys={"site": "12"})], KNOWN).account("sales", "", {"site": 12}, DAY) == 7


def test_the_standard_chart_has_a_place_for_every_standard_purpose(books):
    mapped = {purpose for account in STANDARD for purpose in account.purposes}
    with books.work(read_only=True) as uow:
        known = uow.purposes
        chart = PurposeMap.of(uow, uow.company.id)
        lost = [purpose for purpose in known if not mapped & set(fallbacks(known, purpose))]
        assert lost == []
        assert mapped <= set(known)
        assert {purpose: chart.account(purpose, "", {}, DAY) for purpose in known if chart.account(purpose, "", {}, DAY) is None} == {}


def test_the_standard_chart_is_a_tree_of_one_kind_a_branch():
    codes = [account.code for account in STANDARD]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(GROUPS)
    assert {code[0] for code in codes} == set(KINDS)
    assert all(any(code.startswith(group) for group in GROUPS if len(group) == 1) for code in codes)
