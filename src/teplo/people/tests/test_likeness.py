"""Which names are surely two people's, and which may be one's."""

import pytest

from teplo.people.likeness import is_shared_kind, names_agree, names_differ


def name(text):
    first, _, last = text.partition("/")
    return first.strip(), last.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [line.split(" | ") for line in """
        Анна/Иванова | Anna/Ivanova
        Анна/Иванова | АННА/иванова
        Анна/Иванова | /
        Анна/Иванова | Анна/
        Анна/ | /Иванова
        Анна/Иванова | А./Иванова
        А/И | Анна/Иванова
        Юлия/Шевченко | Yuliya/Shevchenko
        Юлія/Шевченко | Iuliia/Shevchenko
        Юлия/Щербак | Julia/Shcherbak
        Сергей/Иванов | Serhii/Ivanov
        Сергій/Іванов | Сергей/Иванов
        Олена/Коваленко | Елена/Коваленко
        Микола/Гнатюк | Николай/Гнатюк
        Саша/Петров | Александр/Петров
        Alexander/Petrov | Александр/Петров
        Иванова/Анна | Анна/Иванова
        Иванова Анна/ | Анна/Иванова
        Анна-Мария/Иванова | Анна/Иванова
        Анна/Иванова-Петрова | Анна/Иванова
        Наталья/Соловьёва | Natalia/Solovieva
        Дмитрий/Цой | Dmitriy/Tsoy
        Михаил/Хохлов | Mikhail/Khokhlov
        Виктор/Войцеховский | Victor/Voytsekhovskiy
    """.strip().split("\n")],
)  # fmt: skip
def test_these_may_be_one_person(one, other):
    assert not names_differ(name(one), name(other))
    assert not names_differ(name(other), name(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [line.split(" | ") for line in """
        Анна/Иванова | Борис/Иванов
        Анна/ | Борис/
        Анна/ | Борис/Котов
        Анна/Иванова | Яна/Иванова
        Анна/Иванова | Инна/Иванова
        Анна/Иванова | Нина/Иванова
        Марина/Иванова | Мария/Иванова
        Александр/Иванов | Александра/Иванова
        Евгений/Иванов | Евгения/Иванова
        Олег/Иванов | Ольга/Иванова
        А./Иванова | Б./Иванова
        Анна/Иванова | Анна/Петрова
        /Иванов | /Петров
        Лев/Лев | Лия/Лия
    """.strip().split("\n")],
)  # fmt: skip
def test_these_are_two_people(one, other):
    assert names_differ(name(one), name(other))
    assert names_differ(name(other), name(one))


def test_agreeing_is_weighed():
    anna = ("Анна", "Иванова")
    assert [names_agree(anna, other) for other in [("Anna", "Ivanova"), ("Аня", ""), ("", ""), ("Борис", "Котов")]] == [
        2, 1, 0, 0,
    ]  # fmt: skip


def test_phones_and_mailboxes_of_companies_are_shared_kinds():
    assert is_shared_kind("phone", "+74951234567") and is_shared_kind("email", "info@romashka.ru")
    assert not is_shared_kind("email", "anna@romashka.ru") and not is_shared_kind("external", "1")
