"""Large cities in Russian, Ukrainian and English, as people write them, with their country and time zone.

They say which city a company is in however its name was typed, and let a time zone be found by a city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_TABLE = """
UA Europe/Kyiv: Киев=Київ=Kyiv,Kiev; Харьков=Харків=Kharkiv,Kharkov; Одесса=Одеса=Odesa,Odessa
UA Europe/Kyiv: Днепр,Днепропетровск=Дніпро,Дніпропетровськ=Dnipro; Львов=Львів=Lviv,Lvov; Запорожье=Запоріжжя=Zaporizhzhia
UA Europe/Kyiv: Кривой Рог=Кривий Ріг=Kryvyi Rih; Николаев=Миколаїв=Mykolaiv; Винница=Вінниця=Vinnytsia
UA Europe/Kyiv: Херсон=Херсон=Kherson; Полтава=Полтава=Poltava; Чернигов=Чернігів=Chernihiv; Черкассы=Черкаси=Cherkasy
UA Europe/Kyiv: Хмельницкий=Хмельницький=Khmelnytskyi; Житомир=Житомир=Zhytomyr; Черновцы=Чернівці=Chernivtsi
UA Europe/Kyiv: Сумы=Суми=Sumy; Ровно=Рівне=Rivne; Ивано-Франковск=Івано-Франківськ=Ivano-Frankivsk
UA Europe/Kyiv: Тернополь=Тернопіль=Ternopil; Луцк=Луцьк=Lutsk; Ужгород=Ужгород=Uzhhorod; Кропивницкий=Кропивницький=Kropyvnytskyi
UA Europe/Kyiv: Кременчуг=Кременчук=Kremenchuk; Белая Церковь=Біла Церква=Bila Tserkva; Мариуполь=Маріуполь=Mariupol
RU Europe/Moscow: Москва=Москва=Moscow; Санкт-Петербург,Петербург,СПб=Санкт-Петербург,Петербург=Saint Petersburg,St Petersburg
RU Europe/Moscow: Нижний Новгород=Нижній Новгород=Nizhny Novgorod; Казань=Казань=Kazan; Ростов-на-Дону=Ростов-на-Дону=Rostov-on-Don
RU Europe/Moscow: Краснодар=Краснодар=Krasnodar; Воронеж=Воронеж=Voronezh; Ярославль=Ярославль=Yaroslavl; Сочи=Сочі=Sochi
RU Europe/Moscow: Тула=Тула=Tula; Рязань=Рязань=Ryazan; Пенза=Пенза=Penza; Липецк=Липецьк=Lipetsk; Тверь=Твер=Tver
RU Europe/Moscow: Белгород=Бєлгород=Belgorod; Калуга=Калуга=Kaluga; Ставрополь=Ставрополь=Stavropol; Чебоксары=Чебоксари=Cheboksary
RU Europe/Kaliningrad: Калининград=Калінінград=Kaliningrad
RU Europe/Kirov: Киров=Кіров=Kirov
RU Europe/Volgograd: Волгоград=Волгоград=Volgograd
RU Europe/Astrakhan: Астрахань=Астрахань=Astrakhan
RU Europe/Saratov: Саратов=Саратов=Saratov
RU Europe/Ulyanovsk: Ульяновск=Ульяновськ=Ulyanovsk
RU Europe/Samara: Самара=Самара=Samara; Тольятти=Тольятті=Tolyatti; Ижевск=Іжевськ=Izhevsk
RU Asia/Yekaterinburg: Екатеринбург=Єкатеринбург=Yekaterinburg,Ekaterinburg; Челябинск=Челябінськ=Chelyabinsk; Пермь=Перм=Perm
RU Asia/Yekaterinburg: Уфа=Уфа=Ufa; Тюмень=Тюмень=Tyumen; Оренбург=Оренбург=Orenburg; Сургут=Сургут=Surgut
RU Asia/Omsk: Омск=Омськ=Omsk
RU Asia/Novosibirsk: Новосибирск=Новосибірськ=Novosibirsk
RU Asia/Barnaul: Барнаул=Барнаул=Barnaul
RU Asia/Tomsk: Томск=Томськ=Tomsk
RU Asia/Novokuznetsk: Новокузнецк=Новокузнецьк=Novokuznetsk; Кемерово=Кемерово=Kemerovo
RU Asia/Krasnoyarsk: Красноярск=Красноярськ=Krasnoyarsk
RU Asia/Irkutsk: Иркутск=Іркутськ=Irkutsk; Улан-Удэ=Улан-Уде=Ulan-Ude
RU Asia/Yakutsk: Якутск=Якутськ=Yakutsk; Благовещенск=Благовєщенськ=Blagoveshchensk
RU Asia/Vladivostok: Владивосток=Владивосток=Vladivostok; Хабаровск=Хабаровськ=Khabarovsk
KZ Asia/Almaty: Алматы,Алма-Ата=Алмати=Almaty; Астана,Нур-Султан=Астана=Astana; Шымкент=Шимкент=Shymkent; Караганда=Караганда=Karaganda
BY Europe/Minsk: Минск=Мінськ=Minsk; Гомель=Гомель=Gomel; Брест=Брест=Brest; Гродно=Гродно=Grodno; Витебск=Вітебськ=Vitebsk
MD Europe/Chisinau: Кишинёв,Кишинэу=Кишинів=Chisinau
GE Asia/Tbilisi: Тбилиси=Тбілісі=Tbilisi; Батуми=Батумі=Batumi
AM Asia/Yerevan: Ереван=Єреван=Yerevan
AZ Asia/Baku: Баку=Баку=Baku
UZ Asia/Tashkent: Ташкент=Ташкент=Tashkent; Самарканд=Самарканд=Samarkand
KG Asia/Bishkek: Бишкек=Бішкек=Bishkek
TJ Asia/Dushanbe: Душанбе=Душанбе=Dushanbe
LV Europe/Riga: Рига=Рига=Riga
LT Europe/Vilnius: Вильнюс=Вільнюс=Vilnius
EE Europe/Tallinn: Таллин,Таллинн=Таллінн=Tallinn
PL Europe/Warsaw: Варшава=Варшава=Warsaw,Warszawa; Краков=Краків=Krakow,Kraków; Вроцлав=Вроцлав=Wroclaw,Wrocław; Гданьск=Гданськ=Gdansk,Gdańsk
DE Europe/Berlin: Берлин=Берлін=Berlin; Мюнхен=Мюнхен=Munich,München; Гамбург=Гамбург=Hamburg; Франкфурт=Франкфурт=Frankfurt; Кёльн=Кельн=Cologne,Köln
CZ Europe/Prague: Прага=Прага=Prague,Praha
AT Europe/Vienna: Вена=Відень=Vienna,Wien
FR Europe/Paris: Париж=Париж=Paris
ES Europe/Madrid: Мадрид=Мадрид=Madrid; Барселона=Барселона=Barcelona
IT Europe/Rome: Рим=Рим=Rome,Roma; Милан=Мілан=Milan,Milano
GB Europe/London: Лондон=Лондон=London; Манчестер=Манчестер=Manchester; Бирмингем=Бірмінгем=Birmingham
IL Asia/Jerusalem: Тель-Авив=Тель-Авів=Tel Aviv; Иерусалим=Єрусалим=Jerusalem
AE Asia/Dubai: Дубай=Дубай=Dubai; Абу-Даби=Абу-Дабі=Abu Dhabi
TR Europe/Istanbul: Стамбул=Стамбул=Istanbul; Анталья=Анталья=Antalya
US America/New_York: Нью-Йорк=Нью-Йорк=New York; Бостон=Бостон=Boston; Майами=Маямі=Miami; Вашингтон=Вашингтон=Washington
US America/Chicago: Чикаго=Чикаго=Chicago; Остин=Остін=Austin; Хьюстон=Г’юстон=Houston; Даллас=Даллас=Dallas
US America/Denver: Денвер=Денвер=Denver
US America/Los_Angeles: Лос-Анджелес=Лос-Анджелес=Los Angeles; Сан-Франциско=Сан-Франциско=San Francisco; Сиэтл=Сіетл=Seattle
"""  # noqa: E501 - a table of names
_LANGUAGES = ("ru", "uk", "en")


@dataclass(frozen=True)
class City:
    """A city: its names by language, the usual one first, and where it is."""

    country: str
    zone: str
    spellings: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> dict[str, str]:
        """Language → the usual name."""
        return {language: names[0] for language, names in self.spellings.items()}

    @property
    def words(self) -> tuple[str, ...]:
        """Every way it is written, each once."""
        every = [name for names in self.spellings.values() for name in names]
        return tuple(dict.fromkeys(every))


@cache
def cities() -> tuple[City, ...]:
    """All known cities."""
    return tuple(city for line in _TABLE.strip().splitlines() for city in _read(line))


def _read(line: str) -> list[City]:
    place, names = line.split(": ", 1)
    country, zone = place.split()
    return [City(country, zone, _spellings(said)) for said in names.split("; ")]


def _spellings(said: str) -> dict[str, tuple[str, ...]]:
    by_language = [tuple(names.split(",")) for names in said.split("=")]
    return dict(zip(_LANGUAGES, by_language, strict=True))


@cache
def _by_word() -> Mapping[str, City]:
    known: dict[str, City] = {}
    for city in cities():
        for word in city.words:
            known.setdefault(_plain(word), city)
    return known


def find_city(text: str) -> City | None:
    """The city of this name in any of the languages."""
    return _by_word().get(_plain(text))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").replace("'", "’").split())
