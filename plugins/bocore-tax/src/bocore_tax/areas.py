"""Places that several packs treat together."""

from __future__ import annotations

from datetime import date

from bocore_tax.declare import Area

_VAT = date(1993, 1, 1)
"""From then on goods cross borders between member states without customs: Directive 91/680/EEC."""
_JOINED = {
    _VAT: "BE DE DK ES FR GB GR IE IT LU NL PT",
    date(1995, 1, 1): "AT FI SE",
    date(2004, 5, 1): "CY CZ EE HU LT LV MT PL SI SK",
    date(2007, 1, 1): "BG RO",
    date(2013, 7, 1): "HR",
}
EU = Area(
    code="EU",
    places={
        **{place: (since, date(2020, 12, 31) if place == "GB" else None) for since, places in _JOINED.items() for place in places.split()},
        "GB-NIR": (_VAT, None),  # goods: Protocol on Ireland/Northern Ireland, Article 8
    },
    source="Treaties of accession; Agreement 2019/C 384 I/01, Articles 126 and 127, for the United Kingdom",
)
"""The member states of the European Union as far as VAT on goods is concerned: Northern Ireland is treated as one."""
EU_SERVICES = Area(code="EU-SERVICES", places={place: days for place, days in EU.places.items() if place != "GB-NIR"}, source=EU.source)
"""The member states for services, for which Northern Ireland is a part of the United Kingdom."""
