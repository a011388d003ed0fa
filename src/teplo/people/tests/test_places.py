from typing import Any

import pytest
from django.utils.translation import override

from teplo.people.places import country_name, country_names, read_country, read_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KZ (Kazakhstan)", "KZ"),
        ("Россия", "RU"),
        ("Україна", "UA"),
        ("united kingdom", "GB"),
        ("us", "US"),
        ("Кот-д’Ивуар", "CI"),
        ("рф", "RU"),
        ("UK (United Kingdom of Great Britain)", "GB"),
        ("xx", ""),
        ("Нигде", ""),
    ],
)
def test_countries_are_read_in_three_languages(text: str, code: Any) -> None:
    assert read_country(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Русский", "ru"),
        ("українська", "uk"),
        ("English", "en"),
        ("ru", "ru"),
        ("pt_BR", "pt-BR"),
        ("zh-Hans-CN", "zh"),
        ("клингонский?", ""),
        ("xx", ""),
    ],
)
def test_languages_are_read_by_name_and_code(text: str, code: Any) -> None:
    assert read_language(text) == code


@pytest.mark.parametrize(("language", "name"), [("ru", "Украина"), ("uk", "Україна"), ("en", "Ukraine")])
def test_a_country_is_said_in_the_language_of_the_reader(language: str, name: str) -> None:
    with override(language):
        assert country_name("UA") == country_names()["UA"] == name
        assert country_name("??") == "??"


def test_countries_stand_in_the_order_of_the_alphabet() -> None:
    with override("uk"):
        names = list(country_names().values())
    assert names[0] == "Австралія"
    assert names.index("Естонія") < names.index("Ефіопія") < names.index("Єгипет") < names.index("Замбія")
    assert names.index("Зімбабве") < names.index("Індія") < names.index("Йорданія")
