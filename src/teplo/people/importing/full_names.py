"""A name in one cell, taken apart: «Петров Иван Сергеевич», "Иван Петров", "Olga van Dyck"."""

from __future__ import annotations

import re

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


def split_full_name(text: str, *, surname_first: bool = False) -> tuple[str, str, str]:
    """(first, middle, last). `surname_first` says how two words of which neither is a known name are read."""
    words = text.replace("\u00a0", " ").replace(",", " ").split()
    if not words:
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
