"""External ids: what a row is called elsewhere, both ways, for many at once."""

from __future__ import annotations

from typing import Any

import pytest

from bocore import BackOffice, ExternalId, Party, Refused, external_ids, find_external, set_external_id


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def test_customers_of_a_shop_are_known_again(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        people = uow.add_all([Party(name=f"Customer {n}") for n in range(5)])
        for n, party in enumerate(people[:4]):
            set_external_id(uow, party, "shop", f"gid://{n}")
        set_external_id(uow, people[0], "datev", "10001")
    ids = [party.id for party in people]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert find_external(uow, "shop", Party, ["gid://0", "gid://3", "gid://9", "10001"]) == {"gid://0": ids[0], "gid://3": ids[3]}
        assert external_ids(uow, "shop", Party, ids) == {ids[n]: f"gid://{n}" for n in range(4)}
        assert external_ids(uow, "datev", "bo_party", [ids[0], ids[1]]) == {ids[0]: "10001"}
        assert external_ids(uow, "shop", Party, uow.select(Party)) == {ids[n]: f"gid://{n}" for n in range(4)}
        assert find_external(uow, "shop", Party, []) == {}


def test_many_names_are_found_in_few_queries(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        people = uow.add_all([Party(name=f"P{n}") for n in range(200)])
        uow.add_all(ExternalId(system="shop", entity="bo_party", row_id=party.id, external_id=f"{n}") for n, party in enumerate(people))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = find_external(uow, "shop", Party, (str(n) for n in range(25_000)))
        assert found == {str(n): party.id for n, party in enumerate(people)}


def test_a_name_that_changed_there_is_replaced(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Ada"))
        first = set_external_id(uow, party, "shop", "1")
        assert set_external_id(uow, party, "shop", "1") is first
        assert set_external_id(uow, party, "shop", "2") is first
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert find_external(uow, "shop", Party, ["1", "2"]) == {"2": party.id}


def test_a_name_means_one_row_and_a_row_has_one_name(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ada, bea = uow.add_all([Party(name="Ada"), Party(name="Bea")])
        set_external_id(uow, ada, "shop", "1")
    with pytest.raises(Refused, match="same system, entity, external_id"), bo.unit_of_work(actor="ann") as uow:
        set_external_id(uow, bea, "shop", "1")
    with pytest.raises(Refused, match="same system, entity, row_id"), bo.unit_of_work(actor="ann") as uow:
        uow.add(ExternalId(system="shop", entity="bo_party", row_id=ada.id, external_id="2"))
    with bo.unit_of_work(actor="ann") as uow:
        set_external_id(uow, bea, "till", "1")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"entity": "shop_order"}, "There is no entity 'shop_order'"),
        ({"row_id": 999_999}, "There is no Party with the id 999999"),
        ({"system": ""}, "system"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
    ],
)
def test_a_name_of_nothing_is_refused(bo: BackOffice, more: dict[str, Any], said: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Ada"))
    with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
        uow.add(ExternalId(**{"system": "shop", "entity": "bo_party", "row_id": party.id, "external_id": "1", **more}))


def test_a_row_that_another_system_knows_goes_only_with_its_name(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Ada"))
        name = set_external_id(uow, party, "shop", "1")
    with pytest.raises(Refused, match="shop knows it as '1'"), bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Party, party.id))
    with bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(ExternalId, name.id))
        uow.remove(uow.get(Party, party.id))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Party).count() == 0
