"""A link sent by e-mail signs a colleague in, whatever strangers do, and tells nobody who exists."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from teplo.accounts import devices, passwords, sign_in_links
from teplo.accounts.models import SignInLink
from teplo.accounts.sign_in_links import SignInLinkNotValid, make_sign_in_link, use_link, who_asks
from teplo.accounts.testing import PASSWORD, make_user
from teplo.accounts.workspace import get_workspace
from teplo.channels import sign_in_letters
from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mailbox(monkeypatch, settings):
    """Letters that would have gone out."""
    letters = []
    settings.PUBLIC_URL = "https://teplo.example"
    monkeypatch.setattr("teplo.web.signing.can_post", lambda: True)
    monkeypatch.setattr(sign_in_letters, "post", lambda notes: letters.extend(notes) or [True] * len(notes))
    return letters


def ask(client, email, **more):
    return client.post("/sign-in/link/", {"email": email}, headers={"Accept-Language": "en"}, **more)


def link_in(letter):
    return re.search(r"https?://[^/\s]+(/\S+)", letter.text)[1]


def test_the_link_signs_in_once_and_only_by_the_button(client, mailbox):
    user = make_user(email="anna@example.com", language="en")
    assert ask(client, "Anna@example.com ").status_code == 200
    run_all_jobs()
    (letter,) = mailbox
    assert letter.to == user.email
    link = link_in(letter)
    assert client.get(link).status_code == 200
    assert "anna@example.com" in client.get(link).content.decode()
    assert client.get("/profile/").status_code == 302
    answer = client.post(link)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/profile/").status_code == 200
    assert devices.device_of(client.cookies[devices.COOKIE].value, user)
    client.logout()
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410


def test_strangers_and_those_sent_away_get_the_same_answer_and_no_letter(client, mailbox):
    make_user(email="anna@example.com")
    make_user(email="gone@example.com", is_active=False)
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    answers = {
        token.sub("", ask(client, f"{name}@example.com").content.decode()) for name in ("anna", "gone", "nobody")
    }
    assert len(answers) == 1
    run_all_jobs()
    assert [letter.to for letter in mailbox] == ["anna@example.com"]


def test_no_link_is_stored_and_none_leads_to_a_host_that_the_asker_named(client, mailbox, settings):
    make_user(email="anna@example.com")
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], ""
    assert ask(client, "anna@example.com", HTTP_HOST="evil.example").status_code == 200
    assert not Job.objects.exists()
    type(get_workspace()).objects.update(public_url="https://teplo.example")
    ask(client, "anna@example.com", HTTP_HOST="evil.example")
    assert not SignInLink.objects.exists()
    run_all_jobs()
    assert "https://teplo.example/sign-in/link/" in mailbox[0].text
    assert not Job.objects.filter(args__icontains="sign-in/link").exists()
    assert link_in(mailbox[0]).rsplit("/", 2)[1] not in SignInLink.objects.get().digest


def test_letters_are_capped_and_a_link_that_works_is_there_all_the_same():
    make_user(email="anna@example.com")
    asked = [who_asks(email="anna@example.com", address=f"203.0.113.{n}") for n in range(6)]
    assert [user is not None for user in asked] == [True] * sign_in_links.PER_ACCOUNT + [False] * 3
    with at_moment(now() + sign_in_links.CAPPED_FOR + timedelta(seconds=1)):
        assert who_asks(email="anna@example.com", address="203.0.113.9") is not None
    assert sign_in_links.CAPPED_FOR < sign_in_links.LIVES


def test_one_address_cannot_have_letters_sent_to_everybody():
    users = [make_user(email=f"user{n}@example.com") for n in range(sign_in_links.PER_ADDRESS + 2)]
    asked = [who_asks(email=user.email, address="203.0.113.5") for user in users]
    assert sum(user is not None for user in asked) == sign_in_links.PER_ADDRESS


def test_the_link_works_while_the_password_form_is_closed(client, mailbox):
    user = make_user(email="anna@example.com", password=PASSWORD)
    for _number in range(passwords.PER_PAIR + 1):
        client.post("/sign-in/", {"email": user.email, "password": "wrong"})
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 422
    ask(client, user.email)
    run_all_jobs()
    assert client.post(link_in(mailbox[0])).status_code == 302
    assert client.get("/profile/").status_code == 200
    client.post("/sign-out/")
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302


def test_a_link_runs_out_is_used_once_and_takes_the_others_with_it():
    user = make_user()
    first, second = (make_sign_in_link(user=user).rsplit("/", 2)[1] for _ in range(2))
    assert use_link(second) == user
    for text in (first, second, "", "x"):
        with pytest.raises(SignInLinkNotValid):
            use_link(text)
    third = make_sign_in_link(user=user).rsplit("/", 2)[1]
    with at_moment(now() + sign_in_links.LIVES + timedelta(seconds=1)), pytest.raises(SignInLinkNotValid):
        use_link(third)
    fourth = make_sign_in_link(user=user).rsplit("/", 2)[1]
    type(user).objects.update(is_active=False)
    with pytest.raises(SignInLinkNotValid):
        use_link(fourth)


def test_without_a_mail_server_it_is_said_how_else(client):
    make_user(role="administrator", password=PASSWORD)
    answer = client.get("/sign-in/link/", headers={"Accept-Language": "en"})
    assert "An administrator can give you a link" in answer.content.decode()
    assert (
        "An administrator can give you a link"
        in client.get("/sign-in/", headers={"Accept-Language": "en"}).content.decode()
    )


def test_a_browser_that_signed_in_is_known_and_goes_on(client):
    user = make_user(email="anna@example.com", password=PASSWORD)
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302
    cookie = client.cookies[devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    client.logout()
    client.cookies[devices.COOKIE] = cookie.value
    stranger = type(client)()
    for _number in range(passwords.PER_ADDRESS):
        stranger.post("/sign-in/", {"email": user.email, "password": "wrong"})
    assert stranger.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 422
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302
