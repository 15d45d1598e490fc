"""By what a transaction is known when its journal is read again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256

from bocore_hledger.journal import EXACT, Amount, Transaction
from bocore_hledger.weigh import weigh


def keys(transactions: Iterable[Transaction], exponents: Mapping[str, int]) -> list[str]:
    """A key for each transaction, made of what counts in the books: day, code, description, and each line's account, amount and cost.

    Marks, comments and assertions may change: clearing a payment is not another payment. Place and layout play no part, numbers count by
    value, and an amount that was left out counts as it went into the books. Transactions that say the same are told apart by their order.

    :param exponents: decimals of commodities, as the books have them.
    """
    seen: Counter[str] = Counter()
    made = []
    for each in transactions:
        body = [each.date.isoformat(), each.code, each.description]
        lines = [
            [line.account, _plain(weighed.units), _plain(line.cost.amount) if line.cost else None, bool(line.cost and line.cost.total)]
            for line, weighed in zip(each.postings, weigh(each.postings, exponents)[0], strict=True)
        ]
        digest = sha256(json.dumps([body, lines]).encode()).hexdigest()[:40]
        seen[digest] += 1
        made.append(f"{digest}.{seen[digest]}")
    return made


def _plain(amount: Amount) -> list[str]:
    return [f"{amount.number.normalize(EXACT):f}", amount.code] if amount.number else ["0", ""]
