"""The nine boxes of the VAT return: VAT Notice 700/12, section 3 (https://www.gov.uk/guidance/how-to-fill-in-and-submit-your-vat-return-vat-notice-70012).

What each box is, and in what it is stated, was read in the schema by which HMRC takes returns (VAT (MTD) API 1.0, VatReturnDeclaration).
"""

from __future__ import annotations

from bocore import Rounding
from bocore_tax import Box, Form

NOTICE = "VAT Notice 700/12"
WHOLE = Rounding.DOWN
"""Boxes 6 to 9: "in pounds (no pence)" says HMRC's schema of a return. It names no way of rounding: the pence are left out. They stay in
the lines of the return, to the penny; boxes 1 to 5 have pence."""
API = "HMRC, VAT (MTD) API 1.0, VatReturnDeclaration: in pounds, no pence"

RETURNS = [
    Form(
        code="GB-VAT100",
        place="GB",
        name="VAT return",
        due="5",
        boxes=[
            Box(code="1", label="VAT due on sales and other outputs", source=f"{NOTICE}, 3.2"),
            Box(code="2", label="VAT due on acquisitions of goods in Northern Ireland from EU member states", source=f"{NOTICE}, 3.3"),
            Box(code="3", label="Total VAT due", sums="1 + 2", source=f"{NOTICE}, 3.4"),
            Box(code="4", label="VAT reclaimed on purchases and other inputs", source=f"{NOTICE}, 3.5"),
            Box(code="5", label="Net VAT to pay, or to be given back where negative", sums="3 - 4", source=f"{NOTICE}, 3.6"),
            Box(code="6", label="Total value of sales, without VAT", whole=WHOLE, source=f"{NOTICE}, 3.7; {API}"),
            Box(code="7", label="Total value of purchases, without VAT", whole=WHOLE, source=f"{NOTICE}, 3.8; {API}"),
            Box(
                code="8",
                label="Value of goods supplied from Northern Ireland to EU member states",
                whole=WHOLE,
                source=f"{NOTICE}, 3.9; {API}",
            ),
            Box(
                code="9",
                label="Value of goods acquired in Northern Ireland from EU member states",
                whole=WHOLE,
                source=f"{NOTICE}, 3.10; {API}",
            ),
        ],
        source=NOTICE,
    )
]
