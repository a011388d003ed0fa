"""Notices are told in the reader's language."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from teplo.accounts.access import Right
from teplo.accounts.models import Notice, Role
from teplo.accounts.notices import NewNotice, kind_of, mark_read, notify, tell, users_with
from teplo.accounts.testing import make_user


def test_a_notice_is_told_in_each_language():
    notice = Notice(kind="person-hot", params={"name": "Анна", "minutes": 15})
    with override("en"):
        assert tell(notice) == "Анна is hot: answer within 15 min"
    with override("uk"):
        assert tell(notice).startswith("Анна — гарячий контакт")


def test_a_notice_without_its_params_or_of_an_unknown_kind_still_shows():
    with override("en"):
        assert tell(Notice(kind="person-hot", params={})) == "person-hot"
        assert tell(Notice(kind="invented", params={})) == "invented"
    assert kind_of(Notice(kind="invented")).icon == "bell"


@pytest.mark.django_db
def test_many_notices_are_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        notify([NewNotice(user_id, "task-given", {"title": "Call"}) for user_id in range(1, 101)])
    assert Notice.objects.count() == 100


@pytest.mark.django_db
def test_reading_marks_one_s_own_only():
    notify([NewNotice(1, "task-given", {}), NewNotice(2, "task-given", {})])
    theirs = Notice.objects.get(user_id=2)
    assert mark_read(user_id=1, notice_ids=[theirs.pk]) == 0
    assert mark_read(user_id=1) == 1
    theirs.refresh_from_db()
    assert theirs.read_at is None


@pytest.mark.django_db
def test_users_with_a_right_are_active_and_of_a_fitting_role():
    seller = make_user(role=Role.SALESPERSON)
    make_user(role=Role.SALESPERSON, is_active=False)
    make_user(role=Role.ANALYST)
    assert users_with(Right.SELL) == [seller.pk]
