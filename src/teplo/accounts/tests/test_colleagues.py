"""There is always an administrator."""

from __future__ import annotations

import pytest

from teplo.accounts.colleagues import LastAdministrator, change_role, let_back, send_away
from teplo.accounts.models import Role, User
from teplo.accounts.testing import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_the_only_administrator_can_neither_leave_nor_step_down():
    owner = make_user()
    make_user(role=Role.MARKETER)
    with pytest.raises(LastAdministrator):
        send_away(user_id=owner.pk)
    with pytest.raises(LastAdministrator):
        change_role(user_id=owner.pk, role=Role.ANALYST)
    owner.refresh_from_db()
    assert (owner.is_active, owner.role) == (True, Role.ADMINISTRATOR)


def test_an_administrator_who_left_does_not_count():
    owner, gone = make_user(), make_user()
    send_away(user_id=gone.pk)
    with pytest.raises(LastAdministrator):
        send_away(user_id=owner.pk)


def test_with_a_second_administrator_the_first_may_step_down():
    owner, _second = make_user(), make_user()
    change_role(user_id=owner.pk, role=Role.ANALYST)
    assert User.objects.get(pk=owner.pk).role == Role.ANALYST


def test_who_was_sent_away_is_signed_out_with_his_next_click(client):
    make_user()
    user = make_user(role=Role.ANALYST)
    client.force_login(user)
    assert client.get("/profile/").status_code == 200
    send_away(user_id=user.pk)
    assert client.get("/profile/").status_code == 302
    let_back(user_id=user.pk)
    client.force_login(user)
    assert client.get("/profile/").status_code == 200


def test_the_last_administrator_who_can_sign_in_stays_although_another_without_password_is_there(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    owner, _example = make_user(password=PASSWORD), make_user()
    with pytest.raises(LastAdministrator):
        send_away(user_id=owner.pk)
    with pytest.raises(LastAdministrator):
        change_role(user_id=owner.pk, role=Role.MARKETER)
    other = make_user(password=PASSWORD)
    send_away(user_id=owner.pk)
    assert User.objects.get(pk=other.pk).is_active
