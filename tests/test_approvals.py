"""Four eyes: what one person asks for, and another approves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import (
    Actor,
    Approval,
    ApprovalAnswer,
    ApprovalNeeded,
    BackOffice,
    BocoreError,
    DeclarationError,
    Entity,
    Finding,
    Grant,
    KernelSettings,
    KeyReused,
    Money,
    NotFound,
    Party,
    PeriodLock,
    Plugin,
    Refused,
    UnitOfWork,
    UsageError,
    User,
    entity,
    field,
    hookimpl,
    money,
    parent,
    ref,
    request_approval,
    service,
    use_approval,
    write_setting,
)
from bocore.access.actor import Scoped
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as command
from bocore.kernel.approving import approve
from bocore.testing import FrozenClock, behind

PAY, APPROVE = "shop.pay", "shop.approve"


@entity("shop_refund", read=PAY, write=PAY)
class Refund(Entity):
    """Money that a customer gets back."""

    customer_id: int = ref(Party)
    amount: Money = money(gt=0)
    note: str = field(default="", max_length=100, personal="customer_id")
    paid: bool = False
    times: int = 0


@entity("shop_refund_line")
class RefundLine(Entity):
    """What came back."""

    refund_id: int = parent(Refund)
    what: str = field(max_length=50)


services = ModuleType("shop_services")


NOTHING = Money("0.00", "EUR")


@service(PAY, approval=True)
def pay_back(uow: UnitOfWork, refund: Refund, *, tip: Money = NOTHING) -> Refund:
    """Pay a refund out."""
    if refund.paid:
        raise Refused([Finding("shop.paid", "It is paid already.", refund, fix="Nothing to do.")])
    refund.paid, refund.times = True, refund.times + 1
    return refund


@service(PAY, approval=True)
def pay_all(uow: UnitOfWork, *refunds: Refund, on: date | None = None, cover: bytes | None = None) -> int:
    """Pay several out."""
    for refund in refunds:
        refund.paid, refund.times = True, refund.times + 1
    return len(refunds)


@service(PAY)
def scribble(uow: UnitOfWork, refund: Refund, note: str) -> None:
    """Write a note on a refund; nobody need approve that, unless somebody says so."""
    refund.note = note


@service(PAY)
def pay_and_note(uow: UnitOfWork, refund: Refund) -> None:
    """Pay, and write that it was."""
    scribble(uow, refund, "paid")
    pay_back(uow, refund)


for function in (pay_back, pay_all, scribble, pay_and_note):
    function.__module__ = "shop_services"
    setattr(services, function.__name__, function)

hooks = ModuleType("shop_hooks")


@hookimpl
def bo_approvers(uow: UnitOfWork, record: Refund | None, service: str, arguments: Mapping[str, Any]) -> Iterable[str] | None:
    if record is None or not service.startswith("shop.pay"):
        return None
    if record.amount > Money("10000.00", "EUR"):
        return ["shop.manager", "shop.auditor"]
    if record.amount > Money("5000.00", "EUR"):
        return ["shop.manager", "shop.manager"]
    if record.amount + arguments.get("tip", NOTHING) > Money("1000.00", "EUR"):
        return ["shop.manager"]
    return None


hooks.bo_approvers = bo_approvers  # type: ignore[attr-defined]
shop = Plugin(
    prefix="shop",
    entities=[Refund, RefundLine],
    services=[pay_back, pay_all, scribble, pay_and_note],
    hooks=[hooks],
    permissions={PAY: "Pay refunds", APPROVE: "Look at refunds"},
    roles={"clerk": [PAY], "manager": [PAY, APPROVE], "auditor": [APPROVE]},
)
ROLES = {"ann": ["shop.clerk"], "bob": ["shop.manager"], "carl": ["shop.manager"], "dora": ["shop.auditor"], "eve": ["shop.clerk"]}


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [shop]


@pytest.fixture(autouse=True)
def people(bo: BackOffice) -> None:
    """A clerk, two managers, an auditor; and Olga, whose shop it is."""
    with bo.unit_of_work(actor="setup") as uow:
        for name, roles in ROLES.items():
            user = uow.add(User(name=name))
            uow.add_all([Grant(user_id=user.id, role=role) for role in roles])
        uow.add(User(name="olga", owner=True))


def refund(bo: BackOffice, amount: str = "1500.00") -> int:
    with bo.unit_of_work(actor="olga") as uow:
        customer = uow.add(Party(name="Mr Grey"))
        made = uow.add(Refund(customer_id=customer.id, amount=Money(amount, "EUR")))
        uow.add(RefundLine(refund_id=made.id, what="A lamp"))
    return made.id


def ask(bo: BackOffice, ident: int, who: Any = "ann", **more: Any) -> int:
    """Somebody asks for a refund to be paid; returns the number of the request."""
    with pytest.raises(ApprovalNeeded) as caught:
        bo.run(pay_back, ident, actor=who, **more)
    return int(caught.value.findings[0].params["approval"])


def paid(bo: BackOffice, ident: int) -> int:
    """How often a refund was paid."""
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        return uow.get(Refund, ident).times


def change(bo: BackOffice, cls: Any, ident: int, **values: Any) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        row = uow.get(cls, ident)
        for name, value in values.items():
            setattr(row, name, value)


def code_of(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(BocoreError) as caught:
        call(*args, **more)
    assert all(finding.fix for finding in caught.value.findings)
    assert "Grey" not in str(caught.value)
    return caught.value.findings[0].code


def last_record(bo: BackOffice) -> tuple[str, str]:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        row = uow._touch().execute("SELECT actor, coalesce(events, '') FROM bo_commit ORDER BY id DESC LIMIT 1").fetchone()
    return row[0], row[1]


# ---------------------------------------------------------------- the story


def test_a_small_refund_needs_nobody_else(bo):
    ident = refund(bo, "20.00")
    assert bo.run(pay_back, ident, actor="ann")["id"] == ident
    assert paid(bo, ident) == 1
    assert bo.approvals.all(actor="ann", ended=True) == []


def test_a_large_refund_waits_for_a_manager_and_is_paid_in_the_name_of_the_clerk(bo):
    ident = refund(bo)
    number = ask(bo, ident, reason="The lamp was broken")
    assert paid(bo, ident) == 0
    note = bo.approvals.get(number, actor="bob")
    assert (note.state, note.service, note.requester, note.reason) == ("waiting", "shop.pay_back", "ann", "The lamp was broken")
    assert note.arguments == {"refund": ident, "tip": "0.00 EUR"}
    assert [one.id for one in bo.approvals.all(actor="bob")] == [number]

    done = bo.approvals.approve(number, actor="bob", reason="I have seen the lamp")
    assert (done.state, done.approved_by, done.result) == ("done", ("bob",), {"entity": "shop_refund", "id": ident})
    assert paid(bo, ident) == 1
    assert last_record(bo) == ("ann", f'[["bo.approval_used/1",{{"approval_id":{number},"approved_by":["bob"]}}]]')
    assert bo.approvals.all(actor="bob") == []
    assert [one.state for one in bo.approvals.all(actor="bob", ended=True)] == ["done"]


def test_the_amount_that_counts_may_stand_in_an_argument(bo):
    ident = refund(bo, "900.00")
    with pytest.raises(ApprovalNeeded):
        bo.run(pay_back, ident, actor="ann", tip=Money("200.00", "EUR"))
    assert bo.run(pay_back, ident, actor="ann", tip=Money("50.00", "EUR"))["id"] == ident


def test_what_can_not_work_is_refused_at_once_and_nobody_is_asked(bo):
    ident = refund(bo)
    change(bo, Refund, ident, paid=True)
    assert code_of(bo.run, pay_back, ident, actor="ann") == "shop.paid"
    assert bo.approvals.all(actor="ann", ended=True) == []


def test_asking_again_gives_the_same_request(bo):
    ident = refund(bo)
    assert ask(bo, ident) == ask(bo, ident)
    assert ask(bo, ident) != ask(bo, ident, who="eve")


def test_a_key_gives_the_result_once_it_is_done(bo):
    ident = refund(bo)
    number = ask(bo, ident, key="refund-1")
    assert ask(bo, ident, key="refund-1") == number
    bo.approvals.approve(number, actor="bob")
    assert bo.run(pay_back, ident, actor="ann", key="refund-1") == {"entity": "shop_refund", "id": ident}
    assert paid(bo, ident) == 1
    with pytest.raises(KeyReused):
        bo.run(pay_back, ident + 1, actor="ann", key="refund-1")


def test_a_key_says_that_it_was_rejected(bo):
    number = ask(bo, ident := refund(bo), key="refund-1")
    bo.approvals.reject(number, actor="bob", reason="No receipt")
    assert code_of(bo.run, pay_back, ident, actor="ann", key="refund-1") == "bo.approval_ended"


def test_a_key_says_that_it_was_done_by_another_call(bo):
    number = ask(bo, ident := refund(bo), key="refund-1")
    bo.run(approve, number, actor="bob")
    bo.run(pay_back, ident, actor="ann")
    with pytest.raises(Refused, match="It is done, by another call"):
        bo.run(pay_back, ident, actor="ann", key="refund-1")
    assert paid(bo, ident) == 1


def test_nobody_else_takes_the_keys_of_what_was_approved(bo):
    number = ask(bo, ident := refund(bo))
    with pytest.raises(UsageError, match="Keys that begin with"):
        bo.run(scribble, ident, "x", actor="ann", key=f"bo.approval:{number}")


def test_many_rows_and_a_date_are_kept_as_they_were_given(bo):
    rows = [refund(bo), refund(bo, "20.00")]
    with pytest.raises(ApprovalNeeded) as caught:
        bo.run(pay_all, *rows, actor="ann", on=date(2026, 1, 31))
    number = caught.value.findings[0].params["approval"]
    assert bo.approvals.get(number, actor="ann").arguments == {"refunds": rows, "on": "2026-01-31", "cover": None}
    assert bo.approvals.approve(number, actor="bob").result == 2
    assert [paid(bo, one) for one in rows] == [1, 1]


def test_what_can_not_be_kept_can_not_wait(bo):
    assert code_of_usage(bo.run, pay_all, refund(bo), actor="ann", cover=b"x") == ["cover"]
    assert bo.run(pay_all, refund(bo, "2.00"), actor="ann", cover=b"x") == 1


def code_of_usage(call: Any, *args: Any, **more: Any) -> list[str | None]:
    with pytest.raises(UsageError) as caught:
        call(*args, **more)
    return [finding.field for finding in caught.value.findings]


# ---------------------------------------------------------------- who


def test_who_asked_can_not_approve_under_any_name(bo):
    number = ask(bo, ident := refund(bo), who="bob")
    with bo.unit_of_work(actor="olga") as uow:
        bob = uow.find(User, name="bob")
        person = uow.add(Party(name="Robert Grey"))
        bob.party_id = person.id
        other = uow.add(User(name="robert", party_id=person.id))
        uow.add(Grant(user_id=other.id, role="shop.manager"))
    for name in ("bob", "robert"):
        assert code_of(bo.approvals.approve, number, actor=name) == "bo.own_approval"
        assert last_record(bo) == (name, f'[["bo.approval_refused/1",{{"approval_id":{number},"code":"bo.own_approval"}}]]')
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="carl", on_behalf_of="bob") as uow:
        approve(uow, number)
    assert caught.value.findings[0].code == "bo.not_approver"
    assert paid(bo, ident) == 0
    assert bo.approvals.approve(number, actor="carl").state == "done"


def test_an_owner_approves_in_any_role_but_not_what_he_asked_for(bo):
    mine, others = ask(bo, refund(bo), who="olga"), ask(bo, refund(bo))
    assert code_of(bo.approvals.approve, mine, actor="olga") == "bo.own_approval"
    assert bo.approvals.approve(others, actor="olga").state == "done"


def test_whom_it_does_not_concern_does_not_even_learn_that_it_is_there(bo):
    number = ask(bo, refund(bo))
    for call in (bo.approvals.approve, bo.approvals.withdraw, bo.approvals.run, bo.approvals.get):
        with pytest.raises(NotFound) as caught:
            call(number, actor="eve")
        with pytest.raises(NotFound) as absent:
            call(99_999, actor="eve")
        assert str(caught.value).replace(str(number), "99999") == str(absent.value)
    assert bo.approvals.all(actor="eve", ended=True) == []


def test_a_role_of_another_company_does_not_count(bo):
    with bo.unit_of_work(actor="olga") as uow:
        here = uow.company.id
        from bocore import Company

        there = uow.add(Company(code="B", name="Acme B", currency="EUR"))
        frank = uow.add(User(name="frank"))
        uow.add(Grant(user_id=frank.id, role="shop.manager", company_id=there.id))
    number = ask(bo, ident := refund(bo, "1200.00"), company=here)
    with pytest.raises(NotFound):
        bo.approvals.approve(number, actor="frank")
    number = ask(bo, ident, company=there.id)
    assert bo.approvals.approve(number, actor="frank").state == "done"


def test_two_people_are_needed_where_a_role_is_named_twice(bo):
    number = ask(bo, ident := refund(bo, "6000.00"))
    assert bo.approvals.approve(number, actor="bob").state == "waiting"
    assert code_of(bo.approvals.approve, number, actor="bob") == "bo.not_approver"
    assert paid(bo, ident) == 0
    assert bo.approvals.approve(number, actor="carl").approved_by == ("bob", "carl")
    assert paid(bo, ident) == 1


@pytest.mark.parametrize("second", ["bob", "dora"])
def test_who_has_both_roles_leaves_the_other_to_the_second(bo, second):
    number = ask(bo, ident := refund(bo, "20000.00"))
    assert bo.approvals.approve(number, actor="olga").state == "waiting"
    assert bo.approvals.approve(number, actor=second).state == "done"
    assert paid(bo, ident) == 1


def test_two_with_the_same_role_do_not_make_up_for_the_other(bo):
    number = ask(bo, refund(bo, "20000.00"))
    bo.approvals.approve(number, actor="bob")
    assert code_of(bo.approvals.approve, number, actor="carl") == "bo.not_approver"
    assert bo.approvals.approve(number, actor="dora").state == "done"


# ---------------------------------------------------------------- what


@pytest.mark.parametrize("what", ["row", "part", "new part", "part gone"])
def test_what_was_changed_after_it_was_asked_for_is_not_approved(bo, what):
    number = ask(bo, ident := refund(bo))
    alter(bo, ident, what)
    assert code_of(bo.approvals.approve, number, actor="bob") == "bo.approval_outdated"
    assert bo.approvals.get(number, actor="ann").state == "outdated"
    assert code_of(bo.approvals.approve, number, actor="bob") == "bo.approval_ended"
    assert bo.approvals.approve(ask(bo, ident), actor="bob").state == "done"


def test_what_was_changed_between_two_approvals_is_not_done(bo):
    number = ask(bo, ident := refund(bo, "6000.00"))
    bo.approvals.approve(number, actor="bob")
    change(bo, Refund, ident, amount=Money("9000.00", "EUR"))
    assert code_of(bo.approvals.approve, number, actor="carl") == "bo.approval_outdated"
    assert paid(bo, ident) == 0


def alter(bo: BackOffice, ident: int, what: str) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        row = uow.get(Refund, ident)
        lines = uow.children(row, RefundLine)
        if what == "row":
            row.amount = Money("1700.00", "EUR")
        elif what == "part":
            lines[0].what = "Two lamps"
        elif what == "new part":
            uow.add(RefundLine(refund_id=ident, what="A bulb"))
        else:
            uow.remove(lines[0])


def stuck(bo: BackOffice, clerk: str = "ann") -> tuple[int, int]:
    """A request that is approved, and that could not be done then: the period was being counted."""
    ident = refund(bo)
    number = ask(bo, ident, who=clerk)
    change(bo, Refund, ident, paid=False)  # nothing changes, so the row keeps its version
    with bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, KernelSettings, "approval_days", 14)
    bo.run(approve, number, actor="bob")  # as where the process ended between approving and doing
    assert bo.approvals.get(number, actor=clerk).state == "approved"
    return ident, number


def test_what_is_approved_and_not_done_is_done_later_and_once(bo):
    ident, number = stuck(bo)
    assert bo.approvals.run(number, actor="bob").result["id"] == ident
    assert bo.approvals.run(number, actor="ann").result["id"] == ident
    assert paid(bo, ident) == 1


def test_who_asked_may_also_make_the_call_again_once_it_is_approved(bo):
    ident, number = stuck(bo)
    assert bo.run(pay_back, ident, actor="ann")["id"] == ident
    assert bo.approvals.get(number, actor="ann").state == "done"
    assert code_of(bo.approvals.run, number, actor="bob") == "bo.approval_ended"
    assert paid(bo, ident) == 1


def test_an_approval_is_of_use_to_who_asked_alone_and_for_nothing_else(bo):
    ident, _ = stuck(bo)
    ask(bo, ident, who="eve")
    with pytest.raises(ApprovalNeeded):
        bo.run(pay_back, ident, actor="ann", tip=Money("1.00", "EUR"))
    assert paid(bo, ident) == 0


def test_what_was_changed_after_the_approval_is_not_done(bo):
    ident, number = stuck(bo)
    alter(bo, ident, "part")
    assert code_of(bo.approvals.run, number, actor="ann") == "bo.approval_outdated"
    assert bo.approvals.get(number, actor="ann").state == "outdated"
    ask(bo, ident)
    assert paid(bo, ident) == 0


@pytest.mark.parametrize("column", ["content", "content_hash"])
def test_a_request_that_was_altered_behind_bocores_back_is_not_done(bo, column):
    ident, number = stuck(bo)
    other = refund(bo)
    old, new = (f'"refund":{ident}', f'"refund":{other}') if column == "content" else ("a", "b")
    with behind(bo) as sql:
        sql.execute(f"UPDATE bo_approval SET {column} = replace({column}, ?, ?) WHERE id = ?", (old, new, number))
    assert code_of(bo.approvals.run, number, actor="ann") == "bo.approval_outdated"
    assert (paid(bo, ident), paid(bo, other)) == (0, 0)


def test_more_may_be_needed_by_the_time_it_is_done(bo):
    ident, number = stuck(bo)
    with bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, KernelSettings, "approvals", {"shop.pay_back": "shop.auditor"})
    assert code_of(bo.approvals.run, number, actor="ann") == "bo.approval_outdated"
    assert paid(bo, ident) == 0


def test_what_fails_when_it_is_done_stays_approved(bo, clock):
    ident = refund(bo)
    number = ask(bo, ident)
    with bo.unit_of_work(actor="olga") as uow:
        user = uow.find(User, name="ann")
        ids = [one.id for one in uow.children(user, Grant)]
    assert len(ids) == 1
    with pytest.raises(Refused) as caught:
        failing(bo, number)
    assert [one.code for one in caught.value.findings] == ["bo.approval_not_done", "shop.strike"]
    assert bo.approvals.get(number, actor="ann").state == "approved"
    assert bo.approvals.run(number, actor="bob").state == "done"
    assert paid(bo, ident) == 1


def failing(bo: BackOffice, number: int) -> None:
    """Approve while something stands in the way that nobody knew of before."""

    def strike(uow: UnitOfWork, changes: Any) -> list[Finding]:
        changed = [one.entity for one in changes.updated(Refund)]
        return [Finding("shop.strike", "The bank is on strike.", one, fix="Wait.") for one in changed]

    module = ModuleType("strike")
    strike.__name__ = "bo_validate"
    module.bo_validate = hookimpl(strike)  # type: ignore[attr-defined]
    bo.host._relay.register(module, "strike")
    try:
        bo.approvals.approve(number, actor="bob")
    finally:
        bo.host._relay.unregister(name="strike")


def test_who_has_lost_the_right_meanwhile_does_not_have_it_done(bo):
    ident, number = stuck(bo)
    other = ask(bo, ident, who="eve")
    for name in ("ann", "eve"):
        with bo.unit_of_work(actor="olga") as uow:
            for grant in uow.children(uow.find(User, name=name), Grant):
                uow.remove(grant)
    assert code_of(bo.approvals.run, number, actor="bob") == "bo.not_allowed"
    with pytest.raises(Refused) as caught:
        bo.approvals.approve(other, actor="bob")
    assert [one.code for one in caught.value.findings] == ["bo.approval_not_done", "bo.not_allowed"]
    with bo.unit_of_work(actor="olga") as uow:
        uow.move(uow.find(User, name="ann"), "disable")
    assert code_of(bo.approvals.run, number, actor="bob") == "bo.unknown_actor"
    assert last_record(bo) == ("bob", f'[["bo.approval_refused/1",{{"approval_id":{number},"code":"bo.unknown_actor"}}]]')
    assert paid(bo, ident) == 0


def test_who_may_not_do_it_can_not_even_ask(bo):
    assert code_of(bo.run, pay_back, refund(bo), actor="dora") == "bo.not_allowed"
    assert bo.approvals.all(actor="olga", ended=True) == []


def test_whom_a_host_vouches_for_asks_and_approves_and_has_it_done_himself(bo):
    ident = refund(bo)
    clerk = Actor("gus", roles=["shop.clerk"], via="till")
    number = ask(bo, ident, who=clerk)
    for one in (Actor("gus", roles=["shop.manager"], via="office"), Actor("GUS", roles=["shop.manager"], via="till")):
        assert code_of(bo.approvals.approve, number, actor=one) == "bo.own_approval"
    for one in (Actor("hal", roles=["shop.clerk"], via="till"), Actor("ida", roles=["shop.manager"], via="till", companies=[])):
        with pytest.raises(BocoreError):
            bo.approvals.approve(number, actor=one)
    note = bo.approvals.approve(number, actor=Actor("ida", roles=["shop.manager"], via="till"))
    assert (note.state, note.approved_by) == ("approved", ("ida via till",))
    assert code_of(bo.approvals.run, number, actor="bob") == "bo.approval_run"
    assert paid(bo, ident) == 0
    assert bo.run(pay_back, ident, actor=clerk)["id"] == ident
    assert paid(bo, ident) == 1


def test_a_token_asks_and_does_not_approve(bo):
    number = ask(bo, refund(bo))
    assert code_of(bo.approvals.approve, number, actor=Scoped("bob", [PAY, APPROVE])) == "bo.not_approver"
    assert bo.approvals.approve(number, actor="bob").state == "done"


# ---------------------------------------------------------------- called by a program


def test_a_program_that_calls_the_service_itself_does_not_get_past(bo):
    ident = refund(bo)
    for who in ("ann", "olga"):
        with pytest.raises(ApprovalNeeded, match=r'bo\.run\("shop\.pay_back"'), bo.unit_of_work(actor=who) as uow:
            pay_back(uow, uow.get(Refund, ident))
        with pytest.raises(ApprovalNeeded):
            bo.run(lambda uow: pay_back(uow, uow.get(Refund, ident)), actor=who)
    bo.approvals.approve(ask(bo, second := refund(bo, "6000.00")), actor="bob")
    assert (paid(bo, ident), paid(bo, second)) == (0, 0)


def test_a_program_makes_use_of_what_was_approved(bo):
    ident, number = stuck(bo)
    with bo.unit_of_work(actor="ann") as uow:
        pay_back(uow, uow.get(Refund, ident))
    assert bo.approvals.get(number, actor="ann").state == "done"
    assert paid(bo, ident) == 1


def test_a_program_can_not_change_what_was_approved_on_the_way(bo):
    ident, number = stuck(bo)
    with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="ann") as uow:
        row = uow.get(Refund, ident)
        row.amount = Money("9000.00", "EUR")
        pay_back(uow, row)
    with pytest.raises(UsageError), bo.unit_of_work(actor="ann") as uow:
        pay_all(uow, uow.get(Refund, ident), cover=b"another")
    assert paid(bo, ident) == 0
    assert bo.approvals.get(number, actor="ann").state == "approved"


def test_a_service_that_calls_another_is_approved_or_not_as_a_whole(bo):
    listed(bo, shop__scribble="shop.auditor")
    ident = refund(bo, "5.00")
    assert bo.run(pay_and_note, ident, actor="ann") is None
    assert paid(bo, ident) == 1


# ---------------------------------------------------------------- how it ends


def test_rejected_with_a_reason(bo):
    number = ask(bo, ident := refund(bo))
    assert code_of(bo.approvals.reject, number, actor="bob", reason=" ") == "bo.approval_reason"
    assert code_of(bo.approvals.reject, number, actor="ann", reason="I am not sure") == "bo.own_approval"
    note = bo.approvals.reject(number, actor="bob", reason="There is no receipt")
    assert (note.state, note.rejected_by, note.rejected_because) == ("rejected", "bob", "There is no receipt")
    for call in (bo.approvals.approve, bo.approvals.withdraw, bo.approvals.run):
        assert code_of(call, number, actor="carl" if call == bo.approvals.approve else "ann") == "bo.approval_ended"
    assert paid(bo, ident) == 0


def test_withdrawn_by_who_asked_alone(bo):
    number = ask(bo, ident := refund(bo))
    assert code_of(bo.approvals.withdraw, number, actor="bob") == "bo.approval_withdrawn"
    assert bo.approvals.withdraw(number, actor="ann").state == "withdrawn"
    assert code_of(bo.approvals.approve, number, actor="bob") == "bo.approval_ended"
    assert paid(bo, ident) == 0
    assert ask(bo, ident) != number


def test_after_its_time_it_has_expired(bo, clock):
    ident, number = stuck(bo)
    other = ask(bo, second := refund(bo))
    clock.advance(days=14)
    assert bo.approvals.all(actor="bob") == []
    assert {one.state for one in bo.approvals.all(actor="bob", ended=True)} == {"expired"}
    assert code_of(bo.approvals.run, number, actor="ann") == "bo.approval_ended"
    assert code_of(bo.approvals.approve, other, actor="bob") == "bo.approval_ended"
    assert ask(bo, ident) not in (number, other)
    assert (paid(bo, ident), paid(bo, second)) == (0, 0)


def test_two_who_approve_at_once_have_it_done_once(bo):
    number = ask(bo, ident := refund(bo, "6000.00"))
    with ThreadPoolExecutor(2) as pool:
        notes = list(pool.map(lambda name: bo.approvals.approve(number, actor=name), ["bob", "carl"]))
    assert "done" in {note.state for note in notes}
    assert bo.approvals.get(number, actor="ann").state == "done"
    assert paid(bo, ident) == 1


@pytest.mark.parametrize("_", range(5))
def test_approved_and_rejected_at_once_is_one_of_the_two(bo, _):
    number = ask(bo, ident := refund(bo))

    def answer(name: str) -> str:
        try:
            if name == "bob":
                return bo.approvals.approve(number, actor=name).state
            return bo.approvals.reject(number, actor=name, reason="No receipt").state
        except Refused as error:
            return error.findings[0].code

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(answer, ["bob", "carl"]))
    state = bo.approvals.get(number, actor="ann").state
    assert state in ("done", "rejected")
    assert paid(bo, ident) == (state == "done")
    assert "bo.approval_ended" in said or state == "rejected"


def test_two_who_do_it_at_once_do_it_once(bo):
    ident, number = stuck(bo)
    with ThreadPoolExecutor(2) as pool:
        notes = list(pool.map(lambda name: bo.approvals.run(number, actor=name), ["ann", "bob"]))
    assert [note.result["id"] for note in notes] == [ident, ident]
    assert paid(bo, ident) == 1


def test_nobody_writes_requests_or_answers_by_hand(bo):
    _, number = stuck(bo)
    with pytest.raises(UsageError, match="request_approval"), bo.unit_of_work(actor="olga") as uow:
        uow.add(ApprovalAnswer(approval_id=number, person="carl", approves=True, answers_for=["shop.manager"], at=uow.now()))
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="olga") as uow:
        uow.get(Approval, number).requester = "eve"
    assert [one.code for one in caught.value.findings] == ["bo.made_by"]
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="olga") as uow:
        uow.move(uow.get(Approval, number), "withdraw")
    assert [one.code for one in caught.value.findings] == ["bo.made_by"]
    with pytest.raises(UsageError), bo.unit_of_work(actor="olga") as uow:
        uow.remove(uow.get(Approval, number))


# ---------------------------------------------------------------- without code


def listed(bo: BackOffice, **approvals: str) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, KernelSettings, "approvals", {name.replace("__", "."): text for name, text in approvals.items()})


def test_an_administrator_has_any_service_approved(bo):
    ident = refund(bo, "2.00")
    bo.run(scribble, ident, "first", actor="ann")
    listed(bo, shop__scribble="shop.auditor, bob")
    with pytest.raises(ApprovalNeeded) as caught:
        bo.run("shop.scribble", ident, "second", actor="ann")
    number = caught.value.findings[0].params["approval"]
    bo.approvals.approve(number, actor="dora")
    assert code_of(bo.approvals.approve, number, actor="olga") == "bo.not_approver"  # bob is named, and not his role
    assert bo.approvals.approve(number, actor="bob").state == "done"
    with bo.unit_of_work(actor="olga") as uow:
        assert uow.get(Refund, ident).note == "second"
        write_setting(uow, KernelSettings, "approvals", {})
    bo.run(scribble, ident, "third", actor="ann")


def test_opening_a_closed_period_takes_two(bo):
    listed(bo, bo__unlock_period="shop.auditor")
    bo.run("bo.lock_period", "ledger", date(2025, 12, 31), actor="olga")
    with pytest.raises(ApprovalNeeded) as caught:
        bo.run("bo.unlock_period", "ledger", actor="olga", reason="A bill came late")
    assert bo.approvals.approve(caught.value.findings[0].params["approval"], actor="dora").state == "done"
    with bo.unit_of_work(actor="olga") as uow:
        assert uow.select(PeriodLock).all() == []


def test_a_list_that_protects_nothing_is_refused(bo):
    for wrong in ({"shop.pay_bakc": "bob"}, {"shop.scribble": ""}, {"shop.scribble": "shop.managers"}):
        with pytest.raises(Refused) as caught, bo.unit_of_work(actor="olga") as uow:
            write_setting(uow, KernelSettings, "approvals", wrong)
        assert [one.code for one in caught.value.findings] == ["bo.approvals"]
        assert caught.value.findings[0].fix


def test_approvers_whom_nobody_knows_are_an_error_and_not_a_wait_without_end(bo):
    listed(bo, shop__scribble="eve")
    with bo.unit_of_work(actor="olga") as uow:
        uow.move(uow.get(User, uow.find(User, name="eve").id), "disable")
    assert code_of(bo.run, scribble, refund(bo), "x", actor="ann") == "bo.approvers"


def test_who_alone_could_approve_can_not_ask(bo):
    listed(bo, shop__scribble="ann")
    assert code_of(bo.run, scribble, refund(bo), "x", actor="ann") == "bo.approvers"
    with pytest.raises(ApprovalNeeded):
        bo.run(scribble, refund(bo), "x", actor="eve")


def test_what_only_reads_can_not_ask_for_approval():
    with pytest.raises(DeclarationError, match="nothing to approve"):

        @service(PAY, approval=True, read_only=True)
        def look(uow: UnitOfWork) -> None:
            """Look."""


# ---------------------------------------------------------------- without a service


def test_a_program_asks_for_an_action_of_its_own(bo):
    listed(bo, shop__approve="shop.manager")
    ident = refund(bo)
    content = {"limit": Money("50.00", "EUR"), "until": date(2026, 3, 1)}
    with bo.unit_of_work(actor="ann", reason="Easter") as uow:
        made = request_approval(uow, APPROVE, uow.get(Refund, ident), content)
        assert made is not None
    with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="ann") as uow:
        use_approval(uow, APPROVE, uow.get(Refund, ident), content)
    assert bo.approvals.approve(made.id, actor="bob").state == "approved"
    for other in ({**content, "limit": Money("51.00", "EUR")}, {}):
        with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="ann") as uow:
            use_approval(uow, APPROVE, uow.get(Refund, ident), other)
    with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="eve") as uow:
        use_approval(uow, APPROVE, uow.get(Refund, ident), content)
    with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="ann") as uow:
        row = uow.get(Refund, ident)
        row.amount = Money("1.00", "EUR")
        use_approval(uow, APPROVE, row, content)
    with bo.unit_of_work(actor="ann") as uow:
        row = uow.get(Refund, ident)
        use_approval(uow, APPROVE, row, content)
        row.note = "raised"
    assert bo.approvals.get(made.id, actor="ann").state == "done"
    with pytest.raises(ApprovalNeeded), bo.unit_of_work(actor="ann") as uow:
        use_approval(uow, APPROVE, uow.get(Refund, ident), content)


def test_a_program_that_needs_nobody_is_told_so(bo):
    with bo.unit_of_work(actor="ann") as uow:
        assert request_approval(uow, APPROVE, None, {"limit": 5}) is None
        use_approval(uow, APPROVE, None, {"limit": 5})


# ---------------------------------------------------------------- at the command line


@pytest.fixture
def said(bo: BackOffice, bo_path: Path, clock: FrozenClock) -> Callable[..., Result]:
    """Run ``bo`` as somebody, on the database of the test."""

    def run(who: str, *arguments: Any, code: int = 0) -> Result:
        given = ["--db", str(bo_path), *map(str, arguments)]
        result = CliRunner().invoke(command, given, obj=Invocation(plugins=[shop], clock=clock, user=who))
        assert result.exit_code == code, result.output
        return result

    return run


def test_at_the_command_line_one_asks_and_another_approves(bo, said):
    ident = refund(bo)
    asked = said("ann", "shop", "pay-back", ident, "--reason", "The lamp was broken", code=1)
    number = bo.approvals.all(actor="ann")[0].id
    assert f"Nothing is done yet: approval {number} is needed, by shop.manager." in asked.stderr
    assert f"bo approval approve {number}" in asked.stderr
    assert asked.stdout == ""

    [line] = json.loads(said("bob", "approval", "list", "--format", "json").stdout)
    assert (line["id"], line["what"], line["requester"], line["needed"]) == (number, "shop.pay_back", "ann", "shop.manager")
    assert json.loads(said("eve", "approval", "list", "--format", "json").stdout) == []
    assert "The lamp was broken" in said("bob", "approval", "show", number).stdout
    assert "bo approval list" in said("eve", "approval", "show", number, code=1).stderr
    assert "Who asked can't approve it" in said("ann", "approval", "approve", number, code=1).stderr
    assert "Missing option '--reason'" in said("bob", "approval", "reject", number, code=2).stderr

    done = json.loads(said("bob", "approval", "approve", number, "--reason", "Seen", "--format", "json").stdout)
    assert (done["state"], done["approved_by"], done["result"]["id"]) == ("done", ["bob"], ident)
    assert paid(bo, ident) == 1
    assert said("bob", "approval", "list").stdout.count(str(number)) == 0
    assert str(number) in said("bob", "approval", "list", "--all").stdout


def test_at_the_command_line_requests_end_otherwise_too(bo, said):
    first, second, third = ask(bo, refund(bo)), ask(bo, refund(bo)), ask(bo, ident := refund(bo, "6000.00"))
    assert "rejected" in said("bob", "approval", "reject", first, "--reason", "No receipt").stdout
    assert "withdrawn" in said("ann", "approval", "withdraw", second).stdout
    assert "is needed" in said("bob", "approval", "run", third, code=1).stderr
    said("bob", "approval", "approve", third)
    said("carl", "approval", "approve", third)
    assert json.loads(said("ann", "approval", "run", third, "--format", "json").stdout)["result"]["id"] == ident
    assert paid(bo, ident) == 1


def test_an_administrator_lists_services_at_the_command_line(bo, said):
    said("olga", "plugin", "set", "bocore", "approvals", '{"shop.scribble": "shop.auditor"}', "--reason", "As our auditor asks")
    assert "shop.auditor" in said("olga", "plugin", "settings", "bocore").stdout
    assert (
        "There is no service 'shop.scrible'. Did you mean shop.scribble?"
        in said("olga", "plugin", "set", "bocore", "approvals", '{"shop.scrible": "shop.auditor"}', code=1).stderr
    )
    assert "bo.operate" in said("ann", "plugin", "set", "bocore", "approvals", "{}", code=1).stderr
    assert "is needed, by shop.auditor" in said("ann", "shop", "scribble", refund(bo), "x", code=1).stderr


def test_the_record_of_it_all_verifies(bo, said):
    bo.approvals.approve(ask(bo, refund(bo)), actor="bob")
    bo.approvals.reject(ask(bo, refund(bo)), actor="bob", reason="No receipt")
    said("olga", "audit", "verify", code=0)


# ---------------------------------------------------------------- one person alone

ACTS = ["ask", "again", "approve", "reject", "withdraw", "run", "key", "row", "clock", "vouched", "token", "by hand", "on behalf"]
STEPS = st.lists(st.sampled_from(ACTS), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from(["ann", "bob", "carl"]))
def test_whatever_one_person_does_alone_it_is_not_done(bo, clock, steps, who):
    ident = refund(bo)
    number = ask(bo, ident, who=who)
    for step in steps:
        try:
            if step in ("ask", "again"):
                bo.run(pay_back, ident, actor=who, company=None if step == "ask" else 1)
            elif step == "key":
                bo.run(pay_back, ident, actor=who, key=f"k{ident}")
            elif step == "row":
                bo.run(scribble, ident, "x", actor=who)
            elif step == "clock":
                clock.advance(days=10)
            elif step == "vouched":
                bo.approvals.approve(number, actor=Actor(who, roles=["shop.manager"], via="till"))
            elif step == "token":
                bo.approvals.approve(number, actor=Scoped(who, [PAY, APPROVE]))
            elif step == "by hand":
                with bo.unit_of_work(actor=who) as uow:
                    pay_back(uow, uow.get(Refund, ident))
            elif step == "on behalf":
                with bo.unit_of_work(actor=who, on_behalf_of="dora") as uow:
                    approve(uow, number)
            elif step == "reject":
                bo.approvals.reject(number, actor=who, reason="x")
            else:
                getattr(bo.approvals, step)(number, actor=who)
        except ApprovalNeeded as error:
            number = error.findings[0].params.get("approval", number)
        except BocoreError:
            pass
    assert paid(bo, ident) == 0
