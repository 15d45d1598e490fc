"""A shop's API: orders are rows of its own, and what they are worth goes into the books in the same transaction."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from bocore import (
    Actor,
    BackOffice,
    BocoreError,
    Conflict,
    KeyReused,
    Line,
    Money,
    NotAllowed,
    NotFound,
    Paid,
    Party,
    PostingConflict,
    StorageError,
    UnitOfWork,
    UsageError,
    Voucher,
    open_items,
    settle_lines,
)

metadata = sa.MetaData()
orders = sa.Table(
    "shop_order",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, unique=True, nullable=False),
    sa.Column("customer", sa.Integer, nullable=False),  # the id of bocore's Party
    sa.Column("what", sa.Text, nullable=False),
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> Any:
    """Open the books with the server, and close them with it."""
    engine = sa.create_engine(os.environ.get("SHOP_DB", "sqlite:///shop.db"))
    with BackOffice(engine).init(company="Corner Shop", currency="EUR") as bo:  # what is there already is left alone
        metadata.create_all(engine)
        app.state.bo, app.state.engine = bo, engine
        yield
    engine.dispose()


app = FastAPI(title="Corner Shop", lifespan=lifespan)

# ---------------------------------------------------------------- what every request has

STATUS: dict[type[BocoreError], int] = {
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    KeyReused: 409,
    PostingConflict: 409,
    UsageError: 400,
    StorageError: 503,
}
"""All else that bocore raises on purpose is 422: the request was understood and is refused."""


@app.exception_handler(BocoreError)
def say(request: Request, error: BocoreError) -> JSONResponse:
    """An error as JSON: its findings with code, place and remedy."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return JSONResponse(error.as_dict(), status_code=status)


def back_office(request: Request) -> BackOffice:
    """The application's books."""
    bo: BackOffice = request.app.state.bo
    return bo


Books = Annotated[BackOffice, Depends(back_office)]
STAFF = {"zoe": ["accounting.accountant", "accounting.auditor"], "tom": ["bo.clerk"]}
"""The shop knows its people itself, and gives them roles of bocore's plugins: here they stand in the code."""


def acting(who: Annotated[str, Header(alias="X-User")]) -> Actor:
    """Who acts: the shop vouches for the name, and believes the header only because this is an example."""
    return Actor(who, STAFF.get(who, ()), via="corner-shop")


User = Annotated[Actor, Depends(acting)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8)]

# ---------------------------------------------------------------- customers


class Customer(BaseModel):
    """A new customer."""

    name: str
    code: str


@app.post("/customers", status_code=201)
def add_customer(new: Customer, bo: Books, user: User, key: Key) -> Any:
    """Add a customer; the same request again gives the same one."""
    return bo.run(register, new.name, new.code, actor=user, key=key)


def register(uow: UnitOfWork, name: str, code: str) -> Party:
    """A party of bocore's kernel."""
    return uow.add(Party(name=name, code=code))


@app.get("/customers/{ident}/items")
def owed(ident: int, bo: Books, user: User, as_of: date | None = None) -> list[dict[str, Any]]:
    """What a customer owes, today or as of any day of the past."""
    with bo.unit_of_work(actor=user, read_only=True) as uow:
        party = uow.get(Party, ident)
        return [
            {"key": row.key, "remaining": str(row.remaining.amount), "currency": row.remaining.currency, "due": row.due}
            for row in open_items(uow, party=party, as_of=as_of)
        ]


# ---------------------------------------------------------------- orders: a row of the shop's, and a voucher


class Order(BaseModel):
    """An order: amounts are text, since a JSON number may lose cents."""

    customer: int
    what: str
    net: str
    vat: str
    currency: str = "EUR"
    due: date | None = None


@app.post("/orders", status_code=201)
def add_order(order: Order, request: Request, bo: Books, user: User, key: Key) -> dict[str, Any]:
    """Take an order: the shop's row and bocore's voucher are committed together by the shop."""
    net, vat = Money(order.net, order.currency), Money(order.vat, order.currency)
    with request.app.state.engine.begin() as connection:
        with bo.unit_of_work(actor=user, reason=order.what, connection=connection) as uow:
            customer = uow.get(Party, order.customer)
            (receipt,) = uow.post(
                Voucher(
                    key=f"shop.order:{key}",
                    kind="shop.order",
                    document_date=uow.today(),
                    lines=[
                        Line("receivable", net + vat, party=customer, opens=f"shop.order:{key}", due=order.due),
                        Line("sales", -net),
                        Line("tax.output", -vat),
                    ],
                )
            )
        if receipt.repeated:
            ident = connection.scalar(sa.select(orders.c.id).where(orders.c.key == key))
        else:
            values = {"key": key, "customer": order.customer, "what": order.what}
            ident = connection.execute(sa.insert(orders).values(values)).inserted_primary_key[0]
    return {"id": ident, "item": f"shop.order:{key}", "voucher": receipt.voucher_id, "repeated": receipt.repeated}


# ---------------------------------------------------------------- payments


class Payment(BaseModel):
    """What came in for an open item; all that is open where no amount is given."""

    item: str
    amount: str | None = None
    currency: str = "EUR"


@app.post("/payments", status_code=201)
def add_payment(payment: Payment, bo: Books, user: User, key: Key) -> Any:
    """Settle an item: once, however often the request comes."""
    return bo.run(pay, payment.item, payment.amount, payment.currency, key, actor=user, key=f"payment:{key}")


def pay(uow: UnitOfWork, item: str, amount: str | None, currency: str, key: str) -> dict[str, Any]:
    """A voucher of what came into the bank, and what it settles."""
    lines = settle_lines(uow, [Paid(item, None if amount is None else Money(amount, currency))])
    paid = -sum((line.amount for line in lines[1:]), lines[0].amount)
    (receipt,) = uow.post(Voucher(key=f"shop.payment:{key}", kind="shop.payment", lines=[Line("bank", paid), *lines]))
    return {"voucher": receipt.voucher_id, "paid": str(paid.amount), "currency": paid.currency}


# ---------------------------------------------------------------- reports

TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@app.get("/reports/{name}")
def report(name: str, request: Request, bo: Books, user: User, style: Annotated[str, Query(alias="format")] = "json") -> Response:
    """Any report of any installed plugin; its options are parameters of the address: ``?as_of=2026-12-31``."""
    if style not in TYPES:
        raise UsageError(f"{style!r} is no format of this API.", fix=f"There are: {', '.join(TYPES)}.")
    options = {option: value for option, value in request.query_params.items() if option != "format"}
    found = bo.report(name, actor=user, options=options)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{style}"
        found.render(style, path)
        return Response(path.read_bytes(), media_type=TYPES[style])


@app.get("/feed/{consumer}")
def feed(consumer: str, bo: Books, user: User) -> list[dict[str, Any]]:
    """What was committed since this consumer asked last: at least once, in order."""
    with bo.unit_of_work(actor=user, read_only=True) as uow:
        uow.require("bo.audit", "read what was done")  # the feed itself asks nobody

    def news() -> Iterator[dict[str, Any]]:
        for commit in bo.feed(consumer):
            yield {"position": commit.position, "at": commit.at, "actor": commit.actor, "reason": commit.reason}

    return list(news())
