# ruff: noqa: E501 - tables are read best in one line a row
"""The example company «Лад», which sells stock-keeping software: settings, colleagues, fields, score table, segments.

Everything that has a name gets it in the language of whoever asked for the example. Founding twice is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import get_language

from teplo.accounts.founding import currency_of, guess
from teplo.accounts.models import Role, User, Workspace
from teplo.accounts.workspace import get_workspace, tick_guide
from teplo.demo import journeys
from teplo.insights.guiding import EXAMPLE, EXAMPLE_NAME
from teplo.kit.clock import now
from teplo.kit.models import ready_texts
from teplo.kit.wording import in_language
from teplo.people.models import AttributeDefinition, AttributeType, Person, Segment
from teplo.scoring.models import Criterion, Profile, ProfileKind, ScoreTable, Side, TableState
from teplo.tracking.models import Activity, Site

SITE_KEY = "demo-site"
_ADDRESS = "https://teplo.lad.example"
"""Under which its letters' links lead while the invented company lives; nothing answers there."""

_COLLEAGUES = (
    ("olena.tkachenko", {"ru": "Елена Ткаченко", "uk": "Олена Ткаченко", "en": "Olena Tkachenko"}),
    ("maksym.bondar", {"ru": "Максим Бондарь", "uk": "Максим Бондар", "en": "Maksym Bondar"}),
    ("iryna.melnyk", {"ru": "Ирина Мельник", "uk": "Ірина Мельник", "en": "Iryna Melnyk"}),
)
_INDUSTRIES = (
    ("retail", {"ru": "Розница", "uk": "Роздріб", "en": "Retail"}),
    ("wholesale", {"ru": "Опт", "uk": "Опт", "en": "Wholesale"}),
    ("production", {"ru": "Производство", "uk": "Виробництво", "en": "Production"}),
    ("e-commerce", {"ru": "Интернет-магазин", "uk": "Інтернет-магазин", "en": "E-commerce"}),
    ("food", {"ru": "Продукты и кафе", "uk": "Продукти й кафе", "en": "Food"}),
)
_OWNERS = ("Владелец", "Власник", "Owner")
_CHIEFS = ("Генеральный директор", "Генеральний директор", "CEO")
_HEADS = ("Руководитель склада", "Керівник складу", "Warehouse manager")
_BUYERS = ("Менеджер по закупкам", "Менеджер із закупівель", "Buyer")
_STUDENTS = ("Студент", "Student")
_SIZE = "attr.company_size"

# Points follow the example of S1 (owner +5, CEO +3, middle manager +1, manager −3, 10–100 people +3, over 500 −5).
_FIT: tuple[tuple[dict[str, str], dict[str, Any], int], ...] = (
    ({"ru": "Владелец", "uk": "Власник", "en": "Owner"}, {"field": "position", "in": list(_OWNERS)}, 5),
    ({"ru": "Генеральный директор", "uk": "Генеральний директор", "en": "CEO"}, {"field": "position", "in": list(_CHIEFS)}, 3),
    ({"ru": "Руководитель склада", "uk": "Керівник складу", "en": "Warehouse manager"}, {"field": "position", "in": list(_HEADS)}, 1),
    ({"ru": "Менеджер", "uk": "Менеджер", "en": "Buyer"}, {"field": "position", "in": list(_BUYERS)}, -3),
    ({"ru": "Студент", "uk": "Студент", "en": "Student"}, {"field": "position", "in": list(_STUDENTS)}, -8),
    ({"ru": "10–100 сотрудников", "uk": "10–100 працівників", "en": "10–100 employees"}, {"field": _SIZE, "between": [10, 100]}, 3),
    ({"ru": "Больше 500 сотрудников", "uk": "Понад 500 працівників", "en": "Over 500 employees"}, {"field": _SIZE, "greater": 500}, -5),
    ({"ru": "Производство или опт", "uk": "Виробництво чи опт", "en": "Production or wholesale"}, {"field": "attr.industry", "in": ["production", "wholesale"]}, 2),
)  # fmt: skip
# activity, points, for each time, cap, window and half-life in days
_BEHAVIOUR: tuple[tuple[str, int, bool, int | None, int | None, int | None], ...] = (
    ("page-viewed", 1, True, 5, 30, None),
    ("key-page-viewed", 3, True, 9, 30, None),
    ("letter-opened", 1, True, 4, 60, 30),
    ("letter-clicked", 3, True, 9, 60, 30),
    ("video-watched", 2, True, 4, 60, None),
    ("webinar-signed-up", 5, False, None, 90, None),
    ("trial-started", 8, False, None, 60, None),
    ("demo-requested", 8, False, None, 60, None),
    ("question-asked", 4, True, 8, 60, None),
    ("offer-requested", 10, False, None, 60, None),
    ("order-form-filled", 12, False, None, 60, None),
    ("call-answered", 4, True, 8, 60, None),
)
_PROFILES: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
    (
        ProfileKind.IDEAL,
        {"ru": "Решает сам, склад 10–100 человек", "uk": "Вирішує сам, склад 10–100 людей", "en": "Decides himself, 10–100 people"},
        {"all": [{"field": "position", "in": [*_OWNERS, *_CHIEFS]}, {"field": _SIZE, "between": [10, 100]}]},
    ),
    (
        ProfileKind.NEAR_IDEAL,
        {"ru": "Решает сам или ведёт склад", "uk": "Вирішує сам або веде склад", "en": "Decides or runs the warehouse"},
        {"field": "position", "in": [*_OWNERS, *_CHIEFS, *_HEADS]},
    ),
    (
        ProfileKind.UNACCEPTABLE,
        {"ru": "Студент", "uk": "Студент", "en": "Student"},
        {"field": "position", "in": list(_STUDENTS)},
    ),
)  # fmt: skip
_SEGMENTS: tuple[tuple[dict[str, str], dict[str, Any]], ...] = (
    (
        {
            "ru": "Смотрели цены дважды за неделю",
            "uk": "Дивилися ціни двічі за тиждень",
            "en": "Saw the prices twice in a week",
        },
        {"did": "key-page-viewed", "at_least": 2, "within": "7d"},
    ),
    (
        {"ru": "Владельцы и директора", "uk": "Власники та директори", "en": "Owners and directors"},
        {"field": "position", "in": [*_OWNERS, *_CHIEFS]},
    ),
    (
        {"ru": "Тёплые, но давно не заходили", "uk": "Теплі, але давно не заходили", "en": "Warm but long unseen"},
        {"all": [{"temperature": ["warm", "hot"]}, {"did_not": "page-viewed", "within": "14d"}]},
    ),
)


class AlreadyAlive(Exception):
    """There are people here already; an example company would mix with them."""


@dataclass(frozen=True, slots=True)
class Founded:
    """What the rest of the play needs to know of the company."""

    language: str
    sellers: tuple[int, ...]


def found_company(*, language: str = "") -> Founded:
    """Make the company; raises AlreadyAlive when there are people already."""
    words = language or (get_language() or "en")[:2]
    if Person.objects.exists():
        raise AlreadyAlive
    with transaction.atomic():
        _settle(words)
        sellers = tuple(_hire(address, in_language(names, words)) for address, names in _COLLEAGUES)
        Site.objects.get_or_create(key=SITE_KEY, defaults={"name": "lad.example", "origins": ["https://lad.example"]})
        _define_fields()
        _fill_table(words)
        _draw_profiles(words)
        _name_segments(words)
        journeys.start(words)
    return Founded(words, sellers)


def _settle(language: str) -> None:
    get_workspace()
    name = {"ru": "Лад: складской учёт", "uk": "Лад: облік складу", "en": "Lad: stock keeping"}
    address = {"ru": "Киев, ул. Примерная, 1", "uk": "Київ, вул. Прикладна, 1", "en": "1 Example St, Kyiv"}
    tick_guide(step=EXAMPLE)
    tick_guide(step=EXAMPLE_NAME, note=in_language(name, language))
    place = guess(spoken=[], timezone="Europe/Kyiv", language=language)
    Workspace.objects.filter(pk=1).update(
        name=in_language(name, language), address=in_language(address, language), language=language, city=place.city,
        timezone=place.timezone, phone_region=place.country, currency=currency_of(place.country), settled_at=now(),
        is_example=True, public_url=_ADDRESS,
    )  # fmt: skip


def leave_invented_address() -> None:
    """Forget the address of the letters: whoever looks at the example reaches it where it runs."""
    Workspace.objects.filter(pk=1, public_url=_ADDRESS).update(public_url="")


def _hire(address: str, name: str) -> int:
    """A salesperson who cannot sign in: he has no password."""
    user = User(email=f"{address}@lad.example", name=name, role=Role.SALESPERSON)
    user.set_unusable_password()
    user.save(force_insert=True)
    return user.pk


def _define_fields() -> None:
    industries = [{"key": key, "names": names} for key, names in _INDUSTRIES]
    size = {"ru": "Сотрудников", "uk": "Працівників", "en": "Employees"}
    industry = {"ru": "Отрасль", "uk": "Галузь", "en": "Industry"}
    fields = (
        AttributeDefinition(key="company_size", type=AttributeType.NUMBER, names=size, position=1),
        AttributeDefinition(key="industry", type=AttributeType.CHOICE, names=industry, choices=industries, position=2),
    )
    AttributeDefinition.objects.bulk_create(fields, ignore_conflicts=True)


def _fill_table(language: str) -> None:
    ScoreTable.objects.filter(state=TableState.LIVE).update(state=TableState.RETIRED, retired_at=now())
    name = {"ru": "Таблица отдела маркетинга", "uk": "Таблиця відділу маркетингу", "en": "Marketing's table"}
    table = ScoreTable.objects.create(
        name=in_language(name, language),
        ready=ready_texts(name=name),
        state=TableState.LIVE,
        live_at=now(),
        warm_from=12,
        hot_from=26,
    )
    rows = [
        Criterion(
            table=table,
            position=position,
            side=Side.FIT,
            name=in_language(names, language),
            ready=ready_texts(name=names),
            condition=condition,
            points=points,
        )
        for position, (names, condition, points) in enumerate(_FIT)
    ]
    activities = {activity.key: activity for activity in Activity.objects.all()}
    for position, (key, points, each, cap, window, half_life) in enumerate(_BEHAVIOUR, start=len(rows)):
        activity = activities[key]
        rows.append(
            Criterion(
                table=table, position=position, side=Side.BEHAVIOUR, name=in_language(activity.names, language),
                ready=ready_texts(name=activity.names),
                activity_id=activity.pk, points=points, is_per_time=each, cap=cap, window_days=window, half_life_days=half_life,
            )
        )  # fmt: skip
    Criterion.objects.bulk_create(rows)


def _draw_profiles(language: str) -> None:
    Profile.objects.bulk_create(
        Profile(
            kind=kind,
            name=in_language(names, language),
            ready=ready_texts(name=names),
            condition=condition,
            position=position,
        )  # fmt: skip
        for position, (kind, names, condition) in enumerate(_PROFILES)
    )


def _name_segments(language: str) -> None:
    Segment.objects.bulk_create(
        Segment(name=in_language(names, language), ready=ready_texts(name=names), condition=condition)
        for names, condition in _SEGMENTS
    )
