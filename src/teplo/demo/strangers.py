# ruff: noqa: E501 - lists of words
"""Who comes: invented people of invented companies, each with a need and a fit nobody sees but the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from teplo.demo.facts import SOURCES, Source
from teplo.demo.names import Name, draw_name

T = TypeVar("T")

_CITIES = {
    "ru": (("Москва", "RU", 9), ("Санкт-Петербург", "RU", 5), ("Казань", "RU", 2), ("Екатеринбург", "RU", 2), ("Алматы", "KZ", 4), ("Астана", "KZ", 2), ("Минск", "BY", 2)),
    "uk": (("Київ", "UA", 9), ("Львів", "UA", 5), ("Одеса", "UA", 4), ("Дніпро", "UA", 4), ("Харків", "UA", 4), ("Вінниця", "UA", 2), ("Івано-Франківськ", "UA", 1)),
    "en": (("Warsaw", "PL", 6), ("Kraków", "PL", 3), ("London", "GB", 2), ("Tbilisi", "GE", 2), ("Tallinn", "EE", 1)),
}  # fmt: skip
_LANGUAGES = (("uk", 52), ("ru", 36), ("en", 12))
_POSITIONS = {
    "ru": (("Владелец", 12, 1.0), ("Генеральный директор", 14, 0.8), ("Руководитель склада", 22, 0.5), ("Менеджер по закупкам", 30, 0.2), ("Бухгалтер", 12, 0.3), ("Студент", 10, 0.0)),
    "uk": (("Власник", 12, 1.0), ("Генеральний директор", 14, 0.8), ("Керівник складу", 22, 0.5), ("Менеджер із закупівель", 30, 0.2), ("Бухгалтер", 12, 0.3), ("Студент", 10, 0.0)),
    "en": (("Owner", 12, 1.0), ("CEO", 14, 0.8), ("Warehouse manager", 22, 0.5), ("Buyer", 30, 0.2), ("Accountant", 12, 0.3), ("Student", 10, 0.0)),
}  # fmt: skip
_INDUSTRIES = (("retail", 30), ("wholesale", 25), ("production", 20), ("e-commerce", 15), ("food", 10))
_ROOTS = {
    "ru": [
        "Вектор",
        "Меридиан",
        "Северный-склад",
        "ТехноЛайн",
        "Домовёнок",
        "Ладья",
        "Профиль",
        "Радуга",
        "Сибирь-Опт",
        "Контур",
        "Оптима",
        "Эталон",
        "Ромашка",
        "Гранит",
        "Альянс",
        "Парус",
        "Восход",
        "Маяк",
        "Прайм",
        "Кедр",
        "Орион",
        "Каскад",
        "Лидер-Торг",
        "Магистраль",
        "Берёзка",
    ],
    "uk": [
        "Криниця",
        "Дніпро-Опт",
        "Карпати",
        "Обрій",
        "Затишок",
        "Млин",
        "Калина",
        "Соняшник",
        "Хвиля",
        "Січ",
        "Полісся",
        "Барвінок",
        "Вежа",
        "Добробут",
        "Колос",
        "Лан",
        "Гармонія",
        "Смерека",
        "Каштан",
        "Світанок",
        "Дельта",
        "Аграрій",
        "Промінь",
        "Джерело",
        "Злагода",
    ],
    "en": [
        "Northgate",
        "Bluewater",
        "Kingfisher",
        "Oakfield",
        "Brightside",
        "Harbour",
        "Redstone",
        "Silverline",
        "Westbrook",
        "Fairview",
        "Ironbridge",
        "Meadow",
        "Keystone",
        "Lighthouse",
        "Summit",
    ],
}
_KINDS = {
    "ru": ("ООО «{}»", "ИП {}", "{}"),
    "uk": ("ТОВ «{}»", "ФОП {}", "{}"),
    "en": ("{} Ltd", "{}", "{} sp. z o.o."),
}
_SIZES = ((3, 20), (12, 25), (28, 20), (55, 15), (90, 10), (240, 7), (700, 3))


@dataclass(frozen=True, slots=True)
class Business:
    """A company strangers work at."""

    name: str
    language: str
    city: str
    country: str
    industry: str
    size: int


@dataclass(slots=True)
class Stranger:
    """One person, from the first visit on. `need`, `fit` and `budget` (0…1) decide what they will do and whether they buy.

    Nothing else may see them: a score table learns of them only what deeds and fields betray, and of the budget nothing.
    """

    index: int
    random: Random
    name: Name
    business: Business | None
    position: str
    source: Source
    need: float
    fit: float
    budget: float
    arrives_at: datetime
    visitor: str
    email: str
    phone: str
    is_known: bool = False
    is_gone: bool = False
    pages_seen: int = 0
    resolve: float = 0.0
    """How far they have made up their mind: who asks has thought about it before."""
    person_id: int | None = None
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def interest(self) -> float:
        """How much they want it by now (0…1): their need, as far as they have read their way in, and their resolve."""
        read_in = min(1.0, self.pages_seen / 20)
        return min(1.0, self.need * (0.3 + 0.7 * read_in) + self.resolve)

    @property
    def city(self) -> str:
        return self.business.city if self.business else ""


def draw_business(random: Random) -> Business:
    """A company with a name, a place and a size."""
    language = weighted(random, _LANGUAGES)
    city, country = _city(random, language)
    root = random.choice(_ROOTS[language])
    name = random.choice(_KINDS[language]).format(f"{root}-{random.randint(2, 99)}" if random.random() < 0.5 else root)
    size = max(1, round(weighted(random, _SIZES) * random.uniform(0.7, 1.4)))
    return Business(name, language, city, country, weighted(random, _INDUSTRIES), size)


def draw_stranger(index: int, *, seed: int, businesses: list[Business], begins_at: datetime, days: int) -> Stranger:
    """Person number `index` of a world: always the same for the same seed."""
    random = Random(f"{seed}:{index}")  # noqa: S311 - a play, not a secret
    business = random.choice(businesses) if random.random() < 0.8 else None
    language = business.language if business else weighted(random, _LANGUAGES)
    name = draw_name(random, language=language)
    position, authority = _position(random, language)
    source = random.choices(SOURCES, [one.share for one in SOURCES])[0]
    size = business.size if business else 1
    fit = min(
        1.0, 0.55 * authority + (0.35 if 10 <= size <= 100 else 0.1 if size < 500 else 0.0) + random.uniform(0, 0.15)
    )
    need = random.betavariate(1.6, 2.4)
    domain = f"{_slug(name)}{index % 997}.example" if business else "mail.example"
    return Stranger(
        index=index, random=random, name=name, business=business, position=position, source=source, need=need, fit=fit, budget=random.random(),
        arrives_at=_arrival(random, begins_at, days), visitor=f"v{seed:x}{index:06x}{random.getrandbits(40):010x}",
        email=f"{name.latin()}@{domain}", phone=_phone(random, business.country if business else "UA", index),
    )  # fmt: skip


def weighted(random: Random, choices: Sequence[tuple[T, int]]) -> T:
    """One of `choices` by its weight."""
    return random.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


def _city(random: Random, language: str) -> tuple[str, str]:
    city, country, _ = random.choices(_CITIES[language], [weight for *_, weight in _CITIES[language]])[0]
    return city, country


def _position(random: Random, language: str) -> tuple[str, float]:
    position, _, authority = random.choices(_POSITIONS[language], [weight for _, weight, _ in _POSITIONS[language]])[0]
    return position, authority


def _slug(name: Name) -> str:
    return name.latin().split(".")[-1]


def _arrival(random: Random, begins_at: datetime, days: int) -> datetime:
    """More people as months go by, fewer at week-ends, most of them in working hours."""
    day = days * random.random() ** 0.75
    moment = begins_at + timedelta(days=int(day))
    if moment.weekday() >= 5 and random.random() < 0.6:
        moment -= timedelta(days=moment.weekday() - 4)
    return max(
        begins_at, moment.replace(hour=0) + timedelta(minutes=min(1380, max(420, round(random.gauss(840, 180)))))
    )


def _phone(random: Random, country: str, index: int) -> str:
    """Numbers that are given to no subscriber (000 after the operator's code); the index keeps them apart."""
    operators = ("+7900",) if country in ("RU", "KZ", "BY") else ("+38050", "+38063", "+38067")
    return f"{operators[index // 10_000 % len(operators)]}000{index % 10_000:04d}"
