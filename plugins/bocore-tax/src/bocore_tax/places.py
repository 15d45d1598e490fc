"""Codes of places: a pure check, so that a misspelt country is not taken for one abroad, to which nothing is charged."""

from __future__ import annotations

import re

_ASSIGNED = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI
CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ
GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG
PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK
TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
ISO = frozenset(_ASSIGNED.split())
"""ISO 3166-1 alpha-2, the codes that are assigned."""
_OWN = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")
"""Codes that the standard leaves to its users, such as XK."""
_PART = re.compile(r"[A-Z0-9]{1,10}")
_MEANT = {"UK": "GB", "EL": "GR", "XI": "GB-NIR"}
"""What tax numbers and people write in place of the code."""


def wrong_place(place: str) -> str:
    """What is wrong with the code of a place, in words that follow it; empty where it is one: ``GB``, ``US-CA``."""
    country, *parts = place.split("-")
    if country in _MEANT:
        return f"is written {_MEANT[country]} in ISO 3166"
    if not (country in ISO or _OWN.fullmatch(country)):
        return "is no country of ISO 3166"
    return "" if all(_PART.fullmatch(part) for part in parts) else "is no part of a country, such as US-CA"
