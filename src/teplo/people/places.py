"""Countries and languages as people write them in Russian, Ukrainian and English, read as ISO codes, and said again.

The names are those of CLDR; what people say beside them stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from babel import Locale
from django.utils.translation import get_language, get_language_info

LANGUAGES = ("ru", "uk", "en")
_NAMES = {
    "RU": "россия росія russia|российская федерация|російська федерація|russian federation|рф",
    "UA": "украина україна ukraine",
    "BY": "беларусь белоруссия білорусь belarus|республика беларусь",
    "KZ": "казахстан kazakhstan|республика казахстан",
    "UZ": "узбекистан uzbekistan",
    "KG": "киргизия кыргызстан киргизстан kyrgyzstan",
    "TJ": "таджикистан tajikistan",
    "TM": "туркменистан туркменія turkmenistan",
    "AM": "армения вірменія armenia",
    "AZ": "азербайджан azerbaijan",
    "GE": "грузия грузія georgia",
    "MD": "молдова молдавия moldova|молдавія",
    "EE": "эстония естонія estonia",
    "LV": "латвия латвія latvia",
    "LT": "литва lithuania",
    "PL": "польша польща poland",
    "DE": "германия німеччина germany deutschland",
    "AT": "австрия австрія austria",
    "CH": "швейцария швейцарія switzerland",
    "FR": "франция франція france",
    "IT": "италия італія italy",
    "ES": "испания іспанія spain",
    "PT": "португалия португалія portugal",
    "NL": "нидерланды нідерланди netherlands голландия holland|the netherlands",
    "BE": "бельгия бельгія belgium",
    "LU": "люксембург luxembourg",
    "GB": "великобритания британія uk england англия англія|велика британія|united kingdom|great britain",
    "IE": "ирландия ірландія ireland",
    "SE": "швеция швеція sweden",
    "NO": "норвегия норвегія norway",
    "FI": "финляндия фінляндія finland",
    "DK": "дания данія denmark",
    "IS": "исландия ісландія iceland",
    "CZ": "чехия чехія czechia|czech republic",
    "SK": "словакия словаччина slovakia",
    "HU": "венгрия угорщина hungary",
    "RO": "румыния румунія romania",
    "BG": "болгария болгарія bulgaria",
    "RS": "сербия сербія serbia",
    "HR": "хорватия хорватія croatia",
    "SI": "словения словенія slovenia",
    "ME": "черногория чорногорія montenegro",
    "MK": "македония македонія macedonia|north macedonia",
    "AL": "албания албанія albania",
    "BA": "босния боснія bosnia|bosnia and herzegovina",
    "GR": "греция греція greece",
    "CY": "кипр кіпр cyprus",
    "MT": "мальта malta",
    "TR": "турция туреччина turkey türkiye",
    "IL": "израиль ізраїль israel",
    "AE": "оаэ оае uae эмираты|объединенные арабские эмираты|об'єднані арабські емірати|united arab emirates",
    "SA": "|саудовская аравия|саудівська аравія|saudi arabia",
    "EG": "египет єгипет egypt",
    "MA": "марокко morocco",
    "ZA": "юар|south africa|южная африка|південна африка",
    "NG": "нигерия нігерія nigeria",
    "KE": "кения кенія kenya",
    "IN": "индия індія india",
    "PK": "пакистан pakistan",
    "BD": "бангладеш bangladesh",
    "CN": "китай china кнр",
    "HK": "гонконг|hong kong",
    "TW": "тайвань taiwan",
    "JP": "япония японія japan",
    "KR": "корея korea|южная корея|південна корея|south korea",
    "MN": "монголия монголія mongolia",
    "VN": "вьетнам в'єтнам vietnam",
    "TH": "таиланд таїланд thailand",
    "MY": "малайзия малайзія malaysia",
    "SG": "сингапур сінгапур singapore",
    "ID": "индонезия індонезія indonesia",
    "PH": "филиппины філіппіни philippines",
    "AU": "австралия австралія australia",
    "NZ": "|новая зеландия|нова зеландія|new zealand",
    "US": "сша usa америка|united states|united states of america|u.s.|u.s.a.",
    "CA": "канада canada",
    "MX": "мексика mexico",
    "BR": "бразилия бразилія brazil",
    "AR": "аргентина argentina",
    "CL": "чили чилі chile",
    "CO": "колумбия колумбія colombia",
}
_CODES = {
    name: code
    for code, names in _NAMES.items()
    for words, *phrases in [names.split("|")]
    for name in (*words.split(), *phrases)
}  # single words first, phrases after the first |
_CODE_FIRST = re.compile(r"([A-Za-z]{2})(?:\s*[(\-–:].*)?")
_NO_COUNTRY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
_ALPHABET = str.maketrans({"ґ": "гя", "є": "ея", "ё": "ея", "і": "ия", "ї": "ияя"})
"""Letters that Unicode keeps apart from their alphabet."""
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?:[-_].*)?")


def read_country(text: str) -> str:
    """The code of a country by its name or code (`KZ (Kazakhstan)`); empty where it is unknown."""
    plain = _plain(text)
    if code := _CODES.get(plain) or _countries().get(plain):
        return code
    found = _CODE_FIRST.fullmatch(text.strip())
    if not found:
        return ""
    code = _CODES.get(found[1].lower(), found[1].upper())  # UK is said for GB
    return code if code in _names_of_countries("en") else ""


def read_language(text: str) -> str:
    """The code of a language, with its country if said (`ru`, `en-US`), by name or code; empty where it is unknown."""
    plain = _plain(text)
    if code := _languages().get(plain):
        return code
    found = _LANGUAGE.fullmatch(text.strip())
    if not found or found[1].lower() not in _names_of_languages("en"):
        return ""
    language, country = found[1].lower(), (found[2] or "").upper()
    return f"{language}-{country}" if country and len(language) == 2 else language


def country_name(code: str) -> str:
    """A country as the reader calls it; codes that are not known stay codes."""
    return _names_of_countries(_spoken()).get(code, code)


def country_names_in(language: str) -> Mapping[str, str]:
    """Code → name in one of our languages."""
    return _names_of_countries(language)


def country_names() -> Mapping[str, str]:
    """Code → name in the reader's language, in the order of names."""
    return _names_of_countries(_spoken())


def language_name(code: str) -> str:
    """A language as it is called by who speaks it; codes that are not known stay codes."""
    try:
        return str(get_language_info(code)["name_local"]) if code else ""
    except KeyError:
        return code


NAMED: Mapping[str, Callable[[str], str]] = {"country": country_name, "language": language_name}
"""Column of a person → how its code is read."""


def _spoken() -> str:
    language = (get_language() or "en").split("-")[0]
    return language if language in LANGUAGES else "en"


def _plain(text: str) -> str:
    return text.strip().lower().replace("ё", "е").replace("’", "'")


@cache
def _names_of_countries(language: str) -> Mapping[str, str]:
    territories = Locale.parse(language).territories
    rows = [(str(name), code) for code, name in territories.items() if len(code) == 2 and code.isalpha()]
    rows.sort(key=lambda row: row[0].lower().translate(_ALPHABET))
    return {code: name for name, code in rows if code not in _NO_COUNTRY}


@cache
def _names_of_languages(language: str) -> Mapping[str, str]:
    return {code: str(name) for code, name in Locale.parse(language).languages.items() if len(code) <= 3}


@cache
def _countries() -> Mapping[str, str]:
    return {_plain(name): code for language in LANGUAGES for code, name in _names_of_countries(language).items()}


@cache
def _languages() -> Mapping[str, str]:
    return {_plain(name): code for language in LANGUAGES for code, name in _names_of_languages(language).items()}
