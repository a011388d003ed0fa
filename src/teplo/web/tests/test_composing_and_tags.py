"""On a card one notes, writes, logs a call, plans a task and tags; only where one may act on that person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from teplo.accounts.models import Notice, Role
from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.channels.testing import make_sender
from teplo.journeys.testing import make_journey
from teplo.kit.clock import now
from teplo.kit.uses import used_in
from teplo.people.models import Note, Person, PersonTag, Segment, Tag
from teplo.people.tagging import add_tags, find_or_create_tags, tags_of, thing_of
from teplo.people.testing import make_person
from teplo.sales.models import Call, Task
from teplo.sales.testing import make_task
from teplo.scoring.models import Adjustment, Review, Score

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> Any:
    user = make_user(role="administrator", language="en", name="Ada")
    client.force_login(user)
    return user


@pytest.fixture
def olga() -> Person:
    return make_person(email="olga@example.com")


def local(moment: Any) -> str:
    """As the browser of a user in Kyiv writes it."""
    return f"{moment.astimezone(ZoneInfo('Europe/Kyiv')):%Y-%m-%dT%H:%M}"


def part_of_card(client, person, part):
    return client.get(f"/people/{person.pk}/{part}", headers={"HX-Request": "true"}).content.decode()


def card(client: Client, person: Person) -> str:
    return client.get(f"/people/{person.pk}/").content.decode()


def write(client: Client, person: Person, way: str, **data: Any) -> Any:
    return client.post(f"/people/{person.pk}/write/{way}/", data)


def test_a_note_stands_in_the_story_and_can_be_taken_back(client: Client, user: Any, olga: Person) -> None:
    boris = make_user(name="Boris")
    assert write(client, olga, "note", text="Likes tea <b>\n@Boris call").status_code == 302
    assert "Likes tea &lt;b&gt;\n@Boris call" in card(client, olga)
    assert Notice.objects.get().user_id == boris.pk
    assert "Likes tea" in part_of_card(client, olga, "story/?part=notes")
    client.post(f"/people/{olga.pk}/notes/{Note.objects.get().id}/forget/")
    assert not Note.objects.exists()


def test_an_empty_note_is_asked_for_again(client: Client, user: Any, olga: Person) -> None:
    assert write(client, olga, "note", text=" \n").status_code == 422
    assert write(client, olga, "note", text="\x00").status_code == 422


def test_a_call_is_noted_once_in_the_story(client: Client, user: Any, olga: Person) -> None:
    moment = now() - timedelta(hours=2)
    write(client, olga, "call", direction="in", outcome="agreed", note="Friday", at=local(moment))
    call = Call.objects.get()
    assert (call.direction, call.by) == ("in", f"user:{user.pk}")
    assert abs(call.at - moment) < timedelta(minutes=1)
    assert "They called: Agreed on the next step" in card(client, olga)


def test_a_call_to_come_is_a_task(client: Client, user: Any, olga: Person) -> None:
    answer = write(client, olga, "call", direction="out", outcome="reached", at=local(now() + timedelta(days=1)))
    assert answer.status_code == 422
    assert "make it a task" in answer.content.decode()
    assert not Call.objects.exists()


def test_a_task_has_its_hour_and_its_colleague(client: Client, user: Any, olga: Person) -> None:
    seller = make_user(role="salesperson", name="Sam")
    due = now() + timedelta(days=3, hours=2)
    write(client, olga, "task", kind="meet", title="Lunch", due_at=local(due), assignee=seller.pk)
    task = Task.objects.get()
    assert (task.kind, task.title, task.assignee_id) == ("meet", "Lunch", seller.pk)
    assert abs(task.due_at - due) < timedelta(minutes=1)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "1969-12-31T10:00", "2201-01-01T10:00"])
def test_a_moment_beyond_the_calendar_is_asked_for_again(client: Client, user: Any, olga: Person, at: str) -> None:
    for way, said in (
        ("call", {"direction": "in", "outcome": "agreed", "at": at}),
        ("task", {"kind": "meet", "title": "Lunch", "due_at": at}),
    ):
        answer = write(client, olga, way, **said)
        assert answer.status_code == 422
        assert "Choose a year from 1970 to 2200." in answer.content.decode()
    assert not Call.objects.exists() and not Task.objects.exists()
    write(client, olga, "task", kind="meet", title="Lunch", due_at="2200-06-01T10:00")
    write(client, olga, "call", direction="in", outcome="agreed", at="2000-06-01T10:00")
    assert (Task.objects.get().due_at.year, Call.objects.get().at.year) == (2200, 2000)


def test_no_event_is_so_old_as_to_have_been_a_call(client: Client, user: Any, olga: Person) -> None:
    answer = write(client, olga, "call", direction="in", outcome="agreed", at="1999-12-31T10:00")
    assert answer.status_code == 422 and "Choose a year from 2000 to 2200." in answer.content.decode()
    assert not Call.objects.exists()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_so_is_a_day(client: Client, user: Any, olga: Person, day: str) -> None:
    task = make_task(olga.pk)
    Score.objects.update_or_create(person=olga, defaults={"total": 5, "temperature": "cold"})
    for path, said in (
        (f"/people/{olga.pk}/tasks/new/", {"kind": "call", "title": "x", "due_on": day}),
        (f"/tasks/{olga.pk}/{task.id}/finish/", {"outcome": "reached", "again_on": day}),
        (f"/people/{olga.pk}/score/adjust/", {"points": "5", "reason": "x", "until": "day", "day": day}),
        ("/scoring/reviews/new/", {"first": day, "last": "2026-01-01"}),
        ("/scoring/reviews/new/", {"first": "2026-01-01", "last": day}),
    ):
        assert client.post(path, said).status_code == 422, path
    assert client.get(f"/people/{olga.pk}/score/why/", {"on": day}).status_code == 200
    assert Task.objects.get().state == "open"
    assert not Adjustment.objects.exists() and not Review.objects.exists()


def test_a_letter_refused_says_why_and_keeps_the_words(client: Client, user: Any, olga: Person) -> None:
    make_sender()
    answer = write(client, olga, "letter", subject="Hello", text="My words", sender="")
    assert answer.status_code == 422
    assert "did not allow messages" in answer.content.decode()
    assert "My words" in answer.content.decode()
    assert not Delivery.objects.exists()
    assert write(client, olga, "letter", subject="Hello", text="My words", is_service="on").status_code == 302
    assert Delivery.objects.get().context["letter"]["subject"] == "Hello"
    assert "Hello" in card(client, olga) or "Hello" in part_of_card(client, olga, "letters/")


def test_a_letter_needs_words_or_a_template(client: Client, user: Any, olga: Person) -> None:
    make_sender()
    answer = write(client, olga, "letter", subject="", text=" ")
    assert answer.content.decode().count("Write it, or choose a template.") == 2


@pytest.mark.parametrize("way", ["note", "letter", "call", "task", "tags"])
def test_a_salesperson_acts_on_own_people_only(client: Client, way: str) -> None:
    seller, other = make_user(role="salesperson"), make_user(role="salesperson")
    client.force_login(seller)
    mine, anothers = make_person(owner_id=seller.pk), make_person(owner_id=other.pk)
    for person, allowed in ((mine, True), (anothers, False)):
        if way == "tags":
            status = client.post(f"/people/{person.pk}/tags/", {"add": "VIP"}).status_code
        else:
            status = client.get(f"/people/{person.pk}/write/{way}/").status_code
            if not allowed:
                assert write(client, person, way, text="x", title="x").status_code == 403
        assert (status != 403) is allowed
    assert PersonTag.objects.filter(person=anothers).count() == 0
    assert not Note.objects.filter(person=anothers).exists()
    assert "/write/" not in card(client, anothers)


def test_only_its_author_or_an_administrator_takes_a_note_back(client: Client, olga: Person) -> None:
    marketer = make_user(role="marketer")
    note = Note.objects.create(person=olga, text="x", by="user:12345")
    call = Call.objects.create(person=olga, outcome="reached", by="user:12345")
    client.force_login(marketer)
    assert client.post(f"/people/{olga.pk}/notes/{note.id}/forget/").status_code == 403
    assert client.post(f"/people/{olga.pk}/calls/{call.id}/forget/").status_code == 403
    other = make_person()
    client.force_login(make_user(role="administrator"))
    assert client.post(f"/people/{other.pk}/notes/{note.id}/forget/").status_code == 404
    assert client.post(f"/people/{olga.pk}/calls/{call.id}/forget/").status_code == 302


def test_an_analyst_only_looks(client: Client, olga: Person) -> None:
    client.force_login(make_user(role=Role.ANALYST))
    assert write(client, olga, "note", text="x").status_code == 403
    assert client.post(f"/people/{olga.pk}/tags/", {"add": "x"}).status_code == 403
    assert client.get("/people/tags/").status_code == 200


def test_tags_stand_on_the_card_and_lead_to_their_people(client: Client, user: Any, olga: Person) -> None:
    answer = client.post(f"/people/{olga.pk}/tags/", {"add": "VIP, fair"}, headers={"HX-Request": "true"})
    assert "VIP" in answer.content.decode() and "<html" not in answer.content.decode()
    assert "/people/?tag=VIP" in card(client, olga)
    client.post(f"/people/{olga.pk}/tags/", {"remove": "fair"})
    assert [tag.name for tag in tags_of([olga.pk])[olga.pk]] == ["VIP"]
    assert "Tag put on: VIP" in card(client, olga)


def test_the_list_shows_tags_and_narrows_to_one(client: Client, user: Any, olga: Person) -> None:
    make_person(first_name="Пётр")
    add_tags([(olga.pk, "VIP")], by="user:1")
    text = client.get("/people/?tag=VIP").content.decode()
    assert "Ольга" in text and "Пётр" not in text
    assert "has the tag VIP" in text.replace("“", "").replace("”", "").replace("Has", "has")
    assert "chip-tag" in client.get("/people/").content.decode()


def test_many_are_tagged_at_once(client: Client, user: Any, olga: Person) -> None:
    ivan = make_person()
    data = {"do": "1", "ids": [olga.pk, ivan.pk]}
    assert client.post("/people/acts/add-tags/", {**data, "tags": " , "}).status_code == 422
    client.post("/people/acts/add-tags/", {**data, "tags": "VIP, fair"})
    assert PersonTag.objects.count() == 4
    client.post("/people/acts/remove-tags/", {**data, "tags": "vip"})
    assert PersonTag.objects.count() == 2


def test_the_export_has_tags(client: Client, user: Any, olga: Person) -> None:
    add_tags([(olga.pk, "VIP"), (olga.pk, "=cmd")], by="user:1")
    text = b"".join(client.get("/people/people.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Tags" in text.splitlines()[0]
    assert "'=cmd; VIP" in text


def test_a_tag_in_use_is_not_forgotten(client: Client, user: Any, olga: Person) -> None:
    add_tags([(olga.pk, "VIP")], by="user:1")
    tag = Tag.objects.get()
    Segment.objects.create(name="Best", condition={"all": [{"tag": {"has_not": ["VIP"]}}]})
    make_journey({"key": "a", "kind": "remove-tag", "tag": "vip", "next": None})
    assert [use.kind for use in used_in(thing_of(tag))] == ["segment", "journey"]
    assert used_in(thing_of(find_or_create_tags(["fair"], by="")["fair"])) == []
    answer = client.post(f"/people/tags/{tag.pk}/forget/", follow=True)
    assert "Best" in answer.content.decode()
    assert Tag.objects.filter(pk=tag.pk).exists()


def test_a_tag_is_renamed_and_forgotten(client: Client, user: Any, olga: Person) -> None:
    add_tags([(olga.pk, "VIP")], by="user:1")
    tag = Tag.objects.get()
    find_or_create_tags(["taken"], by="")
    assert client.post(f"/people/tags/{tag.pk}/rename/", {"name": "TAKEN"}).status_code == 422
    client.post(f"/people/tags/{tag.pk}/rename/", {"name": "Best"})
    assert "Best" in client.get("/people/tags/").content.decode()
    assert "Best" in client.get("/people/?tag=VIP").content.decode()
    client.post(f"/people/tags/{tag.pk}/forget/")
    assert not PersonTag.objects.exists()


def test_a_column_of_tags_takes_room_only_if_somebody_has_one(client: Client, user: Any, olga: Person) -> None:
    def heads() -> str:
        text = client.get("/people/").content.decode()
        return text[text.index("<thead>") : text.index("</thead>")]

    assert "Tags" not in heads() and "Contacts" in heads()
    add_tags([(olga.pk, "VIP")], by="user:1")
    assert "Tags" in heads()
