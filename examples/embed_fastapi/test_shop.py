"""A day of the shop, over its API."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient
from shop import app

USER = {"X-User": "zoe"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{tmp_path / 'shop.db'}")
    with TestClient(app) as client:
        client.headers.update(USER)
        yield client


def post(shop: TestClient, path: str, key: str, **body: Any) -> Any:
    return shop.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def customer(shop: TestClient) -> int:
    made = post(shop, "/customers", "customer-1", name="Bäckerei Öz", code="K1")
    assert made.status_code == 201
    ident: int = made.json()["id"]
    return ident


def order(shop: TestClient, customer: int, key: str = "order-0001", **more: Any) -> Any:
    return post(
        shop, "/orders", key, **{"customer": customer, "what": "Flour", "net": "100.00", "vat": "20.00", "due": "2026-12-31"} | more
    )


def items(shop: TestClient, customer: int) -> list[tuple[str, str]]:
    return [(row["key"], row["remaining"]) for row in shop.get(f"/customers/{customer}/items").json()]


def test_an_order_is_owed_until_it_is_paid(shop: TestClient, customer: int) -> None:
    taken = order(shop, customer).json()
    assert items(shop, customer) == [("shop.order:order-0001", "120.00")]
    assert post(shop, "/payments", "payment-1", item=taken["item"], amount="50.00").json()["paid"] == "50.00"
    assert items(shop, customer) == [("shop.order:order-0001", "70.00")]
    assert post(shop, "/payments", "payment-2", item=taken["item"]).json()["paid"] == "70.00"
    assert items(shop, customer) == []
    balances = {row["name"]: row["balance"] for row in shop.get("/reports/trial-balance").json()}
    assert balances["Bank"] == "120.00"
    assert "Trade receivables" not in balances


def test_what_comes_twice_is_done_once(shop: TestClient, customer: int) -> None:
    first, second = order(shop, customer).json(), order(shop, customer).json()
    assert (first["id"], first["voucher"]) == (second["id"], second["voucher"])
    assert (first["repeated"], second["repeated"]) == (False, True)
    paid = [post(shop, "/payments", "payment-1", item=first["item"], amount="50.00").json() for _ in range(3)]
    assert paid == [paid[0]] * 3
    assert items(shop, customer) == [("shop.order:order-0001", "70.00")]


def test_a_key_with_another_request_is_a_conflict(shop: TestClient, customer: int) -> None:
    order(shop, customer)
    refused = order(shop, customer, net="200.00")
    assert refused.status_code == 409
    assert "another body" in refused.text


def test_what_is_refused_is_in_neither_table(shop: TestClient, customer: int, tmp_path: Path) -> None:
    missing = order(shop, 4711)
    assert missing.status_code == 404
    odd = order(shop, customer, net="100.001")
    assert odd.status_code == 422
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        rows = connection.execute("SELECT (SELECT count(*) FROM shop_order), (SELECT count(*) FROM bo_voucher)").fetchone()
    connection.close()
    assert rows == (0, 0)


def test_paying_more_than_is_open_is_refused_with_the_remedy(shop: TestClient, customer: int) -> None:
    item = order(shop, customer).json()["item"]
    refused = post(shop, "/payments", "payment-1", item=item, amount="121.00")
    assert refused.status_code == 422
    (finding,) = refused.json()["findings"]
    assert finding["code"] == "bo.item_exceeded"
    assert "120.00" in finding["message"] + finding["fix"]


def test_a_report_is_an_address_in_every_format(shop: TestClient, customer: int) -> None:
    order(shop, customer)
    page = shop.get("/reports/balance-sheet", params={"format": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Corner Shop" in page.text
    assert shop.get("/reports/balance-sheet", params={"format": "xlsx"}).content[:2] == b"PK"
    assert shop.get("/reports/balance-sheet", params={"format": "pdf"}).status_code == 400
    assert shop.get("/reports/no-such-report").status_code == 404


def test_the_feed_says_each_commit_once_to_each_consumer(shop: TestClient, customer: int) -> None:
    shop.get("/feed/crm")
    order(shop, customer)
    assert [(row["actor"], row["reason"]) for row in shop.get("/feed/crm").json()] == [("zoe via corner-shop", "Flour")]
    assert shop.get("/feed/crm").json() == []


def test_everybody_may_do_what_his_roles_allow(shop: TestClient, customer: int) -> None:
    shop.headers.update({"X-User": "tom"})
    assert post(shop, "/customers", "customer-2", name="Café Blau", code="K2").status_code == 201
    refused = order(shop, customer)
    assert refused.status_code == 403
    assert refused.json()["findings"][0]["params"]["permission"] == "bo.post"
    assert shop.get("/reports/trial-balance").status_code == 403
    assert shop.get("/feed/crm").status_code == 403
    shop.headers.update({"X-User": "eve"})
    assert post(shop, "/customers", "customer-3", name="Nobody", code="K3").status_code == 403
    assert shop.get(f"/customers/{customer}/items").status_code == 403
