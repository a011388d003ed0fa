"""A small world with a past, for tests that ask it: deeds to the minute, attributes that changed, stages, sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import AttributeDefinition, Identity, Person, Segment
from teplo.scoring.models import Criterion, ScoreTable
from teplo.scoring.rules import Rules
from teplo.stages.models import Stage, StageMove
from teplo.tracking.models import Activity, Event, Presence, SourceKind, Tally, Touch
from teplo.tracking.tallying import recount

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 120
CITIES = ("Москва", "Київ", "Львів", "Орёл")


Arrival = Callable[[list[Any]], list[Any]]
"""In which order what changed becomes known, given it in the order of time."""


def make_past_world(*, people: int = 8, seed: int = 1, arrival: Arrival = list) -> tuple[list[Person], list[Activity]]:
    """People with four months of deeds, several a day, and of changing attributes."""
    random = Random(seed)  # noqa: S311 - a test's own dice
    AttributeDefinition.objects.create(key="budget", type="number", names={"en": "Budget"})
    activities = [
        Activity.objects.create(key=f"deed-{letter}", names={"en": letter}, condition={"event": f"event-{letter}"})
        for letter in "abc"
    ]
    Segment.objects.create(id=77, name="Far", condition={"field": "city", "in": ["Львів", "Орёл"]})
    made = [_make_person(random, number, arrival) for number in range(people)]
    for activity in activities:
        recount(activity, first=made[0].pk, last=made[-1].pk)
    return made, activities


def moment(random: Random) -> datetime:
    return BEGAN + timedelta(minutes=random.randrange(DAYS * 24 * 60), microseconds=random.randrange(10**6))


def _make_person(random: Random, number: int, arrival: Arrival) -> Person:
    met = moment(random)
    person = Person.objects.create(created_at=met, first_name=f"P{number}", city=random.choice(CITIES))
    Presence.objects.create(person=person, first_seen_at=met, last_seen_at=moment(random))
    changes = [
        (at, random.choice(CITIES), random.randrange(5) * 100) for at in sorted(moment(random) for _ in range(4))
    ]
    for at, city, budget in arrival(changes):
        set_attributes([Change(person.pk, "city", city), Change(person.pk, "budget", budget)], by="test", at=at)
    busy = [moment(random).date() for _ in range(4)]
    for _ in range(40):
        add_event(person, f"event-{random.choice('abc')}", _on_one_of(random, busy))
    stages = list(Stage.objects.all())
    for _ in range(3):
        at = moment(random)
        StageMove.objects.create(person=person, to_stage=random.choice(stages), at=at, cause="sign")
        Touch.objects.create(person=person, at=at, source=random.choice(SourceKind.values), utm_campaign="spring")
    Identity.objects.create(kind="email", value=f"p{person.pk}@example.com", person=person, created_at=moment(random))
    record_consents([ConsentWord(person.pk, "email", at=moment(random), source="test")])
    return person


def _on_one_of(random: Random, days: list[Any]) -> datetime:
    if random.random() < 0.4:
        return moment(random)
    day = random.choice(days)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=random.randrange(24 * 60))


def add_event(person: Person, name: str, at: datetime) -> None:
    """One raw fact; count it with `recount_all`."""
    Event.objects.create(person=person, name=name, at=at, received_at=at, origin="api")


def recount_all() -> None:
    people = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    for activity in Activity.objects.filter(key__startswith="deed-"):
        Tally.objects.filter(activity=activity).delete()
        recount(activity, first=people[0], last=people[-1])


CONDITIONS: tuple[dict[str, Any], ...] = (
    {"field": "city", "is": "Москва"},
    {"field": "city", "contains": "е"},
    {"not": {"field": "city", "in": ["Київ", "орел"]}},
    {"field": "attr.budget", "at_least": 200},
    {"field": "attr.budget", "is_set": False},
    {"field": "created", "within": "30d"},
    {"field": "created", "within": "2mo"},
    {"field": "created", "older_than": "40h"},
    {"field": "email", "is_set": True},
    {"consent": "email"},
    {"source": "paid"},
    {"field": "first_source", "is": "organic"},
    {"stage": ["pal", "friend"]},
    {"field": "stage_since", "within": "10d"},
    {"in": "77"},
    {"did": "deed-a", "at_least": 2, "within": "7d"},
    {"did": "deed-b", "at_least": 1, "at_most": 3, "within": "1mo"},
    {"did_not": "deed-c", "within": "2w"},
    {"last_did": "deed-a", "older_than": "14d"},
    {"any": [{"did": "deed-c"}, {"all": [{"field": "city", "is": "Львів"}, {"score": {"at_least": 3}}]}]},
)


@st.composite
def criteria(draw: Any, activities: list[Activity]) -> Criterion:
    points = draw(st.integers(-30, 30))
    if draw(st.booleans()):
        return Criterion(side="fit", name="fit", condition=draw(st.sampled_from(CONDITIONS)), points=points)
    return Criterion(
        side="behaviour",
        name="deed",
        activity_id=draw(st.sampled_from(activities)).pk,
        points=points,
        is_per_time=draw(st.booleans()),
        at_least=draw(st.integers(1, 3)),
        cap=draw(st.none() | st.integers(-20, 20)),
        window_days=draw(st.none() | st.integers(1, 90)),
        half_life_days=draw(st.none() | st.integers(1, 30)),
    )


def tables(activities: list[Activity]) -> Any:
    """Random tables, not saved."""
    many = st.lists(criteria(activities), min_size=1, max_size=7)
    return many.map(lambda items: Rules(ScoreTable(name="drawn", warm_from=5, hot_from=15), tuple(items), ()))


def moments() -> Any:
    """Any minute of the world's past, with its end."""
    return st.integers(0, DAYS * 24 * 60).map(lambda minutes: BEGAN + timedelta(minutes=minutes, seconds=17))
