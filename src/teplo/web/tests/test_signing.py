"""Signing in, out, and by one-time link, as a browser does it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from teplo.accounts import inviting
from teplo.accounts.models import Role, User
from teplo.accounts.testing import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_signing_in_leads_to_where_one_wanted(client):
    make_user(email="anna@example.com", password=PASSWORD)
    answer = client.post(
        "/sign-in/?next=/profile/", {"email": "anna@example.com", "password": PASSWORD, "next": "/profile/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_signing_in_never_leads_to_another_host(client, target):
    make_user(email="anna@example.com", password=PASSWORD)
    answer = client.post("/sign-in/", {"email": "anna@example.com", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_a_wrong_password_stays_on_the_page_and_says_so(client):
    make_user(email="anna@example.com", password=PASSWORD)
    answer = client.post(
        "/sign-in/", {"email": "anna@example.com", "password": "wrong"}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 422
    assert "E-mail or password is wrong." in answer.content.decode()
    assert "wrong&quot;" not in answer.content.decode()


def test_signing_out_takes_a_post(client):
    client.force_login(make_user())
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/profile/").status_code == 302


def test_the_owner_s_link_makes_his_account_and_lets_him_in(client):
    link = inviting.make_owner_link()
    assert client.get(link).status_code == 200
    said = {"name": "Олена", "email": "olena@example.com", "password": PASSWORD, "timezone": "Europe/Kyiv"}
    assert client.post(link, said, headers={"Accept-Language": "uk"}).status_code == 302
    user = User.objects.get()
    assert (user.role, user.language, user.timezone) == (Role.ADMINISTRATOR, "uk", "Europe/Kyiv")
    assert client.get("/").status_code == 200
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(("role", "status"), [("administrator", 410), ("marketer", 200)])
def test_the_owner_s_link_is_good_until_an_administrator_can_sign_in(client, role, status):
    link = inviting.make_owner_link()
    colleague = make_user(role=role, password=PASSWORD)
    said = {"name": "Олена", "email": "olena@example.com", "password": PASSWORD}
    assert client.get(link).status_code == status
    assert client.post(link, said).status_code == (410 if status == 410 else 302)
    assert User.objects.exclude(pk=colleague.pk).exists() is (status == 200)


def test_an_invited_administrator_is_let_in_beside_another(client):
    make_user(role="administrator", password=PASSWORD)
    assert client.get(inviting.invite(email="olena@example.com", role="administrator")).status_code == 200


def test_a_zone_that_does_not_exist_is_not_kept(client):
    link = inviting.make_owner_link()
    said = {"name": "Олена", "email": "olena@example.com", "password": PASSWORD, "timezone": "../../etc/passwd"}
    assert client.post(link, said).status_code == 302
    assert User.objects.get().timezone == ""


def test_forms_without_their_token_are_refused_in_the_look_of_the_rest(client):
    client.handler.enforce_csrf_checks = True
    answer = client.post("/sign-in/", {"email": "a@example.com", "password": "x"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "The page has grown old." in answer.content.decode()


def test_changing_the_password_keeps_this_browser_in_and_throws_others_out(client, django_user_model):
    user = make_user(email="anna@example.com", password=PASSWORD)
    client.force_login(user)
    other = type(client)()
    other.force_login(user)
    answer = client.post(reverse("profile-password"), {"old": PASSWORD, "new": "a-new-long-password"})
    assert answer.status_code == 302
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_a_wrong_old_password_changes_nothing(client):
    user = make_user(email="anna@example.com", password=PASSWORD)
    client.force_login(user)
    assert client.post(reverse("profile-password"), {"old": "wrong", "new": "a-new-long-password"}).status_code == 422
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
