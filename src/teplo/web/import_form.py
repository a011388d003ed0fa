"""The form of a mapping: what each column may become, and from the sent form back to a mapping with options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from teplo.accounts.models import User
from teplo.kit.wording import in_language
from teplo.people.importing.columns import COMPANY, CONSENT_CHANNELS, CONTACTS, TITLES, UTM, Column, ColumnMapping
from teplo.people.importing.guessing import key_of
from teplo.people.importing.headings import channel_of
from teplo.people.importing.options import Options
from teplo.people.importing.previewing import PreviewedRow
from teplo.people.importing.rows import EventRow, PersonRow
from teplo.people.models import AttributeDefinition, AttributeType, ImportRun
from teplo.people.places import country_names
from teplo.tracking.models import Activity
from teplo.web.reading import whole

TYPES: Mapping[str, Any] = {
    AttributeType.TEXT: gettext_lazy("text"),
    AttributeType.NUMBER: gettext_lazy("number"),
    AttributeType.BOOLEAN: gettext_lazy("yes or no"),
    AttributeType.DATE: gettext_lazy("date"),
    AttributeType.CHOICE: gettext_lazy("one of several"),
    AttributeType.LIST: gettext_lazy("list"),
}
CHANNELS: Mapping[str, Any] = {
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "telegram": gettext_lazy("Telegram"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "viber": gettext_lazy("Viber"),
    "vk": gettext_lazy("VK"),
    "phone": gettext_lazy("Phone calls"),
}
_NAMES = ("full_name", "first_name", "middle_name", "last_name")
_ABOUT = ("position", "city", "country", "language", "timezone", "owner", "created_at", "stage", "tags", "note")
_FROM = ("source", *UTM)
_ALLOWS = ("consent", "unsubscribed", "bounced")
_ENDED = ("outcome", "outcome_at", "outcome_reason", "outcome_value")
_DEEDS = ("event_name", "event_time", "event_id", "url", "referrer", *UTM)

Group = tuple[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class ColumnLine:
    """One column as the screen shows it."""

    place: int
    heading: str
    samples: list[str]
    chosen: str
    groups: list[Group]
    is_new: bool

    @property
    def name(self) -> str:
        return f"column-{self.place}"


def lines_of(run: ImportRun, rows: Sequence[tuple[int, Sequence[str]]]) -> list[ColumnLine]:
    """The columns of a run with what they may become; columns without any value and heading are left out."""
    mapping = ColumnMapping.from_json(run.mapping)
    groups = event_groups() if run.rows_are == "events" else person_groups()
    lines = []
    for place, column in enumerate(mapping.columns):
        heading = run.headers[place] if place < len(run.headers) else ""
        below = (cells[place].strip() for _number, cells in rows if place < len(cells))
        samples = list(dict.fromkeys(text for text in below if text))[:3]
        if heading or samples:
            code = code_of(column)
            known = any(code == value for _title, options in groups for value, _label in options)
            own = [] if known else [(_("This column"), [(code, str(TITLES[column.target]))])]
            lines.append(ColumnLine(place, heading, samples, code, own + groups, code.startswith("new:")))
    return lines


def code_of(column: Column) -> str:
    """A column's target as the value of its select."""
    if column.target == "attribute":
        exists = AttributeDefinition.objects.filter(of_company=column.of_company, key=column.key).exists()
        if not exists:
            return f"new:{column.type or 'text'}"
        return f"{'of-company' if column.of_company else 'attribute'}:{column.key}"
    if column.target == "event_property":
        return "event_property"
    return f"{column.target}:{column.key}" if column.key and column.target == "deed" else column.target


def person_groups() -> list[Group]:
    """What a column of people may become, in groups."""
    definitions = list(AttributeDefinition.objects.all())
    own = [(f"attribute:{d.key}", in_language(d.names)) for d in definitions if not d.of_company]
    of_company = [(f"of-company:{d.key}", in_language(d.names)) for d in definitions if d.of_company]
    deeds = [(f"deed:{a.key}", in_language(a.names)) for a in Activity.objects.filter(is_active=True)]
    return [
        ("", [("skip", str(TITLES["skip"]))]),
        (pgettext("of a person", "Name"), _titles(_NAMES)),
        (_("Contacts"), _titles((*CONTACTS, "external"))),
        (_("About the person"), _titles(_ABOUT)),
        (_("Company"), _titles(COMPANY)),
        (_("Where he came from"), _titles(_FROM)),
        (_("Consent"), _titles(_ALLOWS)),
        (_("How it ended"), _titles(_ENDED)),
        (_("Own fields"), own),
        (_("Own fields of the company"), of_company),
        (_("A new own field"), [(f"new:{kind}", str(name)) for kind, name in TYPES.items()]),
        (_("The day on which he did this"), [("deed", _("as the heading says")), *deeds]),
    ]  # fmt: skip


def event_groups() -> list[Group]:
    """What a column of deeds may become."""
    return [
        ("", [("skip", str(TITLES["skip"]))]),
        (_("Who"), _titles((*CONTACTS, "external"))),
        (_("What he did"), _titles((*_DEEDS, "event_property"))),
    ]


def _titles(targets: Sequence[str]) -> list[tuple[str, str]]:
    return [(target, str(TITLES[target])) for target in targets]


def labels_of(run: ImportRun) -> dict[str, str]:
    """key → what readers call it: a built-in target's title, an own field's name or its heading."""
    labels = {target: str(title) for target, title in TITLES.items()}
    labels |= {column.key: column.name for column in ColumnMapping.from_json(run.mapping).columns if column.name}
    return labels | {found.key: in_language(found.names) for found in AttributeDefinition.objects.all()}


def facts_of(line: PreviewedRow, labels: Mapping[str, str]) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """(what is taken, what changes) of a previewed row, in words."""
    row = line.row
    said = {**row.attributes, **row.company.get("attributes", {})} if isinstance(row, PersonRow) else {}
    said |= row.properties if isinstance(row, EventRow) else {}
    taken = [(labels.get(key, key), _as_words(value)) for key, value in said.items()]
    changes = [(labels.get(key, key), _as_words(old), _as_words(new)) for key, old, new in line.changes]
    return taken, changes


def _as_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def read_mapping(run: ImportRun, sent: Mapping[str, Any]) -> ColumnMapping:
    """The mapping that the sent form says; columns it does not name stay as they are."""
    before = ColumnMapping.from_json(run.mapping)
    columns = []
    for place, column in enumerate(before.columns):
        code = sent.get(f"column-{place}")
        heading = run.headers[place] if place < len(run.headers) else ""
        columns.append(column if code is None or code == code_of(column) else _column(code, heading, place))
    return ColumnMapping(_with_own_keys(columns), before.vendor)


def _column(code: str, heading: str, place: int) -> Column:
    target, _sep, rest = code.partition(":")
    if target in ("consent", "unsubscribed"):
        return Column(target, channel_of(heading))
    key = key_of(heading) or f"column_{place + 1}"
    if target == "new" and rest in TYPES:
        return Column("attribute", key, rest, heading or key)
    if target in ("attribute", "of-company"):
        found = AttributeDefinition.objects.filter(of_company=target == "of-company", key=rest).first()
        return Column("attribute", rest, found.type, heading, found.of_company) if found else Column()
    if target == "event_property":
        return Column(target, key, name=heading)
    return Column(target, rest) if target in TITLES else Column()


def _with_own_keys(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Two columns that become new fields with one key would overwrite each other: the later gets a number."""
    taken: set[str] = set()
    kept = []
    for column in columns:
        if column.target in ("attribute", "event_property") and column.key in taken and column.name:
            number = next(n for n in range(2, 1000) if f"{column.key}_{n}" not in taken)
            column = Column(column.target, f"{column.key}_{number}", column.type, column.name, column.of_company)
        taken.add(column.key)
        kept.append(column)
    return tuple(kept)


def read_options(run: ImportRun, sent: Any) -> Options:
    """The options that the sent form says."""
    before = Options.from_json(run.options)
    owner = whole(sent.get("owner"))
    return Options(
        phone_region=sent.get("phone_region") if sent.get("phone_region") in country_names() else "",
        known=sent.get("known") if sent.get("known") in ("fill", "overwrite", "skip") else before.known,
        id_space=sent.get("id_space", before.id_space).strip()[:60],
        number_rows="number_rows" in sent,
        consent_channels=[channel for channel in sent.getlist("consent") if channel in CONSENT_CHANNELS],
        consent_source=sent.get("consent_source", "").strip()[:120],
        consent_text=sent.get("consent_text", "").strip()[:2000],
        source=sent.get("source", "").strip()[:200],
        tags=[tag.strip()[:60] for tag in sent.get("tags", "").split(",") if tag.strip()],
        owner_id=owner if owner and User.objects.filter(pk=owner, is_active=True).exists() else None,
        event_name=sent.get("event_name", "").strip()[:80],
    )
