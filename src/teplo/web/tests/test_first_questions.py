"""The first page asks where the company is, answered beforehand; ready content is made for the answers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from teplo.accounts import inviting
from teplo.accounts.models import Role, Workspace
from teplo.accounts.testing import PASSWORD, make_user
from teplo.accounts.workspace import get_workspace
from teplo.content.models import Template
from teplo.journeys.models import Journey
from teplo.kit.clock import now
from teplo.people.testing import make_person
from teplo.scoring.models import Profile, ScoreTable, TableState
from teplo.scoring.rescoring import rescore
from teplo.scoring.tables import make_draft

pytestmark = pytest.mark.django_db
OWNER = {"name": "Олена", "email": "olena@example.com", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def chosen(text, name):
    """What stands in a field of the page."""
    select = re.search(rf'<select name="{name}".*?</select>', text, re.S)
    if select:
        found = re.search(r'<option value="([^"]*)" selected', select[0])
        return found[1] if found else ""
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)[1]


def live_names():
    table = ScoreTable.objects.get(state=TableState.LIVE)
    return [(row.name, row.points) for row in table.criteria.all()]


@pytest.mark.parametrize(
    ("browser", "zone", "country", "city", "language", "follows"),
    [
        ("ru-RU,ru;q=0.9", "", "RU", "Москва", "ru", "₽ RUB"),
        ("uk-UA,uk;q=0.9,ru;q=0.5", "", "UA", "Київ", "uk", "₴ UAH"),
        ("ru", "Europe/Kyiv", "UA", "Киев", "ru", "₴ UAH"),
        ("pl,ru;q=0.5", "Europe/Warsaw", "PL", "Варшава", "ru", "zł PLN"),
        ("de", "", "DE", "Berlin", "en", "€ EUR"),
        ("en-US", "", "US", "New York", "en", "$ USD"),
    ],
)
def test_the_questions_are_answered_beforehand(client, browser, zone, country, city, language, follows):
    link = inviting.make_owner_link()
    text = client.get(link, {"timezone": zone} if zone else {}, headers={"Accept-Language": browser}).content.decode()
    assert [chosen(text, name) for name in ("country", "city", "language")] == [country, city, language]
    assert follows in text


def test_another_country_brings_its_city_and_money(client):
    link = inviting.make_owner_link()
    said = {"timezone": "Europe/Kyiv", "country": "KZ"}
    text = client.get(link, said, headers={"Accept-Language": "ru"}).content.decode()
    assert (chosen(text, "country"), chosen(text, "city")) == ("KZ", "Алматы")
    assert "₸ KZT" in text


def test_nonsense_in_the_address_leaves_the_guess(client):
    link = inviting.make_owner_link()
    said = {"timezone": "../../etc", "country": "XX'\""}
    text = client.get(link, said, headers={"Accept-Language": "uk-UA"}).content.decode()
    assert chosen(text, "country") == "UA"


def test_an_invited_colleague_is_not_asked(client):
    link = inviting.invite(email="b@example.com", role=Role.ADMINISTRATOR)
    assert "data-questions" not in client.get(link).content.decode()


def test_the_ready_table_speaks_the_language_answered_and_knows_the_own_city(client):
    link = inviting.make_owner_link()
    said = {**OWNER, "timezone": "Europe/Kyiv", "country": "UA", "city": "Львів", "language": "uk"}
    assert client.post(link, said, headers={"Accept-Language": "uk"}).status_code == 302
    text = client.get(reverse("scoring"), headers={"Accept-Language": "uk"}).content.decode()
    assert "Власник компанії" in text
    assert "Перша таблиця" in text
    assert ("Львов", 5) in live_names() or ("Lviv", 5) in live_names()
    assert "Москва" not in text
    assert "Львів" in text
    person = make_person(city="львов", position="")
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    person.refresh_from_db()
    assert person.score.fit == 5


def test_a_city_nobody_knows_stands_as_it_was_typed(client):
    said = {**OWNER, "country": "UA", "city": "Нові Петрівці", "language": "uk"}
    client.post(inviting.make_owner_link(), said)
    assert ("Нові Петрівці", 5) in live_names()


def test_without_a_city_the_table_asks_for_none(client):
    client.post(inviting.make_owner_link(), {**OWNER, "country": "UA", "city": "", "language": "en"})
    assert not any("city" in name.lower() for name, _points in live_names())
    assert get_workspace().city == ""


def test_a_form_of_before_the_questions_is_answered_by_the_guess(client):
    said = {**OWNER, "timezone": "Europe/Moscow"}
    client.post(inviting.make_owner_link(), said, headers={"Accept-Language": "ru-RU"})
    found = get_workspace()
    assert (found.language, found.city, found.currency, found.phone_region) == ("ru", "Москва", "RUB", "RU")


def test_before_the_answers_the_live_table_names_no_city():
    assert ScoreTable.objects.get().state == TableState.LIVE
    conditions = str([row.condition for row in ScoreTable.objects.get().criteria.all()])
    assert "city" not in conditions


@pytest.mark.parametrize(
    ("reader", "owner"), [("ru", "Владелец компании"), ("uk", "Власник компанії"), ("en", "Owner of the company")]
)
def test_ready_names_follow_the_reader(client, reader, owner):
    client.post(inviting.make_owner_link(), {**OWNER, "country": "RU", "city": "Москва", "language": "ru"})
    user = make_user(language=reader, email=f"{reader}@example.com")
    client.force_login(user)
    person = make_person(position="Владелец")
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    assert owner in client.get(reverse("person-why", args=[person.pk])).content.decode()


def test_a_renamed_line_stays_as_typed_for_every_reader(client):
    client.force_login(make_user(language="uk"))
    draft = make_draft(of=ScoreTable.objects.get(), name="Draft", by=None, at=now())
    shown = client.get(reverse("score-table", args=[draft.pk])).content.decode()
    lines = _lines_of(shown)
    assert lines["line-name"][0] == "Власник компанії"
    lines["line-name"][0] = "Owner of the company"  # a ready text of another language, yet typed
    client.post(reverse("score-table-save", args=[draft.pk]), {"name": "Draft", **lines})
    names = [row.name for row in draft.criteria.all()]
    assert names[0] == "Owner of the company"
    stored = draft.criteria.all()
    assert "name" not in stored[0].ready
    assert "name" in stored[1].ready
    assert "group" in stored[0].ready


def _lines_of(text):
    """The sheet as a browser would send it."""
    found: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        inside = 0
        select = ""
        value = ""

        def handle_starttag(self, tag, attrs):
            told = dict(attrs)
            if tag == "template":
                self.inside += 1
            if self.inside:
                return
            name = told.get("name") or ""
            if tag == "input" and name.startswith("line-"):
                found.setdefault(name, []).append(told.get("value") or "")
            if tag == "select" and name.startswith("line-"):
                self.select, self.value = name, ""
            if tag == "option" and self.select and "selected" in told:
                self.value = told.get("value") or ""

        def handle_endtag(self, tag):
            if tag == "template":
                self.inside -= 1
            if tag == "select" and self.select:
                found.setdefault(self.select, []).append(self.value)
                self.select = ""

    Reader().feed(text)
    return found


def test_a_renamed_journey_and_template_stay_as_typed(client):
    client.force_login(make_user(language="en"))
    client.post(reverse("journey-new"), {"ready": "welcome"})
    journey = Journey.objects.get()
    assert journey.name == "Getting acquainted"
    letter = Template.objects.order_by("pk").first()
    user = make_user(language="ru", email="ru@example.com")
    client.force_login(user)
    assert "Знакомство" in client.get(reverse("journeys")).content.decode()
    assert "Спасибо за знакомство" in client.get(reverse("templates")).content.decode()
    client.post(reverse("journey-rename", args=[journey.pk]), {"name": "Getting acquainted", "description": ""})
    assert "Getting acquainted" in client.get(reverse("journeys")).content.decode()
    assert letter is not None and letter.ready["name"]["uk"].startswith("Знайомство: ")


def test_ready_letters_are_in_the_language_of_the_company(client):
    Workspace.objects.update_or_create(pk=1, defaults={"language": "uk"})
    client.force_login(make_user(language="ru"))
    client.post(reverse("journey-new"), {"ready": "welcome"})
    assert {letter.language for letter in Template.objects.all()} == {"uk"}


def test_answering_later_leaves_a_table_of_ones_own_alone(client):
    ScoreTable.objects.update(name="Наша", ready={})
    client.post(inviting.make_owner_link(), {**OWNER, "country": "UA", "city": "Київ", "language": "uk"})
    assert ScoreTable.objects.get().name == "Наша"


def test_people_scored_before_the_answers_keep_their_past(client):
    person = make_person(city="Київ", position="Власник")
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    client.post(inviting.make_owner_link(), {**OWNER, "country": "UA", "city": "Київ", "language": "uk"})
    assert ScoreTable.objects.filter(state=TableState.RETIRED).count() == 1
    assert Profile.objects.count() == 3


def test_an_administrator_made_elsewhere_is_asked_on_a_page_of_its_own(client):
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    assert client.get(reverse("start"), headers={"Accept-Language": "uk-UA"}).status_code == 200
    said = {"country": "UA", "city": "Київ", "language": "uk", "timezone": "Europe/Kyiv"}
    assert client.post(reverse("start"), said).status_code == 302
    assert get_workspace().city == "Київ"
    assert client.get(reverse("start")).status_code == 302


@pytest.mark.parametrize("role", [Role.MARKETER, Role.SALESPERSON, Role.ANALYST])
def test_only_an_administrator_answers(client, role):
    client.force_login(make_user(role=role))
    assert client.post(reverse("start"), {"country": "UA"}).status_code == 403


def test_an_unknown_language_is_answered_in_english(client):
    text = client.get(reverse("sign-in"), headers={"Accept-Language": "de"}).content.decode()
    assert "Good to see you" in text
    assert "Good to see you" in client.get(reverse("sign-in")).content.decode()


@pytest.mark.parametrize("page", ["settings-company", "profile"])
def test_a_time_zone_is_found_by_its_city_in_three_languages(client, page):
    client.force_login(make_user(language="uk"))
    text = client.get(reverse(page)).content.decode()
    option = re.search(r'<option value="Europe/Kyiv"[^>]*data-words="([^"]*)"[^>]*>([^<]*)<', text)
    assert option is not None
    assert {"київ", "киев", "kyiv", "europe/kyiv"} <= set(option[1].split())
    assert option[2].startswith("Київ, Україна · UTC+")


def test_a_zone_that_does_not_exist_is_refused(client):
    user = make_user(language="en")
    client.force_login(user)
    answer = client.post(reverse("profile"), {"name": "A", "language": "en", "timezone": "Mars/Base", "theme": "auto"})
    assert answer.status_code == 422
