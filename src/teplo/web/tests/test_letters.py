"""The pages behind the links of letters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from teplo.accounts.models import Workspace
from teplo.channels.links import Links
from teplo.channels.models import Delivery
from teplo.channels.testing import make_delivery
from teplo.content.testing import make_template
from teplo.people.consent import may_write
from teplo.people.merging import merge_people
from teplo.people.models import Consent, Person, Suppression
from teplo.people.suppression import suppress
from teplo.people.testing import make_person
from teplo.tracking.incoming import Stored, unpack
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    return make_person(email="olga@example.com", language="ru")


@pytest.fixture
def delivery(person: Person) -> Delivery:
    template = make_template(body="<p>Привет, {{ person.first_name }}</p><script>alert(1)</script>")
    return make_delivery(
        person_id=person.pk, template_id=template.pk, journey_id=7, state="sent", address="olga@example.com"
    )


@pytest.fixture
def links(delivery: Delivery) -> Links:
    return Links("", delivery.person_id, delivery.id)


def told() -> list[Stored]:
    return [event for row in InboxRow.objects.order_by("id") for event in unpack(row.payload)]


def test_a_click_is_recorded_before_it_leads_on(client: Client, delivery: Delivery, links: Links) -> None:
    answer = client.get(links.tracked("https://x.ua/ціни?a=1&b=2"), headers={"User-Agent": "Firefox"})
    assert (answer.status_code, answer["Location"]) == (302, "https://x.ua/%D1%86%D1%96%D0%BD%D0%B8?a=1&b=2")
    (event,) = told()
    assert (event.name, event.person, event.user_agent) == ("letter-clicked", delivery.person_id, "Firefox")
    for part in (f'"delivery":"{delivery.id}"', '"journey":"7"', '"method":"GET"', "https://x.ua/"):
        assert part in event.properties.replace(": ", ":"), event.properties


def test_a_link_that_we_did_not_write_leads_nowhere(client: Client, links: Links) -> None:
    ours = links.tracked("https://x.ua/")
    forged = ours.replace("x.ua", "evil.example")
    assert client.get(forged).status_code == 404
    assert client.get(urlsplit(ours).path, {"u": "javascript:alert(1)"}).status_code == 404
    assert told() == []


def test_a_picture_is_given_to_everybody_and_recorded_only_for_our_letters(client: Client, links: Links) -> None:
    assert client.get(links.pixel_url)["Content-Type"] == "image/gif"
    assert client.get("/l/o/nonsense.gif").status_code == 200
    assert [event.name for event in told()] == ["letter-opened"]


def test_a_head_request_is_told_as_such(client: Client, links: Links) -> None:
    client.head(links.tracked("https://x.ua/"))
    assert "HEAD" in told()[0].properties


def test_looking_at_the_page_unsubscribes_nobody_and_pressing_does(
    client: Client, person: Person, links: Links, delivery: Delivery
) -> None:
    asked = client.get(links.unsubscribe_url)
    assert (
        asked.status_code == 200
        and "olga@" not in asked.content.decode()
        and "o•••@example.com" in asked.content.decode()
    )
    assert not Consent.objects.exists()
    done = client.post(links.unsubscribe_url)
    assert done.status_code == 200
    assert may_write([person.pk], "email") == set()
    assert Suppression.objects.get().reason == "unsubscribed"
    delivery.refresh_from_db()
    assert delivery.unsubscribed_at is not None
    client.post(links.unsubscribe_url)
    assert [event.name for event in told()] == ["unsubscribed"]


def test_one_click_of_a_mail_service_needs_no_session(person: Person, links: Links) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        links.unsubscribe_url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert Consent.objects.get(person=person).source == "one-click"


def test_a_person_chooses_what_to_get_and_comes_back(client: Client, person: Person, links: Links) -> None:
    client.post(links.unsubscribe_url)
    page = client.get(links.preferences_url).content.decode()
    assert "checked" not in page
    client.post(links.preferences_url, {"channel": ["email"]})
    assert may_write([person.pk], "email") == {person.pk}
    assert not Suppression.objects.exists()
    assert "checked" in client.get(links.preferences_url).content.decode()


def test_coming_back_does_not_lift_a_bounce(client: Client, person: Person, links: Links) -> None:
    suppress([("email", "olga@example.com")], reason="bounced")
    client.post(links.preferences_url, {"channel": ["email"]})
    assert Suppression.objects.get().reason == "bounced"


def test_a_letter_in_the_browser_can_do_nothing(client: Client, links: Links) -> None:
    answer = client.get(links.view_url)
    text = answer.content.decode()
    assert "Привет, Ольга" in text and "alert" not in text
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"] and "sandbox" in answer["Content-Security-Policy"]


def test_links_of_a_person_who_was_merged_go_on_working(
    client: Client, person: Person, links: Links, delivery: Delivery
) -> None:
    winner = make_person(email="second@example.com")
    merge_people(winner_id=winner.pk, loser_id=person.pk, reason="test", by="user:1")
    assert client.get(links.tracked("https://x.ua/")).status_code == 302
    assert told()[-1].person == winner.pk
    client.post(links.unsubscribe_url)
    assert may_write([winner.pk], "email") == set()


def test_pages_speak_the_language_of_the_person(client: Client, person: Person, links: Links) -> None:
    for language, word in (("ru", "Отписаться"), ("uk", "Відписатися"), ("en", "Unsubscribe")):
        Person.objects.filter(pk=person.pk).update(language=language)
        assert word in client.get(links.unsubscribe_url).content.decode()


def test_a_test_letter_records_nothing(client: Client, person: Person) -> None:
    own = Links("", person.pk, 0)
    assert client.get(own.tracked("https://x.ua/")).status_code == 302
    assert client.get(own.pixel_url).status_code == 200
    assert told() == []


@pytest.mark.parametrize("what", ["u", "p", "v"])
def test_a_broken_link_says_so(client: Client, what: str) -> None:
    Workspace.objects.update_or_create(pk=1)
    answer: Any = client.get(f"/l/{what}/{'a' * 44}")
    assert answer.status_code == 404
