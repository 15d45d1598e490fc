"""Parties: who a business deals with, with numbers that their issuers can have given and addresses."""

from __future__ import annotations

from typing import Any

import pytest

from bocore import BackOffice, Party, PartyAddress, PartyIdentifier, PartyKind, Refused
from bocore.kernel.party import check_identifier, format_identifier


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


@pytest.mark.parametrize(
    ("scheme", "value", "wrong"),
    [
        ("eu_vat", "ATU12011204", None),
        ("eu_vat", "AT U120 11204", None),
        ("eu_vat", "ATU12011205", "check digit"),
        ("eu_vat", "XX123", "does not exist"),
        ("us_ein", "91-1144442", None),
        ("us_ein", "07-1144442", "does not exist"),
        ("gb_vat", "GB 980 7806 84", None),
        ("in_pan", "ACUPA7085R", None),
        ("lei", "213800KUD8LAJWSQ9D15", None),
        ("lei", "213800KUD8LXJWSQ9D15", "check digit"),
        ("our_customer_number", "4711", None),
        ("xx_vat", "4711", None),
        ("os", "4711", None),
        ("util", "4711", None),
        ("../etc", "4711", None),
    ],
)
def test_identifiers_are_checked_where_their_scheme_is_known(scheme: str, value: str, wrong: str | None) -> None:
    said = check_identifier(scheme, value)
    assert (said is None) == (wrong is None)
    assert wrong is None or wrong in str(said)


def test_identifiers_are_written_in_one_way() -> None:
    assert format_identifier("eu_vat", "AT U120 11204") == "ATU12011204"
    assert format_identifier("eu_vat", "AT U120 11205") == "AT U120 11205", "what is wrong stays as it was written"
    assert format_identifier("our_number", "47 11") == "47 11"


@pytest.mark.parametrize(("name", "said"), [("", "name is empty."), (" \t\u00a0", "name has nothing but white space.")])
def test_a_party_has_a_name_that_one_can_read(bo: BackOffice, name: str, said: str) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name=name))
    assert [(f.code, f.field, f.message) for f in refused.value.findings] == [("bo.invalid", "name", said)]


def test_a_customer_has_identifiers_and_addresses(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        acme = uow.add(Party(code="C-1", name="Acme Handels GmbH", language="de-AT"))
        ada = uow.add(Party(name="Ada", kind=PartyKind.PERSON))
        uow.add(PartyIdentifier(party_id=acme.id, scheme="eu_vat", value="ATU12011204"))
        uow.add(PartyAddress(party_id=acme.id, lines="Hauptplatz 1", postcode="8010", city="Graz", country="AT"))
        uow.add(PartyAddress(party_id=acme.id, kind="delivery", lines="Lagerstrasse 7\nTor 3", postcode="8020", city="Graz", country="AT"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = uow.find(Party, code="C-1")
        assert found is not None
        assert (found.kind, found.active) == (PartyKind.ORGANISATION, True)
        assert [one.value for one in uow.children(found, PartyIdentifier)] == ["ATU12011204"]
        assert {one.kind: one.lines for one in uow.children(found, PartyAddress)} == {
            "main": "Hauptplatz 1",
            "delivery": "Lagerstrasse 7\nTor 3",
        }
        assert uow.select(Party, kind=PartyKind.PERSON).one().id == ada.id
        assert uow.select(Party, kind="person").one().code is None


def test_a_wrong_number_is_refused_without_being_repeated(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        acme = uow.add(Party(name="Acme"))
        uow.add(PartyIdentifier(party_id=acme.id, scheme="eu_vat", value="ATU12011205"))
    (finding,) = refused.value.findings
    assert (finding.code, finding.field) == ("bo.identifier", "value")
    assert "eu_vat" in finding.message
    assert "12011205" not in str(refused.value)
    with bo.unit_of_work(actor="ann") as uow:
        acme = uow.add(Party(name="Acme"))
        number = uow.add(PartyIdentifier(party_id=acme.id, scheme="eu_vat", value="ATU12011204"))
    with pytest.raises(Refused, match="check digit"), bo.unit_of_work(actor="ann") as uow:
        uow.get(PartyIdentifier, number.id).value = "ATU12011205"


def test_codes_and_identifiers_are_not_given_twice(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Party(name="Ada"), Party(name="Bea"), Party(code="C-1", name="Cem")])
    with pytest.raises(Refused, match="same code"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(code="C-1", name="Dan"))
    with pytest.raises(Refused, match="same scheme"), bo.unit_of_work(actor="ann") as uow:
        eve = uow.add(Party(name="Eve"))
        uow.add_all(PartyIdentifier(party_id=eve.id, scheme="card", value="17") for _ in range(2))
