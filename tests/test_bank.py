"""Bank accounts: numbers that a bank can have given, and a history that a payment run can ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bocore import (
    BackOffice,
    BankAccount,
    BankDetails,
    Company,
    NotFound,
    Party,
    Refused,
    UsageError,
    add_bank_account,
    bank_account_of,
    bank_details,
    bank_history,
    change_bank_account,
    changed_since,
)
from bocore.record.verify import verify

# Examples of the ECBS IBAN registry.
AT, DE, GB = "AT611904300234573201", "DE89370400440532013000", "GB29NWBK60161331926819"


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


@pytest.fixture
def supplier(bo: BackOffice) -> Party:
    """A supplier with one account in euro."""
    with bo.unit_of_work(actor="ann", reason="Supplier's form") as uow:
        party = uow.add(Party(code="S1", name="Steel GmbH"))
        add_bank_account(uow, party, currency="EUR", iban="AT61 1904 3002 3457 3201", bic="bkauatww")
    return party


def test_a_supplier_is_paid_by_the_account_that_it_has(bo: BackOffice, supplier: Party) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = bank_account_of(uow, uow.get(Party, supplier.id), "EUR")
        assert (found.holder, found.iban, found.bic, found.country, found.serial) == ("Steel GmbH", AT, "BKAUATWW", "AT", 1)
        with pytest.raises(NotFound, match="no active bank account in USD") as missing:
            bank_account_of(uow, uow.get(Party, supplier.id), "USD")
        assert missing.value.findings[0].code == "bo.no_bank_account"


def test_a_change_is_entered_beside_what_was_there(bo: BackOffice, supplier: Party, clock: Any) -> None:
    clock.set(datetime(2026, 3, 10, 8, tzinfo=UTC))
    with bo.unit_of_work(actor="bob", reason="Letter of 9 March") as uow:
        account = uow.select(BankAccount).one()
        change_bank_account(uow, account, iban="de89 3704 0044 0532 0130 00")
        assert bank_history(uow, account)[-1].actor == "bob"
    clock.set(datetime(2026, 3, 12, 8, tzinfo=UTC))
    with bo.unit_of_work(actor="cid", read_only=True) as uow:
        account = uow.select(BankAccount).one()
        assert bank_account_of(uow, uow.get(Party, supplier.id), "EUR").iban == DE
        first, second = bank_history(uow, account)
        assert (first.actor, first.before, first.after.iban, first.at) == ("ann", None, AT, datetime(2026, 1, 15, 9, tzinfo=UTC))
        assert second.before is first.after
        assert (second.actor, second.after.iban, second.after.country, second.after.bic) == ("bob", DE, "DE", "")
        assert second.unit != first.unit
        assert [row.iban for row in changed_since(uow, account, date(2026, 3, 10))] == [DE]
        assert changed_since(uow, account, date(2026, 3, 11)) == []
        assert len(changed_since(uow, account, date(2026, 1, 15))) == 2, "an account that is new counts as changed"
        assert changed_since(uow, account, datetime(2026, 3, 10, 8, 1, tzinfo=UTC)) == []
        for wrong in ("2026-03-10", datetime(2026, 3, 10)):  # noqa: DTZ001 - what is refused
            with pytest.raises(UsageError, match="no day and no instant"):
                changed_since(uow, account, wrong)  # type: ignore[arg-type]


def test_a_day_begins_where_the_company_is(bo: BackOffice, clock: Any) -> None:
    clock.set(datetime(2026, 3, 9, 23, 30, tzinfo=UTC))  # half past midnight in Vienna
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.zone = "Europe/Vienna"
        account = add_bank_account(uow, uow.company, currency="EUR", iban=AT)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert changed_since(uow, uow.get(BankAccount, account.id), date(2026, 3, 10))
        assert not changed_since(uow, uow.get(BankAccount, account.id), date(2026, 3, 11))


def test_what_does_not_differ_is_no_change(bo: BackOffice, supplier: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        account = uow.select(BankAccount).one()
        assert change_bank_account(uow, account, iban="AT61 1904 3002 3457 3201", bic="BKAUATWW").serial == 1
        assert change_bank_account(uow, account, holder="Steel Trading GmbH").serial == 2
        assert change_bank_account(uow, account, number="1234", bank_code="021000021", country="US").iban == ""
        details = bank_details(uow, [account])[account.id]
        assert (details.holder, details.number, details.bic, details.serial) == ("Steel Trading GmbH", "1234", "", 3)
        assert change_bank_account(uow, account, iban=DE, bic="COBADEFF").number == ""


def test_details_are_never_overwritten_and_the_books_verify(bo: BackOffice, supplier: Party) -> None:
    with pytest.raises(Refused, match="BankDetails"), bo.unit_of_work(actor="eve") as uow:
        uow.select(BankDetails).one().iban = DE
    with pytest.raises(Refused, match="never deleted"), bo.unit_of_work(actor="eve") as uow:
        uow.remove(uow.select(BankDetails).one())
    with pytest.raises(Refused, match="1 BankDetails row refers to it"), bo.unit_of_work(actor="eve") as uow:
        uow.remove(uow.select(BankAccount).one())
    with bo.unit_of_work(actor="ann") as uow:
        change_bank_account(uow, uow.select(BankAccount).one(), iban=DE)
    assert verify(bo).ok


def test_of_several_accounts_the_preferred_one_counts(bo: BackOffice, supplier: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.get(Party, supplier.id)
        second = add_bank_account(uow, party, currency="EUR", iban=DE)
        add_bank_account(uow, party, currency="GBP", iban=GB)
        assert not second.preferred
        assert bank_account_of(uow, party, "EUR").iban == AT
        assert bank_account_of(uow, party, "GBP").iban == GB
    with pytest.raises(Refused, match="2 preferred accounts in EUR"), bo.unit_of_work(actor="ann") as uow:
        uow.get(BankAccount, second.id).preferred = True
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.select(BankAccount, currency="EUR").where(BankAccount.c.id != second.id).one()
        first.preferred, uow.get(BankAccount, second.id).preferred = False, True
        assert bank_account_of(uow, uow.get(Party, supplier.id), "EUR").iban == DE
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(BankAccount, second.id).active = False
        assert bank_account_of(uow, uow.get(Party, supplier.id), "EUR").iban == AT, "the only one that is left"
        uow.get(BankAccount, second.id).active = True
        uow.get(BankAccount, second.id).preferred = False
        with pytest.raises(NotFound, match="2 bank accounts in EUR, and none of them is preferred"):
            bank_account_of(uow, uow.get(Party, supplier.id), "EUR")


def test_a_company_has_accounts_of_its_own(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        other = uow.add(Company(code="B", name="B Ltd", currency="GBP"))
        add_bank_account(uow, other, currency="GBP", name="House bank", number="31926819", bank_code="601613", country="GB")
        found = bank_account_of(uow, other, "GBP")
        assert (found.holder, found.number, found.bank_code, found.iban) == ("B Ltd", "31926819", "601613", "")


@pytest.mark.parametrize(
    ("details", "field", "said"),
    [
        ({"iban": "AT611904300234573202"}, "iban", "This is no IBAN: its check digit is wrong"),
        ({"iban": "AT6119043002345732"}, "iban", "no IBAN"),
        ({"iban": "4711"}, "iban", "no IBAN"),
        ({"iban": AT, "bic": "BKAUXX"}, "bic", "no BIC"),
        ({"iban": AT, "number": "1234", "bank_code": "12000", "country": "AT"}, "iban", "both an IBAN and a national number"),
        ({}, "iban", "It has no number"),
        ({"number": "1234", "country": "US"}, "bank_code", "says nothing without its bank"),
        ({"number": "1234", "bank_code": "021000021"}, "bank_code", "says nothing without its bank"),
        ({"number": "1234", "bank_code": "021000022", "country": "US"}, "bank_code", "no bank code: its check digit is wrong"),
        ({"number": "1234", "bank_code": "1", "country": "us"}, "country", "'us' is no country"),
        ({"iban": AT, "holder": ""}, "holder", "holder"),
        ({"iban": AT, "currency": "EUX"}, "currency", "EUX"),
    ],
)
def test_an_account_that_can_not_be_is_refused_without_repeating_its_number(
    bo: BackOffice, details: dict[str, str], field: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused, bo.unit_of_work(actor="ann") as uow:
        add_bank_account(uow, uow.add(Party(name="Ada")), **{"currency": "EUR", **details})
    assert refused.value.findings[0].field == field
    assert not [value for name in ("iban", "number") if (value := details.get(name)) and value in str(refused.value)]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(BankAccount).count() == 0


def test_what_an_account_is_stays(bo: BackOffice, supplier: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        other = uow.add(Party(name="Eve"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="eve") as uow:
        account = uow.select(BankAccount).one()
        account.party_id, account.currency = other.id, "USD"
    assert [finding.field for finding in refused.value.findings] == ["currency", "party_id"]
    for wrong, said in (({"currency": "EUR"}, "one owner"), ({"currency": "EUR", "party_id": other.id}, "no details")):
        with pytest.raises(Refused, match=said), bo.unit_of_work(actor="eve") as uow:
            uow.add(BankAccount(**wrong))
    with pytest.raises(Refused, match="spaces or small letters"), bo.unit_of_work(actor="eve") as uow:
        account = uow.select(BankAccount).one()
        uow.add(BankDetails(account_id=account.id, serial=2, holder="Eve", iban="DE89 3704 0044 0532 0130 00", at=uow.now()))
    with pytest.raises(Refused, match="same account_id"), bo.unit_of_work(actor="eve") as uow:
        account = uow.select(BankAccount).one()
        uow.add(BankDetails(account_id=account.id, serial=1, holder="Eve", iban=DE, at=uow.now()))


def test_the_program_is_told_how_to_call(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(UsageError, match="can't own a bank account"):
            bank_account_of(uow, 7, "EUR")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="no 'ibn'"):
            add_bank_account(uow, uow.company, currency="EUR", ibn=AT)
