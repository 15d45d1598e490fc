"""What attackers of other systems have tried, tried on every way in: injection, other people's rows, made-up actors, hand-set fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from practice import Treatment, Visit, practice, treat

import bocore
from bocore import (
    BackOffice,
    BocoreError,
    Company,
    Grant,
    Line,
    Money,
    NotAllowed,
    NotFound,
    Party,
    Refused,
    Role,
    RolePermission,
    Series,
    Source,
    UnknownActor,
    UsageError,
    User,
    Voucher,
    attach,
    log_to,
)
from bocore.access.authority import FULL, NOBODY
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.entities import spec_of
from bocore.plugins import PluginHost
from bocore.values import holds_entity, is_entity

HOSTILE = ("name; DROP TABLE bo_party--", "1) OR 1=1 --", "x' OR 'a'='a", 'id" DESC, (SELECT 1)--')


# -- a firm of two companies with the books, and an accountant of one of them


class Books:
    """The books of NORTH and SOUTH. Ned is the accountant of NORTH, and of nothing else."""

    def __init__(self, folder: Path) -> None:
        self.db = str(folder / "red.db")
        self.host = PluginHost.of(["accounting", "beancount", "hledger"]).load()
        self.app = BackOffice(self.db, plugins=self.host).init(company="North Ltd", currency="EUR", code="NORTH", owner="olga")
        with self.app.unit_of_work(actor="olga") as uow:
            north, _ = uow.find(Company, code="NORTH"), uow.add(Company(code="SOUTH", name="South Ltd", currency="EUR"))
            assert north is not None
            self.north = north.id
            uow.add(Grant(user_id=uow.add(User(name="ned")).id, role="accounting.accountant", company_id=north.id))
            uow.add(Party(name="Miller"))
        for code in ("NORTH", "SOUTH"):
            days = {"since": date(2026, 1, 1), "through": date(2026, 1, 31), "expires": date(2036, 1, 1)}
            self.app.run("bo.grant-exception", "ledger", "olga", actor="olga", company=code, reason="Late bill", **days)
            self.app.run("accounting.setup-chart", actor="olga", company=code)
            self.app.run("accounting.open-year", 2026, date(2026, 1, 1), date(2026, 12, 31), actor="olga", company=code)
            lines = [Line("cash", Money("5.00", "EUR")), Line("sales", Money("-5.00", "EUR"))]
            with self.app.unit_of_work(actor="olga", company=code) as uow:
                uow.post(Voucher(key=f"red:{code}", kind="red.test", posting_date=date(2026, 2, 1), lines=lines))

    def state(self) -> dict[str, int]:
        """How many rows every entity has."""
        with self.app.unit_of_work(actor="olga", read_only=True) as uow:
            return {spec_of(cls).name: uow.select(cls).count() for _, cls in self.host.entity_classes()}

    def bo(self, user: str, *arguments: str) -> Any:
        this = Invocation(user=user)
        this._host = self.host
        return CliRunner().invoke(root, ["--db", self.db, *arguments], obj=this)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    made = Books(tmp_path_factory.mktemp("red"))
    with made.app:
        yield made


@pytest.fixture
def vets(tmp_path: Path) -> Iterator[BackOffice]:
    with practice(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    """The practice, for what leaves no trace in it."""
    with practice(tmp_path_factory.mktemp("watched")) as made:
        yield made


def answered(call: Callable[[], Any]) -> None:
    """A call gives an answer or a clear error of ours: never one of the database's, nor of Python's."""
    try:
        call()
    except BocoreError as error:
        assert "syntax error" not in str(error)


# -- text that would be SQL


@pytest.mark.parametrize("text", HOSTILE)
def test_no_option_of_a_report_or_an_exporter_is_sql(books: Books, text: str) -> None:
    before = books.state()
    for kind in ("reports", "exporters"):
        for name, declared in getattr(books.host, kind).items():
            for option in declared.options:
                for given in ({option.name: text}, {option.name: [text]} if holds_entity(option.type) else {text: "x"}):
                    if kind == "reports":
                        answered(lambda name=name, given=given: books.app.report(name, actor="ned", company="NORTH", options=given))  # type: ignore[misc]
                    else:
                        answered(
                            lambda name=name, given=given: books.app.export(name, StringIO(), actor="ned", company="NORTH", options=given)  # type: ignore[misc]
                        )
    assert books.state() == before


@pytest.mark.parametrize("text", HOSTILE)
def test_no_argument_of_a_command_is_sql(books: Books, text: str) -> None:
    before = books.state()
    for words in (
        ["report", "trial-balance", "--book", text],
        ["report", "general-ledger", "--account", text],
        ["report", text],
        ["party", "list", text],
        ["party", "show", text],
        ["accounting", "trace", text],
        ["accounting", "close-account", text, "2026-12-31"],
        ["access", "explain", "ned", "read", text],
        ["user", "show", text],
        ["role", "show", text],
        ["audit", "log", "--actor", text],
        ["job", "enqueue", text],
        ["plugin", "settings", text],
        ["--company", text, "report", "journal"],
        ["--as", text, "party", "list"],
    ):
        found = books.bo("olga", *words)
        assert found.exception is None or isinstance(found.exception, SystemExit), (words, found.exception)
        assert found.exit_code in (0, 1, 2), (words, found.output)
        assert "Traceback" not in found.output
    assert books.state() == before


@pytest.mark.parametrize("text", [*HOSTILE, "_sort", "__class__", "visit_id.company_id", "Rex\\", "{0.__class__}"])
def test_no_name_of_a_field_is_sql(vets: BackOffice, text: str) -> None:
    with vets.unit_of_work(actor="ann", company="NORTH") as uow:
        wrong: list[Callable[[], Any]] = [
            lambda: uow.select(Visit).order_by(text).all(),
            lambda: uow.select(Visit, **{text: 1}).all(),
            lambda: uow.find(Visit, **{text: 1}),
            lambda: uow.find_all(Visit, **{text: [1]}),
            lambda: uow.rows(sa.select(Visit.c.id).order_by(text)),
            lambda: uow.rows(sa.select(Visit.c.id).group_by(text)),
            lambda: uow.rows(sa.select(sa.func.count(Visit.c.id)).group_by(Visit.c.id).having(sa.column(text, is_literal=True) > 0)),
        ]
        for call in wrong:
            with pytest.raises(UsageError):
                call()
        assert uow.select(Visit, animal=text).all() == []
        assert uow.select(Visit).where(Visit.c.animal.ilike(text)).all() == []
        assert len(uow.rows(sa.select(Visit.c.id.label(text)))) == 3
        visit = uow.add(Visit(animal=text))
        uow.flush()
        assert uow.find(Visit, animal=text) is visit


TABLES = ("bo_commit", "bo_key", "bo_credential", "bo_session", "bo_user", "bo_grant", "sqlite_master", "pg_catalog.pg_authid", "pg_shadow",
          "information_schema.tables")  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_no_table_of_the_core_or_the_server_is_reached_by_its_name(watched: BackOffice, name: str) -> None:
    schema, _, plain = name.rpartition(".")
    place = {"schema": schema} if schema else {}
    light = sa.table(plain, sa.column("name"), **place)
    heavy = sa.Table(plain, sa.MetaData(), sa.Column("name", sa.Text), **place)
    shapes: list[Any] = []
    for table in (light, heavy):
        shapes += [
            sa.select(table.c.name),
            sa.select(Visit.c.id).where(Visit.c.animal.in_(sa.select(table.c.name))),
            sa.select(sa.select(table.c.name).cte("c").c.name),
            sa.select(Visit.c.animal).union_all(sa.select(table.c.name)),
            sa.select(Visit.c.id).order_by(sa.select(sa.func.count(table.c.name)).scalar_subquery()),
            sa.select(Visit.c.id).join(sa.select(table.c.name).lateral("l"), sa.true()),
        ]
    for actor in ("ann", "olga"):
        with watched.unit_of_work(actor=actor, read_only=True) as uow:
            for statement in shapes:
                with pytest.raises((UsageError, NotAllowed)):
                    uow.rows(statement)


# -- other people's rows


def theirs(books: Books) -> dict[type, int]:
    """A row of SOUTH of each entity that has companies."""
    found: dict[type, int] = {}
    with books.app.unit_of_work(actor="olga", read_only=True) as uow:
        for _, cls in books.host.entity_classes():
            if "company_id" in spec_of(cls).fields:
                rows = [row.id for row in uow.select(cls) if getattr(row, "company_id", None) not in (None, books.north)]
                if rows:
                    found[cls] = rows[0]
    return found


def test_the_ids_of_another_company_s_rows_are_those_of_nothing(books: Books) -> None:
    rows = theirs(books)
    asked = []
    before = books.state()
    for name, declared in books.host.services.items():
        for option in declared.options:
            ident = rows.get(option.type) if is_entity(option.type) else None
            if ident is None:
                continue
            args = [ident if one.name == option.name else None for one in declared.options if one.positional]
            named = {} if option.positional else {option.name: ident}
            with pytest.raises(NotFound, match=str(ident)):
                books.app.run(name, *args, actor="ned", company="NORTH", **named)
            asked.append(name)
    for name, declared in books.host.reports.items():
        for option in declared.options:
            ident = rows.get(option.type) if is_entity(option.type) else None
            if ident is not None:
                with pytest.raises(NotFound, match=str(ident)):
                    books.app.report(name, actor="ned", company="NORTH", options={option.name: ident})
                asked.append(name)
    assert "bo.withdraw_exception" in asked
    assert books.state() == before


def test_no_row_of_another_company_is_read_by_its_id(books: Books) -> None:
    rows = theirs(books)
    assert len(rows) > 5
    with books.app.unit_of_work(actor="ned", company="NORTH", read_only=True) as uow:
        for cls, ident in rows.items():
            with pytest.raises((NotFound, NotAllowed)):
                uow.get(cls, ident)


def test_an_object_of_another_database_is_not_taken_for_a_row_of_this_one(tmp_path: Path, vets: BackOffice) -> None:
    (tmp_path / "other").mkdir()
    with practice(tmp_path / "other") as other:
        with other.unit_of_work(actor="olga") as uow:
            extra = [uow.add(Visit(animal=f"Secret {n}", company_id=uow.find(Company, code="NORTH").id)) for n in range(3)]  # type: ignore[union-attr]
        with pytest.raises(NotFound):
            vets.run("vet.treat", extra[-1], "x", actor="ann", company="NORTH")
        with other.unit_of_work(actor="olga", read_only=True) as uow:
            foreign = uow.select(Visit, animal="Rex").one()
        wrong: list[Callable[[Any], Any]] = [
            lambda uow: uow.remove(foreign),
            lambda uow: uow.add(foreign),
            lambda uow: uow.write([foreign]),
            lambda uow: uow.move(foreign, "post"),
        ]
        for call in wrong:
            with pytest.raises(BocoreError), vets.unit_of_work(actor="ann", company="NORTH") as uow:
                call(uow)
        foreign.note = "from elsewhere"
        with vets.unit_of_work(actor="ann", company="NORTH") as uow:
            assert uow.get(Visit, foreign.id) is not foreign
        with vets.unit_of_work(actor="olga", read_only=True) as uow:
            assert sorted(visit.note for visit in uow.select(Visit)) == ["", "", ""]


# -- who he says he is


@pytest.mark.parametrize(
    "actor",
    [
        "migrate", "init", "doctor", "bo", "bocore", "system", "nobody", "job:vet.nightly", "job:bo.forget-jobs", "OLGA", " olga", "olga ",
        "olga\n", "olga\u200b", "ol\u0430a", "olga via host", "x' OR '1'='1",
    ],
)  # fmt: skip
def test_a_made_up_name_opens_nothing(watched: BackOffice, actor: str) -> None:
    for read_only in (True, False):
        with pytest.raises(UnknownActor), watched.unit_of_work(actor=actor, read_only=read_only) as uow:
            uow.select(Visit).all()
    with pytest.raises(UnknownActor):
        watched.run("vet.treat", 1, "x", actor=actor, company="NORTH")
    with pytest.raises(UnknownActor), watched.unit_of_work(actor=actor, company="NORTH") as uow:
        uow.add(Visit(animal="Ghost"))


class Named(str):
    """Text that is not what it seems."""

    __slots__ = ()


@pytest.mark.parametrize("actor", ["", None, FULL, NOBODY, ["olga"], b"olga", True, {"name": "olga"}, User, Named("olga")], ids=repr)
def test_who_acts_is_a_name_or_somebody_vouched_for(watched: BackOffice, actor: Any) -> None:
    with pytest.raises(UsageError):
        watched.unit_of_work(actor=actor)
    with pytest.raises(UsageError):
        watched.run("vet.treat", 1, "x", actor=actor)


# -- fields that are not for setting


def change(name: str, value: Any) -> Callable[[Any], None]:
    return lambda uow: setattr(uow.select(Visit, animal="Rex").one(), name, value)


@pytest.mark.parametrize(("name", "value"), [("id", 77), ("version", 77), ("id", None), ("version", 0)])
def test_what_the_unit_of_work_sets_is_set_by_nobody_else(vets: BackOffice, name: str, value: Any) -> None:
    with pytest.raises(BocoreError), vets.unit_of_work(actor="vera") as uow:
        change(name, value)(uow)
    with pytest.raises(TypeError):
        Visit(animal="Kim", **{name: value})
    with pytest.raises(BocoreError), vets.unit_of_work(actor="vera", company="NORTH") as uow:
        setattr(uow.add(Visit(animal="Kim")), name, value)
    with vets.unit_of_work(actor="olga", read_only=True) as uow:
        assert sorted(visit.animal for visit in uow.select(Visit)) == ["Mia", "Rex", "Tom"]


def test_who_sets_an_id_by_hand_gets_past_no_check(vets: BackOffice) -> None:
    """What was checked of a row goes by its id: another one would let it be changed unseen."""
    with pytest.raises((NotAllowed, Refused)), vets.unit_of_work(actor="ann", company="NORTH") as uow:
        visit = uow.select(Visit, animal="Rex").one()
        made = uow.add(Treatment(visit_id=visit.id, what="cheap"))
        treat(uow, visit, "dear")  # whoever calls others is checked first
        made.id = 99
        made.price = Money("1.00", "EUR")
    with vets.unit_of_work(actor="olga", read_only=True) as uow:
        assert {one.what for one in uow.select(Treatment)} == {"vaccination"}


def test_a_row_is_put_into_no_company_and_under_no_row_that_is_hidden(vets: BackOffice) -> None:
    with vets.unit_of_work(actor="olga", read_only=True) as uow:
        rex, mia = (uow.select(Visit, animal=animal).one() for animal in ("Rex", "Mia"))
        hers = uow.children(mia, Treatment)[0].id
    for do in (
        lambda uow: setattr(uow.get(Visit, mia.id), "company_id", rex.company_id),
        lambda uow: setattr(uow.get(Treatment, hers), "visit_id", rex.id),
        lambda uow: setattr(uow.add(Visit(animal="Kim")), "company_id", rex.company_id),
        lambda uow: setattr(uow.add(Treatment(visit_id=mia.id, what="x")), "visit_id", rex.id),
        lambda uow: uow.add(Visit(animal="Kim"), company=rex.company_id),
    ):
        with pytest.raises((NotAllowed, NotFound, Refused)), vets.unit_of_work(actor="sam") as uow:
            do(uow)
    with vets.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.get(Treatment, hers).visit_id == mia.id
        assert uow.select(Visit, company_id=rex.company_id).count() == 2
        assert uow.select(Visit).count() == 3


@pytest.fixture
def helpdesk(vets: BackOffice) -> BackOffice:
    """Hilda makes users, and may do nothing else."""
    with vets.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="helpdesk"))
        uow.add(RolePermission(role_id=role.id, permission="bo.users"))
        uow.add(Grant(user_id=uow.add(User(name="hilda")).id, role="helpdesk"))
    return vets


def herself(uow: Any) -> User:
    found: User = uow.select(User, name="hilda").one()
    return found


RISES: dict[str, Callable[[Any], Any]] = {
    "a role": lambda uow: uow.add(Grant(user_id=herself(uow).id, role="vet.vet")),
    "a role in one company": lambda uow: uow.add(
        Grant(user_id=herself(uow).id, role="vet.vet", company_id=uow.select(Company).all()[0].id)
    ),
    "owner": lambda uow: setattr(herself(uow), "owner", True),
    "a second self": lambda uow: uow.add(User(name="hilda2", owner=True)),
    "a permission": lambda uow: uow.add(RolePermission(role_id=uow.select(Role, code="helpdesk").one().id, permission="vet.read")),
    "all permissions": lambda uow: uow.add(RolePermission(role_id=uow.select(Role, code="helpdesk").one().id, permission="*")),
    "a role of her own": lambda uow: uow.add(RolePermission(role_id=uow.add(Role(code="mine")).id, permission="vet.read")),
    "another's grant": lambda uow: setattr(uow.select(Grant, role="vet.vet").all()[0], "user_id", herself(uow).id),
    "her grant": lambda uow: setattr(uow.select(Grant, role="helpdesk").one(), "role", "vet.vet"),
    "a permission in place of hers": lambda uow: setattr(uow.select(RolePermission).one(), "permission", "vet.read"),
    "later, behind the check": lambda uow: setattr(uow.add(User(name="hilda3")), "owner", True),
    "a grant, changed later": lambda uow: setattr(
        uow.add(Grant(user_id=herself(uow).id, role="helpdesk", company_id=1)), "role", "vet.vet"
    ),
}


@pytest.mark.parametrize("way", RISES)
def test_who_makes_users_does_not_rise(helpdesk: BackOffice, way: str) -> None:
    with pytest.raises((NotAllowed, Refused)), helpdesk.unit_of_work(actor="hilda") as uow:
        RISES[way](uow)
    with pytest.raises(NotAllowed), helpdesk.unit_of_work(actor="hilda", read_only=True) as uow:
        uow.select(Visit).all()
    with helpdesk.unit_of_work(actor="olga", read_only=True) as uow:
        assert [user.name for user in uow.select(User, owner=True)] == ["olga"]


# -- templates, files and logs


@pytest.mark.parametrize(
    "text", ["{source.__class__}", "{source.__dict__}", "{source.note.__class__}", "{0.__globals__}", "{source!r}", "%s"]
)
def test_the_text_of_a_voucher_evaluates_nothing(vets: BackOffice, text: str) -> None:
    lines = [Line("cash", Money("1.00", "EUR")), Line("sales", Money("-1.00", "EUR"))]
    shown = ""
    try:
        with vets.unit_of_work(actor="olga", company="NORTH") as uow:
            visit = uow.select(Visit, animal="Rex").one()
            receipt = uow.post(Voucher(key="red:1", kind="red.x", posting_date=uow.today(), lines=lines, text=text, source=Source(visit)))
            assert receipt
        with vets.unit_of_work(actor="olga", read_only=True) as uow:
            shown = uow.select(bocore.VoucherRecord, key="red:1").one().text
    except BocoreError as error:
        assert "{source.__" in str(error)
    else:
        assert shown == text


@pytest.mark.parametrize(
    "template", ["{n.__class__}", "{n.real}-{n}", "{0.__globals__}{n}", "{n!r}", "{n:{year}}", "{uow.actor}{n}", "{n:>999999999}"]
)
def test_the_template_of_a_number_evaluates_nothing(watched: BackOffice, template: str) -> None:
    with pytest.raises(Refused), watched.unit_of_work(actor="olga") as uow:
        uow.add(Series(code="red.x", template=template))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a/../../b.txt", "\0../x.txt"])
def test_an_attachment_s_name_leads_nowhere(vets: BackOffice, name: str) -> None:
    with vets.unit_of_work(actor="ann", company="NORTH") as uow:
        made = attach(uow, uow.select(Visit, animal="Rex").one(), b"plain text", file_name=name, media_type="text/plain")
        assert not {"/", "\\", "\0"} & set(made.file_name)
        assert not made.file_name.startswith(".")


def test_nobody_attaches_to_what_he_does_not_see(watched: BackOffice) -> None:
    with watched.unit_of_work(actor="olga", read_only=True) as uow:
        rex = uow.select(Visit, animal="Rex").one()
    for actor in ("sam", "rita", "nora"):
        with pytest.raises((NotAllowed, NotFound)), watched.unit_of_work(actor=actor) as uow:
            attach(uow, rex, b"plain text", file_name="x.txt", media_type="text/plain")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_a_party_s_name_is_no_formula_in_a_file(books: Books, tmp_path: Path, name: str) -> None:
    with books.app.unit_of_work(actor="olga") as uow:
        party = uow.add(Party(name=name.strip()))
    out = tmp_path / "parties.csv"
    assert books.bo("olga", "party", "list", "-o", str(out)).exit_code == 0
    cells = [cell for line in out.read_text(encoding="utf-8").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.strip('"')[:1] in ("=", "+", "-", "@", "\t")]
    with books.app.unit_of_work(actor="olga") as uow:
        uow.remove(uow.get(Party, party.id))


@pytest.mark.parametrize("name", ['x\n{"event":"forged"}', "x\r\nforged", "\x1b[2Jx", "x\u2028forged"])
def test_what_somebody_types_is_no_line_of_the_log(watched: BackOffice, name: str) -> None:
    out = StringIO()
    with log_to(out):
        wrong: list[Callable[[], Any]] = [
            lambda: watched.run(name, actor="ann"),
            lambda: watched.run("vet.treat", name, "x", actor="ann", company="NORTH"),
            lambda: watched.run("vet.treat", 1, "x", actor=name, company="NORTH"),
            lambda: watched.sign_in(user=name, password=name),
            lambda: watched.run("vet.treat", 1, "x", actor="rita", company=name, reason=name),
        ]
        for call in wrong:
            with pytest.raises(BocoreError):
                call()
    assert "forged" not in out.getvalue()
    assert "\x1b" not in out.getvalue()
    for line in out.getvalue().splitlines():
        assert json.loads(line)["event"]
