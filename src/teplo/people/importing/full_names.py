"""A name in one cell, taken apart: «Петров Иван Сергеевич», "Иван Петров", "Olga van Dyck"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PATRONYMIC = re.compile(r".{2,}(?:вич|вна|ична|инична|ьич|івна|ївна|йович|оглы|кызы|оглу|гызы)$", re.IGNORECASE)
_SURNAME = re.compile(
    r".{2,}(?:ов|ова|ев|ева|ёв|ёва|єв|єва|ин|ина|ін|іна|ын|ына|ский|ская|ський|ська|цкий|цкая|цький|цька|енко|чук|щук|юк"
    r"|ко|як|швили|дзе|ян|янц|их|ых|ич|кін|шин|шина)$",
    re.IGNORECASE,
)
_GIVEN_NAMES = (
    "александр александра алексей алена алёна алина алиса алла анастасия анатолий андрей анна антон "
    "антонина аркадий арсений артем артём артур белла богдан борис вадим валентин валентина валерий "
    "валерия варвара василий василиса вера вероника виктор виктория виталий владимир владислав вячеслав "
    "галина геннадий георгий герман глеб григорий дарья денис диана дмитрий ева евгений евгения егор "
    "екатерина елена елизавета жанна захар зинаида злата зоя иван игорь илья инна иннокентий ирина карина "
    "кирилл клавдия константин кристина ксения лариса лев леонид лидия лилия любовь людмила майя макар "
    "максим маргарита марина мария марк матвей милана мирон мирослава михаил надежда наталия наталья "
    "никита николай нина олег олеся ольга оксана павел петр пётр платон полина раиса регина римма родион "
    "роза роман руслан светлана семен семён сергей софия софья станислав степан таисия тамара тарас "
    "татьяна тимофей тимур ульяна федор фёдор филипп эдуард элина эльвира эмма юлиан юлия юрий яков яна "
    "ярослав ярослава олександр олександра олексій анастасія анатолій андрій антоніна аркадій артемій "
    "богдана валентина валерій валерія василь вікторія віктор віталій володимир владислава в'ячеслав "
    "ганна геннадій георгій гліб григорій дарина данило денис дмитро євген євгенія єва єгор іван ігор "
    "ілля інна ірина катерина кирило костянтин ксенія лідія лілія любов марія микита микола мирослав "
    "михайло надія наталія оксана олена олег ольга орест остап павло петро поліна світлана сергій соломія "
    "софія степан таїсія тетяна тимофій уляна федір юлія юрій яків ярина "
)
_GIVEN = frozenset(_GIVEN_NAMES.split())


_BEFORE = "ооо оао зао пао ао нао нко ано фгуп гуп муп тоо одо чп тов тзов пп пат прат ат тдв кп дп тк гк"
_TITLE_WORDS = (
    "г-н г-жа гн гжа господин госпожа гражданин гражданка пан пані панна добродій д-р др проф "
    "mr mrs ms miss mx dr prof sir mr. mrs. ms. dr. prof. г. др. проф."
)
_FORMS_BEFORE = frozenset(_BEFORE.split())
_FORMS_BEHIND = frozenset(
    ("llc", "ltd", "inc", "gmbh", "corp", "plc", "llp", "limited", "company", "ооо", "тов", "зао")
)
_SOLE = frozenset(("ип", "и.п.", "фоп", "спд", "чп", "фл-п"))
"""Forms of people who trade by themselves: a person's name follows."""
_TITLES = frozenset(_TITLE_WORDS.split())
_INITIALS = re.compile(r"(?:[^\W\d_]\.\s*)+(?:-?[^\W\d_]\.)*|[^\W\d_]")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_SURNAME_COMMA = re.compile(r"([^\W\d_][\w'’-]+),\s*([^\W\d_a-zа-яёіїєґ][\w'’-]+(?: [^\W\d_a-zа-яёіїєґ][\w'’.-]*)?)")
"""«Иванов, Иван», “Smith, John P.”: what follows in small letters is no name."""
_BEHIND_NAMES = frozenset(("jr", "sr", "phd", "md", "mba", "esq", "ii", "iii", *_TITLES))
_QUOTES = "«»\"“”„'"


def is_organisation(text: str) -> bool:
    """Whether this is the name of a firm: «ООО „Ромашка“», “Acme Ltd”."""
    words = [word.strip(_QUOTES + ".,") for word in text.split()]
    if not words or not words[0]:
        return False
    leads = words[0].lower() in _FORMS_BEFORE and (words[0].isupper() or words[0].lower() in _FORMS_BEHIND)
    return leads or (len(words) > 1 and words[-1].lower() in _FORMS_BEHIND)


def is_first_name(text: str) -> bool:
    """Whether a letter may begin with it: no form of a firm, title or initials."""
    return not (is_organisation(text) or _is_no_name(text.strip()) or _INITIALS.fullmatch(text.strip()))


def split_full_name(text: str, *, surname_first: bool = False) -> tuple[str, str, str]:
    """(first, middle, last). `surname_first` says how two words of which neither is a known name are read.

    Initials stay with the surname («Иванов И. И.»), titles and «ИП» are left out, a firm has none of the three.
    """
    if is_organisation(text):
        return ("", "", "")
    text = _IN_BRACKETS.sub(" ", text[:400])
    if (found := _SURNAME_COMMA.fullmatch(text.strip())) and found[2].lower() not in _BEHIND_NAMES:
        first, _, middle = found[2].partition(" ")
        return (first, middle, found[1])
    every = text.replace("\u00a0", " ").replace(",", " ").split()
    words = [word for word in every if not _is_no_name(word)]
    if len(words) == 1 and len(every) > 1 and not _is_given(words[0]):
        return ("", "", words[0])  # «г-н Петров»
    initials = [word for word in words if _INITIALS.fullmatch(word)]
    words = [word for word in words if word not in initials]
    if initials and len(words) == 1:
        if _is_given(words[0]):
            return (words[0], "", " ".join(initials))
        return ("", "", " ".join([*words, *initials]))
    if initials and words:
        first, middle, last = _split(words, surname_first=surname_first)
        return (first, middle or " ".join(initials), last)
    return _split(words, surname_first=surname_first)


def _is_no_name(word: str) -> bool:
    plain = word.strip(_QUOTES).lower()
    return plain in _SOLE or plain in _TITLES


def _split(words: list[str], *, surname_first: bool) -> tuple[str, str, str]:
    if not words or (len(words) == 1 and not is_first_name(words[0])):
        return ("", "", "")
    if len(words) == 1:
        return (words[0], "", "")
    if len(words) == 3 and _PATRONYMIC.match(words[2]):
        return (words[1], words[2], words[0])
    if len(words) == 3 and _PATRONYMIC.match(words[1]):
        return (words[0], words[1], words[2])
    if len(words) == 2 and _PATRONYMIC.match(words[1]) and _is_given(words[0]):
        return (words[0], words[1], "")
    if _surname_leads(words, surname_first):
        return (words[1], " ".join(words[2:]), words[0])
    return (words[0], "", " ".join(words[1:]))


def _surname_leads(words: list[str], surname_first: bool) -> bool:
    first, second = _is_given(words[0]), _is_given(words[1])
    if first != second:
        return second
    if words[0].isascii():
        return surname_first and "," in words[0]
    if _SURNAME.match(words[0]) and not _SURNAME.match(words[-1]):
        return True
    return surname_first


def _is_given(word: str) -> bool:
    return word.lower().replace("’", "'") in _GIVEN


def are_titles(values: Sequence[str]) -> bool:
    """Whether these values are Mr and Mrs, not what somebody does."""
    return bool(values) and all(value.strip().lower() in _TITLES for value in values)


def are_names(values: Sequence[str]) -> bool:
    """Whether these values are people's full names: two or three words, one of which is a given name."""
    looked = [value.split() for value in values[:100]]
    good = sum(2 <= len(words) <= 4 and any(map(_is_given, words)) for words in looked)
    return len(looked) >= 2 and good >= 0.8 * len(looked)
