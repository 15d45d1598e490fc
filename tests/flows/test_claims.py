"""A health claim: paid in part, taken back after the month was closed, decided anew, and a second payer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bocore import Party, Plugin
from bocore.testing import posted
from bocore_accounting import AccountKind
from flows.office import Office, line

CLINIC = Plugin(
    prefix="clinic",
    purposes={"clinic.payer": "receivable", "clinic.patient": "receivable", "clinic.contractual": "sales", "clinic.remit": "clearing"},
)


@pytest.fixture
def clinic(open_office: Callable[..., Office]) -> Office:
    """A clinic that keeps insurers, patients and contractual allowances on accounts of their own."""
    clinic = open_office(CLINIC)
    clinic.do("accounting.setup-chart")
    clinic.do("accounting.open-account", "1101", "Insurers", AccountKind.ASSET)
    clinic.do("accounting.open-account", "1102", "Patients", AccountKind.ASSET)
    clinic.do("accounting.open-account", "4095", "Contractual allowances", AccountKind.INCOME)
    for purpose, account in (("clinic.payer", "1101"), ("clinic.patient", "1102"), ("clinic.contractual", "4095")):
        clinic.do("accounting.map-purpose", purpose, account)
    with clinic.work("carla") as uow:
        uow.add(Party(code="P1", name="First Insurance"))
        uow.add(Party(code="P2", name="Second Insurance"))
    return clinic


def decide(clinic: Office, key: str, on: str, trn: str, paid: str, allowance: str, patient: str) -> None:
    """An insurer's decision: what is paid, what is contractual, and what is the patient's, who owes 40.00."""
    clinic.book(
        key, on, line("clinic.remit", paid, opens=trn), line("clinic.contractual", allowance),
        line("clinic.patient", "40.00", opens=patient), line("clinic.payer", "-250.00", settles="clm:55:P1"),
    )  # fmt: skip


def test_a_decision_is_taken_back_after_the_patient_has_paid_and_the_month_was_closed(clinic: Office) -> None:
    """Charged 250; paid 120, contractual 90, patient 40, who pays; taken back; then 100/110/40; a second payer takes 40 and pays 30."""
    clinic.book("claim.charge:55", "2026-01-08", line("clinic.payer", "250.00", opens="clm:55:P1"), line("sales", "-250.00"))
    decide(clinic, "era:998", "2026-01-20", "trn:998", "120.00", "90.00", "clm:55:pat")
    clinic.book("bank.deposit:998", "2026-01-22", line("bank", "120.00"), line("clinic.remit", "-120.00", settles="trn:998"))
    clinic.book("pat.payment:1", "2026-01-28", line("bank", "40.00"), line("clinic.patient", "-40.00", settles="clm:55:pat"))
    january = {"1010": "160.00", "4000": "-250.00", "4095": "90.00"}
    assert clinic.balances() == january
    assert clinic.items() == {}

    clinic.clock.set("2026-02-02T09:00Z")
    clinic.lock("ledger", "2026-01-31")
    receipt = clinic.reverse("era:998", "Taken back by the payer: CLP02 22")
    assert receipt.moved
    assert clinic.items() == {"clm:55:P1": "250.00", "clm:55:pat": "-40.00", "trn:998": "-120.00"}
    assert clinic.items(kind="credit") == {"clm:55:pat": "-40.00", "trn:998": "-120.00"}
    assert clinic.items(as_of="2026-01-31") == {}
    assert clinic.balances(as_of="2026-01-31") == january
    assert clinic.balances(as_of="2026-02-01") == {
        "1010": "160.00",
        "1050": "-120.00",
        "1101": "250.00",
        "1102": "-40.00",
        "4000": "-250.00",
    }

    decide(clinic, "era:999", "2026-02-02", "trn:999", "100.00", "110.00", "clm:55:pat:2")
    clinic.book("era.net:999", "2026-02-02", line("clinic.remit", "20.00", settles="trn:998"), line("bank", "-20.00"))
    clinic.book(
        "era.offset:999",
        "2026-02-02",
        line("clinic.remit", "100.00", settles="trn:998"),
        line("clinic.remit", "-100.00", settles="trn:999"),
    )
    second = [line("clinic.payer", "40.00", opens="clm:55:P2"), line("clinic.patient", "-40.00", settles="clm:55:pat:2")]
    clinic.book("claim.second:55", "2026-02-03", *second)
    clinic.book("bank.deposit:1000", "2026-02-10", line("bank", "30.00"), line("clinic.payer", "-30.00", settles="clm:55:P2"))
    back = [line("clinic.payer", "-10.00", settles="clm:55:P2"), line("clinic.patient", "10.00", settles="clm:55:pat")]
    clinic.book("claim.back:55", "2026-02-11", *back)
    assert clinic.items() == {"clm:55:pat": "-30.00"}
    assert clinic.balances() == {"1010": "170.00", "1102": "-30.00", "4000": "-250.00", "4095": "110.00"}
    clinic.book("pat.refund:1", "2026-02-12", line("clinic.patient", "30.00", settles="clm:55:pat"), line("bank", "-30.00"))
    income = clinic.statement("income-statement", year=2026)
    assert (income["4000"], income["4095"], income["Result"]) == ("250.00", "-110.00", "140.00")
    assert clinic.balances()["1010"] == "140.00"
    assert clinic.items() == {}


def test_no_text_of_the_claim_reaches_the_books(clinic: Office) -> None:
    """Keys and purposes are all that a ledger keeps of a patient; a party is the insurer."""
    clinic.book("claim.charge:55", "2026-01-08", line("clinic.payer", "250.00", opens="clm:55:P1"), line("sales", "-250.00"))
    (record,) = posted(clinic.bo)
    assert (record.text, record.source_label) == ("", "")
    assert {row.text for row in clinic.report("general-ledger")} == {""}
