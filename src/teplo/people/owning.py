"""Whose people a colleague may act on: the one question before every act under a person or a company (R45).

Salespeople act on their own people and on nobody's; whoever else may edit people acts on everybody. Screens ask it by
`web/owned.py`, the API directly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from teplo.accounts.access import RightLacking, acting_user_id, may_edit_person
from teplo.accounts.models import Role
from teplo.people.models import Person


class NotYours(RightLacking):
    """The person is a colleague's."""

    def __str__(self) -> str:
        return _("A colleague is responsible for this person. Ask them, or whoever assigns people.")


def not_yours(actor: Any, person_ids: Iterable[int]) -> set[int]:
    """Those of the people whom a user or token may not act on; one query, and none for whoever may edit everybody."""
    wanted = set(person_ids)
    if not wanted or actor.role != Role.SALESPERSON:
        return set() if may_edit_person(actor, owner_id=None) else wanted
    owned = Person.objects.filter(pk__in=wanted).exclude(owner_id=None).values_list("pk", "owner_id")
    return {person for person, owner in owned if not may_edit_person(actor, owner_id=owner)}


def refuse_not_yours(actor: Any, person_ids: Collection[int]) -> None:
    """Raises NotYours if one of the people is a colleague's."""
    if not_yours(actor, person_ids):
        raise NotYours


def refuse_company_not_yours(actor: Any, company_id: int) -> None:
    """Raises NotYours if a salesperson's colleagues have people in the company, and they have none there themselves."""
    if actor.role != Role.SALESPERSON:
        return
    people = Person.objects.filter(company_id=company_id, erased_at=None).exclude(owner_id=None)
    owners = set(people.order_by().values_list("owner_id", flat=True).distinct())
    if owners and acting_user_id(actor) not in owners:
        raise NotYours
