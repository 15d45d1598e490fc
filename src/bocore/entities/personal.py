"""Personal data: each field that holds it says by a path of references whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bocore.entities.clearing import Unerasable, clearing
from bocore.entities.declare import spec_of
from bocore.entities.spec import EntitySpec, FieldSpec
from bocore.errors import DeclarationError, Finding

PERSON = "bo_party"


def end_of(cls: type, path: str) -> str:
    """The entity that a path of references leads to: ``"visit_id.owner_id"``; nothing where it leads nowhere.

    ``id`` is the row itself, or the row that an extension belongs to.
    """
    spec = spec_of(cls)
    for name in path.split("."):
        target = spec.fields[name].target if name in spec.fields else None
        if name == "id":
            spec = spec_of(spec.extends) if spec.extends is not None else spec
        elif target is not None:
            spec = spec_of(target)
        else:
            return ""
    return spec_of(spec.extends).name if spec.extends is not None else spec.name


def check_personal(specs: Iterable[EntitySpec]) -> None:
    """Raise DeclarationError for personal fields that nobody could ever erase: of no Party, or with no value that says nothing."""
    findings: list[Finding] = []
    for spec in specs:
        for field in spec.fields.values():
            path = field.options.get("personal")
            if path:
                findings += _erasable(spec, field)
            if path and (not isinstance(path, str) or end_of(spec.cls, path) != PERSON):
                end = end_of(spec.cls, path) if isinstance(path, str) else ""
                message = f"personal={path!r} leads to {end or 'nothing'}, not to a Party."
                fix = 'Name references, one after the other: personal="visit_id.owner_id"; on Party itself "id".'
                findings.append(Finding(DeclarationError.code, message, f"{spec.cls.__qualname__}.{field.name}", fix=fix))
    if findings:
        raise DeclarationError(findings)


def _erasable(spec: EntitySpec, field: FieldSpec) -> Iterator[Finding]:
    at, fix = f"{spec.cls.__qualname__}.{field.name}", "Declare it … | None: what is None tells nothing."
    try:
        clearing(spec, field)
    except Unerasable as why:
        yield Finding(DeclarationError.code, f"A personal field must be erasable: this one {why}.", at, fix=fix)
    if spec.derived:
        message = "A derived row can't hold personal data: it comes back when it is rebuilt."
        yield Finding(DeclarationError.code, message, at, fix="Refer to the row that has it.")
