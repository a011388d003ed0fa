"""Custom attributes set up in the UI: named in three languages, typed, with choices whose keys never change (R5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from teplo.kit.uses import Thing, refuse_in_use
from teplo.kit.wording import in_language
from teplo.people.attributes import COLUMNS
from teplo.people.models import AttributeDefinition, AttributeType

_KEY = re.compile(r"[-\w]{1,60}", re.UNICODE)
_NOT_KEY = re.compile(r"[^\w]+", re.UNICODE)
_LATIN = {
    **dict(zip("абвгґдезийклмнопрстуфхыэії", "abvggdeziyklmnoprstufhyeii", strict=True)),
    "е": "e", "є": "ye", "ё": "e", "ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya",
    "ь": "", "ъ": "", "'": "", "’": "",
}  # fmt: skip


class AttributeExists(Exception):
    """There is such an attribute already."""

    code = "attribute-exists"

    def __str__(self) -> str:
        return _("There is an attribute with this name already.")


@dataclass(frozen=True)
class Wanted:
    """What was filled in: names by language, and of each choice its key (empty: new) and names.

    `key`: under which values come already; empty: made from the name.
    """

    names: Mapping[str, str]
    type: str
    of_company: bool = False
    choices: Sequence[tuple[str, Mapping[str, str]]] = field(default_factory=tuple)
    key: str = ""


def key_of(name: str) -> str:
    """A key from a name: «Кол-во детей» becomes kol-vo-detey."""
    lowered = unicodedata.normalize("NFC", name).lower()
    latin = "".join(_LATIN.get(sign, sign) for sign in lowered)
    return _NOT_KEY.sub("-", latin).strip("-")[:60] or "attribute"


def can_be_key(key: str) -> bool:
    """Whether values may stand under this key as it is: letters, digits, - and _."""
    return bool(_KEY.fullmatch(key))


def define_attribute(*, wanted: Wanted) -> AttributeDefinition:
    """A new attribute at the end of the list. Raises AttributeExists."""
    key = wanted.key if can_be_key(wanted.key) else key_of(wanted.names.get("en") or in_language(wanted.names))
    if key in COLUMNS:
        raise AttributeExists
    last = AttributeDefinition.objects.filter(of_company=wanted.of_company).aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            return AttributeDefinition.objects.create(
                key=key,
                type=wanted.type,
                of_company=wanted.of_company,
                names=dict(wanted.names),
                choices=_choices(wanted),
                position=(last or 0) + 1,
            )
    except IntegrityError:
        raise AttributeExists from None


def change_attribute(*, definition: AttributeDefinition, wanted: Wanted) -> None:
    """New names and choices; key and type stay, because values and conditions rest on them.

    Raises InUse for a choice that is taken away while something is built upon it.
    """
    fixed = Wanted(names=wanted.names, type=definition.type, of_company=definition.of_company, choices=wanted.choices)
    kept = {str(choice["key"]) for choice in _choices(fixed)}
    for choice in definition.choices:
        if str(choice["key"]) not in kept:
            refuse_in_use(Thing("choice", key=_in_conditions(definition), value=str(choice["key"])))
    AttributeDefinition.objects.filter(pk=definition.pk).update(names=dict(fixed.names), choices=_choices(fixed))


def _in_conditions(definition: AttributeDefinition) -> str:
    """As conditions name it."""
    return f"company.attr.{definition.key}" if definition.of_company else f"attr.{definition.key}"


def _choices(wanted: Wanted) -> list[dict[str, Any]]:
    """Choices keep their keys; new ones get one from their name, made unlike the others."""
    if wanted.type not in (AttributeType.CHOICE, AttributeType.LIST):
        return []
    taken = {key for key, _names in wanted.choices if key}
    made: list[dict[str, Any]] = []
    for key, names in wanted.choices:
        if not any(names.values()):
            continue
        if not key:
            key = _free_key(key_of(names.get("en") or in_language(names)), taken)
            taken.add(key)
        made.append({"key": key, "names": {language: name for language, name in names.items() if name}})
    return made


def _free_key(key: str, taken: set[str]) -> str:
    number, free = 2, key
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free


def order_attributes(*, ids: Sequence[int]) -> None:
    """Put attributes in this order."""
    found = AttributeDefinition.objects.in_bulk(ids)
    for place, definition_id in enumerate(ids):
        if definition_id in found:
            found[definition_id].position = place
    AttributeDefinition.objects.bulk_update(found.values(), ["position"])


def forget_attribute(*, definition: AttributeDefinition) -> None:
    """Take the definition away; what cards hold of it is not shown any more, and comes back with the same key.

    Raises InUse.
    """
    refuse_in_use(Thing("attribute", definition.pk, key=_in_conditions(definition)))
    AttributeDefinition.objects.filter(pk=definition.pk).delete()
