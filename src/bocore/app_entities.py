"""What an application knows of its entities: worked out once, and asked by every unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bocore.entities import Entity, EntitySpec, FieldSpec, spec_of
from bocore.entities.generate import Compiled, Masked, canonical_rows, compile_entity, mask_entity
from bocore.entities.personal import check_personal
from bocore.entities.tables import in_order, real_tables
from bocore.errors import PluginError, StorageError
from bocore.record.canonical import canonical_bytes
from bocore.record.shapes import Shape
from bocore.storage.tables import internal_tables
from bocore.uow.numbering import Plan

if TYPE_CHECKING:
    from bocore.plugins import PluginHost
    from bocore.storage.tokens import DatabaseTokens
    from bocore.uow import UnitOfWork


class Entities:
    """The entities of the loaded plugins, with their tables and generated functions.

    :param host: the plugins, loaded.
    """

    tokens: DatabaseTokens

    def __init__(self, host: PluginHost) -> None:
        self.host = host
        self._specs = {spec.name: spec for spec in (spec_of(cls) for _, cls in host.entity_classes())}
        check_personal(self._specs.values())
        self._owner = {spec_of(cls).name: prefix for prefix, cls in host.entity_classes()}
        order = {spec.cls: rank for rank, spec in enumerate(in_order(self._specs.values()))}
        self.rank: Callable[[type], int] = order.__getitem__
        """The place of an entity among all: after everything that it refers to."""
        self.table_names = frozenset(self._specs)
        self.tables: Mapping[str, EntitySpec] = self._specs
        """Table → the entity that is kept in it."""
        self.ciphertexts = {spec.name: frozenset(field.name for field in spec.secrets) for spec in self._specs.values() if spec.secrets}
        """Table → its columns that are encrypted; empty where none is."""
        self.token_classes: list[type[Any]] = [spec.cls for spec in self._specs.values() if spec.tokens]
        """The entities whose rows declare what money can count in."""
        self.purposes: Mapping[str, str] = host.purposes
        """Purpose → what it falls back to: of the loaded plugins, and of those that were here before."""
        self.texts: dict[Any, Any] = {}
        self._frozen_owners: dict[type, bool] = {}
        self._companies: dict[type, dict[int, int]] = {}
        self._compiled: dict[type, Compiled] = {}
        self._owners: dict[frozenset[str], str] = {}
        self._numbering: dict[type, list[Plan]] = {}
        self._closures: dict[frozenset[str], set[type]] = {}
        self._kinds: dict[type, dict[str, str]] = {}
        self._guarded: dict[str, list[tuple[str, Callable[[Any], Any], type]]] = {}
        self._canonical: dict[str, Any] = {}
        self._permissions: dict[tuple[type, str], tuple[str, ...]] = {}
        self._within: dict[str, frozenset[str]] = {}
        self._masked: dict[tuple[type, frozenset[str]], Masked] = {}
        self._shapes: dict[str, Shape] | None = None

    @cached_property
    def metadata(self) -> sa.MetaData:
        """Every table with its keys, checks and indexes: slow to make, and only needed to migrate and to explain what was refused."""
        metadata = sa.MetaData()
        internal_tables(metadata)
        real_tables(metadata, self._specs.values())
        return metadata

    def compiled(self, cls: type) -> Compiled:
        """The generated functions of an entity; PluginError where its plugin is not part of this application."""
        found = self._compiled.get(cls)
        if found is None:
            spec = spec_of(cls)
            if self._specs.get(spec.name) is not spec:
                raise PluginError(f"{cls.__qualname__} belongs to no plugin of this application.", fix="Name it in Plugin(entities=…).")
            found = self._compiled[cls] = compile_entity(spec, self.tokens)
        return found

    def kinds(self, cls: type) -> dict[str, str]:
        """column → stored kind."""
        found = self._kinds.get(cls)
        if found is None:
            found = self._kinds[cls] = {column.name: column.kind for column in spec_of(cls).columns}
        return found

    def canonical(self, spec: EntitySpec) -> Any:
        """The function that makes driver rows of an entity canonical, by its latest shape."""
        found = self._canonical.get(spec.name)
        if found is None:
            found = self._canonical[spec.name] = canonical_rows(self.shape(spec.name).positions)
        return found

    def shape(self, entity: str) -> Shape:
        """The latest shape of an entity in this database."""
        if self._shapes is None or entity not in self._shapes:
            raise StorageError(f"The tables of {entity} are not in this database yet.", fix="Run bo migrate.")
        return self._shapes[entity]

    def closure(self, tables: Iterable[str]) -> set[type]:
        """The entities of these tables and all that they refer to."""
        wanted = frozenset(tables)
        known = self._closures.get(wanted)
        if known is not None:
            return known
        found: set[type] = set()
        waiting = [self._specs[name] for name in wanted]
        while waiting:
            spec = waiting.pop()
            if spec.cls not in found:
                found.add(spec.cls)
                targets = [f.target for f in spec.fields.values() if f.target is not None]
                waiting += [spec_of(t) for t in (*targets, *([spec.extends] if spec.extends else []))]
        self._closures[wanted] = found
        return found

    def extensions_of(self, cls: type) -> list[type[Entity]]:
        """The entities that extend this one."""
        return [spec.cls for spec in self._specs.values() if spec.extends is cls]

    def referrers(self, cls: type) -> list[tuple[EntitySpec, FieldSpec]]:
        """The fields of all entities that refer to this one."""
        return [(spec, field) for spec in self._specs.values() for field in spec.fields.values() if field.target is cls]

    def companies_of(self, uow: UnitOfWork, cls: type, ids: set[int]) -> dict[int, int]:
        """id → company of rows of a company's entity, with others perhaps. A row keeps its company for ever, so it is remembered."""
        known = self._companies.setdefault(cls, {})
        if ids <= known.keys():
            return known
        held = uow._tracker.held(cls)
        mine = {i: held[i][0].company_id for i in ids if i in held}
        missing = [i for i in ids if i not in mine and i not in known]
        if missing:
            session = uow._touch()
            sql = f"SELECT id, company_id FROM {spec_of(cls).name} WHERE {session.among('id')}"
            if len(known) > 100_000:
                known.clear()
            known.update(session.execute(sql, (session.listed(missing),)).fetchall())
        return mine if len(mine) == len(ids) else {**known, **mine} if mine else known

    def guarded(self, spec: EntitySpec) -> list[tuple[str, Callable[[Any], Any], type]]:
        """The references of an entity that must stay inside one company: field, what reads it, and whose rows it names."""
        found = self._guarded.get(spec.name)
        if found is None:
            found = self._guarded[spec.name] = [
                (field.name, attrgetter(field.name), field.target)
                for field in spec.all("ref")
                if field.target is not None
                and field.name != "company_id"
                and not field.options.get("cross_company")
                and spec_of(field.target).company
            ]
        return found

    def may_freeze(self, cls: type) -> bool:
        """Whether rows of an entity are parts of others that can be frozen."""
        found = self._frozen_owners.get(cls)
        if found is None:
            link = spec_of(cls).one("parent")
            found = self._frozen_owners[cls] = link is not None and link.target is not None and bool(spec_of(link.target).frozen_in)
        return found

    def numbering(self, cls: type) -> list[Plan]:
        """How the numbers of an entity are taken."""
        found = self._numbering.get(cls)
        if found is None:
            from bocore.kernel.series import Series

            spec = spec_of(cls)
            found = self._numbering[cls] = [Plan(spec, field, Series) for field in spec.all("numbered")]
        return found

    def owner_of(self, cls: type) -> str:
        """The prefix of the plugin that an entity belongs to."""
        return self._owner[spec_of(cls).name]

    def class_of(self, table: str) -> type:
        """The entity that is kept in a table."""
        return self._specs[table].cls

    def permissions_for(self, cls: type, what: str) -> tuple[str, ...]:
        """The permissions one of which is needed to ``read`` or ``write`` an entity: its own, or of what its rows are parts of."""
        found = self._permissions.get((cls, what))
        if found is None:
            spec = spec_of(cls)
            found = spec.read if what == "read" else spec.write
            link = spec.one("parent")
            base = spec.extends or (link.target if link is not None else None)
            if not found and base is not None and base is not cls:
                found = self.permissions_for(base, what)
            self._permissions[cls, what] = found
        return found

    def within(self, plugin: str) -> frozenset[str]:
        """The prefixes of a plugin, of those that it requires or whose entities it refers to, and of the core."""
        found = self._within.get(plugin)
        if found is None:
            needs: dict[str, set[str]] = {state.name: set(state.requires) for state in self.host.plugins}
            for spec in self._specs.values():
                targets = [field.target for field in spec.fields.values() if field.target is not None]
                needs.setdefault(self._owner[spec.name], set()).update(
                    self._owner[spec_of(target).name] for target in (*targets, *([spec.extends] if spec.extends else []))
                )
            waiting, seen = [plugin, "bo"], set()
            while waiting:
                one = waiting.pop()
                if one not in seen:
                    seen.add(one)
                    waiting += needs.get(one, ())
            found = self._within[plugin] = frozenset(seen)
        return found

    @cached_property
    def narrows(self) -> bool:
        """Whether any plugin narrows the rows that actors see."""
        return bool(self.host.implementers("bo_record_rule"))

    @cached_property
    def authorizes(self) -> bool:
        """Whether any plugin looks at single actions."""
        return bool(self.host.implementers("bo_authorize"))

    @cached_property
    def concealing(self) -> frozenset[type]:
        """The entities that have fields which can be hidden."""
        return frozenset(spec.cls for spec in self._specs.values() if any(field.options.get("read") for field in spec.fields.values()))

    def masked(self, cls: type, hidden: frozenset[str]) -> Masked:
        """The generated functions for rows of an entity of which some fields are not seen."""
        found = self._masked.get((cls, hidden))
        if found is None:
            found = self._masked[cls, hidden] = mask_entity(self.compiled(cls).spec, self.tokens, hidden)
        return found

    def owners(self, entities: frozenset[str]) -> str:
        """The plugins that own these entities, as canonical text."""
        found = self._owners.get(entities)
        if found is None:
            found = self._owners[entities] = canonical_bytes(sorted({self._owner[name] for name in entities})).decode()
        return found
