"""What may stand in the holes of a template, and the values for many people at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teplo.content.queries import addresses_of, people_with_companies

OWN_PAGES = ("unsubscribe_url", "preferences_url", "view_url", "confirm_url")


@dataclass(frozen=True, slots=True)
class Hole:
    """A hole as the editor's menu offers it."""

    path: str
    title: str | Promise


HOLES: tuple[Hole, ...] = (
    Hole("person.first_name", _("First name")),
    Hole("person.last_name", _("Last name")),
    Hole("person.middle_name", _("Middle name")),
    Hole("person.name", _("Full name")),
    Hole("person.position", _("Position")),
    Hole("person.city", _("City")),
    Hole("person.country", _("Country")),
    Hole("person.language", _("Language")),
    Hole("person.email", _("E-mail")),
    Hole("person.phone", _("Phone")),
    Hole("company.name", _("Company")),
    Hole("company.industry", _("Industry")),
    Hole("company.city", _("Company's city")),
    Hole("company.size", _("Company's size")),
    Hole("company.domain", _("Company's site")),
    Hole("sender.name", _("Sender's name")),
    Hole("sender.address", _("Sender's address")),
    Hole("workspace.name", _("Our company")),
    Hole("workspace.address", _("Our postal address")),
    Hole("workspace.site_url", _("Our address on the web")),
    Hole("workspace.public_url", _("Public address of this Teplo")),
    Hole("unsubscribe_url", _("Link to unsubscribe")),
    Hole("preferences_url", _("Link to choose what to get")),
    Hole("view_url", _("Link to the letter in a browser")),
    Hole("confirm_url", _("Link that confirms a consent")),
)
_KNOWN = frozenset(hole.path for hole in HOLES) | {"language", "person.id", "company.id"}
_OPEN_ENDED = ("person.attributes", "company.attributes", "context", "attributes", "forloop", "tablerowloop")


def is_known(path: str) -> bool:
    """Whether anything can ever stand in the hole `path` (dotted)."""
    if path in _KNOWN or path in ("person", "company", "sender", "workspace"):
        return True
    return any(path == open_end or path.startswith(f"{open_end}.") for open_end in _OPEN_ENDED)


def values_of(person_ids: Iterable[int], *, needs: frozenset[str]) -> dict[int, dict[str, Any]]:
    """For each known person {"person": …, "company": …, "attributes": …}; one or two statements, whatever their number.

    `needs` are the paths the template uses: e-mail and phone are read only when asked for.
    """
    ids = sorted(set(person_ids))
    wanted: Sequence[str] = [kind for kind in ("email", "phone") if f"person.{kind}" in needs or "person" in needs]
    addresses = addresses_of(ids, kinds=wanted) if wanted else {}
    return {row["id"]: _values(row, addresses.get(row["id"], {})) for row in people_with_companies(ids)}


def _values(row: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    attributes = row["attributes"] or {}
    person = {
        key: row[key]
        for key in ("id", "first_name", "middle_name", "last_name", "position", "city", "country", "language")
    }
    person["name"] = f"{row['first_name']} {row['last_name']}".strip()
    person["attributes"] = attributes
    person["email"] = addresses.get("email", "")
    person["phone"] = addresses.get("phone", "")
    company = {
        "id": row["company_id"],
        "name": row["company__name"] or "",
        "industry": row["company__industry"] or "",
        "city": row["company__city"] or "",
        "size": row["company__size"],
        "domain": row["company__domain"] or "",
        "attributes": row["company__attributes"] or {},
    }
    return {"person": person, "company": company, "attributes": attributes}
