"""Whose a person becomes by rule: his owner's, else that of the salesperson with the least open work (R38)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from teplo.accounts.models import Role, User
from teplo.people.models import Person
from teplo.sales.queries import open_tasks_by_user


def choose_assignees(*, person_ids: Sequence[int], prefer_owner: bool = True) -> dict[int, int | None]:
    """An assignee for each person, None where nobody can be asked. Three statements, whatever the number of people."""
    ready = working_colleagues()
    owners = dict(Person.objects.filter(pk__in=person_ids).values_list("pk", "owner_id")) if prefer_owner else {}
    chosen: dict[int, int | None] = {}
    without_owner = []
    for person_id in dict.fromkeys(person_ids):
        if owners.get(person_id) in ready:
            chosen[person_id] = owners[person_id]
        else:
            without_owner.append(person_id)
    return chosen | _spread(without_owner, ready)


def working_colleagues() -> dict[int, str]:
    """Active users who sell, by id; where there is no salesperson, the administrators."""
    users = list(User.objects.filter(is_active=True, role__in=(Role.SALESPERSON, Role.ADMINISTRATOR)).order_by("pk"))
    sellers = {user.pk: user.name for user in users if user.role == Role.SALESPERSON}
    owners_too = {user.pk: user.name for user in users}
    return sellers or owners_too


def colleague_names() -> dict[int, str]:
    """Names of all colleagues, also of those who left, by id."""
    return {user.pk: user.name or user.email for user in User.objects.only("pk", "name", "email")}


def _spread(person_ids: Sequence[int], ready: Iterable[int]) -> dict[int, int | None]:
    """Each person to whoever has least to do at that moment; of equals, to the one who joined earlier."""
    users = list(ready)
    if not users or not person_ids:
        return dict.fromkeys(person_ids)
    loads = open_tasks_by_user(users)
    heap = [(loads.get(user, 0), user) for user in users]
    heapq.heapify(heap)
    chosen: dict[int, int | None] = {}
    for person_id in person_ids:
        load, user = heap[0]
        heapq.heapreplace(heap, (load + 1, user))
        chosen[person_id] = user
    return chosen
