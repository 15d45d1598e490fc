"""Every kind of field: what goes in comes out, and what can't be stored is refused before the database sees it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    Entity,
    Money,
    Plugin,
    Refused,
    Token,
    UnitPrice,
    entity,
    exact,
    field,
    money,
    number,
)

BIGGEST = 2**63 - 1


class Colour(StrEnum):
    RED = "red"
    GREEN = "grün"


class Other:
    class Colour(Enum):
        """Another enum of the same name, which must not be taken for the first."""

        BLUE = "blue"


OtherColour = Other.Colour


@entity("kind_token", tokens=True)
class Paper(Entity):
    """A token to count in."""

    code: str = field(max_length=30, unique=True)
    exponent: int
    name: str = field(default="")


@entity("kind_thing")
class Thing(Entity):
    """A field of every kind, all of them optional but one."""

    label: str = field(max_length=20)
    whole: int | None = None
    small: int | None = field(default=None, ge=1, le=5)
    flag: bool | None = None
    text: str | None = None
    day: date | None = None
    at: datetime | None = None
    clock: time | None = None
    quantity: Decimal | None = exact(places=3, default=None)
    tiny: Decimal | None = exact(places=10, default=None)
    share: Decimal | None = exact(places=2, gt=0, lt=1, default=None)
    rate: Decimal | None = number(default=None)
    price: Money | None = money(default=None)
    unit_price: UnitPrice | None = money(default=None)
    colour: Colour | None = None
    other: OtherColour | None = None
    reference: UUID | None = None
    scan: bytes | None = field(default=None, max_length=100)
    notes: dict[str, Any] | None = None
    tags: list[str] | None = None


kinds = Plugin(prefix="kind", entities=[Paper, Thing])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [kinds]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One application for all examples of hypothesis."""
    with BackOffice(tmp_path_factory.mktemp("kinds") / "books.db", plugins=[kinds]) as bo:
        yield bo.init()


def round_trip(app: BackOffice, **values: Any) -> Thing:
    with app.unit_of_work(actor="ann") as uow:
        made = uow.add(Thing(label="x", **values))
    with app.unit_of_work(actor="ann") as uow:
        return uow.get(Thing, made.id)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
whole = st.integers(-BIGGEST, BIGGEST)
json_values = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001 - hypothesis wants naive bounds
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "whole": whole | st.sampled_from([BIGGEST, -BIGGEST, 0]),
    "small": st.integers(1, 5),
    "flag": st.booleans(),
    "text": text.map(lambda t: unicodedata.normalize("NFC", t)),
    "day": st.dates() | st.sampled_from([date.min, date.max]),
    "at": instants,
    "clock": st.times(),
    "quantity": st.integers(-BIGGEST, BIGGEST).map(lambda n: Decimal(n).scaleb(-3)),
    "tiny": st.integers(-BIGGEST, BIGGEST).map(lambda n: Decimal(n).scaleb(-10)),
    "share": st.integers(1, 99).map(lambda n: Decimal(n).scaleb(-2)),
    "rate": st.decimals(allow_nan=False, allow_infinity=False, places=15)
    | st.sampled_from([Decimal("1E+20"), Decimal("-0.00"), Decimal("1E-30")]),
    "price": st.builds(Money.minor, whole, st.sampled_from(["EUR", "JPY", "KWD", "CLF", "USD"])),
    "unit_price": st.builds(UnitPrice, st.decimals(-(10**9), 10**9, places=9), st.sampled_from(["EUR", "JPY"])),
    "colour": st.sampled_from(Colour),
    "other": st.sampled_from(OtherColour),
    "reference": st.uuids(),
    "scan": st.binary(max_size=100),
    "notes": st.dictionaries(text, json_values, max_size=4),
    "tags": st.lists(text, max_size=4),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_value_comes_back_as_it_was(app: BackOffice, name: str) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STRATEGIES[name])
    def check(value: Any) -> None:
        found = getattr(round_trip(app, **{name: value}), name)
        assert found == value
        assert type(found) is type(value)

    check()


def test_none_comes_back_as_none(app: BackOffice) -> None:
    found = round_trip(app)
    assert [name for name in STRATEGIES if getattr(found, name) is not None] == []


def test_an_instant_is_stored_in_utc(app: BackOffice) -> None:
    found = round_trip(app, at=datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))))
    assert found.at == datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert found.at is not None and found.at.tzinfo is UTC


def test_text_is_kept_in_normal_form_c(app: BackOffice) -> None:
    assert round_trip(app, text="Zoe\u0308").text == "Zo\u00eb"


def test_a_whole_number_is_taken_for_a_decimal(app: BackOffice) -> None:
    found = round_trip(app, quantity=3, rate=7)
    assert (found.quantity, found.rate) == (Decimal("3.000"), Decimal(7))
    assert type(found.quantity) is type(found.rate) is Decimal


def test_trailing_zeros_beyond_the_places_are_no_digits(app: BackOffice) -> None:
    assert round_trip(app, quantity=Decimal("1.500000")).quantity == Decimal("1.5")


REFUSED = [
    ("label", "x" * 21, "at most 20"),
    ("label", None, "required"),
    ("label", 5, "int 5"),
    ("label", "a\0b", "NUL"),
    ("label", "\ud800", "half"),
    ("whole", BIGGEST + 1, "out of the 63-bit range"),
    ("whole", -BIGGEST - 1, "out of the 63-bit range"),
    ("whole", True, "bool True"),
    ("whole", 1.0, "float"),
    ("whole", "1", "str"),
    ("whole", Decimal(1), "Decimal"),
    ("small", 0, "must be >= 1"),
    ("small", 6, "must be <= 5"),
    ("flag", 1, "int 1"),
    ("flag", "yes", "str"),
    ("day", "2026-01-01", "str"),
    ("day", datetime(2026, 1, 1, tzinfo=UTC), "datetime"),
    ("at", datetime(2026, 1, 1), "without a time zone"),  # noqa: DTZ001 - a naive one is the point
    ("at", date(2026, 1, 1), "date"),
    ("at", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "0001"),
    ("at", datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14))), "9999"),
    ("clock", time(9, tzinfo=UTC), "zone"),
    ("quantity", Decimal("1.2345"), "more than 3 decimal places"),
    ("quantity", Decimal(10) ** 17, "too large"),
    ("quantity", Decimal("NaN"), "NaN"),
    ("quantity", Decimal("Infinity"), "Infinity"),
    ("quantity", 1.5, "float"),
    ("share", Decimal(0), "must be > 0"),
    ("share", Decimal(1), "must be < 1"),
    ("rate", Decimal("sNaN"), "sNaN"),
    ("price", 5, "int 5"),
    ("price", Decimal("5.00"), "Decimal"),
    ("price", UnitPrice("1", "EUR"), "UnitPrice"),
    ("price", Money("5", Token("XSHELL", 0)), "XSHELL"),
    ("price", Money("5.0", Token("EUR", 1)), "EUR"),
    ("unit_price", Money("5.00", "EUR"), "Money"),
    ("unit_price", UnitPrice("5", Token("XSHELL", 0)), "XSHELL"),
    ("colour", "blue", "Colour.RED"),
    ("colour", OtherColour.BLUE, "Colour"),
    ("reference", "no uuid", "UUID"),
    ("scan", b"x" * 101, "at most 100"),
    ("scan", "text", "str"),
    ("notes", {"a": [1.5]}, "notes.a[0]: 1.5 (float)"),
    ("notes", {"a": {1: 2}}, "key"),
    ("notes", {"a": BIGGEST + 1}, "63 bits"),
    ("notes", [1], "list"),
    ("notes", "text", "str"),
    ("tags", {"a": 1}, "dict"),
]


@pytest.mark.parametrize(("name", "value", "said"), REFUSED, ids=lambda v: repr(v)[:30])
def test_a_value_that_can_not_be_stored_is_refused_by_name(app: BackOffice, name: str, value: Any, said: str) -> None:
    values = {"label": "x", name: value}
    with pytest.raises(Refused) as refused, app.unit_of_work(actor="ann") as uow:
        uow.add(Thing(**values))
    (finding,) = refused.value.findings
    assert finding.field == name
    assert said in finding.message or said in finding.fix
    assert finding.fix
    assert app_is_empty_of(app, "x", finding)


def app_is_empty_of(app: BackOffice, label: str, finding: Any) -> bool:
    """Nothing of a refused unit is in the database: no commit record newer than what the finding's object could have made."""
    with app.unit_of_work(actor="ann", read_only=True) as uow:
        return all(hasattr(row, "id") for row in uow.select(Thing, label=label)) and not hasattr(finding.at, "id")


@pytest.mark.parametrize(("name", "value", "said"), REFUSED, ids=lambda v: repr(v)[:30])
def test_a_change_that_can_not_be_stored_is_refused_by_name(app: BackOffice, name: str, value: Any, said: str) -> None:
    with app.unit_of_work(actor="ann") as uow:
        thing = uow.add(Thing(label="before", quantity=Decimal("1.234")))
    with pytest.raises(Refused) as refused, app.unit_of_work(actor="ann") as uow:
        setattr(uow.get(Thing, thing.id), name, value)
    (finding,) = refused.value.findings
    assert finding.field == name
    assert said in finding.message or said in finding.fix


def test_all_findings_come_at_once(app: BackOffice) -> None:
    with pytest.raises(Refused) as refused, app.unit_of_work(actor="ann") as uow:
        uow.add(Thing(label="x" * 30, small=9, quantity=1.5))  # type: ignore[arg-type]
        uow.add(Thing(label="fine", day="tomorrow"))  # type: ignore[arg-type]
    assert [finding.field for finding in refused.value.findings] == ["label", "small", "quantity", "day"]
    told = refused.value.as_dict()
    assert told["code"] == "bo.invalid"
    assert all(finding["message"] and finding["at"] and finding["severity"] == "error" for finding in told["findings"])


def test_a_digit_too_many_is_not_dropped_in_silence(app: BackOffice) -> None:
    with app.unit_of_work(actor="ann") as uow:
        thing = uow.add(Thing(label="x", quantity=Decimal("1.500")))
    with pytest.raises(Refused, match="more than 3 decimal places"), app.unit_of_work(actor="ann") as uow:
        uow.get(Thing, thing.id).quantity = Decimal("1.5004")


def test_the_precision_of_the_callers_decimal_context_does_not_matter(app: BackOffice) -> None:
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 4
        found = round_trip(app, quantity=Decimal("123456789.125"), rate=Decimal("0.123456789123"), price=Money("9876543.21", "EUR"))
        assert (found.quantity, found.rate) == (Decimal("123456789.125"), Decimal("0.123456789123"))
        assert found.price == Money("9876543.21", "EUR")


def test_a_misspelt_attribute_is_refused(app: BackOffice) -> None:
    thing = round_trip(app)
    with pytest.raises(AttributeError):
        thing.lable = "y"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Did you mean 'label'"):
        thing.lable  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Thing(lable="y")  # type: ignore[call-arg]


def test_a_change_inside_json_is_seen(app: BackOffice) -> None:
    thing = round_trip(app, notes={"a": [1]})
    with app.unit_of_work(actor="ann") as uow:
        found = uow.get(Thing, thing.id)
        assert found.notes is not None
        found.notes["a"].append(2)
    with app.unit_of_work(actor="ann") as uow:
        assert uow.get(Thing, thing.id).notes == {"a": [1, 2]}


def test_money_counts_in_declared_tokens(bo: BackOffice, bo_path: Path) -> None:
    shell = Token("SHELL", 4)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Paper(code="SHELL", exponent=4))
    with bo.unit_of_work(actor="ann") as uow:
        made = uow.add(Thing(label="x", price=Money("1.2345", shell)))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Thing, made.id).price == Money("1.2345", shell)
        assert uow.find(Thing, price=Money("1.2345", shell)) is not None
    with BackOffice(bo_path, plugins=[kinds]) as again, again.unit_of_work(actor="ann") as uow:
        assert uow.get(Thing, made.id).price == Money("1.2345", shell)


def test_a_token_of_a_unit_that_failed_is_not_known(bo: BackOffice) -> None:
    shell = Token("SHELL", 4)
    with pytest.raises(SimpleError), bo.unit_of_work(actor="ann") as uow:
        uow.add(Paper(code="SHELL", exponent=4))
        uow.flush()
        raise SimpleError
    with pytest.raises(Refused, match="SHELL"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Thing(label="x", price=Money("1.2345", shell)))


class SimpleError(Exception):
    """Ends a unit of work."""


def test_find_all_takes_values_of_every_kind(app: BackOffice) -> None:
    values = {
        "day": date(2026, 3, 1), "at": datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=2))), "clock": time(9, 30), "flag": True,
        "quantity": Decimal("7.125"), "rate": Decimal("1.10"), "colour": Colour.GREEN, "reference": UUID(int=7),
        "text": "Zo\u00eb", "whole": 77,
    }  # fmt: skip
    made = round_trip(app, **values)
    with app.unit_of_work(actor="ann", read_only=True) as uow:
        for name, value in values.items():
            wanted = SimpleNamespace(**{name: value})
            found = [t.id for t in uow.select(Thing, **vars(wanted))]
            assert made.id in found, name
            if name not in ("flag", "text", "colour"):
                assert uow.find_all(Thing, **{name: [value]})[value].id == made.id, name
