"""One-time links make accounts once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from teplo.accounts import inviting
from teplo.accounts.inviting import EmailTaken, LinkNotValid
from teplo.accounts.models import InvitationLink, Role, User
from teplo.accounts.testing import PASSWORD, make_user
from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def text_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def accept(link, **changes):
    said = {"email": "olena@example.com", "name": "Олена", "password": PASSWORD}
    return inviting.accept(text=text_of(link), **(said | changes))


def test_the_owner_s_link_makes_an_administrator():
    link = inviting.make_owner_link(base_url="http://localhost:8000/")
    assert link.startswith("http://localhost:8000/welcome/")
    user = accept(link, email="Olena@Example.com")
    assert (user.role, user.email, user.check_password(PASSWORD)) == (Role.ADMINISTRATOR, "olena@example.com", True)


@pytest.mark.parametrize(
    ("language", "timezone", "settled"),
    [
        ("ru", "Asia/Yekaterinburg", ("ru", "Asia/Yekaterinburg", "RU", "RUB")),
        ("uk", "Europe/Kyiv", ("uk", "Europe/Kyiv", "UA", "UAH")),
        ("en", "Europe/Lisbon", ("en", "Europe/Lisbon", "PT", "EUR")),
        ("ru", "UTC", ("ru", "Europe/Moscow", "RU", "RUB")),
        ("", "UTC", ("en", "Europe/Kyiv", "UA", "UAH")),
    ],
)
def test_the_company_begins_where_its_first_owner_is(language, timezone, settled):
    accept(inviting.make_owner_link(), language=language, timezone=timezone)
    accept(inviting.invite(email="b@example.com", role=Role.MARKETER), language="en", timezone="America/New_York")
    found = get_workspace()
    assert (found.language, found.timezone, found.phone_region, found.currency) == settled


@pytest.mark.parametrize(
    ("there", "is_printed"),
    [
        ({"role": Role.ADMINISTRATOR, "password": PASSWORD}, False),
        ({"role": Role.ADMINISTRATOR}, True),
        ({"role": Role.ADMINISTRATOR, "password": PASSWORD, "is_active": False}, True),
        ({"role": Role.SALESPERSON, "password": PASSWORD}, True),
        ({"role": Role.MARKETER, "password": PASSWORD}, True),
    ],
)
def test_the_owner_s_link_is_there_until_an_administrator_can_sign_in(there, is_printed):
    make_user(**there)
    assert (inviting.make_owner_link() is not None) == is_printed


def test_the_owner_s_link_leaves_the_links_of_others_alone():
    colleague = make_user(role=Role.SALESPERSON, password="old-password-1")
    invited = inviting.invite(email="b@example.com", role=Role.MARKETER)
    forgotten = inviting.make_password_link(user=colleague)
    older = inviting.make_owner_link()
    inviting.make_owner_link()
    assert accept(invited, email="b@example.com").role == Role.MARKETER
    assert accept(forgotten).pk == colleague.pk
    with pytest.raises(LinkNotValid):
        accept(older)


def test_a_newer_owner_s_link_replaces_the_older():
    older, newer = inviting.make_owner_link(), inviting.make_owner_link()
    with pytest.raises(LinkNotValid):
        accept(older)
    assert accept(newer)


def test_a_link_works_once():
    link = inviting.invite(email="olena@example.com", role=Role.ANALYST)
    assert accept(link).role == Role.ANALYST
    with pytest.raises(LinkNotValid):
        accept(link, email="other@example.com")


def test_a_link_runs_out():
    link = inviting.invite(email="olena@example.com", role=Role.ANALYST)
    with at_moment(now() + inviting.LIVES + timedelta(minutes=1)), pytest.raises(LinkNotValid):
        accept(link)


def test_the_invited_cannot_take_another_email():
    link = inviting.invite(email="Olena@example.com", role=Role.MARKETER)
    assert accept(link, email="boss@example.com").email == "olena@example.com"


def test_a_weak_password_leaves_the_link_open():
    link = inviting.invite(email="olena@example.com", role=Role.MARKETER)
    with pytest.raises(ValidationError):
        accept(link, password="1234567890")
    assert accept(link)


def test_an_email_is_invited_only_when_it_is_free():
    make_user(email="olena@example.com")
    with pytest.raises(EmailTaken):
        inviting.invite(email="OLENA@example.com", role=Role.ANALYST)


def test_an_email_taken_meanwhile_is_refused_and_the_link_stays_open():
    link = inviting.invite(email="olena@example.com", role=Role.ANALYST)
    make_user(email="olena@example.com")
    with pytest.raises(EmailTaken):
        accept(link)
    assert InvitationLink.objects.get().used_at is None


def test_a_link_for_a_new_password_changes_only_the_password():
    user = make_user(email="anna@example.com", role=Role.SALESPERSON, password="old-password-1")
    accept(inviting.make_password_link(user=user), email="evil@example.com", name="Evil")
    found = User.objects.get()
    assert (found.email, found.name, found.role) == ("anna@example.com", user.name, Role.SALESPERSON)
    assert found.check_password(PASSWORD)


def test_links_are_stored_as_digests_only():
    link = inviting.make_owner_link()
    assert text_of(link) not in str(list(InvitationLink.objects.values()))
