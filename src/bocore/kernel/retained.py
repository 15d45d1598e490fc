"""What the law keeps of an erased person's data: out of everybody's sight, encrypted, and until its day."""

from __future__ import annotations

from datetime import date

from bocore.entities import Entity, entity, field, ref
from bocore.kernel.party import Party

ERASE = "bo.erase"
MADE_BY = "erase_person"


@entity("bo_retained", unique=[("entity", "row_id", "serial")], made_by=MADE_BY, read=ERASE, write=ERASE)
class Retained(Entity):
    """The personal fields of one row of an erased person, which must be kept until a day. They are encrypted under the retention key.

    Whoever may see that there is something kept sees neither what nor whose name it was: that takes ``retained_data``, which leaves an
    event on the record.
    """

    party_id: int = ref(Party)
    entity: str = field(max_length=50, not_blank=True, doc="the table of the row")
    row_id: int
    serial: int = field(default=1, doc="1 for what was kept first of the row, one more for what a later erasure kept")
    until: date | None = field(default=None, index=True, doc="the last day on which it is kept; empty while who named it goes on naming it")
    code: str = field(max_length=100, doc="why: the code of the finding that named it")
    sealed: str = field(max_length=100_000_000, personal="party_id", doc="the fields and their values, encrypted")
