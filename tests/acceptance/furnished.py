"""A living company in which every kind of thing exists, and every address of the screens with a thing behind it.

A new address is walked by itself. Only one whose parts no sample fills has to be told here, and `every_page` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from teplo.accounts import inviting, sign_in_links
from teplo.accounts.models import Role, SavedView, User
from teplo.accounts.notices import NewNotice, notify
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.channels.links import Links
from teplo.channels.models import Delivery
from teplo.channels.testing import make_delivery
from teplo.content.models import Template
from teplo.demo.living import bring_to_life
from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.journeys.models import Journey
from teplo.journeys.testing import make_journey
from teplo.kit.clock import now
from teplo.people.consent_texts import save_text
from teplo.people.importing.testing import carry_through, make_import
from teplo.people.merging import merge_people
from teplo.people.models import (
    DuplicatePair,
    Identity,
    IdentityClaim,
    Person,
    Segment,
    StrayAttribute,
)
from teplo.people.notes import add_note
from teplo.people.tagging import add_tags
from teplo.people.testing import make_attribute, make_company, make_identity, make_person, make_stranger
from teplo.sales.calls import log_call
from teplo.sales.testing import make_deal, make_hand_off, make_task
from teplo.scoring import jobs_learning, reviews, shadow_runs
from teplo.scoring.backtesting import start_back_test
from teplo.scoring.models import Adjustment, Criterion, HandScore, Interview, Outcome, ScoreTable, TableState
from teplo.scoring.sampling import Question
from teplo.scoring.testing import fit
from teplo.tracking.models import DeadLetter
from teplo.web.journey_forms import FORMS
from teplo.web.people_acts import OFFERS
from teplo.web.person_composer import WAYS
from teplo.web.review_agenda import LISTS

ENDS = datetime(2026, 6, 1, 18, tzinfo=UTC)
"""The moment at which the company is looked at."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Company:
    """A living company, its administrator, and the parts of addresses that no table holds."""

    owner: User
    person: Person
    """Of whom everything is known."""
    twin: Person
    journey: Journey
    """A draft with a step of every kind."""
    texts: Mapping[str, tuple[str, ...]]
    """Name of an address → what stands at its <str:…> or <slug:…>."""


@dataclass(frozen=True)
class Page:
    """An address of the screens with a thing behind it."""

    name: str
    route: str
    path: str
    view: Callable[..., Any]

    @property
    def is_public(self) -> bool:
        return bool(getattr(self.view, "is_public", False))


# -- the company ----------------------------------------------------------------------------------------------------


def furnish(*, size: int = 1, strangers: int = 60) -> Company:
    """Bring a company to life at `ENDS` and add what its life has not made, `size` of each kind at one person."""
    bring_to_life(seed=3, strangers=strangers, days=30, ends_at=ENDS)
    owner = make_user(name="Олена Ткаченко", role=Role.ADMINISTRATOR, language="ru", timezone="Europe/Kyiv")
    person = make_person(
        first_name="Анна", last_name="Коваль", city="Киев", position="Директор", owner_id=owner.pk,
        company=make_company(name="Ромашка"), created_at=ENDS - 20 * _DAY,
    )  # fmt: skip
    make_identity(person=person, created_at=ENDS - 20 * _DAY)
    for number in range(size):
        _furnish_people(number, owner, person)
        _furnish_content(number, owner)
        _furnish_insight(number, owner, person)
        _furnish_settings(number, owner)
    letters = _furnish_letters(size, person)
    _learn_from_buyers(owner)
    run_all_jobs()
    _furnish_reviews(size, owner)
    twin = Person.objects.filter(first_name="Анна", city="Киев").exclude(pk=person.pk)[0]
    journey = Journey.objects.filter(name__startswith="Все шаги").order_by("-pk")[0]
    return Company(owner, person, twin, journey, _texts(owner, person, letters))


def _furnish_people(number: int, owner: User, person: Person) -> None:
    """What hangs on people: notes, calls, tasks, deals, tags, doubles, claims."""
    note = add_note(person_id=person.pk, text=f"Просила перезвонить {number}", by=owner.pk)
    assert note.person_id == person.pk
    log_call(person_id=person.pk, direction="out", outcome="no-answer", by=owner.pk, note="Занято")
    make_task(person.pk, title=f"Перезвонить {number}", assignee_id=owner.pk, due_at=now())
    make_deal(person.pk, title=f"Сделка {number}", owner_id=owner.pk)
    make_hand_off(make_person(first_name=f"Горячая {number}"))
    add_tags([(person.pk, f"Выставка {number}")], by=f"user:{owner.pk}")
    twin = make_person(first_name="Анна", last_name="Коваль", city="Киев")
    DuplicatePair.objects.create(first_id=person.pk, second_id=twin.pk, reason="name", likeness=0.93)
    gone = make_person(first_name="Аня", last_name="Коваль")
    merge_people(winner_id=person.pk, loser_id=gone.pk, reason="by-hand", by=f"user:{owner.pk}")
    IdentityClaim.objects.create(
        person=make_stranger(), target_id=person.pk, kind="email", value=f"anna{number}@example.com",
        origin="site:1", page="https://lad.example/", network="203.0.113.0/24", held_by="network" if number % 2 else "",
    )  # fmt: skip


def _furnish_content(number: int, owner: User) -> None:
    """Segments, journeys with every kind of step, imports, jobs."""
    Segment.objects.create(name=f"Из Киева {number}", condition={"field": "city", "is": "Киев"})
    journey = make_journey(
        *_steps_of_every_kind(), name=f"Все шаги {number}", state="draft", version={"published_at": None}
    )
    assert journey.state == "draft"
    run = make_import(f"Имя;Почта;Возраст\nОльга;olga{number}@example.com;31\nИван;иван@;\n", name=f"{number}.csv")
    carry_through(run)
    make_import("Имя;Почта\nПётр;petro@example.com\n", name=f"новый {number}.csv")
    make_attribute(
        key=f"field{number}", names={"ru": f"Поле {number}"}, type="list", choices=[{"key": "a", "names": {}}]
    )
    SavedView.objects.create(user_id=owner.pk, page="people", name=f"Мои {number}", query={"sort": "-score"})


def _steps_of_every_kind() -> list[dict[str, Any]]:
    """One step of each kind and each variant of the editor, in a row."""
    letter = Template.objects.filter(channel="email").values_list("pk", flat=True)[0]
    kinds: list[dict[str, Any]] = [
        {"kind": "send-email", "template": letter},
        {"kind": "wait", "for": {"days": 1}},
        {"kind": "wait", "activity": "page-viewed", "at_most": {"days": 3}},
        {"kind": "branch", "condition": {"field": "city", "is": "Киев"}},
        {"kind": "branch", "letter": "step-0", "was": "opened"},
        {"kind": "branch", "unopened": 3},
        {"kind": "add-task", "title": "Позвонить", "task": "call"},
        {"kind": "hand-off"},
        {"kind": "set-stage", "stage": "lead"},
        {"kind": "set-attribute", "attribute": "city", "value": "Киев"},
        {"kind": "add-tag", "tag": "Тёплые"},
        {"kind": "remove-tag", "tag": "Тёплые"},
        {"kind": "end"},
    ]
    last = len(kinds) - 1
    ways = ("yes", "no")
    steps = []
    for number, kind in enumerate(kinds):
        following = None if number == last else f"step-{number + 1}"
        leads = dict.fromkeys(ways, following) if kind["kind"] == "branch" else {"next": following}
        steps.append({"key": f"step-{number}", **kind, **leads})
    return steps


def _furnish_insight(number: int, owner: User, person: Person) -> None:
    """Scores by hand, talks, proposals, drafts, shadows."""
    Adjustment.objects.create(person=person, points=5, reason="Решают в пятницу", by=owner.pk)
    Interview.objects.create(person=person, by=owner.pk, text="Купили из-за скорости", reasons=["скорость"])
    HandScore.objects.create(person=make_person(first_name=f"Тёплая {number}"), temperature="warm", by=owner.pk)
    reviews.propose(text=f"Кто из Киева {number}", by=owner.pk, points=3, person_id=person.pk)
    draft = ScoreTable.objects.create(name=f"Черновик {number}", state=TableState.DRAFT)
    Criterion.objects.create(table=draft, position=1, **fit({"field": "city", "is": "Киев"}, 30, name="Киев"))
    if number == 0:
        shadow_runs.start_shadow(table=draft, by=owner.pk, at=now())


def _furnish_settings(number: int, owner: User) -> None:
    """Tokens, sites, texts of consents, dead letters, notices, invitations."""
    create_token(name=f"Сайт {number}", role="marketer", by=owner.pk)
    save_text(key=f"news-{number}", text="Хочу получать новости раз в неделю", purpose="новости")
    DeadLetter.objects.create(
        received_at=now(), origin="api", payload=b'{"name": "page-viewed"}', step="store", error="ValueError: x"
    )
    StrayAttribute.objects.create(origin="api", key=f"colour{number}", code="unknown")
    notify([NewNotice(owner.pk, "person-hot", {"name": f"Олег {number}", "minutes": 15}, "/")])
    inviting.invite(email=f"new{number}@example.com", role=Role.MARKETER)
    make_user(name=f"Игорь {number}", role=Role.SALESPERSON)
    Job.objects.create(kind="demo", state="failed", error="killed", created_by=owner.pk, finished_at=now())


def _furnish_letters(size: int, person: Person) -> list[Delivery]:
    sent = Delivery.objects.filter(state="sent").first()
    copied = {"template_id": sent.template_id, "sender_id": sent.sender_id} if sent else {}
    letters = [
        make_delivery(person_id=person.pk, state=state, address="anna@example.com", **copied)
        for state in ("queued", "sent", "uncertain", "failed", "skipped")
        for _number in range(size)
    ]
    return [letter for letter in letters if letter.state == "sent"]


def _learn_from_buyers(owner: User) -> None:
    """People of whom those from Kyiv buy; points are learned from them, common things found, a draft tried."""
    met = ENDS - 150 * _DAY
    people = Person.objects.bulk_create(
        Person(
            first_name=f"Покупатель {number}", city="Киев" if number % 2 else "Львов",
            position="Директор" if number % 3 else "Менеджер", created_at=met + number * timedelta(hours=4),
        )
        for number in range(240)
    )  # fmt: skip
    Identity.objects.bulk_create(
        Identity(kind="email", value=f"buyer{person.pk}@example.com", person=person, created_at=person.created_at)
        for person in people
    )
    Outcome.objects.bulk_create(
        Outcome(person=person, state="won", at=person.created_at + 30 * _DAY, source="api", key=str(number))
        for number, person in enumerate(people)
        if (number % 2) ^ (number % 7 == 0)
    )
    asked = Question(
        moment="first-contact", days=14, since=met.date(), until=(ENDS - 70 * _DAY).date(), horizon_days=60, as_of=ENDS
    )
    options = {"versus": "everybody"}
    jobs_learning.start_learning(question=asked, options=options, by=owner.pk, at=now())
    jobs_learning.start_search(question=asked, options=options, by=owner.pk, at=now())
    draft = ScoreTable.objects.filter(state=TableState.DRAFT).first()
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    assert draft and live
    start_back_test(table=draft, against=live, question=asked, calls_per_day=1, name="Весна", by=owner.pk, at=now())


def _furnish_reviews(size: int, owner: User) -> None:
    review = reviews.open_review(since=ENDS - 30 * _DAY, until=ENDS, by=owner.pk)
    run_all_jobs()
    for number in range(size):
        reviews.decide(review=review, text=f"Решение {number}", by=owner.pk)


def _texts(owner: User, person: Person, letters: list[Delivery]) -> dict[str, tuple[str, ...]]:
    """What stands at the <str:…> and <slug:…> of addresses, by their name."""
    links = Links("", person.pk, letters[0].id)
    steps = tuple(f"step-{number}" for number in range(len(_steps_of_every_kind())))
    return {
        "guide-tick": ("company",),
        "sign-in-link": (_end(sign_in_links.make_sign_in_link(user=owner)),),
        "welcome": (
            _end(inviting.make_password_link(user=owner)),
            _end(inviting.invite(email="first@example.com", role=Role.ANALYST)),
        ),
        "person-compose": tuple(WAYS),
        "person-fact": ("city", "position", "field0"),
        "people-act": tuple(OFFERS),
        "journey-step-add": tuple(FORMS),
        "journey-step": steps,
        "journey-step-move": steps[:4],
        "journey-step-remove": steps[:1],
        "consent-text": ("news-0",),
        "review-people": LISTS,
        "letter-opened": (_end(links.pixel_url).removesuffix(".gif"),),
        "letter-clicked": (_end(links.tracked("https://lad.example/")),),
        "unsubscribe": (_end(links.unsubscribe_url),),
        "preferences": (_end(links.preferences_url),),
        "confirm": (_end(_confirming(person).confirm_url),),
        "letter-in-browser": (_end(links.view_url),),
    }


def _end(address: str) -> str:
    return address.strip("/").split("/", maxsplit=2)[-1]


def _confirming(person: Person) -> Links:
    """The links of a letter that asks whether it was this person who filled in a form."""
    claim = IdentityClaim.objects.filter(target_id=person.pk)[0]
    proof = {"email": {"words": "Хочу получать новости раз в неделю"}}
    IdentityClaim.objects.filter(id=claim.id).update(consents=proof)
    letter = make_delivery(
        person_id=claim.person_id, state="sent", address=claim.value, context={"claim": str(claim.id)}
    )
    return Links("", claim.person_id, letter.id)


# -- its addresses --------------------------------------------------------------------------------------------------

_OF_MODELS = {
    "person_id": "people.Person", "company_id": "people.Company", "segment_id": "people.Segment",
    "tag_id": "people.Tag", "note_id": "people.Note", "claim_id": "people.IdentityClaim", "run_id": "people.ImportRun",
    "pair_id": "people.DuplicatePair", "merge_id": "people.Merge", "attribute_id": "people.AttributeDefinition",
    "view_id": "accounts.SavedView", "user_id": "accounts.User", "link_id": "accounts.InvitationLink",
    "token_id": "accounts.ApiToken", "notice_id": "accounts.Notice", "job_id": "jobs.Job",
    "activity_id": "tracking.Activity", "site_id": "tracking.Site", "letter_id": "tracking.DeadLetter",
    "stage_id": "stages.Stage", "table_id": "scoring.ScoreTable", "profile_id": "scoring.Profile",
    "adjustment_id": "scoring.Adjustment", "interview_id": "scoring.Interview", "test_id": "scoring.BackTest",
    "search_id": "scoring.ProfileSearch",
    "learning_id": "scoring.Learning", "review_id": "scoring.Review", "decision_id": "scoring.Decision",
    "proposal_id": "scoring.CriterionProposal", "journey_id": "journeys.Journey", "enrolment_id": "journeys.Enrolment",
    "template_id": "content.Template", "sender_id": "channels.Sender", "delivery_id": "channels.Delivery",
    "task_id": "sales.Task", "deal_id": "sales.Deal", "hand_off_id": "sales.HandOff", "call_id": "sales.Call",
}  # fmt: skip


class NotFilled(Exception):
    """An address has a part for which no sample stands in this file."""


def every_page(company: Company) -> list[Page]:
    """Each address of the screens, once per sample. Addresses that only take POST are among them."""
    found: list[Page] = []
    for pattern, route in _patterns(get_resolver().url_patterns):
        found += _pages(company, pattern, route)
    return found


AREAS = ("people", "scoring", "journeys", "settings")
"""Of addresses, by their beginning; "others" are the rest. No test walks them all, so that none takes long."""


def area_of(page: Page) -> str:
    name = page.route.strip("/").partition("/")[0]
    return name if name in AREAS else "others"


def pages_in(company: Company, area: str) -> list[Page]:
    return [page for page in every_page(company) if area_of(page) == area]


def _patterns(patterns: list[Any], before: str = "/") -> Iterator[tuple[URLPattern, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("/api/"):
                yield from _patterns(pattern.url_patterns, route)
        else:
            yield pattern, route


def _pages(company: Company, pattern: URLPattern, route: str) -> Iterator[Page]:
    name = pattern.name or route
    for ids in _ids(company, route):
        for text in company.texts.get(name, ("",)):
            path = _filled(route, ids, text)
            yield Page(name, route, path, pattern.callback)


def _filled(route: str, ids: Mapping[str, int], text: str) -> str:
    for name, value in ids.items():
        route = route.replace(f"<int:{name}>", str(value))
    filled = re.sub(r"<(?:str|slug):\w+>", text or "<?>", route)
    if "<" in filled:
        raise NotFilled(filled)
    return filled


def _ids(company: Company, route: str) -> list[dict[str, int]]:
    """Values for the numbers of an address: of one alone the first and the last row there is."""
    names = re.findall(r"<int:(\w+)>", route)
    if names == ["winner_id", "loser_id"]:
        return [{"winner_id": company.person.pk, "loser_id": company.twin.pk}]
    if names == ["journey_id", "number"] or "/edit/" in route and "journey_id" in names:
        return [{"journey_id": company.journey.pk, "number": 1}]
    if names == ["person_id"]:
        stranger = Person.objects.filter(is_anonymous=True, erased_at=None).order_by("pk")[0]
        return [{"person_id": company.person.pk}, {"person_id": stranger.pk}]
    if len(names) == 1:
        rows = _rows(names[0])
        return [{names[0]: rows[0]}, {names[0]: rows[-1]}] if rows[0] != rows[-1] else [{names[0]: rows[0]}]
    if names[:1] == ["person_id"]:
        return [_leaf(names[1], company.person)]
    return [{name: _rows(name)[-1] for name in names}]


def _leaf(name: str, person: Person) -> dict[str, int]:
    """A row of this person, or of anybody."""
    rows = _model(name)._default_manager.order_by("id").values("person_id", "id")
    found = rows.filter(person_id=person.pk).last() or rows.last()
    if found is None:
        raise NotFilled(f"there is no {_OF_MODELS[name]}")
    return {"person_id": found["person_id"], name: found["id"]}


def _rows(name: str) -> list[int]:
    rows = list(_model(name)._default_manager.order_by("id").values_list("id", flat=True))
    if not rows:
        raise NotFilled(f"there is no {_OF_MODELS[name]}")
    return rows


def _model(name: str) -> type[Model]:
    if name not in _OF_MODELS:
        raise NotFilled(name)
    return apps.get_model(_OF_MODELS[name])
