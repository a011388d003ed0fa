"""Notes of colleagues on a person; whoever is named in one (@name) is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.accounts.models import User
from teplo.accounts.notices import NewNotice, notify
from teplo.kit.clock import now
from teplo.people.models import Note, Person
from teplo.people.names import name_key

LONGEST = 10_000
NOTICE = "mentioned"
_MARK = re.compile(r"(?<![\w.])@")


class NoteEmpty(Exception):
    """A note needs words."""


def add_note(*, person_id: int, text: str, by: int, at: datetime | None = None) -> Note:
    """Note something of a person and tell the colleagues named in it. Raises NoteEmpty, Person.DoesNotExist."""
    words = text.replace("\x00", "").strip()[:LONGEST]
    if not words:
        raise NoteEmpty
    moment = at or now()
    named = [user for user in mentioned(words, User.objects.filter(is_active=True)) if user.pk != by]
    with transaction.atomic():
        person = Person.objects.get(id=person_id, erased_at=None)
        note = Note.objects.create(
            person_id=person_id, text=words, mentions=[str(user.pk) for user in named], by=f"user:{by}", at=moment
        )
        author = User.objects.filter(pk=by).values_list("name", flat=True).first() or ""
        params = {"by": author, "name": person.name or _("a stranger")}
        notify([NewNotice(user.pk, NOTICE, params, f"/people/{person_id}/") for user in named])
    return note


def forget_note(*, person_id: int, note_id: int) -> int:
    """Take a note off the card for good."""
    return Note.objects.filter(person_id=person_id, id=note_id).delete()[0]


def mentioned(text: str, users: Iterable[User]) -> list[User]:
    """Colleagues named behind an @: by the whole name, by the first one where it is one colleague's, by e-mail."""
    calls = _names_of(list(users))
    found: dict[int, User] = {}
    for mark in _MARK.finditer(text):
        rest = name_key_long(text[mark.end() : mark.end() + 200])
        said = next((name for name in sorted(calls, key=len, reverse=True) if _is_said(rest, name)), "")
        if said:
            found[calls[said].pk] = calls[said]
    return list(found.values())


def name_key_long(text: str) -> str:
    """A longer text folded as names are."""
    return " ".join(name_key(word) for word in text.split())


def _is_said(rest: str, name: str) -> bool:
    """Whether the text begins with this name as whole words."""
    return rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()


def _names_of(users: list[User]) -> dict[str, User]:
    """What a colleague may be called → who it is; what would mean two of them is left out."""
    calls: dict[str, User] = {}
    twice: set[str] = set()
    for user in users:
        whole = name_key(user.name)
        email = user.email.lower()
        for name in {whole, whole.partition(" ")[0], email, email.partition("@")[0]} - {""}:
            if name in calls and calls[name].pk != user.pk:
                twice.add(name)
            calls[name] = user
    return {name: user for name, user in calls.items() if name not in twice}
