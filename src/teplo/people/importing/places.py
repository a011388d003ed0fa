"""Countries as people write them in Russian, Ukrainian and English, read as ISO 3166 codes."""

from __future__ import annotations

import re

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


def read_country(text: str) -> str:
    """The code of a country by its name or code (`KZ (Kazakhstan)`); empty where it is unknown."""
    plain = text.strip().lower().replace("ё", "е").replace("’", "'")
    if code := _CODES.get(plain):
        return code
    found = _CODE_FIRST.fullmatch(text.strip())
    return found[1].upper() if found else ""
