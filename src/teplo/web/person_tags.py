"""Tags on a person's card: put on and taken off where they stand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, may_edit_person, requires
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.people.tagging import add_tags, read_names, remove_tags, suggest_tags, tags_of
from teplo.web.answers import redirect, wants_fragment
from teplo.web.found_person import find_person
from teplo.web.owned import acts_on


def tags_shown(person_id: int) -> list[tuple[str, str]]:
    """The person's tags by name, each with the list of the people who have it."""
    tags = tags_of([person_id]).get(person_id, [])
    return [(tag.name, f"{reverse('people')}?{urlencode({'tag': tag.key})}") for tag in tags]


def tags_context(request: HttpRequest, person: Person) -> dict[str, Any]:
    """What the row of tags on the card shows."""
    may_edit = may_edit_person(request.user, owner_id=person.owner_id)
    return {
        "person": person,
        "tags": tags_shown(person.pk),
        "known_tags": suggest_tags(limit=200) if may_edit else [],
        "may_edit": may_edit,
    }


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_tags(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put on the tags of `add`, take off the one of `remove`."""
    person = find_person(person_id)
    by = f"user:{request.user.pk}"
    changed = add_tags([(person_id, name) for name in read_names(request.POST.get("add", ""))], by=by)
    if gone := request.POST.get("remove", ""):
        changed += remove_tags([(person_id, gone)], by=by)
    note_changed(changed, "tag")
    if not wants_fragment(request):
        return redirect(request, "person", person_id)
    return render(request, "person/_tags.html", tags_context(request, person))


urlpatterns = [path("people/<int:person_id>/tags/", person_tags, name="person-tags")]
