"""The editor of letters."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.channels.testing import MailServer, make_sender
from teplo.content.models import Template, TemplateVersion
from teplo.content.rendering import prepare_source
from teplo.content.starters import STARTERS, Starter
from teplo.content.testing import make_template
from teplo.people.testing import make_person
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db
WRITTEN = {"name": "Welcome", "language": "en", "subject": "Hi {{ person.first_name }}", "body": "<p>Hello</p>"}


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer", language="en", email="anna@lad.example"))
    return client


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.key)
@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_starter_is_a_whole_letter_without_warnings(starter: Starter, language: str) -> None:
    assert prepare_source(starter.source(language)).warnings == ()


def test_a_letter_is_begun_saved_and_changed(marketer: Client) -> None:
    assert marketer.get(reverse("template-new")).status_code == 200
    begun = marketer.get(reverse("template-new"), {"starter": "welcome", "language": "uk"})
    assert "Дякуємо, що ви з нами" in begun.content.decode()
    marketer.post(reverse("template-new") + "?starter=welcome", WRITTEN)
    template = Template.objects.get()
    marketer.post(reverse("template", args=[template.pk]), {**WRITTEN, "subject": "New"})
    template.refresh_from_db()
    assert (template.subject, template.version) == ("New", 2)
    assert list(TemplateVersion.objects.order_by("number").values_list("subject", flat=True)) == [
        WRITTEN["subject"],
        "New",
    ]


def test_a_flaw_is_told_at_its_field_and_nothing_is_saved(marketer: Client) -> None:
    answer = marketer.post(reverse("template-new") + "?starter=empty", {**WRITTEN, "body": "<p>\n{% if %}</p>"})
    assert answer.status_code == 422
    assert "line 2" in str(answer.context["form"].errors["body"])
    assert not Template.objects.exists()


def test_the_preview_shows_what_is_written_now_to_a_chosen_person(marketer: Client) -> None:
    person = make_person(first_name="Оля")
    written = {**WRITTEN, "body": "<p>{{ person.first_name }}</p><script>x</script>", "person": str(person.pk)}
    answer = marketer.post(reverse("template-preview"), written)
    text = answer.content.decode()
    assert "<p>Оля</p>" in text and "<script" not in text and "/l/o/" not in text
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    check = marketer.post(reverse("template-check"), {**written, "body": "<p>{{ person.nose }}</p>"}).content.decode()
    assert "Hi Оля" in check and "nothing is known as “person.nose”" in check


def test_a_flaw_in_the_preview_is_words_not_an_error(marketer: Client) -> None:
    for name in ("template-preview", "template-check"):
        answer = marketer.post(reverse(name), {**WRITTEN, "body": "{% broken"})
        assert answer.status_code == 200
        answer = marketer.post(reverse(name), {})
        assert answer.status_code == 200


def test_a_test_goes_to_oneself_and_counts_nothing(marketer: Client) -> None:
    person = make_person(first_name="Оля")
    with MailServer() as server:
        make_sender(port=server.port)
        answer: Any = marketer.post(reverse("template-proof"), {**WRITTEN, "person": str(person.pk)})
    assert "on its way" in answer["HX-Trigger"] if "HX-Trigger" in answer else True
    (received,) = server.letters
    assert received.recipients == ["anna@lad.example"] and b"Hello" in received.letter
    assert not InboxRow.objects.exists()


def test_without_a_sender_the_test_says_what_is_missing(marketer: Client) -> None:
    answer = marketer.post(reverse("template-proof"), WRITTEN, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "No sender is set up" in marketer.get(reverse("templates")).content.decode() + str(answer.headers)


def test_a_copy_and_the_archive(marketer: Client) -> None:
    template = make_template(name="A")
    marketer.post(reverse("template-copy", args=[template.pk]))
    assert Template.objects.filter(name="A (copy)").exists()
    marketer.post(reverse("template-archive", args=[template.pk]))
    url = reverse("template", args=[template.pk])
    assert f'"{url}"' not in marketer.get(reverse("templates")).content.decode()
    assert f'"{url}"' in marketer.get(reverse("templates"), {"archive": "1"}).content.decode()


def test_an_analyst_looks_and_does_not_write(client: Client) -> None:
    client.force_login(make_user(role="analyst"))
    template = make_template()
    assert client.get(reverse("template", args=[template.pk])).status_code == 200
    assert client.post(reverse("template", args=[template.pk]), WRITTEN).status_code == 403
