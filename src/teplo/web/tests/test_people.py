"""The list of people: found, filtered, sorted, acted upon and taken along as a file."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from teplo.accounts.models import SavedView
from teplo.accounts.testing import make_user
from teplo.jobs.testing import run_all_jobs
from teplo.people.models import Consent, Identity, Person
from teplo.people.testing import make_attribute, make_company, make_person, make_stranger
from teplo.scoring.models import Score
from teplo.stages.models import Stage, Standing
from teplo.tracking.models import Acquisition, Presence

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def marketer(client):
    user = make_user(role="marketer", language="en")
    client.force_login(user)
    return user


def make_crowd(size, first=0):
    stage = Stage.objects.first() or Stage.objects.create(key="pal", position=1, names={"en": "Pal"})
    for n in range(first, first + size):
        person = make_person(
            first_name=f"Имя{n}", last_name="Котова", email=f"p{n}@example.com", company=make_company(), owner_id=n + 1
        )
        Score.objects.create(person=person, total=n, temperature="hot" if n % 2 else "cold")
        Presence.objects.create(person=person, first_seen_at=AT, last_seen_at=AT)
        Acquisition.objects.create(
            person=person, first_source="paid", first_at=AT, last_source="paid", last_at=AT, first_detail="ads"
        )
        Standing.objects.create(person=person, stage=stage, since=AT)


def text_of(response):
    return response.content.decode()


def test_the_title_is_a_sentence_with_numbers(client, marketer):
    make_crowd(4)
    make_stranger()
    text = text_of(client.get("/people/"))
    assert "4 people" in text
    assert "2 hot" in text
    assert "Имя3 Котова" in text


def test_the_number_of_statements_does_not_depend_on_the_people(client, marketer, django_assert_max_num_queries):
    make_crowd(3)
    client.get("/people/")
    with django_assert_max_num_queries(100) as few:
        client.get("/people/?sort=score")
    make_crowd(45, first=10)
    with django_assert_max_num_queries(100) as many:
        assert client.get("/people/?sort=score").status_code == 200
    assert len(many) <= len(few)
    assert len(many) <= 22


def test_strangers_are_hidden_unless_asked_for(client, marketer):
    make_stranger()
    make_person(first_name="Анна")
    assert "A stranger" not in text_of(client.get("/people/"))
    assert "A stranger" in text_of(client.get("/people/?who=strangers"))


def test_typing_answers_with_the_list_only(client, marketer):
    make_person(first_name="Анна", last_name="Лис")
    make_person(first_name="Борис", last_name="Кот")
    text = text_of(client.get("/people/?q=анн", headers={"HX-Request": "true"}))
    assert "Анна Лис" in text
    assert "Борис" not in text
    assert "<html" not in text


def test_a_condition_stands_as_a_chip_that_can_be_taken_away(client, marketer):
    make_person(first_name="Анна", city="Львов")
    make_person(first_name="Борис", city="Киев")
    condition = json.dumps({"all": [{"field": "city", "is": "Львов"}, {"field": "first_name", "is": "Анна"}]})
    text = text_of(client.get("/people/", {"condition": condition}))
    assert "Анна" in text
    assert "Борис" not in text
    assert text.count('class="chip active"') == 2


def test_a_broken_condition_is_told_and_finds_nobody(client, marketer):
    make_person(first_name="Анна")
    for broken in ('{"field": "no-such-field", "is": 1}', "{", "[]"):
        response = client.get("/people/", {"condition": broken})
        assert response.status_code == 200
        assert "The filter could not be used" in text_of(response)
        assert "Анна" not in text_of(response)


@pytest.mark.parametrize(
    "shortcut", ["temperature=hot", "owner=me", "source=paid", "stage=nowhere", "segment=5", "activity=x"]
)
def test_other_pages_lead_here_by_shortcuts(client, marketer, shortcut):
    assert client.get(f"/people/?{shortcut}").status_code == 200


def test_further_pages_follow_by_key(client, marketer):
    make_crowd(55)
    first = client.get("/people/?sort=score")
    further = first.context["further_url"]
    second = client.get(further)
    assert len(first.context["lines"]) == 50
    assert len(second.context["lines"]) == 5
    assert not second.context["further_url"]


def test_a_nul_in_a_form_is_left_out(client, marketer):
    olga = make_person()
    assert client.post(f"/people/{olga.pk}/facts/city/", {"value": "Ль\0вов"}).status_code == 200
    olga.refresh_from_db()
    assert olga.city == "Львов"


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "-1", ""])
def test_a_form_leads_back_to_a_page_of_ours_only(client, marketer, place):
    assert client.post("/people/columns/", {"columns": ["created"], "back": place})["Location"] == "/people/"


def test_columns_are_remembered_with_the_user(client, marketer):
    make_attribute(key="budget", type="number", names={"en": "Budget"})
    make_person(attributes={"budget": 77})
    client.post("/people/columns/", {"columns": ["attr:budget", "created", "nonsense"], "back": "/people/"})
    text = text_of(client.get("/people/"))
    assert "Budget" in text
    assert "77" in text
    assert "Whose person" not in text


def test_a_view_is_kept_shared_and_removed_by_its_maker(client, marketer):
    condition = json.dumps({"field": "city", "is": "Львов"})
    made = client.post(
        "/people/views/new/", {"name": "Львов", "is_shared": "on", "condition": condition, "sort": "score"}
    )
    assert made.status_code == 302
    view = SavedView.objects.get()
    text = text_of(client.get(made["Location"]))
    assert "Remove this view" in text
    client.force_login(make_user(role="analyst", language="en", email="other@example.com"))
    text = text_of(client.get(made["Location"]))
    assert ">Львов</a>" in text
    assert "Remove this view" not in text
    client.post(f"/people/views/{view.pk}/delete/")
    assert SavedView.objects.exists()


def test_a_new_person_gets_contacts_a_company_and_consent(client, marketer):
    response = client.post(
        "/people/new/",
        {
            "first_name": "Анна",
            "email": "Anna@Example.com",
            "phone": "050 123 45 67",
            "company": "Ромашка",
            "consent": "on",
        },
    )
    person = Person.objects.get()
    assert response["Location"] == f"/people/{person.pk}/"
    assert set(Identity.objects.values_list("value", flat=True)) == {"anna@example.com", "+380501234567"}
    assert person.company.name == "Ромашка"
    assert Consent.objects.get().state == "given"


def test_a_taken_or_unreadable_contact_is_refused_with_the_card_that_has_it(client, marketer):
    anna = make_person(email="anna@example.com")
    response = client.post("/people/new/", {"email": "anna@example.com"})
    assert response.status_code == 422
    assert f"/people/{anna.pk}/" in text_of(response)
    assert client.post("/people/new/", {"phone": "12"}).status_code == 422
    assert client.post("/people/new/", {}).status_code == 422
    assert Person.objects.count() == 1


def test_a_few_are_changed_at_once(client, marketer):
    people = [make_person() for _ in range(3)]
    data = {"ids": [p.pk for p in people[:2]], "do": "1", "key": "city", "value": "Киев"}
    assert client.post("/people/acts/set-value/", data).status_code == 302
    assert list(Person.objects.order_by("id").values_list("city", flat=True)) == ["Киев", "Киев", "Москва"]


def test_before_an_act_it_is_said_how_many_are_meant_and_nothing_is_done(client, marketer):
    person = make_person()
    text = text_of(client.post("/people/acts/set-owner/", {"ids": [person.pk]}))
    assert "1 person is meant" in text
    person.refresh_from_db()
    assert person.owner_id is None


def test_an_act_on_all_found_is_a_job(client, marketer):
    for _ in range(3):
        make_person(city="Львов")
    make_person(city="Киев")
    condition = json.dumps({"field": "city", "is": "Львов"})
    client.post(
        "/people/acts/set-value/",
        {"everybody": "1", "condition": condition, "do": "1", "key": "position", "value": "Директор"},
    )
    run_all_jobs()
    assert Person.objects.filter(position="Директор").count() == 3


def test_stages_and_journeys_are_offered_too(client, marketer):
    person = make_person()
    stage = Stage.objects.first() or Stage.objects.create(key="pal", position=1)
    data = {"ids": [person.pk], "do": "1", "stage": stage.key, "why": "Met at the fair"}
    client.post("/people/acts/set-stage/", data)
    assert Standing.objects.get(person=person).stage == stage


def test_a_value_of_another_type_is_refused_before_anything_is_done(client, marketer):
    make_attribute(key="budget", type="number")
    person = make_person()
    data = {"ids": [person.pk], "do": "1", "key": "budget", "value": "много"}
    assert client.post("/people/acts/set-value/", data).status_code == 422


def test_erasing_many_takes_the_right_to_it(client, marketer):
    person = make_person()
    assert client.post("/people/acts/erase/", {"ids": [person.pk], "do": "1"}).status_code == 403
    client.force_login(make_user(role="administrator", email="boss@example.com"))
    client.post("/people/acts/erase/", {"ids": [person.pk], "do": "1"})
    person.refresh_from_db()
    assert person.erased_at is not None


def test_the_csv_holds_everybody_meant_and_no_formula(client, marketer):
    make_attribute(key="tags", type="list", names={"en": "Tags"})
    make_person(first_name="=cmd()", city="Львов", phone="+380501234567", attributes={"tags": ["a", "b"]})
    make_person(city="Киев")
    response = client.get("/people/people.csv", {"condition": json.dumps({"field": "city", "is": "Львов"})})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["First name"], row["Phone"], row["Tags"]) == ("'=cmd()", "+380501234567", "a; b")


def test_the_ticked_alone_may_be_taken_along(client, marketer):
    anna, _boris = make_person(first_name="Анна"), make_person(first_name="Борис")
    for data, names in (({"ids": [anna.pk]}, ["Анна"]), ({"ids": [anna.pk], "everybody": "1"}, ["Анна", "Борис"])):
        response = client.post("/people/people.csv", data)
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        assert [row["First name"] for row in csv.DictReader(io.StringIO(text))] == names


def test_the_xlsx_opens(client, marketer):
    make_person(first_name="Анна")
    response = client.get("/people/people.xlsx")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 2
    assert rows[1][0] == "Анна"


def test_a_large_list_counts_itself_afterwards(client, marketer, monkeypatch):
    make_crowd(4)
    monkeypatch.setattr("teplo.insights.people_list.COUNTED_AT_ONCE", 2)
    monkeypatch.setattr("teplo.insights.people_list.count_people.__kwdefaults__", {"at_most": 2})
    page = client.get("/people/")
    assert "More than 2 people" in text_of(page)
    assert "4 people" in text_of(client.get(page.context["count_url"], headers={"HX-Request": "true"}))


def people_owned_by(owner):
    return set(Person.objects.filter(owner_id=owner).values_list("pk", flat=True))


def test_ticked_people_become_nobody_s(client, marketer):
    ticked, other = make_person(owner_id=marketer.pk), make_person(owner_id=marketer.pk)
    assert client.post("/people/acts/set-owner/", {"ids": [ticked.pk], "do": "1", "owner": ""}).status_code == 302
    assert (people_owned_by(None), people_owned_by(marketer.pk)) == ({ticked.pk}, {other.pk})


@pytest.mark.parametrize("owner", ["x", "999999"])
def test_people_are_given_to_no_colleague_who_is_not_there(client, marketer, owner):
    person = make_person(owner_id=marketer.pk)
    assert client.post("/people/acts/set-owner/", {"ids": [person.pk], "do": "1", "owner": owner}).status_code == 422
    assert people_owned_by(marketer.pk) == {person.pk}


def test_all_found_are_given_to_a_colleague_and_not_only_those_who_were_theirs(client, marketer):
    colleague = make_user(role="salesperson", email="colleague@example.com")
    found = {make_person(city="Львов", owner_id=owner).pk for owner in (None, marketer.pk, colleague.pk)}
    other = make_person(city="Киев", owner_id=marketer.pk)
    everybody = {"everybody": "1", "condition": json.dumps({"field": "city", "is": "Львов"})}
    assert "3 people are meant" in text_of(client.post("/people/acts/set-owner/", everybody))
    client.post("/people/acts/set-owner/", {**everybody, "do": "1", "owner": str(colleague.pk)})
    run_all_jobs()
    assert (people_owned_by(colleague.pk), people_owned_by(marketer.pk)) == (found, {other.pk})


def test_all_found_are_moved_to_a_stage_wherever_they_stand(client, marketer):
    first, second = Stage.objects.filter(is_active=True).order_by("position")[:2]
    found = {make_person(city="Львов").pk for _ in range(3)}
    Standing.objects.create(person_id=min(found), stage=first, since=AT)
    make_person(city="Киев")
    everybody = {"everybody": "1", "condition": json.dumps({"field": "city", "is": "Львов"})}
    client.post("/people/acts/set-stage/", {**everybody, "do": "1", "stage": second.key, "why": "fair"})
    run_all_jobs()
    assert set(Standing.objects.filter(stage=second).values_list("person_id", flat=True)) == found


def test_before_it_is_answered_a_shortcut_says_who_is_meant(client, marketer):
    make_person(owner_id=marketer.pk)
    make_person()
    text = text_of(client.post("/people/acts/set-owner/", {"everybody": "1", "owner": "me"}))
    assert "1 person is meant" in text
