"""Settings of the company, colleagues, tokens and one's own profile, as a browser changes them."""

from __future__ import annotations

import pytest

from teplo.accounts.models import ApiToken, InvitationLink, Role, User, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import find_token
from teplo.web.settings import CompanyForm

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user(language="en")
    client.force_login(user)
    return user


def company(**changes):
    row, _made = Workspace.objects.get_or_create(pk=1)
    form = CompanyForm(instance=row)
    said = {name: form[name].value() for name in form.fields}
    said = {
        name: "on" if value is True else "" if value is None or value is False else value
        for name, value in said.items()
    }
    return said | changes


def test_the_company_is_saved(client, owner):
    answer = client.post(
        "/settings/company/", company(name="Ромашка", public_url="https://teplo.example.com/", cap_touches=5)
    )
    assert answer.status_code == 302
    row = Workspace.objects.get()
    assert (row.name, row.public_url, row.cap_touches) == ("Ромашка", "https://teplo.example.com", 5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("public_url", "javascript:alert(1)"),
        ("cap_touches", "-1"),
        ("quiet_from", "25:00"),
        ("answer_within_minutes", "soon"),
        ("answer_within_minutes", "99999999999"),
        ("cap_days", "0"),
        ("cap_days", "70000"),
    ],
)
def test_nonsense_is_refused_in_its_place(client, owner, field, value):
    answer = client.post("/settings/company/", company(**{field: value}))
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()


def test_saving_does_not_touch_the_guide(client, owner):
    Workspace.objects.update_or_create(pk=1, defaults={"guide": {"stages": "2026"}})
    client.post("/settings/company/", company(name="Ромашка"))
    assert Workspace.objects.get().guide == {"stages": "2026"}


def test_an_invitation_is_shown_once_and_works(client, owner):
    answer = client.post("/settings/users/invite/", {"email": "Anna@Example.com", "role": Role.ANALYST})
    link = answer.content.decode().split('value="http://testserver')[1].split('"')[0]
    assert "anna@example.com" in client.get("/settings/users/").content.decode()
    client.logout()
    assert client.post(link, {"name": "Анна", "password": "a-long-enough-one"}).status_code == 302
    assert User.objects.get(email="anna@example.com").role == Role.ANALYST


def test_a_withdrawn_invitation_stops(client, owner):
    client.post("/settings/users/invite/", {"email": "anna@example.com", "role": Role.ANALYST})
    client.post(f"/settings/invitations/{InvitationLink.objects.get().pk}/withdraw/")
    assert not InvitationLink.objects.exists()


def test_a_role_is_changed_and_an_invented_one_is_not(client, owner):
    other = make_user(role=Role.ANALYST)
    assert client.post(f"/settings/users/{other.pk}/role/", {"role": Role.MARKETER}).status_code == 302
    assert client.post(f"/settings/users/{other.pk}/role/", {"role": "king"}).status_code == 404
    other.refresh_from_db()
    assert other.role == Role.MARKETER


def test_the_last_administrator_is_told_why_he_stays(client, owner):
    client.post(f"/settings/users/{owner.pk}/role/", {"role": Role.ANALYST})
    assert "only administrator" in client.get("/settings/users/").content.decode()


def test_a_token_is_shown_once_and_its_text_works(client, owner):
    text = client.post("/settings/tokens/new/", {"name": "Shop", "role": Role.MARKETER}).content.decode()
    token = text.split('id="token" readonly value="')[1].split('"')[0]
    assert find_token(token) == ApiToken.objects.get()
    assert token not in client.get("/settings/tokens/").content.decode()
    client.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert find_token(token) is None


def test_one_s_own_language_counts_from_the_next_page_on(client, owner):
    client.post("/profile/", {"name": "Олена", "language": "uk", "timezone": "Europe/Kyiv", "theme": "dark"})
    page = client.get("/profile/")
    assert page["Content-Language"] == "uk"
    assert 'data-bs-theme="dark"' in page.content.decode()
    assert "Збережено" in page.content.decode()


def test_nobody_makes_himself_more_than_he_is(client):
    user = make_user(role=Role.ANALYST)
    make_user()
    client.force_login(user)
    client.post(
        "/profile/",
        {"name": "X", "language": "", "timezone": "", "theme": "auto", "role": "administrator", "is_active": "1"},
    )
    user.refresh_from_db()
    assert user.role == Role.ANALYST
