"""The score table to begin with: the example of source S1 by its own figures, and behaviour of our own choice (R16)."""

# ruff: noqa: E501 - texts are read best in one piece

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction

from teplo.accounts.workspace import get_workspace
from teplo.kit.cities import find_city
from teplo.kit.clock import now
from teplo.kit.models import Ready, ready_texts
from teplo.kit.wording import in_language
from teplo.people.models import Person
from teplo.scoring.models import Criterion, Profile, ProfileKind, ScoreTable, Side, TableState
from teplo.scoring.queries import take_turn
from teplo.scoring.tables import go_live
from teplo.tracking.models import Activity

Texts = Mapping[str, str]


class Tables(NamedTuple):
    """The models written to; migrations pass them as they were then."""

    tables: type[ScoreTable] = ScoreTable
    criteria: type[Criterion] = Criterion
    profiles: type[Profile] = Profile
    activities: type[Activity] = Activity


OURS = Tables()


def words(ru: str, uk: str, en: str) -> Texts:
    return {"ru": ru, "uk": uk, "en": en}


@dataclass(frozen=True)
class Portrait:
    """A fit criterion: what is known of the person."""

    group: Texts
    name: Texts
    points: int
    condition: Mapping[str, Any]


@dataclass(frozen=True)
class Deed:
    """A behaviour criterion: what the person does."""

    activity: str
    name: Texts
    points: int
    cap: int | None = None
    window_days: int | None = None
    half_life_days: int | None = None

    @property
    def is_per_time(self) -> bool:
        return self.cap is not None


def says(field: str, *parts: str) -> Mapping[str, Any]:
    """The text of the field holds one of the parts."""
    return {"any": [{"field": field, "contains": part} for part in parts]}


POSITION = words("Должность", "Посада", "Position")
CITY = words("Город", "Місто", "City")
SIZE = words("Размер компании", "Розмір компанії", "Company size")
SITE = words("На сайте", "На сайті", "On the site")
LETTERS = words("В письмах", "У листах", "In letters")
CLOSER = words("Подходит ближе", "Підходить ближче", "Comes closer")

OWNER = says("position", "владел", "собственник", "власник", "owner")
CHIEF = says("position", "генеральный директор", "генеральний директор", "CEO")
MIDDLE = says("position", "руководитель", "керівник", "head of")
MANAGER = says("position", "менеджер", "manager")


def in_city(city: str) -> Mapping[str, Any]:
    """Lives in the city, however its name is written."""
    known = find_city(city)
    return {"field": "city", "in": list(dict.fromkeys([city, *known.words])) if known else [city]}


def but(one: Mapping[str, Any], *others: Mapping[str, Any]) -> Mapping[str, Any]:
    """One thing, unless one of the others holds: a person gets the points of his highest position only."""
    return {"all": [one, *({"not": other} for other in others)]}


PORTRAITS: Sequence[Portrait] = (
    Portrait(POSITION, words("Владелец компании", "Власник компанії", "Owner of the company"), 5, OWNER),
    Portrait(POSITION, words("Генеральный директор", "Генеральний директор", "Chief executive"), 3, but(CHIEF, OWNER)),
    Portrait(POSITION, words("Руководитель среднего звена", "Керівник середньої ланки", "Middle manager"), 1, but(MIDDLE, OWNER)),
    Portrait(POSITION, words("Менеджер", "Менеджер", "Manager"), -3, but(MANAGER, MIDDLE)),
    Portrait(SIZE, words("От 10 до 100 сотрудников", "Від 10 до 100 працівників", "10 to 100 employees"), 3, {"field": "company.size", "between": [10, 100]}),
    Portrait(SIZE, words("Больше 500 сотрудников", "Понад 500 працівників", "Over 500 employees"), -5, {"field": "company.size", "greater": 500}),
)  # fmt: skip

DEEDS: Sequence[tuple[Texts, Sequence[Deed]]] = (
    (SITE, (
        Deed("page-viewed", words("Смотрит страницы", "Переглядає сторінки", "Views pages"), 1, cap=5, half_life_days=14),
        Deed("key-page-viewed", words("Смотрит ключевые страницы", "Переглядає ключові сторінки", "Views key pages"), 2, cap=10, window_days=30),
        Deed("video-watched", words("Посмотрел видео", "Переглянув відео", "Watched a video"), 2, cap=6, window_days=60),
        Deed("form-submitted", words("Заполнил форму", "Заповнив форму", "Filled in a form"), 3, cap=9, window_days=90),
        Deed("comment-left", words("Оставил комментарий", "Залишив коментар", "Left a comment"), 1, cap=3, window_days=90),
        Deed("shared", words("Поделился", "Поділився", "Shared"), 1, cap=3, window_days=90),
    )),
    (LETTERS, (
        Deed("letter-opened", words("Открыл письмо", "Відкрив лист", "Opened a letter"), 1, cap=5, window_days=60),
        Deed("letter-clicked", words("Перешёл по ссылке", "Перейшов за посиланням", "Followed a link"), 2, cap=8, window_days=60),
        Deed("letter-replied", words("Ответил на письмо", "Відповів на лист", "Replied to a letter"), 5, window_days=90),
    )),
    (CLOSER, (
        Deed("webinar-signed-up", words("Записался на вебинар", "Записався на вебінар", "Signed up for a webinar"), 5, window_days=90),
        Deed("question-asked", words("Задал вопрос о продукте", "Поставив запитання про продукт", "Asked about the product"), 4, cap=8, window_days=60),
        Deed("demo-requested", words("Попросил показать продукт", "Попросив показати продукт", "Asked for a demonstration"), 8, window_days=90),
        Deed("trial-started", words("Начал пробовать", "Почав пробувати", "Started a trial"), 8, window_days=60),
        Deed("offer-requested", words("Запросил предложение", "Запросив пропозицію", "Asked for an offer"), 10, window_days=60),
        Deed("order-form-filled", words("Заполнил форму заказа", "Заповнив форму замовлення", "Filled in the order form"), 12, window_days=60),
        Deed("call-answered", words("Поговорил по телефону", "Поговорив телефоном", "Talked on the phone"), 4, window_days=60),
    )),
)  # fmt: skip


def city_portraits(city: str) -> list[Portrait]:
    """One's own city before the others; nothing while it is not known."""
    if not city:
        return []
    known = find_city(city)
    names = known.names if known else words(city, city, city)
    own, other = in_city(city), words("Другой город", "Інше місто", "Another city")
    return [
        Portrait(CITY, names, 5, own),
        Portrait(CITY, other, 1, but({"field": "city", "is_set": True}, own)),
    ]


NAME = words("Первая таблица", "Перша таблиця", "First table")
PROFILES: Sequence[tuple[ProfileKind, Texts, Mapping[str, Any]]] = (
    (
        ProfileKind.IDEAL,
        words("Владелец или директор небольшой компании", "Власник або директор невеликої компанії", "Owner or chief of a small company"),
        {"all": [{"any": [OWNER, CHIEF]}, {"field": "company.size", "between": [10, 100]}]},
    ),
    (
        ProfileKind.NEAR_IDEAL,
        words("Решает сам или готовит решение", "Вирішує сам або готує рішення", "Decides or prepares the decision"),
        {"any": [OWNER, CHIEF, MIDDLE]},
    ),
    (
        ProfileKind.UNACCEPTABLE,
        words("Менеджер очень большой компании", "Менеджер дуже великої компанії", "Manager at a very large company"),
        {"all": [but(MANAGER, MIDDLE), {"field": "company.size", "greater": 500}]},
    ),
)  # fmt: skip


def install(
    *,
    language: str | None = None,
    city: str | None = None,
    state: TableState = TableState.DRAFT,
    into: Tables = OURS,
) -> ScoreTable:
    """Make the table in the company's (or the given) language, and its profiles where there are none yet.

    Whoever lives in the company's own city gets points for it. Deeds whose activity is not there are left out.
    """
    spoken = get_workspace().language if language is None else language
    lives_in = get_workspace().city if city is None else city
    activities = dict(into.activities.objects.values_list("key", "id"))
    with transaction.atomic():
        moment = now()
        table = into.tables.objects.create(
            name=in_language(NAME, spoken),
            ready=ready_texts(name=NAME),
            state=state,
            live_at=moment if state == TableState.LIVE else None,
        )
        rows = [*_portraits(spoken, lives_in), *_deeds(spoken, activities)]
        into.criteria.objects.bulk_create(
            into.criteria(table=table, position=position, **row) for position, row in enumerate(rows)
        )
        if not into.profiles.objects.exists():
            into.profiles.objects.bulk_create(
                into.profiles(
                    kind=kind,
                    name=in_language(name, spoken),
                    ready=ready_texts(name=name),
                    condition=dict(condition),
                    position=position,
                )  # fmt: skip
                for position, (kind, name, condition) in enumerate(PROFILES)
            )
    return table


def install_for_company() -> None:
    """The first table in the language of the company and for its city, once the first questions are answered.

    Whom the table of before the answers has scored keep that as their past: the new one goes live after it. A table
    of the company's own is left alone.
    """
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    if live is not None and "name" not in live.ready:
        return
    with transaction.atomic():
        take_turn(alone=True)
        Profile.objects.filter(pk__in=[row.pk for row in Profile.objects.all() if "name" in row.ready]).delete()
        table = install()
        if live is not None and not Person.objects.exists():
            live.delete()
        go_live(table=table, by=None, at=now())


def note_ready(models: Tables) -> None:
    """Rows that came ready before their names were kept in three languages, and were not renamed."""
    activities = {row.pk: row for row in models.activities.objects.all()}
    for row in models.criteria.objects.filter(ready={}):
        if ready := _ready_of(row, activities.get(row.activity_id or 0)):
            models.criteria.objects.filter(pk=row.pk).update(ready=ready)
    for table in models.tables.objects.filter(name__in=NAME.values()):
        models.tables.objects.filter(pk=table.pk).update(ready=ready_texts(name=NAME))
    for _kind, name, _condition in PROFILES:
        models.profiles.objects.filter(name__in=name.values()).update(ready=ready_texts(name=name))


def _ready_of(row: Criterion, activity: Activity | None) -> Ready:
    named = [(one.group, one.name) for one in (*PORTRAITS, *city_portraits("Москва"))]
    if activity is not None:
        named = [(group, deed.name) for group, deeds in DEEDS for deed in deeds if deed.activity == activity.key]
        named.append(({}, activity.names))
    for group, name in named:
        if row.name in name.values():
            return ready_texts(name=name, **({"group": group} if row.group in group.values() else {}))
    return {}


def _portraits(language: str, city: str) -> list[dict[str, Any]]:
    return [
        {
            **_named(one.group, one.name, language), "side": Side.FIT,
            "points": one.points, "condition": dict(one.condition),
        }
        for one in (*PORTRAITS, *city_portraits(city))
    ]  # fmt: skip


def _named(group: Texts, name: Texts, language: str) -> dict[str, Any]:
    return {
        "group": in_language(group, language),
        "name": in_language(name, language),
        "ready": ready_texts(group=group, name=name),
    }


def _deeds(language: str, activities: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            **_named(group, deed.name, language), "side": Side.BEHAVIOUR,
            "points": deed.points, "activity_id": activities[deed.activity], "is_per_time": deed.is_per_time,
            "cap": deed.cap, "window_days": deed.window_days, "half_life_days": deed.half_life_days,
        }
        for group, deeds in DEEDS
        for deed in deeds
        if deed.activity in activities
    ]  # fmt: skip
