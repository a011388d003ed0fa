"""What the first questions are answered with beforehand, and what follows from the answers."""

from __future__ import annotations

import pytest

from teplo.accounts import founding
from teplo.accounts.founding import Answers, currency_of, guess, settle_workspace, zone_in
from teplo.accounts.workspace import get_workspace


@pytest.mark.parametrize(
    ("spoken", "zone", "language", "country", "city", "lies_in", "money"),
    [
        (["ru-RU", "ru"], "", "ru", "RU", "Москва", "Europe/Moscow", "RUB"),
        (["ru-RU"], "Europe/Moscow", "ru", "RU", "Москва", "Europe/Moscow", "RUB"),
        (["ru-RU"], "UTC", "ru", "RU", "Москва", "Europe/Moscow", "RUB"),
        (["ru"], "Asia/Yekaterinburg", "ru", "RU", "Екатеринбург", "Asia/Yekaterinburg", "RUB"),
        (["uk-UA"], "", "uk", "UA", "Київ", "Europe/Kyiv", "UAH"),
        (["uk"], "Europe/Kiev", "uk", "UA", "Київ", "Europe/Kyiv", "UAH"),
        (["ru"], "Europe/Kyiv", "ru", "UA", "Киев", "Europe/Kyiv", "UAH"),
        (["ru-RU"], "Europe/Kyiv", "ru", "UA", "Киев", "Europe/Kyiv", "UAH"),
        (["kk-KZ"], "", "en", "KZ", "Almaty", "Asia/Almaty", "KZT"),
        (["kk"], "Asia/Almaty", "ru", "KZ", "Алматы", "Asia/Almaty", "KZT"),
        (["be"], "", "ru", "BY", "Минск", "Europe/Minsk", "BYN"),
        (["pl-PL"], "", "en", "PL", "Warsaw", "Europe/Warsaw", "PLN"),
        (["de"], "", "en", "DE", "Berlin", "Europe/Berlin", "EUR"),
        (["de-AT"], "", "en", "AT", "Vienna", "Europe/Vienna", "EUR"),
        (["en-US"], "", "en", "US", "New York", "America/New_York", "USD"),
        (["en-GB"], "", "en", "GB", "London", "Europe/London", "GBP"),
        (["en"], "America/Los_Angeles", "en", "US", "Los Angeles", "America/Los_Angeles", "USD"),
        (["zh-Hans-CN"], "", "en", "CN", "Shanghai", "Asia/Shanghai", "CNY"),
        (["pt-BR"], "", "en", "BR", "Sao Paulo", "America/Sao_Paulo", "BRL"),
    ],
)
def test_the_browser_says_where_a_company_is(spoken, zone, language, country, city, lies_in, money):
    guessed = guess(spoken=spoken, timezone=zone, language=language)
    assert (guessed.country, guessed.city) == (country, city)
    assert zone_in(guessed.country, guessed.timezone, guessed.city) == lies_in
    assert currency_of(guessed.country) == money


@pytest.mark.parametrize("spoken", [[], [""], ["*"], ["xx"], ["eo"], ["1-2-3"], ["en-ZZ"], ["-"], ["ru-" + "x" * 900]])
def test_nonsense_of_a_browser_is_no_answer_and_no_error(spoken):
    assert len(guess(spoken=spoken, timezone="../etc/passwd", language="en").country) in (0, 2)


def test_the_city_decides_the_zone_when_the_browser_is_elsewhere():
    assert zone_in("RU", "Europe/Berlin", "новосибирск") == "Asia/Novosibirsk"
    assert zone_in("RU", "Europe/Berlin", "Unknown") == "Europe/Moscow"
    assert zone_in("UA", "Europe/Kyiv", "Новосибирск") == "Europe/Kyiv"


@pytest.mark.django_db
def test_answers_are_kept_once_and_the_ready_content_is_made_once(monkeypatch):
    made = []
    monkeypatch.setattr(founding, "_installers", [lambda: made.append(get_workspace().city)])
    settle_workspace(Answers("PL", " Kraków ", "uk", "Europe/Warsaw"))
    settle_workspace(Answers("RU", "Москва", "ru", "Europe/Moscow"))
    found = get_workspace()
    assert (found.city, found.language, found.timezone) == ("Kraków", "uk", "Europe/Warsaw")
    assert (found.phone_region, found.currency) == ("PL", "PLN")
    assert found.settled_at is not None
    assert made == ["Kraków"]


@pytest.mark.django_db
def test_what_is_not_answered_changes_nothing():
    before = get_workspace()
    settle_workspace(Answers("", "", "", ""))
    found = get_workspace()
    assert (found.language, found.timezone, found.currency) == (before.language, before.timezone, before.currency)
