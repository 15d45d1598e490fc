"""Codes of places, held against the standard as pycountry has it."""

from __future__ import annotations

import pycountry
import pytest

from bocore_tax.places import ISO, wrong_place


def test_the_countries_are_those_of_iso_3166():
    assert {country.alpha_2 for country in pycountry.countries} == ISO


@pytest.mark.parametrize("place", ["GB", "GB-NIR", "US-CA", "XK", "QZ", "ES-CN"])
def test_a_place(place):
    assert wrong_place(place) == ""


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("UK", "is written GB in ISO 3166"),
        ("EL", "is written GR in ISO 3166"),
        ("XI", "is written GB-NIR in ISO 3166"),
        ("GX", "is no country of ISO 3166"),
        ("gb", "is no country of ISO 3166"),
        ("", "is no country of ISO 3166"),
        ("US-", "is no part of a country, such as US-CA"),
        ("US-California", "is no part of a country, such as US-CA"),
    ],
)
def test_what_is_no_place(place, says):
    assert wrong_place(place) == says
