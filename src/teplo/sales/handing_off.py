"""Marketing gives a person to sales with everything known; a clock runs until sales answers (R37, R38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from teplo.accounts.access import Right
from teplo.accounts.notices import NewNotice, notify, users_with
from teplo.accounts.workspace import get_workspace
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people.attributes import Change, set_attributes
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.sales.assigning import choose_assignees
from teplo.sales.models import HandOff, HandOffState, Task, TaskState
from teplo.sales.returning import REASONS, ReasonUnknown, move_returned
from teplo.sales.tasks import NewTask, create_tasks
from teplo.tracking.inbox import put_events

IN_WORK_FOR = timedelta(days=30)

_COLUMNS = (
    "person_id",
    "id",
    "cause",
    "snapshot",
    "assignee_id",
    "state",
    "task_id",
    "return_reason",
    "return_note",
    "offered_at",
    "answer_until",
)


class HandOffAnswered(Exception):
    """Somebody has answered this hand-off already."""


def offer(*, person_ids: Sequence[int], cause: str, snapshots: Mapping[int, dict[str, Any]], at: datetime) -> list[int]:
    """Give people to sales: a hand-off, a task and a notice for each who is not in sales' hands already.

    `cause` is hot, hand or journey; `snapshots` is what was known of each. Answers the ids of those who were offered.
    """
    workspace = get_workspace()
    free = sorted(set(person_ids) - _in_hands(person_ids, at))
    if not free:
        return []
    answer_until = at + timedelta(minutes=workspace.answer_within_minutes)
    assignees = choose_assignees(person_ids=free)
    names = names_of(free)
    with transaction.atomic():
        tasks = _make_tasks(free, assignees, names, answer_until)
        rows = [
            (person, hand_off, cause, snapshots.get(person, {}), assignees[person], HandOffState.OFFERED)
            + (task, "", "", at, answer_until)
            for person, hand_off, task in zip(free, new_ids(len(free)), tasks, strict=True)
        ]
        bulk.insert(HandOff, _COLUMNS, rows, ignore_known=True)
        _ring([(row[0], row[1]) for row in rows], assignees, names, workspace.answer_within_minutes)
    return free


def _in_hands(person_ids: Sequence[int], at: datetime) -> set[int]:
    """Those already offered, or accepted so lately that a seller is at work with them."""
    at_work = Q(state=HandOffState.OFFERED) | Q(state=HandOffState.ACCEPTED, answered_at__gt=at - IN_WORK_FOR)
    return set(HandOff.objects.filter(at_work, person_id__in=person_ids).values_list("person_id", flat=True))


def names_of(person_ids: Sequence[int]) -> dict[int, str]:
    """What people are called, strangers too."""
    people = Person.objects.filter(pk__in=person_ids).only("first_name", "last_name")
    return {person.pk: person.name or _("A mysterious stranger") for person in people}


def _make_tasks(
    person_ids: Sequence[int], assignees: Mapping[int, int | None], names: Mapping[int, str], due_at: datetime
) -> list[int]:
    return create_tasks(
        [
            NewTask(
                person_id=person,
                kind="answer-hot",
                title=names.get(person, ""),
                due_at=due_at,
                assignee_id=assignees[person],
                created_by="hand-off",
            )
            for person in person_ids
        ]
    )


def _ring(
    hand_offs: Sequence[tuple[int, int]], assignees: Mapping[int, int | None], names: Mapping[int, str], minutes: int
) -> None:
    """Tell each assignee; a person nobody can be given to rings at all who may see him."""
    everybody: list[int] | None = None
    notices = []
    for person_id, hand_off_id in hand_offs:
        user = assignees[person_id]
        if user is None and everybody is None:
            everybody = users_with(Right.EDIT_PEOPLE)
        params = {"name": names.get(person_id, ""), "minutes": minutes}
        for each in [user] if user is not None else (everybody or []):
            notices.append(NewNotice(each, "person-hot", params, address(person_id, hand_off_id)))
    notify(notices)


def address(person_id: int, hand_off_id: int) -> str:
    """Path of the hand-off's page."""
    return f"/hand-offs/{person_id}/{hand_off_id}/"


def accept(*, hand_off: HandOff, user_id: int) -> None:
    """A seller takes the person: he becomes the owner; raises HandOffAnswered."""
    with transaction.atomic():
        _answer(hand_off, state=HandOffState.ACCEPTED, assignee_id=user_id)
        written = set_attributes([Change(hand_off.person_id, "owner", user_id)], by=f"user:{user_id}")
        note_changed(written.people, "attribute")
        _task_of(hand_off).update(assignee_id=user_id)
        _tell_pipeline("hand-off-accepted", hand_off, user_id)


def give_back(*, hand_off: HandOff, user_id: int, reason: str, note: str = "") -> None:
    """Sales returns the person to marketing with a reason; raises HandOffAnswered, ReasonUnknown.

    The person goes where the reason says, whoever made the journeys is told, and the pipeline gets it as an event.
    """
    if reason not in REASONS:
        raise ReasonUnknown
    at = now()
    with transaction.atomic():
        _answer(hand_off, state=HandOffState.RETURNED, return_reason=reason, return_note=note, assignee_id=user_id)
        _task_of(hand_off).update(state=TaskState.CANCELLED, outcome_note=note, done_at=at)
        move_returned(person_id=hand_off.person_id, reason=reason, by=f"user:{user_id}", at=at)
        _tell_pipeline("hand-off-returned", hand_off, user_id, reason=reason)
        name = names_of([hand_off.person_id]).get(hand_off.person_id, "")
        params = {"name": name, "reason": str(REASONS[reason])}
        marketers = [user for user in users_with(Right.EDIT_MARKETING) if user != user_id]
        notify([NewNotice(user, "hand-off-returned", params, _address(hand_off)) for user in marketers])


def note_first_contact(*, person_id: int, user_id: int | None, at: datetime) -> None:
    """Sales has talked to the person: the clock of his hand-off stops; an unanswered one counts as accepted (R38)."""
    waiting = HandOff.objects.filter(person_id=person_id, state=HandOffState.OFFERED).first()
    if waiting is not None and user_id is not None:
        accept(hand_off=waiting, user_id=user_id)
    HandOff.objects.filter(person_id=person_id, state=HandOffState.ACCEPTED, first_contact_at=None).update(
        first_contact_at=at
    )


def _answer(hand_off: HandOff, **changes: Any) -> None:
    changed = HandOff.objects.filter(person_id=hand_off.person_id, id=hand_off.id, state=HandOffState.OFFERED).update(
        answered_at=now(), **changes
    )
    if not changed:
        raise HandOffAnswered
    hand_off.refresh_from_db()


def _task_of(hand_off: HandOff) -> QuerySet[Task]:
    return Task.objects.filter(person_id=hand_off.person_id, id=hand_off.task_id or 0, state=TaskState.OPEN)


def _tell_pipeline(name: str, hand_off: HandOff, user_id: int, **properties: str) -> None:
    event = {
        "id": f"{name}:{hand_off.id}",
        "name": name,
        "person": str(hand_off.person_id),
        "properties": {"hand_off": str(hand_off.id), "user": str(user_id), **properties},
    }
    put_events([event], origin="own")


def _address(hand_off: HandOff) -> str:
    return address(hand_off.person_id, hand_off.id)
