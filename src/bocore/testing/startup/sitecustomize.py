"""For processes that tests start on PostgreSQL: ``bocore.testing.engines`` has put this folder on their path."""

from __future__ import annotations

import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


class _AfterImport(MetaPathFinder, Loader):
    """Completes ``bocore.storage`` when it is imported, and imports nothing before: what a start costs is tested too."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "bocore.storage":
            return None
        sys.meta_path.remove(self)
        self.spec = PathFinder.find_spec(name, path)
        if self.spec is None or self.spec.loader is None:
            return None
        self.loader, self.spec.loader = self.spec.loader, self
        return self.spec

    def exec_module(self, module: Any) -> None:
        self.loader.exec_module(module)
        module.stand_in = _stand_in


def _stand_in(where: Any) -> Any:
    from bocore.testing.engines import stand_in

    return stand_in(where)


if os.environ.get("BOCORE_TEST_ENGINE") == "postgresql" and "BOCORE_TEST_PG" in os.environ:
    sys.meta_path.insert(0, _AfterImport())
