"""Acts on many people: on those ticked or on all a filter finds, as a job that can be left, stopped and resumed.

Upper packages lend acts of their own (stage, journey) through `config/wiring.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from teplo.conditions.reading import ConditionError
from teplo.jobs.models import Job
from teplo.jobs.running import CannotGoOn, Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.people.attributes import Change, set_attributes
from teplo.people.changing import note_changed
from teplo.people.choosing import Chosen, people_of
from teplo.people.models import Person
from teplo.people.personal_data import erase_people
from teplo.people.tagging import add_tags, read_names, remove_tags

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

JOB = "act-on-people"
_BATCH = 1000

Apply = Callable[[Sequence[int], Mapping[str, Any], str], int]
"""(people, what was chosen in the dialog, by whom as "user:…") → how many really changed."""


class ActUnknown(LookupError):
    """There is no such act."""


class ActImpossible(Exception):
    """What the act needs (its stage, its journey) is not there any more; the text says so to the user."""


@dataclass(frozen=True)
class Act:
    """Something that can be done with many people."""

    key: str
    title: str | _StrPromise
    apply: Apply


_acts: dict[str, Act] = {}


def register(act: Act) -> None:
    """Lend an act; the same key again replaces it."""
    _acts[act.key] = act


def act_of(key: str) -> Act:
    """The act by its key; raises ActUnknown."""
    if key not in _acts:
        raise ActUnknown(key)
    return _acts[key]


def acts() -> list[Act]:
    return list(_acts.values())


def start_acting(*, act: str, chosen: Chosen, args: Mapping[str, Any], by: int) -> Job:
    """Do it with everybody meant, in batches of a thousand; answers the job that shows its progress."""
    act_of(act)
    return start_job(kind=JOB, args={"act": act, "chosen": chosen.as_json(), "args": dict(args)}, by=by)


def act_on_people(work: Work) -> dict[str, Any]:
    """The job. People are taken by rising id, so that a change that takes them out of the filter disturbs nothing.

    The condition is read anew for each batch: a definition it names may go while the job runs, and then it stops.
    """
    act = act_of(work.args["act"])
    if work.total is None:
        work.advance(done=0, total=_meant(work).count(), cursor={"after": "0", "changed": 0})
    changed, after = int(work.cursor.get("changed", 0)), int(work.cursor.get("after", 0))
    while batch := list(_meant(work).filter(id__gt=after).order_by("id").values_list("id", flat=True)[:_BATCH]):
        with transaction.atomic():
            try:
                changed += act.apply(batch, work.args["args"], f"user:{work.created_by or 0}")
            except ActImpossible as impossible:
                raise CannotGoOn(str(impossible)) from impossible
            after = batch[-1]
            work.advance(done=work.done + len(batch), cursor={"after": str(after), "changed": changed})
    return {"changed": changed}


def _meant(work: Work) -> QuerySet[Person]:
    """The people the job was begun for; raises CannotGoOn if that can no longer be said."""
    try:
        return people_of(Chosen.from_json(work.args["chosen"]))
    except ConditionError as error:
        raise CannotGoOn(str(error)) from error


def _set_value(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    changed = set_attributes([Change(person, args["key"], args["value"]) for person in people], by=by).people
    note_changed(changed, "attribute")
    return len(changed)


def _add_to_list(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    """A word more in an attribute that is a list."""
    key, word = args["key"], args["value"]
    held = Person.objects.filter(id__in=people).values_list("id", "attributes")
    changes = [Change(person, key, [*(values.get(key) or []), word]) for person, values in held]
    changed = set_attributes(changes, by=by).people
    note_changed(changed, "attribute")
    return len(changed)


def _add_tags(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    names = read_names(args["tags"])
    changed = add_tags([(person, name) for person in people for name in names], by=by)
    note_changed(changed, "tag")
    return len(changed)


def _remove_tags(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    names = read_names(args["tags"])
    changed = remove_tags([(person, name) for person in people for name in names], by=by)
    note_changed(changed, "tag")
    return len(changed)


def _set_owner(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    return _set_value(people, {"key": "owner", "value": args.get("owner")}, by)


def _erase(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    return erase_people(person_ids=people, by=by, at=now())


for _act in (
    Act("set-value", _("Set a value"), _set_value),
    Act("add-to-list", _("Add to a list"), _add_to_list),
    Act("add-tags", _("Add tags"), _add_tags),
    Act("remove-tags", _("Take tags off"), _remove_tags),
    Act("set-owner", _("Give to a colleague"), _set_owner),
    Act("erase", _("Erase"), _erase),
):
    register(_act)
