"""How long a migration takes that changes values: a million rows verified, changed, and stated anew, with the memory that it takes.

python benchmarks/rebase.py [ROWS]
"""

from __future__ import annotations

import importlib
import resource
import sys
import tempfile
import time
from pathlib import Path

from bocore import BackOffice
from bocore.migrate import new, upgrade
from bocore.record.verify import verify

MODEL = '''
from decimal import Decimal
from bocore import Entity, entity, exact, field

@entity("bench_visit")
class Visit(Entity):
    """A visit."""
    animal: str = field(max_length=50)
    note: str = field(default="")
    weight: Decimal = exact(places=2, default=Decimal("1.50"))
    seen: bool = field(default=True)
'''
CHANGE = """
from alembic import op

def upgrade():
    op.execute("UPDATE bench_visit SET note = animal")
    op.rebase("bench_visit")
"""


def main(rows: int) -> None:
    """Make the rows, migrate them, and print the seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = folder / "bench_vet"
        package.mkdir()
        told = 'Plugin(prefix="bench", entities=model, migrations="bench_vet.migrations")'
        imports = "from bocore.plugins import Plugin\nfrom bench_vet import model\n"
        files = {"__init__": "", "model": MODEL, "plugin": f"{imports}plugin = {told}\n"}
        for file, text in files.items():
            (package / f"{file}.py").write_text(text, encoding="utf-8")
        sys.path.insert(0, name)
        plugin = importlib.import_module("bench_vet.plugin")
        visit = importlib.import_module("bench_vet.model").Visit
        with BackOffice(folder / "books.db", plugins=[plugin]) as bo:
            new(bo, "bench", "first tables")
            bo.init()
            for start in range(0, rows, 50_000):
                with bo.unit_of_work(actor="bench") as uow:
                    uow.add_all([visit(animal=f"animal {n}") for n in range(start, min(start + 50_000, rows))])
            (package / "migrations" / "versions" / "0002_notes.py").write_text(CHANGE, encoding="utf-8")
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert verify(bo, entity="bench_visit").ok
            verified = time.perf_counter()
            last = verified

            def say(text: str) -> None:
                nonlocal last
                now = time.perf_counter()
                print(f"{now - last:8.2f} s until: {text}")
                last = now

            upgrade(bo, say=say)
            whole = time.perf_counter() - verified
            memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            assert verify(bo, entity="bench_visit").ok
    print(f"{rows} rows: verify alone {verified - began:.2f} s, the whole upgrade {whole:.2f} s; memory grew by {memory:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
