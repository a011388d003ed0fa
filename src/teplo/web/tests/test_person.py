"""The person's card tells who, what happened and how warm; everything on it can be changed in place."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from teplo.accounts.models import User
from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.kit.clock import now
from teplo.people.merging import merge_people
from teplo.people.models import AttributeChange, ChangeNote, Consent, Identity, Merge, Person
from teplo.people.testing import make_attribute, make_company, make_identity, make_person
from teplo.sales.models import Task
from teplo.scoring.models import ScoreChange
from teplo.stages.models import Stage, StageMove
from teplo.tracking.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def user(client):
    user = make_user(role="administrator", language="en")
    client.force_login(user)
    return user


@pytest.fixture
def olga():
    return make_person(email="olga@example.com", company=make_company(), timezone="Europe/Kyiv")


def text_of(response):
    return response.content.decode()


def make_event(person, name, at=AT, **changes):
    Event.objects.create(person=person, name=name, at=at, received_at=at, origin="site:1", **changes)


def test_the_card_shows_who_and_how_to_reach(client, user, olga):
    text = text_of(client.get(f"/people/{olga.pk}/"))
    for known in ("Ольга Иванова", "mailto:olga@example.com", "Ромашка", "Москва"):
        assert known in text


def test_the_story_says_why_we_did_not_write(client, user, olga):
    Delivery.objects.create(person=olga, channel="email", state="skipped", reason="no-consent", created_at=AT)
    assert "did not allow messages" in text_of(client.get(f"/people/{olga.pk}/"))


def test_like_deeds_in_a_row_are_folded(client, user, olga):
    for n in range(5):
        make_event(olga, "page-viewed", AT + timedelta(minutes=n), path=f"/page-{n}/")
    make_event(olga, "letter-opened", AT + timedelta(hours=1), label="machine")
    text = text_of(client.get(f"/people/{olga.pk}/"))
    assert "Read 5 pages" in text
    assert "/page-3/" in text
    assert "most likely a machine" in text


def test_what_stands_in_events_by_key_is_told_in_words(client, user, olga):
    make_event(olga, "call-answered", properties={"outcome": "reached"})
    make_event(olga, "offer-requested", AT + timedelta(minutes=1), properties={"form": "offer-42"})
    make_event(olga, "form-submitted", AT + timedelta(minutes=2), properties={"form": "Ask us"})
    Task.objects.create(person=olga, kind="answer-hot", title="Olga Kovalenko", due_at=AT, state="done", done_at=AT)
    text = text_of(client.get(f"/people/{olga.pk}/"))
    assert "Reached, talked" in text and ">reached<" not in text
    assert "offer-42" not in text and "Ask us" in text
    assert "Done: Answer a hot person" in text and "Done: Olga" not in text


@pytest.mark.parametrize(("language", "said"), [("en", "−1 point<"), ("ru", "−1 балл<"), ("uk", "−1 бал<")])
def test_points_of_a_day_have_their_sign_and_plural(client, user, olga, language, said):
    User.objects.filter(pk=user.pk).update(language=language)
    make_event(olga, "page-viewed")
    ScoreChange.objects.create(
        person=olga, at=AT, table_id=1, cause="time", fit=0, behaviour=4, total=4, total_before=5,
        temperature="cold", temperature_before="cold",
    )  # fmt: skip
    assert said in text_of(client.get(f"/people/{olga.pk}/"))


def test_a_stage_move_is_told_with_its_sign(client, user, olga):
    stage = Stage.objects.create(key="test-pal", position=50, names={"en": "Test pal"})
    StageMove.objects.create(
        person=olga, to_stage=stage, cause="sign", why={"sign": {"field": "city", "is": "Москва"}}, at=AT
    )
    text = text_of(client.get(f"/people/{olga.pk}/"))
    assert "Became: Test pal" in text
    assert "because:" in text


def test_the_story_goes_on_by_time(client, user, olga):
    for n in range(130):
        make_event(olga, "question-asked", AT - timedelta(hours=n), properties={"question": f"Q{n}!"})
    page = client.get(f"/people/{olga.pk}/")
    told = []
    response = page
    while True:
        told += [f"Q{n}!" for n in range(130) if f"Q{n}!" in text_of(response)]
        further = response.context["further"]
        if not further:
            break
        response = client.get(
            f"/people/{olga.pk}/story/", {"before": further, "part": "all"}, headers={"HX-Request": "true"}
        )
    assert len(told) == len(set(told)) == 130


def test_the_number_of_statements_does_not_depend_on_the_story(client, user, olga, django_assert_max_num_queries):
    make_event(olga, "page-viewed")
    client.get(f"/people/{olga.pk}/")
    with django_assert_max_num_queries(100) as few:
        client.get(f"/people/{olga.pk}/")
    for n in range(80):
        make_event(olga, "page-viewed", AT - timedelta(hours=n))
        AttributeChange.objects.create(person=olga, key="city", new=str(n), by="import:1", at=AT - timedelta(hours=n))
    with django_assert_max_num_queries(100) as many:
        client.get(f"/people/{olga.pk}/")
    assert len(many) <= len(few) + 1
    assert len(many) <= 40


def test_a_value_is_changed_in_its_place_and_noted(client, user, olga):
    response = client.post(f"/people/{olga.pk}/facts/city/", {"value": "Львов"})
    assert "Львов" in text_of(response)
    assert AttributeChange.objects.get().by == f"user:{user.pk}"
    assert ChangeNote.objects.get().cause == "attribute"


@pytest.mark.parametrize(
    ("kind", "posted", "kept"),
    [("number", "1 000", 1000), ("boolean", "true", True), ("date", "2026-01-31", "2026-01-31"), ("text", "а", "а"),
     ("choice", "flat", "flat"), ("list", ["flat", "steep"], ["flat", "steep"])],
)  # fmt: skip
def test_a_custom_value_has_a_control_of_its_type(client, user, olga, kind, posted, kept):
    choices = [{"key": "flat", "names": {"en": "Flat"}}, {"key": "steep", "names": {"en": "Steep"}}]
    make_attribute(key="own", type=kind, choices=choices if kind in ("choice", "list") else [])
    assert client.get(f"/people/{olga.pk}/facts/own/?edit", headers={"HX-Request": "true"}).status_code == 200
    response = client.post(f"/people/{olga.pk}/facts/own/", {"value": posted})
    assert response.status_code == 200
    olga.refresh_from_db()
    assert olga.attributes == {"own": kept}
    assert client.get(f"/people/{olga.pk}/").status_code == 200


def test_a_value_of_another_type_is_refused_in_its_place(client, user, olga):
    make_attribute(key="own", type="number")
    response = client.post(f"/people/{olga.pk}/facts/own/", {"value": "много"})
    assert response.status_code == 422
    assert "is not a number" in text_of(response)


def test_contacts_are_added_put_first_and_taken_off(client, user, olga):
    client.post(f"/people/{olga.pk}/contacts/new/", {"kind": "email", "text": "Second@Example.com"})
    change = f"/people/{olga.pk}/contacts/change/"
    client.post(change, {"kind": "email", "value": "second@example.com", "main": "1"})
    assert Identity.objects.get(is_main=True).value == "second@example.com"
    client.post(change, {"kind": "email", "value": "second@example.com"})
    assert list(Identity.objects.values_list("value", "is_main")) == [("olga@example.com", True)]


def test_a_contact_of_somebody_else_is_not_taken(client, user, olga):
    other = make_person(phone="+380501234567")
    response = client.post(f"/people/{olga.pk}/contacts/new/", {"kind": "phone", "text": "050 123 45 67"})
    assert response.status_code == 422
    assert f"/people/{other.pk}/" in text_of(response)


def test_the_last_contact_of_a_nameless_card_stays(client, user):
    person = make_person(first_name="", last_name="", email="a@example.com")
    client.post(f"/people/{person.pk}/contacts/change/", {"kind": "email", "value": "a@example.com"})
    assert Identity.objects.exists()


def test_consent_is_noted_with_who_noted_it(client, user, olga):
    client.post(f"/people/{olga.pk}/consent/", {"channel": "email", "state": "given"})
    assert Consent.objects.get().source == f"user:{user.pk}"
    assert client.post(f"/people/{olga.pk}/consent/", {"channel": "email", "state": "maybe"}).status_code == 404


def test_letters_to_come_say_why_they_wait(client, user, olga):
    Delivery.objects.create(
        person=olga,
        channel="email",
        state="queued",
        reason="quiet-hours",
        reason_params={"local": "23:40"},
        due_at=now(),
    )
    assert "it was 23:40 where" in text_of(client.get(f"/people/{olga.pk}/letters/", headers={"HX-Request": "true"}))


@pytest.mark.parametrize("part", ["score", "stage", "tasks", "journeys", "letters", "deals"])
def test_every_section_of_the_right_side_answers(client, user, olga, part):
    assert client.get(f"/people/{olga.pk}/{part}/", headers={"HX-Request": "true"}).status_code == 200


def test_all_about_a_person_can_be_taken_along(client, user, olga):
    response = client.get(f"/people/{olga.pk}/export/")
    assert json.loads(response.content)["contacts"][0]["value"] == "olga@example.com"


def test_an_erased_person_is_said_to_be_erased(client, user, olga):
    client.post(f"/people/{olga.pk}/erase/")
    text = text_of(client.get(f"/people/{olga.pk}/"))
    assert "was erased" in text
    assert "Ольга" not in text


def test_a_merged_card_leads_to_the_one_that_stayed_and_can_be_split_again(client, user, olga):
    other = make_person(email="other@example.com")
    merge = merge_people(winner_id=olga.pk, loser_id=other.pk, reason="hand", by=f"user:{user.pk}")
    assert client.get(f"/people/{other.pk}/")["Location"] == f"/people/{olga.pk}/"
    assert "Undo the merge" in text_of(client.get(f"/people/{olga.pk}/"))
    client.post(f"/people/merges/{merge.pk}/undo/")
    assert Merge.objects.get().undone_at is not None
    assert Person.objects.count() == 2


def test_a_salesperson_changes_people_of_his_own_only(client, user, olga):
    seller = make_user(role="salesperson", email="seller@example.com")
    client.force_login(seller)
    Person.objects.filter(pk=olga.pk).update(owner_id=user.pk)
    assert client.get(f"/people/{olga.pk}/").status_code == 200
    assert client.post(f"/people/{olga.pk}/facts/city/", {"value": "Львов"}).status_code == 403
    Person.objects.filter(pk=olga.pk).update(owner_id=seller.pk)
    assert client.post(f"/people/{olga.pk}/facts/city/", {"value": "Львов"}).status_code == 200


def test_an_analyst_sees_and_changes_nothing(client, user, olga):
    make_identity(person=olga, kind="phone", value="+380501234567")
    client.force_login(make_user(role="analyst", email="analyst@example.com"))
    text = text_of(client.get(f"/people/{olga.pk}/"))
    assert "fact-edit" not in text
    for path in ("facts/city/", "contacts/new/", "consent/", "erase/", "edit/"):
        assert client.post(f"/people/{olga.pk}/{path}", {"value": "x"}).status_code == 403


def test_somebody_unknown_is_not_found(client, user):
    assert client.get("/people/12345/").status_code == 404
    assert client.get("/people/12345/story/").status_code == 404


def test_a_stage_that_came_with_another_card_says_so_and_is_not_his(client, user, olga):
    pal, friend = Stage.objects.order_by("position")[1:3]
    other = make_person()
    for person, stage, hours in ((olga, friend, 2), (other, pal, 1)):
        at = now() - timedelta(hours=hours)
        StageMove.objects.create(person=person, to_stage=stage, at=at, cause="hand", why={"words": "known"})
    merge_people(winner_id=olga.pk, loser_id=other.pk, reason="hand", by=f"user:{user.pk}")
    for path in ("", "stage/history/"):
        assert text_of(client.get(f"/people/{olga.pk}/{path}")).count("on the other card") == 1


@pytest.mark.parametrize("path", ["edit/", "contacts/new/", "merge/"])
def test_every_dialog_opens_as_page_and_as_fragment(client, user, olga, path):
    assert client.get(f"/people/{olga.pk}/{path}").status_code == 200
    fragment = client.get(f"/people/{olga.pk}/{path}", headers={"HX-Request": "true"})
    assert "<html" not in text_of(fragment)


def test_times_are_of_the_reader(client, user, olga):
    user.timezone = "Asia/Tokyo"
    user.save(update_fields=["timezone"])
    make_event(olga, "question-asked", at=now().replace(hour=20, minute=30))
    assert "05:30" in text_of(client.get(f"/people/{olga.pk}/"))
