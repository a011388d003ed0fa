"""Companies, possible duplicates and custom attributes on their screens."""

import re
from datetime import timedelta

import pytest

from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.insights.company_figures import read_figures
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.models import AttributeDefinition, ChangeNote, Company, DuplicatePair, Person
from teplo.people.testing import make_attribute, make_company, make_identity, make_person
from teplo.sales.models import Call, Deal
from teplo.scoring.models import Score
from teplo.stages.models import Standing
from teplo.stages.testing import make_ladder
from teplo.tracking.models import Presence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def user(client):
    user = make_user(role="administrator", language="en")
    client.force_login(user)
    return user


def text_of(response):
    return response.content.decode()


# companies


def test_companies_are_found_by_bare_name_or_site_and_counted_with_their_people(client):
    company = make_company(name="ООО «Ромашка»", domain="romashka.ua")
    make_company(name="ТОВ Лютик")
    make_person(company=company), make_person(company=company)
    for search in ("ромаш", "romashka", "ооо ромашка"):
        text = text_of(client.get("/companies/", {"q": search}, headers={"HX-Request": "true"}))
        assert "Ромашка" in text
        assert "Лютик" not in text
    assert ">2<" in text


def test_companies_go_on_page_by_page(client):
    for n in range(60):
        make_company(name=f"Firm {n:03}")
    first = client.get("/companies/")
    second = client.get(first.context["further_url"])
    assert [len(first.context["rows"]), len(second.context["rows"])] == [50, 10]


def test_a_company_is_made_changed_and_its_people_are_noted(client):
    make_attribute(key="branches", type="number", of_company=True, names={"en": "Branches"})
    client.post("/companies/new/", {"name": "Ромашка", "domain": "https://www.romashka.ua/about", "attr_branches": "3"})
    company = Company.objects.get()
    assert (company.domain, company.attributes) == ("romashka.ua", {"branches": 3})
    person = make_person(company=company)
    client.post(f"/companies/{company.pk}/edit/", {"name": "Ромашка", "size": "12"})
    company.refresh_from_db()
    assert (company.size, company.attributes) == (12, {})
    assert ChangeNote.objects.get().person_id == person.pk
    assert "Иванова" in text_of(client.get(f"/companies/{company.pk}/"))


def test_a_company_value_of_another_type_is_refused(client):
    make_attribute(key="branches", type="number", of_company=True)
    assert client.post("/companies/new/", {"name": "X", "attr_branches": "много"}).status_code == 422
    assert not Company.objects.exists()


# duplicates


def make_pair():
    company = make_company()
    one, two = make_person(company=company, city="Киев"), make_person(company=company, city="Львов")
    pair = DuplicatePair.objects.create(first_id=one.pk, second_id=two.pk, reason="name-company", likeness=1)
    return one, two, pair


def test_duplicates_are_looked_for_and_shown(client):
    company = make_company()
    make_person(company=company, email="a@example.com"), make_person(company=company, phone="+380501234567")
    client.post("/duplicates/search/")
    run_all_jobs()
    text = text_of(client.get("/duplicates/"))
    assert "1 pair may be one person" in text
    assert "Alike names in the same company" in text


def test_two_cards_are_compared_and_merged_with_the_chosen_value(client):
    one, two, pair = make_pair()
    page = client.get(f"/duplicates/{pair.pk}/")
    assert "take this one" in text_of(page)
    winner = page.context["preview"].winner
    client.post(f"/duplicates/{pair.pk}/", {"answer": "same", "winner": winner.pk, "take": ["city"]})
    (left,) = Person.objects.all()
    loser = two if winner.pk == one.pk else one
    assert (left.pk, left.city) == (winner.pk, loser.city)


def test_two_people_stay_two(client):
    _one, _two, pair = make_pair()
    client.post(f"/duplicates/{pair.pk}/", {"answer": "different"})
    assert Person.objects.count() == 2
    assert "Everybody stands once" in text_of(client.get("/duplicates/"))
    assert client.get(f"/duplicates/{pair.pk}/").status_code == 302


def test_the_comparison_says_which_stage_will_stand_and_calls_countries_by_name(client):
    near, far = make_ladder({}, {})
    one, two = make_person(country="UA", language="uk"), make_person(country="PL", language="ru")
    for person, stage in ((one, near), (two, far)):
        Standing.objects.create(person=person, stage=stage, since=now())
    text = text_of(client.get(f"/people/{one.pk}/merge/{two.pk}/"))
    assert re.search(r's1</td><td>s2 <span class="quiet small">will be taken over', text)
    assert all(name in text for name in ("Ukraine", "Poland", "Українська", "Русский"))
    text = text_of(client.get(f"/people/{two.pk}/merge/{one.pk}/"))
    assert re.search(r"s2</td><td>s1</td>", text)


def test_a_card_is_merged_with_one_found_by_hand(client):
    one, two = make_person(first_name="Анна"), make_person(first_name="Борис", last_name="Котов")
    make_identity(person=two, value="boris@example.com")
    text = text_of(client.get(f"/people/{one.pk}/merge/", {"q": "котов"}))
    assert f"/people/{one.pk}/merge/{two.pk}/" in text
    assert client.get(f"/people/{one.pk}/merge/{two.pk}/").status_code == 200
    client.post(f"/people/{one.pk}/merge/{two.pk}/")
    assert list(Person.objects.values_list("pk", flat=True)) == [one.pk]


# attributes


def make_by_hand(client, **changes):
    data = {"name_ru": "Размер крыши", "type": "choice", "choice_key": ["", ""], "choice_ru": ["Малая", "Большая"],
            "choice_uk": ["", ""], "choice_en": ["Small", ""]}  # fmt: skip
    return client.post("/settings/attributes/new/", {**data, **changes})


def test_an_attribute_is_made_with_a_key_from_its_name(client):
    make_by_hand(client)
    made = AttributeDefinition.objects.get()
    assert (made.key, made.type) == ("razmer-kryshi", "choice")
    assert made.choices == [
        {"key": "small", "names": {"ru": "Малая", "en": "Small"}}, {"key": "bolshaya", "names": {"ru": "Большая"}},
    ]  # fmt: skip
    assert make_by_hand(client).status_code == 422


def test_choices_keep_their_keys_when_renamed(client):
    make_by_hand(client)
    made = AttributeDefinition.objects.get()
    client.post(
        f"/settings/attributes/{made.pk}/",
        {"name_ru": "Площадь", "choice_key": ["small", "bolshaya", ""], "choice_ru": ["Крошечная", "", "Малая"],
         "choice_uk": ["", "", ""], "choice_en": ["", "", ""]},
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.key, made.type) == ("razmer-kryshi", "choice")
    assert [(choice["key"], choice["names"]["ru"]) for choice in made.choices] == [
        ("small", "Крошечная"), ("malaya", "Малая"),
    ]  # fmt: skip


def test_an_attribute_without_a_name_or_called_like_a_column_is_refused(client):
    assert make_by_hand(client, name_ru="").status_code == 422
    assert make_by_hand(client, name_ru="", name_en="City").status_code == 422


def test_attributes_are_ordered_and_forgotten(client):
    one, two = make_attribute(key="one", position=1), make_attribute(key="two", position=2)
    client.post("/settings/attributes/order/", {"id": two.pk})
    assert list(AttributeDefinition.objects.values_list("key", flat=True)) == ["two", "one"]
    client.post(f"/settings/attributes/{one.pk}/forget/")
    assert list(AttributeDefinition.objects.values_list("key", flat=True)) == ["two"]


@pytest.mark.parametrize("path", ["/settings/attributes/", "/settings/attributes/new/", "/companies/new/"])
def test_pages_open(client, path):
    assert client.get(path).status_code == 200


def test_a_companys_card_tells_warmth_deals_owner_and_last_touch(client, django_assert_max_num_queries):
    owner = make_user(role="marketer", language="en", name="Ada")
    client.force_login(owner)
    company, elsewhere = make_company(), make_company(name="Other")
    hot, cold = make_person(company=company, owner_id=owner.pk), make_person(company=company)
    Score.objects.create(person=hot, total=88, temperature="hot")
    Score.objects.create(person=cold, total=3, temperature="cold")
    Presence.objects.create(person=cold, first_seen_at=now(), last_seen_at=now() - timedelta(days=2))
    Deal.objects.create(person=hot, title="Big one", amount=1500, currency="EUR", state="open")
    Deal.objects.create(person=cold, title="Small one", amount=200, currency="EUR", state="won")
    Deal.objects.create(person=make_person(company=elsewhere), title="Theirs", amount=9, currency="EUR", state="won")
    Delivery.objects.create(person=hot, channel="email", state="sent", sent_at=now() - timedelta(days=9))
    Call.objects.create(person=cold, outcome="reached", by="user:1", at=now() - timedelta(days=3))
    figures = read_figures(company_id=company.pk)
    assert (figures.warmth.hot, figures.warmth.warm, figures.warmth.cold, figures.warmth.highest) == (1, 0, 1, 88)
    assert [(int(total), n) for _currency, total, n in figures.open_sums] == [(1500, 1)]
    assert figures.owners == [("Ada", 1)]
    assert figures.ours.kind == "call"
    with django_assert_max_num_queries(60) as few:
        text = client.get(f"/companies/{company.pk}/").content.decode()
    assert "Big one" in text and "Small one" in text and "Theirs" not in text
    for _ in range(5):
        person = make_person(company=company, owner_id=owner.pk)
        Deal.objects.create(person=person, title="More", amount=1, currency="EUR")
        Score.objects.create(person=person, total=3, temperature="cold")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(f"/companies/{company.pk}/")


def test_a_company_of_nobody_has_an_honest_card(client):
    client.force_login(make_user(role="analyst", language="en"))
    text = client.get(f"/companies/{make_company().pk}/").content.decode()
    assert "Nobody here has been scored yet." in text and "No deals yet." in text
