"""Which templates have a hole for an attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator

from teplo.content.models import Template
from teplo.kit.uses import Thing, Use

_TEXTS = ("subject", "preheader", "body", "text")


def find(thing: Thing) -> Iterator[Use]:
    if thing.kind != "attribute":
        return
    hole = _hole(thing.key)
    for template in Template.objects.filter(is_archived=False).order_by("name"):
        if any(hole.search(str(getattr(template, part, ""))) for part in _TEXTS):
            yield Use("template", template.name, "template", template.pk)


def _hole(key: str) -> re.Pattern[str]:
    """`person.attributes.plan`, `attributes["plan"]`: nobody says so outside of Liquid."""
    of_company, name = key.startswith("company."), re.escape(key.rpartition("attr.")[2])
    owner = r"company\." if of_company else r"(?<!company\.)"
    return re.compile(owner + r"attributes(?:\." + name + r"(?![\w-])|\[\s*[\"']" + name + r"[\"']\s*\])")
