"""An attribute that nobody has defined is not lost in silence: it is counted, shown, and can be defined."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, TestCase
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.people import straying
from teplo.people.models import AttributeDefinition, Person, StrayAttribute
from teplo.people.testing import make_attribute
from teplo.pipeline import working
from teplo.tracking.inbox import put_events
from teplo.tracking.models import DeadLetter, Site

pytestmark = pytest.mark.django_db


def send(*attributes: dict[str, Any], origin: str = "site:7") -> None:
    events = [{"visitor": "v", "name": "form-submitted", "attributes": each} for each in attributes]
    put_events(events, origin=origin)
    with TestCase.captureOnCommitCallbacks(execute=True):
        while working.run_once("test"):
            pass


def counted() -> dict[tuple[str, str, str], int]:
    return {(row.origin, row.key, row.code): row.times for row in StrayAttribute.objects.all()}


def test_what_is_not_defined_is_counted_by_origin_and_its_value_is_not_kept() -> None:
    send({"hat_size": "XL", "city": "Київ"}, {"hat_size": "S"})
    send({"hat_size": "M"}, origin="api")
    assert counted() == {("site:7", "hat_size", "unknown"): 2, ("api", "hat_size", "unknown"): 1}
    person = Person.objects.get()
    assert (person.city, person.attributes) == ("Київ", {})
    assert not DeadLetter.objects.exists()


def test_a_value_of_another_type_is_counted_too() -> None:
    make_attribute(key="budget", type="number")
    send({"budget": "a lot"}, {"budget": "100"})
    assert counted() == {("site:7", "budget", "number"): 1}
    assert Person.objects.get().attributes == {"budget": 100}


def test_whoever_sends_any_words_does_not_fill_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straying, "MOST", 3)
    send({f"k{number}": 1 for number in range(10)})
    send({"k0": 1, "z": 1})
    assert counted() == {("site:7", "k0", "unknown"): 2, ("site:7", "k1", "unknown"): 1, ("site:7", "k2", "unknown"): 1}


def test_it_is_shown_with_its_site_and_defined_under_the_same_key(client: Client) -> None:
    client.force_login(make_user(role=Role.MARKETER, language="en"))
    Site.objects.create(id=7, name="Shop", key="k")
    send({"Hat_size": "XL", "not a key": "1"})
    text = client.get(reverse("attributes")).content.decode()
    assert "<code>Hat_size</code>" in text and "Shop" in text and "not defined" in text
    define = reverse("attribute-new") + "?key=Hat_size"
    assert define in text and "?key=not" not in text
    assert 'name="key" value="Hat_size"' in client.get(define).content.decode()
    answer = client.post(reverse("attribute-new"), {"key": "Hat_size", "name_en": "Size of the hat", "type": "text"})
    assert answer.status_code == 302
    assert AttributeDefinition.objects.get().key == "Hat_size"
    send({"Hat_size": "XL"})
    assert Person.objects.get().attributes == {"Hat_size": "XL"}
    assert [key for _origin, key, _code in counted()] == ["not a key"]
    client.post(reverse("attribute-stray-forget"), {"key": "not a key"})
    assert not counted()
