"""All that is known about one person, to hand over; and his erasure that leaves the numbers (GDPR 15, 17)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from teplo.accounts.models import Notice
from teplo.kit.clock import now
from teplo.people import queries, searching
from teplo.people.leaves import Erasing, Leaf, all_leaves
from teplo.people.models import DuplicatePair, Identity, IdentityClaim, Merge, Person
from teplo.people.sharing import hand_on
from teplo.people.suppression import suppress
from teplo.people.tagging import tags_of

_NOT_TOLD = frozenset({"person_id", "lease_owner", "lease_until"})
_BATCH = 2000
_NUMBER = re.compile(r"/(\d+)/")


def export_person(*, person_id: int) -> dict[str, Any]:
    """Everything about one person as JSON-ready values: his card, contacts, every row of every table that hangs on him.

    Raises Person.DoesNotExist.
    """
    person = Person.objects.select_related("company").get(id=person_id)
    told: dict[str, Any] = {
        "exported_at": now(),
        "person": _values(person, but={"first_key", "last_key"}),
        "company": _values(person.company, but={"name_key"}) if person.company else None,
        "contacts": list(
            Identity.objects.filter(person_id=person_id).order_by("kind", "value")
            .values("kind", "value", "shown", "is_verified", "is_main", "source", "created_at")
        ),
        "tags": [tag.name for tag in tags_of([person_id]).get(person_id, [])],
        "merged_cards": list(Merge.objects.filter(winner_id=person_id).values("loser_id", "reason", "at", "undone_at")),
    }  # fmt: skip
    told["claims_by_others"] = list(
        IdentityClaim.objects.filter(target_id=person_id).exclude(person_id=person_id).order_by("first_at")
        .values("kind", "value", "origin", "page", "network", "times", "first_at", "last_at", "state", "decided_at")
    )  # fmt: skip
    for leaf in all_leaves():
        if leaf.is_exported:
            told[_name_of(leaf)] = list(_rows(leaf, person_id))
    plain: dict[str, Any] = json.loads(json.dumps(told, cls=DjangoJSONEncoder, default=str))
    return plain


def erase_people(*, person_ids: Iterable[int], by: str, at: datetime | None = None) -> int:
    """Take everything personal away for good; answers how many were erased. This cannot be undone.

    Of each person a shell with his id remains, so that the numbers (events, tallies, deals, stages) stay as they were.
    His contacts go; their digests stay suppressed, so that no import writes to him again. What is queued or running for
    him ends. Records of merges lose their snapshots. In batches, each in its own transaction.
    """
    moment = at or now()
    people = sorted(set(person_ids))
    erased = 0
    for start in range(0, len(people), _BATCH):
        with transaction.atomic():
            erased += _erase_batch(people[start : start + _BATCH], moment)
    return erased


def _erase_batch(wanted: Sequence[int], at: datetime) -> int:
    locked = Person.objects.select_for_update().filter(id__in=_with_claimants(wanted), erased_at=None).order_by("id")
    people = list(locked.values_list("id", flat=True))
    if not people:
        return 0
    identities = Identity.objects.filter(person_id__in=people)
    suppress(identities.exclude(kind__in=("visitor", "external")).values_list("kind", "value"), reason="erased", at=at)
    held = list(identities.exclude(kind="visitor").values_list("kind", "value"))
    identities.delete()
    hand_on(held, but=people)
    searching.forget(people)
    for leaf in all_leaves():
        _erase_rows(leaf, people)
    Merge.objects.filter(winner_id__in=people).update(snapshot={}, undone_at=at)
    DuplicatePair.objects.filter(first_id__in=people).delete()
    DuplicatePair.objects.filter(second_id__in=people).delete()
    IdentityClaim.objects.filter(target_id__in=people).delete()
    _forget_notices(set(people))
    queries.blank_people(people, at)
    return len(set(people) & set(wanted))


def _with_claimants(wanted: Sequence[int]) -> set[int]:
    """With strangers who gave these people's contacts for theirs: what they did may be these people's own."""
    claims = IdentityClaim.objects.filter(target_id__in=wanted, person__is_anonymous=True)
    return {*wanted, *claims.values_list("person_id", flat=True)}


def _erase_rows(leaf: Leaf, people: Sequence[int]) -> None:
    rows = leaf.model._default_manager.filter(person_id__in=people)
    if leaf.ending:
        holds, then = leaf.ending
        rows.filter(**holds).update(**then)
    if leaf.erasing is Erasing.DELETE:
        rows.delete()
    elif leaf.erasing is Erasing.BLANK:
        rows.update(**leaf.blank)


def _forget_notices(people: set[int]) -> None:
    """Bells that lead to these people name them; there are few bells, so their addresses are simply read."""
    named = [
        notice_id
        for notice_id, url in Notice.objects.exclude(url="").values_list("id", "url")
        if any(int(number) in people for number in _NUMBER.findall(url))
    ]
    Notice.objects.filter(id__in=named).delete()


def _name_of(leaf: Leaf) -> str:
    return str(leaf.model._meta.verbose_name_plural).replace(" ", "_")


def _rows(leaf: Leaf, person_id: int) -> Iterator[dict[str, Any]]:
    names = [field.attname for field in leaf.model._meta.concrete_fields if field.attname not in _NOT_TOLD]
    yield from leaf.model._default_manager.filter(person_id=person_id).order_by("pk").values(*names)


def _values(row: Any, *, but: set[str]) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in but and getattr(row, field.attname) not in (None, "", {})
    }
