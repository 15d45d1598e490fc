"""Files that are right, one or more for each importer, to begin with: what is wrong with a file is then made out of these.

Files that a file includes follow it behind ``PART``: the first is ``books``, then ``books1``, ``books2``, each with the importer's ending.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

PART = b"\n\x1e\x1e\x1e\n"


@attrs.frozen
class Seed:
    """A file, the options that it is taken in with, and words of its language, which mutations put where they do not belong.

    ``{n}`` in an option stands for the number of the try, so that one does not stand in the way of the next.
    """

    file: bytes
    options: Mapping[str, Any] = attrs.field(factory=dict)
    words: tuple[str, ...] = ()


def _seed(text: str, words: str = "", **options: Any) -> Seed:
    return Seed(text.encode(), options, tuple(words.split()))


_RATES = "on currency to rate kind source spot average closing EUR USD XAU 2026-02-29 9999-12-31 0001-01-01 , ; \t"
_JOURNAL = (
    "entry date account debit credit currency quantity commodity base account_kind asset nature closing book opening FUND JPY 1010 GEN"
)
_OPENING = (
    "account amount debit credit currency base party item due item_kind invoice dims cost_centre=SHOP1 account_kind liability 1100 ACME"
)
_BEANCOUNT = (
    "open close txn balance pad note document event query custom price commodity option plugin include pushtag poptag pushmeta "
    "{10.00USD} {{5.00USD}} {} 1/0 0/0 (1-1) 2*3 @ @@ # ^ * ! ~ TRUE Assets:Cash Equity:Opening USD 2026-02-30 "
    '"beancount.plugins.auto_accounts" "beancount.plugins.implicit_prices" "name_assets" "booking_method" "FIFO" "AVERAGE" '
    '"inferred_tolerance_multiplier"'
)
_HLEDGER = (
    "account commodity D P Y include comment decimal-mark apply year end alias @ @@ = == =* == * ! ; () [] {} { ~ type:A date:2026-01-01 "
    '$ € USD "green1" 1,000 1.000,00 1e9 -1e-9 assets:cash 2026/02/30 2026-01-01=2026-01-02 (code)'
)

_ITEMS = (
    "code name kind goods kit unit KGM category tax_class variant_of options size=L,x=y {} tracking lot serial state retired pack BOX "
    "factor 1/3 1/0 gtin 4006381333931 96385074 price_list price 12.50 from_quantity since through 2026-02-30 BEAN MUG"
)
_COUNTS = (
    "count 2026-00001 place STOCK LOSS item NUT BOLT PUMP barcode 5901234123457 (01)04006381333948 (10)A (37)5 2302148210869 lot serial P1 "
    "P2 quantity 0 1e999 NaN unit C62 KGM BOX"
)

SEEDS: dict[str, tuple[Seed, ...]] = {
    "bo.rates-csv": (
        _seed(
            "on,currency,to,rate,kind,source\n2026-01-02,USD,EUR,0.91,spot,ECB\n2026-01-05,JPY,EUR,0.00612,average,\n", _RATES, replace=True
        ),
        _seed("rate;to;currency;on\n1.0931;USD;EUR;2026-03-01\n160.25;JPY;EUR;2026-03-01\n", _RATES),
        _seed("On\tCurrency\tTo\tRate\n2026-03-01\tEUR\tUSD\t1,0931\n", _RATES, decimal_comma=True, replace=True),
    ),
    "accounting.journal-csv": (
        _seed(
            "entry,date,text,account,debit,credit,currency,reference\n"
            "A1,2026-01-31,Rent,6100,1200.00,,,R-1\nA1,,,1010,,1200.00,,\n"
            "A2,2026-02-01,Sale,1010,100.00,,USD,\nA2,,,4000,,100.00,USD,\n",
            _JOURNAL,
        ),
        _seed(
            "date;account;account_kind;account_name;debit;credit\n2026-02-28;9100;expense;Bees;0,50;\n;9200;asset;'=Hive';;0,50\n",
            _JOURNAL,
            decimal_comma=True,
        ),
        _seed(
            "date,account,debit,credit,currency,quantity,commodity,base,nature,book,text\n"
            '2026-03-01,1010,,910.00,,,,,normal,,"Two ""funds"""\n'
            ",1300,910.00,,,10.125,FUND,,normal,,\n2026-03-02,1010,10,,USD,,,9.10,,,\n,1000,,9.10,EUR,,,,,,\n",
            _JOURNAL,
            journal="BUY",
        ),
    ),
    "accounting.opening-balances": (
        _seed(
            "account,debit,credit,party,item,due\n1010,5000.00,,,,\n1100,120.00,,ACME,INV-1,2026-02-01\n3000,,5120.00,,,\n",
            _OPENING,
            on="2026-01-01",
            part="p{n}",
        ),
        _seed(
            "account;account_kind;account_name;amount;currency;base;item_kind\n1019;asset;Dollars;100.00;USD;91.00;\n6100;;;-1.00;;;\n",
            _OPENING,
            on="2026-01-01",
            part="q{n}",
            balance=True,
        ),
    ),
    "beancount.beancount": (
        _seed(
            'option "operating_currency" "USD"\n2026-01-01 open Assets:Cash USD\n2026-01-01 open Assets:Broker VTI "FIFO"\n'
            "2026-01-01 open Income:Sales\n2026-01-01 open Equity:Opening\n\n2026-01-02 pad Assets:Cash Equity:Opening\n"
            '2026-01-03 balance Assets:Cash 100.00 USD\n2026-01-04 * "Shop" "Sale" #till ^inv-1\n  note: "paid"\n'
            "  Assets:Cash  12.50 USD\n  Income:Sales\n"
            '2026-01-05 * "Two lots"\n  Assets:Broker  3 VTI {10.00 USD, 2026-01-05, "a"}\n  Assets:Cash\n'
            '2026-01-06 * "Sold"\n  Assets:Broker  -1 VTI {} @ 12.00 USD\n  Assets:Cash  12.00 USD\n  Income:Sales  -2.00 USD\n'
            "2026-01-07 price VTI 12.10 USD\n",
            _BEANCOUNT,
            ledger="l{n}",
            replace=True,
        ),
        _seed(
            'include "books1.beancount"\nplugin "beancount.plugins.auto_accounts"\n2026-02-01 commodity GOLD\n  name: "Gold"\n'
            '2026-02-02 * "Exchange"\n  Assets:Euro  7.00 EUR @@ 8.01 USD\n  Assets:Dollar  -8.01 USD\n' + PART.decode() + "pushtag #trip\n"
            '2026-02-03 ! "Größe" ""\n  Assets:Euro  -1.00 EUR\n  Expenses:Food\npoptag #trip\n2026-02-04 event "place" "Wien"\n'
            '2026-02-04 custom "budget" Expenses:Food 1.00 EUR TRUE\n2026-02-05 query "q" "SELECT account"\n'
            "2026-02-05 close Assets:Dollar\n",
            _BEANCOUNT,
            ledger="k{n}",
        ),
    ),
    "hledger.hledger": (
        _seed(
            "decimal-mark .\ncommodity $1,000.00\naccount assets:cash  ; type: C\nP 2026-01-01 € $1.10\nY 2026\n\n"
            "2026-01-02 * (17) Sale | till  ; shop:\n  assets:cash   $12.50 = $12.50  ; paid\n  income:sales\n\n"
            '01-03 Bees\n  assets:bees  3 "green-apples" @ $2.00\n  assets:cash  $-6.00 ==* $6.50\n  expenses:rest  $0\n\n'
            "~ monthly\n  budget  $1\n\n= expenses\n  x  $1\n\ncomment\nall of it\nend comment\n",
            _HLEDGER,
            journal="j{n}",
            commodity="$=USD,€=EUR",
            replace=True,
        ),
        _seed(
            "include books1.journal\n2026/02/01 Exchange\n  a:euro  7,00 EUR @@ 8.01 USD\n  a:dollar\n"
            "2026.02.02=2026.02.05 ! Split\n  e:food  1.234,56 EUR\n  a:euro  -1.000,00 EUR\n  a:euro\n"
            + PART.decode()
            + "include books2.journal\nD 1.000,00 EUR\n2026-02-03 More\n  e:food  3\n  a:euro  = 5\n  e:rounding\n"
            + PART.decode()
            + "account e:food  ; type:X\n2026-02-04\n  e:food  1e2 EUR\n  a:euro\n",
            _HLEDGER,
            journal="k{n}",
            year=2026,
        ),
    ),
    "catalog.items-csv": (
        _seed(
            "code,name,unit,category,variant_of,options,pack,factor,gtin,from_quantity,since,through\n"
            "BEAN,Beans,KGM,COFFEE,,,BAG,1/4,4006381333931,,,\n"
            "MUG,Mug,,,,,,,,,,\nRED,Red mug,,,MUG,colour=red,,,96385074,5,2026-01-01,\n",
            _ITEMS,
            new_categories=True,
        ),
    ),
    "inventory.counts-csv": (
        _seed(
            "place,item,barcode,lot,quantity,unit\nSTOCK,NUT,,,5,\n,,5901234123457,,3,C62\n,PUMP,,P1,1,\n,,(01)04006381333948(21)P2,,,\n",
            _COUNTS,
            count="2026-00001",
            new_lots=True,
        ),
        _seed("barcode;count\n5901234123457;2026-00001\n5901234123457;2026-00001\n", _COUNTS, add_up=True),
    ),
    "catalog.categories-csv": (_seed("code;name;under\nFRUIT;Fruit;FOOD\nFOOD;Food;\n", "code name under FOOD FRUIT ; ,"),),
}
