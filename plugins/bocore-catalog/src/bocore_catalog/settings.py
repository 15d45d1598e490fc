"""What a business can set for its catalogue."""

from __future__ import annotations

import attrs
from attrs.validators import instance_of, max_len


@attrs.frozen(kw_only=True)
class CatalogSettings:
    """Settings of the catalogue.

    :param tax_class: what new items are for tax where nothing is said.
    :param price_list: code of the list that prices of a table go on which name none.
    """

    tax_class: str = attrs.field(default="standard", validator=[instance_of(str), max_len(50)])
    price_list: str = attrs.field(default="", validator=[instance_of(str), max_len(50)])
