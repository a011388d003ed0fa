"""The words of the text form, in English, Russian and Ukrainian; writing uses the first English one."""

from __future__ import annotations

from collections.abc import Mapping

# Phrases of one keyword; the longest that fits wins, so "did not" is never "did" and then "not".
PHRASES: Mapping[str, tuple[str, ...]] = {
    "and": ("and", "и", "і", "й", "та"),
    "or": ("or", "или", "або"),
    "not": ("not", "не", "ні"),
    "everybody": ("everybody", "все", "всі", "усі"),
    "did": ("did", "делал", "делала", "сделал", "сделала", "робив", "робила", "зробив", "зробила"),
    "did_not": ("did not", "не делал", "не делала", "не сделал", "не робив", "не робила", "не зробив"),
    "last_did": ("last did", "последний раз делал", "последний раз делала", "востаннє робив", "востаннє робила"),
    "times": ("times", "time", "раз", "раза", "рази", "разу", "разів"),
    "at_least": ("at least", ">=", "не менее", "не меньше", "не менше"),
    "at_most": ("at most", "<=", "не более", "не больше", "не більше"),
    "is": ("is", "=", "это", "равно", "це", "дорівнює"),
    "is_not": ("is not", "!=", "это не", "не равно", "це не", "не дорівнює"),
    "in": ("in", "среди", "в", "серед", "у"),
    "not_in": ("not in", "не среди", "не в", "не серед", "не у"),
    "contains": ("contains", "содержит", "містить"),
    "not_contains": ("does not contain", "не содержит", "не містить"),
    "starts_with": ("starts with", "начинается с", "начинается на", "починається з", "починається на"),
    "ends_with": ("ends with", "заканчивается на", "кончается на", "закінчується на"),
    "greater": ("greater than", "more than", ">", "больше", "более", "більше"),
    "less": ("less than", "<", "меньше", "менее", "менше"),
    "between": ("between", "между", "між"),
    "is_set": ("is set", "задано", "заполнено", "известно", "заповнено", "відомо"),
    "is_not_set": ("is not set", "не задано", "не заполнено", "неизвестно", "не заповнено", "невідомо"),
    "before": ("before", "до"),
    "after": ("after", "после", "після"),
    "on": ("on", "в день", "у день"),
    "within": ("within", "in the last", "за", "за последние", "за последний", "за останні", "за останній"),
    "within_next": ("within next", "in the next", "в ближайшие", "у найближчі", "в найближчі", "найближчі"),
    "older_than": ("older than", "давнее чем", "раньше чем", "давніше ніж", "раніше ніж"),
    "has": ("has", "имеет", "есть", "має", "є"),
    "has_not": ("has not", "does not have", "не имеет", "нет", "не має", "немає"),
    "at_or_after": ("at or after", "не раньше", "не раніше"),
    "yes": ("yes", "true", "да", "так"),
    "no": ("no", "false", "нет", "ні"),
}

UNITS: Mapping[str, tuple[str, ...]] = {
    "h": ("hour", "hours", "h", "час", "часа", "часов", "година", "години", "годин", "годину"),
    "d": ("day", "days", "d", "день", "дня", "дней", "дні", "днів"),
    "w": ("week", "weeks", "w", "неделя", "недели", "недель", "неделю", "тиждень", "тижні", "тижнів"),
    "mo": ("month", "months", "mo", "месяц", "месяца", "месяцев", "місяць", "місяці", "місяців"),
    "y": ("year", "years", "y", "год", "года", "лет", "рік", "роки", "років"),
}

SPLIT: Mapping[str, tuple[tuple[str, ...], ...]] = {
    keyword: tuple(tuple(phrase.split()) for phrase in phrases) for keyword, phrases in PHRASES.items()
}
UNIT_OF: Mapping[str, str] = {word: unit for unit, words in UNITS.items() for word in words}
