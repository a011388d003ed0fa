"""Whose card an address means. Whether this user may act on it is asked by `owned.acts_on`."""

from __future__ import annotations

from django.http import Http404

from teplo.people.models import Person


def find_person(person_id: int) -> Person:
    """The person with the company, never an erased one; raises Http404."""
    person = Person.objects.select_related("company").filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise Http404
    return person
