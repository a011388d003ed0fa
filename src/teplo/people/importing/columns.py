"""What a column of a file becomes, and the mapping of a whole file as it is stored and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

CARD = ("first_name", "middle_name", "last_name", "position", "city", "country", "language", "timezone")
CONTACTS = ("email", "phone", "telegram", "whatsapp", "viber", "vk")
COMPANY = ("company", "company_domain", "company_industry", "company_size", "company_city", "company_country")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
CONSENT_CHANNELS = ("email", "sms", "telegram", "whatsapp", "viber", "vk", "phone")

TITLES: dict[str, Any] = {
    "skip": _("Do not import"),
    "full_name": _("Full name"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "telegram": _("Telegram"),
    "whatsapp": _("WhatsApp"),
    "viber": _("Viber"),
    "vk": _("VK"),
    "external": _("Number in another system"),
    "position": _("Position"),
    "city": _("City"),
    "country": _("Country"),
    "language": _("Language"),
    "timezone": _("Time zone"),
    "company": _("Company"),
    "company_domain": _("Company: site"),
    "company_industry": _("Company: industry"),
    "company_size": _("Company: number of employees"),
    "company_city": _("Company: city"),
    "company_country": _("Company: country"),
    "owner": _("Responsible colleague"),
    "created_at": _("When he came"),
    "source": _("Where he came from"),
    "utm_source": _("UTM source"),
    "utm_medium": _("UTM medium"),
    "utm_campaign": _("UTM campaign"),
    "utm_content": _("UTM content"),
    "utm_term": _("UTM term"),
    "consent": _("Allows to be written to"),
    "unsubscribed": _("Does not want to be written to"),
    "bounced": _("Letters come back"),
    "tags": _("Tags"),
    "stage": _("Stage"),
    "note": _("Note"),
    "outcome": _("How the deal ended"),
    "outcome_at": _("When the deal ended"),
    "outcome_reason": _("Why the deal was lost"),
    "outcome_value": _("Amount of the deal"),
    "attribute": _("Own field"),
    "deed": _("Date of a deed"),
    "event_name": _("Deed"),
    "event_time": _("When he did it"),
    "event_id": _("Number of the event"),
    "event_property": _("Detail of the event"),
    "url": _("Page address"),
    "referrer": _("Referring page"),
}

FOR_PEOPLE = tuple(t for t in TITLES if not t.startswith("event_") and t not in ("url", "referrer"))
FOR_EVENTS = (
    "skip", *CONTACTS, "external", "event_name", "event_time", "event_id", "event_property", "url", "referrer", *UTM,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column's target. `key` and `type` are those of an own field (made at the start where it is new), the name of
    a deed, or the name of an event's property."""

    target: str = "skip"
    key: str = ""
    type: str = ""
    name: str = ""
    of_company: bool = False

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """All columns of a file in order, and from which system it seems to come."""

    columns: tuple[Column, ...] = field(default_factory=tuple)
    vendor: str = ""

    def as_json(self) -> dict[str, Any]:
        """As stored with the run and remembered for the headers."""
        return {"columns": [column.as_json() for column in self.columns], "vendor": self.vendor}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnMapping:
        """The stored mapping."""
        return cls(tuple(Column(**column) for column in data.get("columns", ())), data.get("vendor", ""))

    def has(self, *targets: str) -> bool:
        """Whether any column has one of these targets."""
        return any(column.target in targets for column in self.columns)


def headers_digest(headers: Sequence[str], rows_are: str) -> str:
    """The key under which a mapping is remembered."""
    return hashlib.sha256(json.dumps([rows_are, *headers], ensure_ascii=False).encode()).hexdigest()
