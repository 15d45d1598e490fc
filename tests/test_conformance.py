"""The conformance kit finds what it says it finds."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

import bocore.testing
from bocore import BackOffice, Entity, Money, Party, Plugin, entity, exact, field, money, parent, ref, states
from bocore.errors import DeclarationError
from bocore.testing import conformance
from bocore.testing.conforming import CHECKS, Subject


@entity("good_case", company=True)
class Case(Entity):
    """A case of a person."""

    client_id: int = ref(Party)
    opened: date
    title: str = field(max_length=8, not_blank=True, unique=True, personal="client_id")
    state: str = states({("open", "close"): "closed"}, default="open")


@entity("good_act")
class Act(Entity):
    """Something done in a case."""

    case_id: int = parent(Case)
    hours: Decimal = exact(places=2, gt=0)
    fee: Money = money(lt=0)
    note: str = field(default="", personal="case_id.client_id")


good = Plugin(prefix="good", entities=[Case, Act], permissions={"good.read": "Read the cases and acts"})


@pytest.mark.parametrize("check", [name for name in CHECKS if name not in ("migrations_make_the_tables", "the_clock_is_the_applications")])
def test_a_sound_plugin_passes(check: str, tmp_path: Path) -> None:
    CHECKS[check](Subject(good, (), {}), tmp_path)


def test_one_line_makes_a_case_a_check() -> None:
    test = conformance(good)
    (mark,) = test.pytestmark  # type: ignore[attr-defined]
    assert list(mark.args[1]) == list(CHECKS)
    assert all(check.__doc__ for check in CHECKS.values())


# ---------------------------------------------------------------- what is wrong is named


def test_an_application_does_not_start_with_personal_data_of_nobody(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as refused:
        BackOffice(tmp_path / "books.db", plugins=[Plugin(prefix="bad", entities=[BadCase])])
    assert [finding.message for finding in refused.value.findings] == [
        "personal='nowhere_id' leads to nothing, not to a Party.",
        "personal='company_id' leads to nothing, not to a Party.",
    ]
    assert refused.value.findings[0].at == "BadCase.note"


@entity("bad_case")
class BadCase(Entity):
    note: str = field(default="", personal="nowhere_id")
    company: str = field(default="", personal="company_id")


BadCase.__doc__ = None
services = ModuleType("bad_services")
exec(  # a module of its own, as a plugin has one
    """
from datetime import date
from bocore import Party, job, service

@job("bad.hurry")
def hurry(bo, *, who: Party) -> None:
    "Hurry somebody."

@service("bad.go")
def go(uow) -> None:
    return None

def come(uow) -> date:
    return date.today()
""",
    vars(services),
)


def late() -> date:
    return date.today()  # noqa: DTZ011 - what the check must find


bad = Plugin(prefix="bad", entities=[BadCase], services=[services], jobs=[services], permissions={"bad.go": "go"})


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("entities_are_documented", "BadCase"),
        ("personal_data_has_its_person", "nowhere_id"),
        ("permissions_are_described", "bad.go"),
        ("nothing_public_goes_without_a_permission", "come"),
        ("declarations_say_what_they_do", "bad.go"),
        ("jobs_can_be_run", "bad.hurry: who is a row; take its id; bad.hurry: permissions="),
        ("the_clock_is_the_applications", "date.today"),
        ("migrations_make_the_tables", "bo migrate new bad"),
    ],
)
def test_what_is_wrong_is_named(check: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=said):
        CHECKS[check](Subject(bad, (), {}), tmp_path)


def test_no_public_name_of_the_testing_package_is_a_module_of_it_too() -> None:
    assert [name for name in bocore.testing.__all__ if find_spec(f"bocore.testing.{name}")] == []


@pytest.mark.parametrize(
    ("line", "public"),
    [
        ("from bocore import UnitOfWork, service", True),
        ("from bocore.testing import conformance", True),
        ("from bocore.migrations import types", True),
        ("from bocore_accounting import Account", True),
        ("from acme_vet.model import Visit", True),
        ("import sqlalchemy.exc", True),
        ("from bocore.uow.unit import UnitOfWork", False),
        ("from bocore import kernel", False),
        ("import bocore.app", False),
        ("from bocore_accounting.model import Account", False),
        ("from bocore_accounting import plugin", False),
    ],
)
def test_what_is_inside_another_package_is_not_imported(line: str, public: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "acme_inside"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text('from bocore import Plugin\nplugin = Plugin(prefix="inside")\n')
    (package / "services.py").write_text(f"def go():\n    {line}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("acme_inside", "acme_inside.plugin"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    check, subject = CHECKS["only_public_names_are_imported"], Subject("acme_inside.plugin", (), {})
    if public:
        check(subject, tmp_path)
    else:
        with pytest.raises(AssertionError, match=r"services\.py:2"):
            check(subject, tmp_path)
    for name in ("acme_inside", "acme_inside.plugin"):
        sys.modules.pop(name, None)
