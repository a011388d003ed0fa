"""The person's card, the heart of Teplo: who he is, his story, how warm he is and what goes on for him."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, may_edit_person, requires
from teplo.accounts.models import User
from teplo.channels.models import Delivery
from teplo.content.templates import template_names
from teplo.insights.person_story import PARTS, read_story
from teplo.kit.clock import now
from teplo.kit.wording import in_language
from teplo.people.attributes import COLUMNS, Change, definitions, set_attributes
from teplo.people.changing import note_changed
from teplo.people.consent import CHANNELS, ConsentWord, record_consents
from teplo.people.identities import CONTACT_KINDS, ContactUnreadable
from teplo.people.making import ContactTaken, LastContact, add_contact, remove_contact, set_main
from teplo.people.merging import winners_of
from teplo.people.models import (
    AttributeDefinition,
    Consent,
    ConsentState,
    DuplicatePair,
    Identity,
    Merge,
    Person,
    SharedContact,
)
from teplo.people.personal_data import erase_people, export_person
from teplo.people.places import NAMED
from teplo.people.sharing import everybody_with
from teplo.people.unmerging import CannotUndo, undo_merge
from teplo.web.answers import page, part_of, place_to_return, redirect, refused, saved
from teplo.web.claims import claims_on
from teplo.web.formatting import as_day, as_moment, as_number
from teplo.web.found_person import find_person as _person
from teplo.web.outbox import readers_zone
from teplo.web.owned import acts_on
from teplo.web.people_query import ListQuery
from teplo.web.person_composer import composer_context
from teplo.web.person_tags import tags_context
from teplo.web.sharing import offer_to_share, wants_to_share
from teplo.web.telling import channel_name, letter_name, tell, why_not_sent

STORY_PARTS = {
    "all": gettext_lazy("Everything"),
    "notes": gettext_lazy("Notes"),
    "deeds": gettext_lazy("Deeds"),
    "letters": gettext_lazy("Letters"),
    "warmth": gettext_lazy("Warmth and sales"),
    "card": gettext_lazy("Card"),
}
NAMES = ("first_name", "middle_name", "last_name")
ICONS = {
    "email": "mail", "phone": "phone", "telegram": "brand-telegram", "whatsapp": "brand-whatsapp",
    "viber": "phone-call", "vk": "brand-vk", "external": "id",
}  # fmt: skip
_FACTS = {
    "position": gettext_lazy("Position"),
    "company": gettext_lazy("Company"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
}


@dataclass(frozen=True)
class Fact:
    """Something known of a person, as it is shown and edited in place."""

    key: str
    name: str
    shown: str
    value: Any
    definition: AttributeDefinition | None = None
    url: str = ""


@requires(Right.SEE)
def person_card(request: HttpRequest, person_id: int) -> HttpResponse:
    person = Person.objects.select_related("company", "score").filter(pk=person_id).first()
    if person is None:
        return _moved_or_gone(request, person_id)
    if person.erased_at:
        return page(request, "person/erased.html", {"person": person})
    context = {
        **composer_context(person),
        **tags_context(request, person),
        "person": person,
        "may_edit": may_edit_person(request.user, owner_id=person.owner_id),
        "me": _by(request),
        "owner": User.objects.filter(pk=person.owner_id).first() if person.owner_id else None,
        "local_time": _local_time(person.timezone),
        "facts": _facts(person),
        **_contacts(person),
        "consents": _consents(person),
        "duplicate": _open_pair(person_id),
        "claims": claims_on(person_id, request.user),
        **_story(request, person),
    }
    return page(request, "person/card.html", context)


def _moved_or_gone(request: HttpRequest, person_id: int) -> HttpResponse:
    """A card that became part of another leads there."""
    winner = winners_of([person_id]).get(person_id)
    if winner is None:
        raise Http404
    return redirect(request, "person", winner)


def _by(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


def _local_time(name: str) -> str:
    """What time it is where the person lives; empty when that is not known."""
    try:
        return f"{now().astimezone(ZoneInfo(name)):%H:%M}" if name else ""
    except (ZoneInfoNotFoundError, ValueError):
        return ""


# left: who


def _contacts(person: Person) -> dict[str, Any]:
    rows = list(Identity.objects.filter(person_id=person.pk).order_by("kind", "-is_main", "created_at"))
    own: list[Identity | SharedContact] = [row for row in rows if row.kind != "visitor"]
    shared = list(SharedContact.objects.filter(person_id=person.pk).order_by("kind", "value"))
    held = {(row.kind, row.value) for row in own}
    shown = [*own, *(row for row in shared if (row.kind, row.value) not in held)]
    others = _others_with({(row.kind, row.value) for row in shown}, person.pk)
    return {
        "contacts": [
            (ICONS.get(row.kind, "at"), row, contact_link(row), others.get((row.kind, row.value), []))
            for row in sorted(shown, key=lambda row: row.kind)
        ],
        "visitors": sum(1 for row in rows if row.kind == "visitor"),
        "contact_kinds": [(kind, channel_name(kind)) for kind in CONTACT_KINDS],
    }


def _others_with(contacts: set[tuple[str, str]], person_id: int) -> dict[tuple[str, str], list[Person]]:
    """Who else has these contacts."""
    found = everybody_with(contacts)
    people = Person.objects.in_bulk({other for having in found.values() for other in having} - {person_id})
    return {contact: [people[other] for other in having if other in people] for contact, having in found.items()}


def contact_link(identity: Identity | SharedContact) -> str:
    """Where a click on the contact leads."""
    value = identity.value
    return {
        "email": f"mailto:{value}",
        "phone": f"tel:{value}",
        "telegram": f"https://t.me/{value}" if not value.isdigit() else "",
        "whatsapp": f"https://wa.me/{value.lstrip('+')}",
        "vk": f"https://vk.com/{value}",
    }.get(identity.kind, "")


def _facts(person: Person) -> list[Fact]:
    return [*(_fact(person, key, None) for key in _FACTS), *(_fact(person, d.key, d) for d in definitions().values())]


def _fact(person: Person, key: str, definition: AttributeDefinition | None) -> Fact:
    if definition is not None:
        value = person.attributes.get(key)
        return Fact(key, in_language(definition.names) or key, shown_value(definition, value), value, definition)
    if key == "company":
        value = person.company.name if person.company else ""
        url = f"/companies/{person.company_id}/" if person.company_id else ""
        return Fact(key, str(_FACTS[key]), value, value, None, url)
    value = getattr(person, key)
    shown = NAMED[key](value) if key in NAMED else value
    return Fact(key, str(_FACTS[key]), shown, shown if key == "country" else value)


def shown_value(definition: AttributeDefinition, value: Any) -> str:
    """A value of a custom attribute as it is read."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return as_number(value)
    if definition.type == "date":
        return as_day(date.fromisoformat(value))
    names = {choice["key"]: in_language(choice.get("names", {})) or choice["key"] for choice in definition.choices}
    words = value if isinstance(value, list) else [value]
    return ", ".join(str(names.get(word, word)) for word in words)


def _consents(person: Person) -> list[tuple[str, str, Consent | None, list[str]]]:
    """(channel, its name, the current word, its proof); e-mail always, others when anything was said."""
    current = {row.channel: row for row in Consent.objects.filter(person_id=person.pk, is_current=True)}
    channels = dict.fromkeys(("email", *sorted(current)))
    return [
        (channel, channel_name(channel), current.get(channel), _proof(current.get(channel))) for channel in channels
    ]


_HOW = {
    "form": gettext_lazy("on a page"),
    "signed": gettext_lazy("on a page, signed in"),
    "server": gettext_lazy("through the API"),
    "import": gettext_lazy("in an imported file"),
}


def _proof(consent: Consent | None) -> list[str]:
    """What proves a consent, line by line: which words, where, how, from where, when confirmed."""
    if consent is None:
        return []
    proof = consent.proof
    lines = [consent.text[:300]] if consent.text else []
    if proof.get("text"):
        lines.append(_("version %(name)s of the text") % {"name": proof["text"]})
    if proof.get("unknown_text"):
        lines.append(_("a text that is not known here: %(name)s") % {"name": str(proof["unknown_text"])[:70]})
    how = "import" if "import" in proof else str(proof.get("how", ""))
    if how in _HOW:
        lines.append(str(_HOW[how]))
    lines += [str(proof[key])[:200] for key in ("url", "network") if proof.get(key)]
    if moment := _moment_of(proof.get("confirmed_at")):
        lines.append(_("confirmed by the link, %(day)s") % {"day": moment})
    return lines


def _moment_of(text: Any) -> str:
    try:
        return as_moment(datetime.fromisoformat(str(text))) if text else ""
    except ValueError:
        return ""


def _open_pair(person_id: int) -> DuplicatePair | None:
    first = DuplicatePair.objects.filter(first_id=person_id, answer="").first()
    return first or DuplicatePair.objects.filter(second_id=person_id, answer="").first()


# middle: the story


def _story(request: HttpRequest, person: Person) -> dict[str, Any]:
    part = request.GET.get("part", "all")
    part = part if part in PARTS else "all"
    told = read_story(person_id=person.pk, before=request.GET.get("before", ""), part=part)
    return {
        "days": tell(told.moments, person=person),
        "further": told.further,
        "part": part,
        "parts": [(key, name, key == part) for key, name in STORY_PARTS.items()],
    }


@requires(Right.SEE)
@part_of("person", "person_id")
def person_story(request: HttpRequest, person_id: int) -> HttpResponse:
    """A further page of the story, or another part of it."""
    person = _person(person_id)
    may_edit = may_edit_person(request.user, owner_id=person.owner_id)
    template = "person/_story.html" if request.GET.get("before") else "person/_story_part.html"
    return render(
        request, template, {"person": person, "may_edit": may_edit, "me": _by(request), **_story(request, person)}
    )


# right: what comes next


@requires(Right.SEE)
@part_of("person", "person_id")
def person_letters(request: HttpRequest, person_id: int) -> HttpResponse:
    """Letters that wait for their time, with why they wait; the other sections of that side are their owners' own."""
    person = _person(person_id)
    rows = list(Delivery.objects.filter(person_id=person.pk, state="queued").order_by("due_at")[:5])
    names = template_names(row.template_id for row in rows)
    letters = [
        (
            row,
            letter_name(row, names),
            why_not_sent(row, person.first_name) if row.reason else "",
            readers_zone(row),
        )
        for row in rows
    ]
    return render(request, "person/_letters.html", {"letters": letters})


# editing in place


class FactForm(forms.Form):
    """One value, with a control that suits its type."""

    def __init__(self, fact: Fact, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = _control(fact)


def _control(fact: Fact) -> forms.Field:
    label, kind = fact.name, fact.definition.type if fact.definition else "text"
    choices = _choices(fact.definition) if fact.definition else []
    if kind == "boolean":
        said = [("", "—"), ("true", _("yes")), ("false", _("no"))]
        return forms.ChoiceField(choices=said, required=False, label=label)
    if kind == "choice":
        return forms.ChoiceField(choices=[("", "—"), *choices], required=False, label=label)
    if kind == "list" and choices:
        return forms.MultipleChoiceField(
            choices=choices, required=False, label=label, widget=forms.CheckboxSelectMultiple
        )
    if kind == "date":
        return forms.CharField(required=False, label=label, widget=forms.DateInput(attrs={"type": "date"}))
    return forms.CharField(required=False, label=label, max_length=2000, strip=True)


def _choices(definition: AttributeDefinition) -> list[tuple[str, str]]:
    return [(choice["key"], in_language(choice.get("names", {})) or choice["key"]) for choice in definition.choices]


def _initial(fact: Fact) -> Any:
    if isinstance(fact.value, bool):
        return "true" if fact.value else "false"
    if isinstance(fact.value, list) and not (fact.definition and fact.definition.choices):
        return ", ".join(map(str, fact.value))
    return fact.value


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@part_of("person", "person_id")
def person_fact(request: HttpRequest, person_id: int, key: str) -> HttpResponse:
    """Show, edit and save one value in its place."""
    person = _person(person_id)
    definition = definitions().get(key)
    if definition is None and key not in _FACTS:
        raise Http404
    fact = _fact(person, key, definition)
    if request.method != "POST":
        form = FactForm(fact, initial={"value": _initial(fact)})
        template = "person/_fact_form.html" if "edit" in request.GET else "person/_fact.html"
        return render(request, template, {"person": person, "fact": fact, "form": form, "may_edit": True})
    form = FactForm(fact, request.POST)
    value = form.cleaned_data["value"] if form.is_valid() else request.POST.get("value", "")
    written = set_attributes([Change(person_id, key, value)], by=_by(request))
    if written.refused:
        form.add_error("value", str(written.refused[0].error))
        context = {"person": person, "fact": fact, "form": form, "may_edit": True}
        return render(request, "person/_fact_form.html", context, status=422)
    note_changed(written.people, "attribute")
    person = _person(person_id)
    return render(
        request, "person/_fact.html", {"person": person, "fact": _fact(person, key, definition), "may_edit": True}
    )


class NameForm(forms.Form):
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=120, required=False)
    middle_name = forms.CharField(label=gettext_lazy("Middle name"), max_length=120, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=120, required=False)
    owner = forms.TypedChoiceField(label=gettext_lazy("Whose person"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
        self.fields["owner"].choices = [("", _("nobody's")), *users]  # type: ignore[attr-defined]


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def person_edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Name and owner."""
    person = _person(person_id)
    initial = {**{name: getattr(person, name) for name in NAMES}, "owner": person.owner_id}
    form = NameForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        changes = [
            Change(person_id, key, value) for key, value in form.cleaned_data.items() if key in (*NAMES, *COLUMNS)
        ]
        note_changed(set_attributes(changes, by=_by(request)).people, "attribute")
        return redirect(request, "person", person_id)
    context = {"person": person, "form": form}
    return page(request, "person/edit.html", context, fragment="person/_edit.html", status=422 if form.errors else 200)


class ContactForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Way"))
    text = forms.CharField(label=gettext_lazy("Contact"), max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, channel_name(kind)) for kind in CONTACT_KINDS]  # type: ignore[attr-defined]


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def contact_new(request: HttpRequest, person_id: int) -> HttpResponse:
    person = _person(person_id)
    form = ContactForm(request.POST if request.method == "POST" else None)
    taken = None
    if request.method == "POST" and form.is_valid():
        try:
            is_shared = wants_to_share(request)
            add_contact(person_id=person_id, by=_by(request), is_shared=is_shared, **form.cleaned_data)
            return redirect(request, "person", person_id)
        except ContactUnreadable as error:
            form.add_error("text", str(error))
        except ContactTaken as error:
            taken = error.person_id
            form.add_error("text", str(error))
            offer_to_share(form, error)
    context = {"person": person, "form": form, "taken": taken}
    return page(
        request, "person/contact.html", context, fragment="person/_contact.html", status=422 if form.errors else 200
    )


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def contact_change(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take a contact off, or let it be the main one of its kind."""
    _person(person_id)
    kind, value = request.POST.get("kind", ""), request.POST.get("value", "")
    named = {"person_id": person_id, "kind": kind, "value": value}
    is_own = Identity.objects.filter(**named).exists()
    if not is_own and (not SharedContact.objects.filter(**named).exists() or "main" in request.POST):
        raise Http404
    if "main" in request.POST:
        set_main(person_id=person_id, kind=kind, value=value)
        return redirect(request, "person", person_id)
    try:
        remove_contact(person_id=person_id, kind=kind, value=value)
    except LastContact:
        refused(request, _("A card needs a name or a contact: add one first."))
    return redirect(request, "person", person_id)


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_consent(request: HttpRequest, person_id: int) -> HttpResponse:
    """What the person said about being written to, noted by a colleague."""
    _person(person_id)
    state, channel = request.POST.get("state", ""), request.POST.get("channel", "")
    if state not in ConsentState.values or channel not in CHANNELS:
        raise Http404
    record_consents([ConsentWord(person_id, channel, state, source=_by(request))])
    note_changed([person_id], "consent")
    saved(request, _("Noted."))
    return redirect(request, "person", person_id)


# personal data


@requires(Right.EXPORT, Right.ERASE_PEOPLE)
def person_export(request: HttpRequest, person_id: int) -> HttpResponse:
    """All about one person as JSON, to hand over to him (R5)."""
    _person(person_id)
    told = json.dumps(export_person(person_id=person_id), ensure_ascii=False, indent=2)
    response = HttpResponse(told, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="person-{person_id}.json"'
    return response


@requires(Right.ERASE_PEOPLE)
@require_POST
def person_erase(request: HttpRequest, person_id: int) -> HttpResponse:
    _person(person_id)
    erase_people(person_ids=[person_id], by=_by(request))
    saved(request, _("Erased. Only numbers remain."))
    return redirect(request, ListQuery().url())


def _people_of_merge(merge_id: int) -> list[int]:
    merge = Merge.objects.filter(pk=merge_id).values_list("winner_id", "loser_id").first()
    return list(merge or ())


@requires(Right.EDIT_PEOPLE)
@acts_on("merge_id", people=_people_of_merge)
@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    try:
        merge = undo_merge(merge_id=get_object_or_404(Merge, pk=merge_id).pk, by=_by(request))
    except CannotUndo as refusal:
        refused(request, str(refusal))
        return redirect(request, place_to_return(request, "people"))
    saved(request, _("They are two again. What came after the merge stayed with this card."))
    return redirect(request, "person", merge.winner_id)


urlpatterns: Sequence[Any] = [
    path("people/<int:person_id>/", person_card, name="person"),
    path("people/<int:person_id>/story/", person_story, name="person-story"),
    path("people/<int:person_id>/letters/", person_letters, name="person-letters"),
    path("people/<int:person_id>/facts/<str:key>/", person_fact, name="person-fact"),
    path("people/<int:person_id>/edit/", person_edit, name="person-edit"),
    path("people/<int:person_id>/contacts/new/", contact_new, name="contact-new"),
    path("people/<int:person_id>/contacts/change/", contact_change, name="contact-change"),
    path("people/<int:person_id>/consent/", person_consent, name="person-consent"),
    path("people/<int:person_id>/export/", person_export, name="person-export"),
    path("people/<int:person_id>/erase/", person_erase, name="person-erase"),
    path("people/merges/<int:merge_id>/undo/", merge_undo, name="merge-undo"),
]
