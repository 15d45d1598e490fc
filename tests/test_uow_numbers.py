"""Numbers: taken at commit, gapless, in order; and what is completed with them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bocore import (
    BackOffice,
    Company,
    Entity,
    NotNumbered,
    Plugin,
    Refused,
    Series,
    Site,
    UsageError,
    entity,
    field,
    numbered,
    ref,
)
from bocore.testing import FrozenClock


@entity("till_till")
class Till(Entity):
    """Where receipts are printed."""

    code: str = field(max_length=10, unique=True)


@entity("till_receipt", company=True)
class Receipt(Entity):
    """A chain: each receipt names the one before."""

    till_id: int = ref(Till)
    on: date
    number: str = numbered("till.receipt", "{till}-{year}-{n:03}", per=("company", "till_id", "year"), on="on")
    before: str = field(default="", max_length=30)
    twin_id: int | None = ref("self", default=None)


@entity("till_closing")
class Closing(Entity):
    """Numbered by the month, in the order of its dates."""

    on: date | None = None
    number: str = numbered("till.closing", "{year}/{month:02}/{n}", per=("month",), on="on", chronological=True)


@entity("till_note")
class Note(Entity):
    """Numbered for ever, without a date of its own."""

    number: str = numbered("till.note", "N{n}", per=())


@entity("till_daily", company=True)
class Daily(Entity):
    """Numbered by the company's year, taken from the clock."""

    number: str = numbered("till.daily", "{year}-{n}", per=("company", "year"))


@entity("till_ticket", company=True)
class Ticket(Entity):
    """Belongs to a company, and is numbered through all of them."""

    number: str = numbered("till.ticket", "T{n}", per=())


till_plugin = Plugin(prefix="till", entities=[Till, Receipt, Closing, Note, Daily, Ticket])
DAY = date(2026, 1, 15)


class Stop(Exception):
    """Ends a unit of work."""


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [till_plugin]


@pytest.fixture
def tills(bo: BackOffice) -> list[int]:
    with bo.unit_of_work(actor="ann") as uow:
        return [till.id for till in uow.add_all([Till(code="A"), Till(code="B")])]


def numbers(bo: BackOffice, cls: Any) -> list[str]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return [row.number for row in uow.select(cls).order_by(cls.c.id)]


def test_a_number_is_taken_late_and_not_readable_before(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        receipt = uow.add(Receipt(till_id=tills[0], on=DAY))
        with pytest.raises(NotNumbered, match=r"\{source\.number\}"):
            receipt.number
        assert not hasattr(receipt, "number")
        assert uow.select(Receipt).all() == [receipt]
        assert receipt.number == "A-2026-001"


def test_each_sequence_counts_by_itself(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for on in (DAY, DAY, date(2025, 12, 31)):
            uow.add_all(Receipt(till_id=till, on=on) for till in tills)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Receipt(till_id=tills[1], on=DAY))
    assert numbers(bo, Receipt) == [
        "A-2026-001", "B-2026-001", "A-2026-002", "B-2026-002", "A-2025-001", "B-2025-001", "B-2026-003",
    ]  # fmt: skip


def test_each_company_counts_by_itself(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="TWO", name="Two", currency="EUR", zone="UTC"))
    for company in ("ACME", "TWO", "ACME"):
        with bo.unit_of_work(actor="ann", company=company) as uow:
            uow.add(Daily())
    assert numbers(bo, Daily) == ["2026-1", "2026-1", "2026-2"]


def test_rows_of_two_companies_in_one_unit_are_numbered_by_their_own(bo: BackOffice) -> None:
    """Whoever's unit of work it is."""
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        two = uow.add(Company(code="TWO", name="Two", currency="EUR", zone="UTC")).id
        uow.add(Daily())
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        own = uow.company_id
        uow.add_all([Daily(company_id=two), Daily(company_id=own), Daily(company_id=two)])
    with bo.unit_of_work(actor="ann", company="ACME", read_only=True) as uow:
        rows = sorted((row.company_id, row.number) for row in uow.select(Daily))
    assert rows == [(own, "2026-1"), (own, "2026-2"), (two, "2026-1"), (two, "2026-2")]


def test_rows_of_companies_may_be_numbered_through_all_of_them(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="TWO", name="Two", currency="EUR", zone="UTC"))
    for company in ("ACME", "TWO", "ACME"):
        with bo.unit_of_work(actor="ann", company=company) as uow:
            uow.add(Ticket())
    assert numbers(bo, Ticket) == ["T1", "T2", "T3"]


def test_a_template_that_got_into_the_database_unchecked_spends_no_number(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with bo.unit_of_work(actor="eve") as uow:
        uow._touch().execute("UPDATE bo_series SET template = 'N{n:zz}' WHERE code = 'till.note'")
    with pytest.raises(Refused, match="can't be filled") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    assert refused.value.findings[0].code == "bo.template"
    assert numbers(bo, Note) == ["N1"]


def test_a_series_that_was_made_in_a_part_that_failed_is_made_again(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(Stop), uow.savepoint():
            uow.add(Note())
            uow.flush()
            raise Stop
        uow.add(Note())
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
        assert uow.select(Series, code="till.note").count() == 1
    assert numbers(bo, Note) == ["N1", "N2"]


def test_a_series_that_somebody_adds_begins_anew_each_year_has_no_gaps_and_any_order() -> None:
    row = Series(code="till.own", template="{n}")
    assert (row.company_id, row.site_id, row.scope, row.reset, row.gapless, row.chronological) == (None, None, "", "year", True, False)


def test_a_company_and_its_first_number_in_one_unit(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        second = uow.add(Company(code="TWO", name="Two", currency="EUR", zone="UTC"))
        row = uow.add(Daily(), company=second)
        assert uow.select(Daily).all() == [row]
        assert row.number == "2026-1"


def test_the_year_is_that_of_the_companys_day(bo: BackOffice, clock: FrozenClock) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.zone = "Pacific/Auckland"
    clock.set("2026-12-31T12:00Z")
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.today() == date(2027, 1, 1)
        row = uow.add(Daily())
    assert row.number == "2027-1"


def test_a_unit_that_fails_leaves_no_gap(bo: BackOffice) -> None:
    for attempt in range(6):
        try:
            with bo.unit_of_work(actor="ann") as uow:
                uow.add_all([Note(), Note()])
                uow.flush()
                if attempt % 2:
                    raise Stop
        except Stop:
            continue
    assert numbers(bo, Note) == [f"N{n}" for n in range(1, 7)]


def test_a_chronological_series_refuses_an_earlier_date_and_spends_nothing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Closing(on=DAY))
    with pytest.raises(Refused, match="is before 2026-01-15, the date of its last number") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Closing(on=DAY - timedelta(days=1)))
    assert refused.value.findings[0].field == "on"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Closing(on=DAY), Closing(on=DAY + timedelta(days=1))])
        uow.add(Closing(on=date(2026, 2, 1)))
    with pytest.raises(Refused, match="is before 2026-01-16, the date of its last number"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Closing(on=DAY))  # one of several that were numbered together was later
    assert numbers(bo, Closing) == ["2026/01/1", "2026/01/2", "2026/01/3", "2026/02/1"]


def test_a_date_that_the_number_depends_on_is_asked_for(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Closing())
    assert [(f.code, f.field) for f in refused.value.findings] == [("bo.required", "on")]


def test_the_row_of_the_series_wins_over_the_declaration(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with bo.unit_of_work(actor="ann") as uow:
        series = uow.select(Series, code="till.note").one()
        assert (series.template, series.reset) == ("N{n}", "never")
        series.template = "NOTE-{n:04}"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    assert numbers(bo, Note) == ["N1", "NOTE-0002"]


def test_a_series_begins_anew_when_its_row_says(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.closing", reset="year", template="{year}-{n}"))  # declared to begin anew each month
        uow.add(Series(code="till.note", reset="month", template="{year}-{month:02}-{n}"))  # declared to go on for ever
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(Closing(on=date(year, month, 1)) for year, month in [(2026, 1), (2026, 2), (2027, 1)])
        note = uow.add(Note())
    assert numbers(bo, Closing) == ["2026-1", "2026-2", "2027-1"]
    assert note.number == f"{uow.now():%Y-%m}-1"


def test_a_date_may_move_where_its_series_does_not_begin_anew(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.closing", reset="year", template="{year}-{n}"))
        ident = uow.add(Closing(on=date(2026, 1, 31))).id
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Closing, ident).on = date(2026, 2, 1)
    with pytest.raises(Refused, match="numbered for 2026, as 2026-1"), bo.unit_of_work(actor="ann") as uow:
        uow.get(Closing, ident).on = date(2027, 2, 1)


def test_when_a_series_begins_anew_is_fixed_by_its_first_number(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.note", reset="never", template="{year}-{n}"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.select(Series, code="till.note").one().reset = "year"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with pytest.raises(Refused, match=r"Numbers were taken from till\.note already") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.select(Series, code="till.note").one().reset = "never"
    assert [(f.code, f.field) for f in refused.value.findings] == [("bo.series", "reset")]


def test_a_series_that_no_company_would_find_is_refused(bo: BackOffice) -> None:
    with (
        pytest.raises(Refused, match="Each company has numbers of its own") as refused,
        bo.unit_of_work(actor="ann") as uow,
    ):
        uow.add(Series(code="till.receipt", template="{n}"))
    assert refused.value.findings[0].field == "company_id"


def test_there_is_one_series_of_all_companies(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with pytest.raises(Refused, match="of all companies already") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.note", template="M{n}"))
    assert refused.value.findings[0].field == "code"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.note", template="M{n}", company_id=uow.company_id))
        uow.add(Note())
    assert numbers(bo, Note) == ["N1", "N2"]


def test_the_series_of_a_site_names_it_in_its_scope(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        site = uow.add(Site(code="N", name="North")).id
    for scope in ("", str(site + 1), f"1{site}"):
        with pytest.raises(Refused, match="does not name the site") as refused, bo.unit_of_work(actor="ann") as uow:
            uow.add(Series(code="till.own", template="{n}", site_id=site, scope=scope))
        assert refused.value.findings[0].field == "scope"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(Series(code=f"till.{scope}", template="{n}", site_id=site, scope=scope) for scope in (str(site), f"17.{site}"))


def test_a_series_that_begins_anew_at_no_known_time_is_refused(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="each year, each month or never, not 'weekly'"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.note", template="{n}", reset="weekly"))


def test_a_row_that_asks_for_chronology_gets_it_and_spends_no_number_on_a_refusal(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(
            Series(code="till.receipt", company_id=uow.company_id, scope=str(tills[0]), reset="never", template="{n}", chronological=True)
        )
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Receipt(till_id=tills[0], on=date(2026, 3, 2)))
    with pytest.raises(Refused, match="is chronological: 2026-03-01 is before 2026-03-02"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Receipt(till_id=tills[0], on=date(2026, 3, 1)))
    with bo.unit_of_work(actor="ann") as uow:
        last = uow.add(Receipt(till_id=tills[0], on=date(2027, 3, 2)))
    assert last.number == "2"


def test_a_number_that_was_set_by_hand_is_refused(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="number was set to 'N7'; it is taken at commit") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Note()).number = "N7"
    assert refused.value.findings[0].code == "bo.number"
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    assert numbers(bo, Note) == ["N1"]


def test_a_numbered_row_stays_in_its_sequence(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ident = uow.add(Receipt(till_id=tills[0], on=DAY)).id
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Receipt, ident).on = date(2026, 12, 31)
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        receipt = uow.get(Receipt, ident)
        receipt.on, receipt.till_id = date(2025, 12, 31), tills[1]
    assert [(f.code, f.field, f.message) for f in refused.value.findings] == [
        ("bo.number", "on", "It is numbered for 2026, as A-2026-001."),
        ("bo.number", "till_id", f"It is numbered for the till_id {tills[0]}, as A-2026-001."),
    ]
    with bo.unit_of_work(actor="ann") as uow:
        closing = uow.add(Closing(on=DAY)).id
    with pytest.raises(Refused, match="numbered for 2026-01, as 2026/01/1"), bo.unit_of_work(actor="ann") as uow:
        uow.get(Closing, closing).on = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{branch}-{n}", "names {branch}, and may name n, year, month"),
        ("N", "does not name {n}, so that all numbers would be the same"),
        ("{n.__class__}", "names {n.__class__}"),
        ("{n[0]}", "names {n[0]}"),
        ("{}", "names {}"),
        ("{n:0{n}}", "writes n as :0{n}, which is not possible here"),
        ("{n:0999999999}", "writes n as :0999999999, which is not possible here"),
        ("{n:x y}", "writes n as :x y"),
        ("{n", "can't be read"),
    ],
)
def test_a_template_that_can_not_be_filled_is_refused_where_it_is_written(bo: BackOffice, template: str, said: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.select(Series, code="till.note").one().template = template
    (finding,) = refused.value.findings
    assert (finding.code, finding.field) == ("bo.template", "template")
    assert finding.message.startswith(f"The template {template!r} {said}")
    with pytest.raises(Refused, match="The template"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.closing", template=template))


def test_a_template_may_name_what_separates_its_sequences(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.receipt", company_id=uow.company_id, scope="1", template="{till}/{n}"))
        uow.add(Series(code="of.an.absent.plugin", template="{branch}/{n}"))
    with pytest.raises(Refused, match=r"names \{till\}, and may name"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="till.note", template="{till}/{n}"))


# ---------------------------------------------------------------- what is completed with a number


@pytest.mark.parametrize("early", [False, True])
def test_what_waits_for_numbers_is_completed_in_their_order(bo: BackOffice, tills: list[int], early: bool) -> None:
    seen: list[str] = []

    def chain(receipt: Receipt) -> Any:
        def complete() -> None:
            receipt.before = seen[-1] if seen else ""
            seen.append(receipt.number)

        return complete

    with bo.unit_of_work(actor="ann") as uow:
        receipts = uow.add_all(Receipt(till_id=tills[0], on=DAY) for _ in range(3))
        for receipt in reversed(receipts):
            uow.when_numbered(receipt, chain(receipt))
        if early:
            uow.select(Receipt).all()
    assert seen == ["A-2026-001", "A-2026-002", "A-2026-003"]
    with bo.unit_of_work(actor="ann") as uow:
        assert [r.before for r in uow.select(Receipt).order_by(Receipt.c.id)] == ["", "A-2026-001", "A-2026-002"]


def test_it_may_read_and_is_checked(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        old = uow.add(Receipt(till_id=tills[0], on=DAY))
    with bo.unit_of_work(actor="ann") as uow:
        receipt = uow.add(Receipt(till_id=tills[0], on=DAY))

        def chain() -> None:
            receipt.before = uow.select(Receipt).order_by(Receipt.c.id.desc()).first().number  # type: ignore[union-attr]
            assert uow.get(Till, tills[0]).code == "A"

        uow.when_numbered(receipt, chain)
    assert receipt.before == old.number
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        receipt = uow.add(Receipt(till_id=tills[0], on=DAY))
        uow.when_numbered(receipt, lambda: setattr(receipt, "before", "x" * 31))
    assert refused.value.findings[0].field == "before"
    assert numbers(bo, Receipt) == ["A-2026-001", "A-2026-002"]


def test_it_adds_nothing_and_changes_nothing_that_is_written(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        old = uow.add(Receipt(till_id=tills[0], on=DAY))
    with pytest.raises(UsageError, match="can't be added in when_numbered"), bo.unit_of_work(actor="ann") as uow:
        uow.when_numbered(uow.add(Receipt(till_id=tills[0], on=DAY)), lambda: uow.add(Note()))
    with pytest.raises(UsageError, match="is written already"), bo.unit_of_work(actor="ann") as uow:
        found = uow.get(Receipt, old.id)
        uow.when_numbered(uow.add(Receipt(till_id=tills[0], on=DAY)), lambda: setattr(found, "before", "late"))
    assert numbers(bo, Receipt) == ["A-2026-001"]


def test_a_number_that_is_known_is_not_waited_for(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        receipt = uow.add(Receipt(till_id=tills[0], on=DAY))
        uow.flush()
        seen: list[str] = []
        uow.when_numbered(receipt, lambda: seen.append(receipt.number))
        assert seen == ["A-2026-001"]
        with pytest.raises(UsageError, match="Till has no number"):
            uow.when_numbered(uow.get(Till, tills[0]), lambda: None)


def test_waiting_for_what_was_never_added_is_refused(bo: BackOffice, tills: list[int]) -> None:
    with pytest.raises(UsageError, match="was not added"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
        uow.when_numbered(Receipt(till_id=tills[0], on=DAY), lambda: None)


def test_many_rows_many_sequences(bo: BackOffice, tills: list[int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(Receipt(till_id=tills[n % 2], on=DAY + timedelta(days=n % 700)) for n in range(2000))
        uow.add_all(Note() for _ in range(500))
    found = numbers(bo, Receipt)
    by_series: dict[str, list[int]] = {}
    for number in found:
        series, _, n = number.rpartition("-")
        by_series.setdefault(series, []).append(int(n))
    assert all(counted == list(range(1, len(counted) + 1)) for counted in by_series.values())
    assert len(by_series) == 4
    assert sorted(numbers(bo, Note), key=lambda n: int(n[1:])) == [f"N{n}" for n in range(1, 501)]


@pytest.mark.parametrize(("name", "value"), [("code", "till.old"), ("scope", "1"), ("reset", "year")])
def test_what_a_counter_is_found_by_is_fixed_by_the_first_number(bo: BackOffice, name: str, value: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with pytest.raises(Refused, match=r"Numbers were taken from till\.note already") as refused, bo.unit_of_work(actor="ann") as uow:
        setattr(uow.select(Series, code="till.note").one(), name, value)
    assert [(f.code, f.field) for f in refused.value.findings] == [("bo.series", name)]


def test_a_series_goes_only_while_it_has_given_no_number(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        unused = uow.add(Series(code="till.note", template="NOTE-{n}", reset="never"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Series, unused.id))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    with pytest.raises(Refused, match="would be given again") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.select(Series, code="till.note").one())
    assert [f.code for f in refused.value.findings] == ["bo.series"]
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Note())
    assert numbers(bo, Note) == ["N1", "N2"]
