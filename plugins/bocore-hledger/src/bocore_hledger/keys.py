"""By what a transaction is known when its journal is read again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from bocore_hledger.journal import EXACT, Amount, Transaction


def keys(transactions: Iterable[Transaction]) -> list[str]:
    """A key for each transaction, made of what counts in the books: day, code, description, and each line's account, amount and cost.

    Marks, comments and assertions may change: clearing a payment is not another payment. Place and layout play no part, numbers count by
    value, and an amount that was left out counts like one that was written. Transactions that say the same are told apart by their order.
    """
    seen: Counter[str] = Counter()
    made = []
    for each in transactions:
        body = [each.date.isoformat(), each.code, each.description]
        lines = [
            [line.account, _plain(line.units), _plain(line.cost.amount) if line.cost else None, bool(line.cost and line.cost.total)]
            for line in each.postings
        ]
        digest = sha256(json.dumps([body, lines]).encode()).hexdigest()[:40]
        seen[digest] += 1
        made.append(f"{digest}.{seen[digest]}")
    return made


def _plain(amount: Amount | None) -> list[str] | None:
    return None if amount is None else [f"{EXACT.plus(amount.number.normalize(EXACT)):f}", amount.code]
