"""Random histories of one person for the property tests: what happened to him, in the order of time.

Each fact is written by the function that writes it in life, at its own moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from teplo.accounts.models import Workspace
from teplo.kit.clock import at_moment
from teplo.people.attributes import Change, set_attributes
from teplo.people.companies import change_company
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.making import ContactTaken, add_contact
from teplo.people.models import (
    AttributeChange,
    AttributeDefinition,
    ChangeNote,
    Company,
    Consent,
    Identity,
    Person,
    Segment,
)
from teplo.people.testing import make_attribute, make_company, make_stranger
from teplo.scoring.adjusting import add_adjustment, withdraw_adjustment
from teplo.scoring.models import Adjustment, Criterion, Profile, Score, ScoreChange, ScoreTable
from teplo.scoring.rescoring import rescore
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import move_person
from teplo.stages.testing import make_ladder
from teplo.tracking import queries
from teplo.tracking.models import Acquisition, Activity, BatchEvent, Event, Presence, Tally, Touch
from teplo.tracking.tallying import tally_batch

FIRST_DAY = datetime(2026, 3, 9, tzinfo=UTC)
"""A Monday; in Kyiv midnight is at 22:00."""
DEEDS = ("looked", "asked", "opened")
CITIES = ("Москва", "Київ", "", "Орёл")


@dataclass(frozen=True)
class Fact:
    """Something that happened: which kind, when, and what exactly (a number to choose by)."""

    kind: str
    minute: int
    choice: int

    @property
    def at(self) -> datetime:
        return FIRST_DAY + timedelta(minutes=self.minute)


def moments(days: int = 5) -> st.SearchStrategy[int]:
    """Minutes since the first day; many of them on the same days and hours."""
    hours = st.sampled_from((0, 8, 9, 12, 17, 21, 22, 23))
    return st.builds(lambda day, hour, minute: (day * 24 + hour) * 60 + minute, st.integers(0, days), hours,
                     st.sampled_from((0, 1, 30, 59)))  # fmt: skip


def histories(most: int = 14) -> st.SearchStrategy[list[Fact]]:
    """Facts in the order of time; deeds are the most frequent."""
    kinds = st.sampled_from((*("deed",) * 6, *HAPPENINGS))
    facts = st.builds(Fact, kinds, moments(), st.integers(0, 11))
    return st.lists(facts, min_size=2, max_size=most).map(lambda found: sorted(found, key=lambda fact: fact.minute))


@contextmanager
def alone() -> Iterator[Person]:
    """The world of one example, taken back after it."""
    with transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def clear() -> None:
    """Nothing and nobody, in the transaction of the test."""
    for model in (Touch, Acquisition, Presence, Tally, Event, Adjustment, ScoreChange, Score, StageMove, Standing,
                  Consent, AttributeChange, ChangeNote, Identity, Criterion, ScoreTable, Profile, Segment, Person,
                  Stage, Company, AttributeDefinition, Activity):  # fmt: skip
        model.objects.all().delete()


def make_world() -> Person:
    """A stranger known by his browser alone, deeds that can be counted, a ladder, an attribute of each type."""
    clear()
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv"})
    for key in DEEDS:
        Activity.objects.create(key=key, condition={"event": key})
    make_ladder({}, {}, {})
    for key, kind in (("budget", "number"), ("fits", "boolean"), ("tags", "list"), ("note", "text"), ("born", "date")):
        make_attribute(key=key, type=kind)
    make_attribute(key="tier", type="choice", of_company=True)
    with at_moment(FIRST_DAY):
        make_company(name="Ромашка", industry="цветы", size=12)
        person = make_stranger(visitor="browser-1")
        Segment.objects.create(name="Who looked", condition={"did": "looked", "within": "2d"})
    return person


def happen(person: Person, facts: list[Fact]) -> None:
    """Write these facts, each at its moment."""
    for fact in facts:
        with at_moment(fact.at):
            HAPPENINGS[fact.kind](person, fact)


def _deed(person: Person, fact: Fact) -> None:
    """An event comes in as the pipeline takes it: journal, presence, tallies."""
    name = (*DEEDS, "other")[fact.choice % 4]
    label = "machine" if fact.choice == 11 else "human"
    day = fact.at + timedelta(hours=2)
    row = {
        "person_id": person.pk, "id": Event.objects.count() + 1, "name": name, "at": fact.at, "received_at": fact.at,
        "origin": "api", "label": label, "url": "", "path": "/prices", "referrer": "", "properties": {},
        "day": day.date(), "seen_at": fact.at if label == "human" else None,
    }  # fmt: skip
    queries.begin_batch()
    BatchEvent.objects.create(**row)
    queries.store_events()
    queries.note_presence()
    tally_batch({name})
    queries.begin_batch()


def _attribute(person: Person, fact: Fact) -> None:
    values = {
        "city": CITIES[fact.choice % 4], "attr.budget": (5, 500, None)[fact.choice % 3], "attr.fits": fact.choice % 2,
        "position": ("директор", "")[fact.choice % 2], "attr.tags": ["vip"],
        "company": "Ромашка" if fact.minute % 60 < 30 else "",
        "attr.note": "ok", "attr.born": ("2000-03-12", "")[fact.choice % 2], "owner": fact.choice % 3,
    }  # fmt: skip
    key = list(values)[fact.choice % len(values)]
    set_attributes([Change(person.pk, key.removeprefix("attr."), values[key])], by="test", at=fact.at)


def _company(person: Person, fact: Fact) -> None:
    company = Company.objects.get()
    fields = {
        "industry": ("цветы", "", "книги")[fact.choice % 3], "size": (12, None, 3)[fact.choice % 3],
        "attributes": ({"tier": "a"}, {})[fact.choice % 2],
    }  # fmt: skip
    change_company(company_id=company.pk, fields=fields, at=fact.at)


def _stage(person: Person, fact: Fact) -> None:
    stage = Stage.objects.filter(is_active=True).order_by("position")[fact.choice % 3]
    move_person(person_id=person.pk, stage=stage, cause="hand", by="user:1", why={}, at=fact.at)


def _consent(person: Person, fact: Fact) -> None:
    word = ConsentWord(person.pk, ("email", "sms")[fact.choice % 2], ("given", "withdrawn")[fact.choice // 2 % 2])
    record_consents([word], at=fact.at)


def _adjustment(person: Person, fact: Fact) -> None:
    points, until = fact.choice - 5 or 7, fact.at + timedelta(hours=6 * (fact.choice + 1))
    add_adjustment(person_id=person.pk, points=points, reason="told so", until=until, by=1)


def _withdrawal(person: Person, fact: Fact) -> None:
    for row in Adjustment.objects.filter(person_id=person.pk)[:1]:
        withdraw_adjustment(person_id=person.pk, adjustment_id=row.id)


def _contact(person: Person, fact: Fact) -> None:
    kinds = (("email", f"a{fact.choice}@example.com"), ("phone", f"+38067123456{fact.choice % 10}"))
    kind, text = kinds[fact.choice % 2]
    try:
        add_contact(person_id=person.pk, kind=kind, text=text, by="test", at=fact.at)
    except ContactTaken:
        return


def _touch(person: Person, fact: Fact) -> None:
    source = ("paid", "organic", "email")[fact.choice % 3]
    Touch.objects.create(person=person, at=fact.at, source=source, utm_source=f"s{fact.choice % 2}", utm_campaign="may")
    campaign = (source, "may", fact.at)
    queries.upsert_acquisitions([(person.pk, campaign, campaign)])


def _rescoring(person: Person, fact: Fact) -> None:
    rescore(person_ids=[person.pk], cause="activity", at=fact.at)


HAPPENINGS: dict[str, Callable[[Person, Fact], None]] = {
    "deed": _deed,
    "attribute": _attribute,
    "company": _company,
    "stage": _stage,
    "consent": _consent,
    "adjustment": _adjustment,
    "withdrawal": _withdrawal,
    "contact": _contact,
    "touch": _touch,
    "rescoring": _rescoring,
}

CONDITIONS: tuple[dict[str, Any], ...] = (
    {"did": "looked"},
    {"did": "looked", "at_least": 2},
    {"did": "looked", "at_least": 3, "within": "1d"},
    {"did": "asked", "at_least": 1, "at_most": 2, "within": "2d"},
    {"did": "asked", "at_least": 0, "at_most": 1},
    {"did_not": "opened", "within": "2d"},
    {"last_did": "looked", "within": "1d"},
    {"last_did": "looked", "older_than": "1d"},
    {"field": "city", "is": "Москва"},
    {"field": "city", "is_not": "Київ"},
    {"field": "city", "is_set": False},
    {"field": "position", "contains": "директор"},
    {"field": "owner", "is_set": True},
    {"field": "attr.budget", "at_least": 100},
    {"field": "attr.fits", "is": True},
    {"field": "attr.fits", "is_not": True},
    {"field": "attr.tags", "has": "vip"},
    {"field": "attr.note", "is_set": True},
    {"field": "attr.born", "before": "2001-01-01"},
    {"field": "company.industry", "is": "цветы"},
    {"field": "company.size", "at_least": 10},
    {"field": "company.industry", "is_set": False},
    {"field": "company.attr.tier", "is": "a"},
    {"field": "anonymous", "is": True},
    {"field": "last_seen", "within": "6h"},
    {"field": "last_seen", "older_than": "1d"},
    {"field": "first_seen", "within": "2d"},
    {"field": "created", "older_than": "2d"},
    {"field": "email", "is_set": True},
    {"channel": "phone"},
    {"consent": "email"},
    {"consent": {"has_not": "sms"}},
    {"source": "paid"},
    {"first_source": "organic"},
    {"last_source": "email"},
    {"field": "utm_source", "is": "s1"},
    {"field": "last_detail", "is": "may"},
    {"stage": "s2"},
    {"stage": {"at_or_after": "s2"}},
    {"field": "stage_since", "within": "1d"},
    {"field": "stage_ever", "has": "s3"},
    {"not": {"any": [{"stage": "s1"}, {"consent": "email"}, {"did": "looked", "at_least": 4}]}},
    {"all": [{"did": "asked"}, {"any": [{"field": "city", "is_set": True}, {"field": "attr.budget", "less": 50}]}]},
)
"""Of every kind that a criterion may be."""

OF_WARMTH: tuple[dict[str, Any], ...] = (
    {"score": {"at_least": 8}},
    {"fit": {"greater": 0}},
    {"behaviour": {"less": 4}},
    {"temperature": "hot"},
    {"grade": "ideal"},
    {"field": "score_changed", "within": "1d"},
)
"""Conditions that a criterion may not be, for they would go in a circle."""
