"""``Entity`` and ``@entity``: a plain attrs class with slots becomes one row of one table."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, dataclass_transform

import attrs

from bocore.entities.fields import exact, field, money, number, numbered, parent, recorded, ref, states
from bocore.entities.spec import Declared, EntitySpec, resolve
from bocore.errors import DeclarationError, FieldHidden, IdNotSet, NotNumbered, UsageError

if TYPE_CHECKING:
    from sqlalchemy.sql.expression import ColumnElement

T = TypeVar("T")

LONGEST_NAME = 80
"""Characters of a row's name in its repr, which errors show: a file may give it any."""


class Columns(typing.Protocol):
    """The columns of an entity, for building statements: ``Party.c.name``."""

    def __getattr__(self, name: str) -> ColumnElement[Any]: ...


class _ColumnsOf:
    """``Party.c``: made on first use, so that declaring an entity does not import SQLAlchemy."""

    def __get__(self, instance: object, owner: type) -> Any:
        from bocore.entities.tables import plain_table

        return plain_table(spec_of(owner)).c


class Entity:
    """Base of every entity: the slots ``id`` and ``version``, a repr, and errors that say what to do.

    Entities compare by identity. Copying, pickling and ``attrs.evolve`` are refused: two objects for one row would disagree.
    """

    __slots__ = ("id", "version")
    __bocore__: ClassVar[Any]

    if TYPE_CHECKING:
        id: int
        version: int
        company_id: Any
        c: ClassVar[Columns]
    else:
        c = _ColumnsOf()

    if not TYPE_CHECKING:  # a type checker that saw it would take every misspelt attribute for granted

        def __getattr__(self, name: str) -> Any:
            cls = type(self)
            if name == "id":
                raise IdNotSet(f"This {cls.__name__} has no id yet.", fix="uow.add sets it.")
            if name == "evolve_guard":
                self.__copy__()
            if name.startswith("__"):
                raise AttributeError(name)
            found = spec_of(cls).fields.get(name)
            if found is None:
                raise AttributeError(f"{cls.__name__} has no field {name!r}.{_nearest(name, spec_of(cls))}")
            if found.role == "numbered":
                raise NotNumbered(
                    f"The {name} of this {cls.__name__} is taken at commit.",
                    fix="Read it after the unit of work, or in uow.when_numbered; in texts of vouchers write {source.number}.",
                )
            if hasattr(self, "id") and hasattr(self, "version"):
                raise FieldHidden(f"{cls.__name__}.{name} is hidden from this actor.")
            raise AttributeError(f"{cls.__name__}.{name} is not set yet.")

    def __repr__(self) -> str:
        cls = type(self)
        known = spec_of(cls)
        ident = object.__getattribute__(self, "id") if _has(self, "id") else "new"
        named = [n for n in ("number", "code", "name", "key") if n in known.fields and _has(self, n)]
        shown = next((n for n in named if getattr(self, n) not in (None, "")), None)
        personal = shown is not None and (known.fields[shown].options.get("personal") or known.fields[shown].options.get("secret"))
        text = str(getattr(self, shown)) if shown and not personal else ""
        return f"<{cls.__name__} {ident}{' ' if text else ''}{text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + '…'}>"

    def __copy__(self) -> NoReturn:
        raise UsageError(f"Rows of {type(self).__name__} can't be copied, evolved or pickled.", fix=f"Make a new {type(self).__name__}(…).")

    def __deepcopy__(self, memo: object) -> NoReturn:
        self.__copy__()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__copy__()


def _has(instance: Entity, name: str) -> bool:
    try:
        object.__getattribute__(instance, name)
    except AttributeError:
        return False
    return True


def _nearest(name: str, known: EntitySpec) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known.fields), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


@dataclass_transform(kw_only_default=True, field_specifiers=(exact, field, money, number, numbered, parent, recorded, ref, states))
def entity(
    name: str,
    *,
    append_only: bool = False,
    derived: bool = False,
    frozen_in: Iterable[str] = (),
    company: bool = False,
    extends: type | None = None,
    unique: Iterable[str | tuple[str, ...]] = (),
    index: Iterable[str | tuple[str, ...]] = (),
    tokens: bool = False,
    made_by: str = "",
    steady: bool = False,
    guards: bool = False,
    read: str | Iterable[str] = (),
    write: str | Iterable[str] = (),
) -> Callable[[type[T]], type[T]]:
    """Make a class an entity: attrs with slots, keyword arguments, stored in the table ``name``.

    :param name: the table, with the plugin's prefix: ``"vet_visit"``.
    :param append_only: rows are written once; a correction is a new row.
    :param derived: rebuilt from other rows by ``uow.rebuild``; outside the digests.
    :param frozen_in: states in which the row and its children can't change any more.
    :param company: rows belong to one company: adds ``company_id``, and references stay inside it.
    :param extends: another entity whose row this one adds to: same id, made by ``uow.add(…, extends=row)``.
    :param unique, index: column names, or tuples of them.
    :param tokens: rows declare tokens that Money can count in, by ``code`` and ``exponent``.
    :param made_by: the function that makes the rows, such as ``"uow.post"``, where rows made otherwise would be wrong: ``uow.add`` and
        ``uow.write`` take them with that name only, and nobody else changes or deletes them.
    :param steady: rows change seldom and are read all the time, so that what follows from them may be remembered between units of
        work, in every process: ``uow.memory``.
    :param guards: rows decide what others may write, as the locks of periods do: changing them waits for every unit of work that is
        writing, and those that come wait for it. Such rows are steady too.
    :param read, write: permissions one of which an actor needs to read rows, or to add, change and delete them; ``"*"`` lets every
        user. Without any, a part of another row (``parent``) and an extension go by that row's, and everything else is reached by the
        services, reports, importers, jobs and hooks of its own plugin alone.
    """
    declared = Declared(
        name=name,
        append_only=append_only,
        derived=derived,
        frozen_in=frozenset(frozen_in),
        company=company,
        extends=extends,
        unique=tuple((u,) if isinstance(u, str) else tuple(u) for u in unique),
        index=tuple((i,) if isinstance(i, str) else tuple(i) for i in index),
        tokens=tokens,
        made_by=made_by,
        steady=steady or guards,
        guards=guards,
        read=(read,) if isinstance(read, str) else tuple(read),
        write=(write,) if isinstance(write, str) else tuple(write),
    )

    def decorate(cls: type[T]) -> type[T]:
        return typing.cast("type[T]", _make(cls, declared))

    return decorate


def _make(cls: type, declared: Declared) -> type:
    if not issubclass(cls, Entity):
        raise DeclarationError(f"{cls.__qualname__} must derive from Entity.", fix=f"class {cls.__name__}(Entity): …")
    if not declared.name.replace("_", "").isalnum() or not declared.name.islower() or len(declared.name) > 50:
        raise DeclarationError(f"{declared.name!r} is no name for a table: lower case, digits and _, at most 50 characters.")
    own = inspect.get_annotations(cls)
    if declared.company and "company_id" not in own:
        cls.__annotations__ = {**own, "company_id": int}
        cls.company_id = ref("bo_company", default=None)
    made = attrs.define(cls, slots=True, eq=False, kw_only=True, repr=False, on_setattr=None, weakref_slot=False)
    guard = attrs.fields(_Guarded).evolve_guard
    known: Any = vars(made)["__attrs_attrs__"]
    setattr(made, "__attrs_attrs__", type(known)((*known, guard)))  # noqa: B010 - attrs' own name
    made.__bocore__ = _Lazy(declared)
    return made


@attrs.define
class _Guarded:
    """Where the attribute comes from that makes ``attrs.evolve`` read, and so refuse."""

    evolve_guard: None = None


class _Lazy:
    """The spec of a class, resolved on first use: annotations may name classes that come later in their module."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.spec: EntitySpec | None = None


def spec_of(cls: type) -> EntitySpec:
    """The resolved spec of an entity class; DeclarationError names the field that can't be understood."""
    lazy: _Lazy | None = cls.__dict__.get("__bocore__")
    if lazy is None:
        raise DeclarationError(f"{getattr(cls, '__qualname__', cls)!r} is not an entity.", fix="Decorate it with @entity(…).")
    if lazy.spec is None:
        lazy.spec = resolve(cls, lazy.declared, _hints(cls))
    return lazy.spec


def _hints(cls: type) -> dict[str, Any]:
    space = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    hints: dict[str, Any] = {}
    for name, written in inspect.get_annotations(cls).items():
        try:
            hints[name] = typing.get_type_hints(type("_", (), {"__annotations__": {name: written}}), dict(space))[name]
        except NameError as error:
            raise DeclarationError(
                f"{cls.__module__}.{cls.__qualname__}.{name}: {error}; import it in that module, not under TYPE_CHECKING."
            ) from None
    return hints
