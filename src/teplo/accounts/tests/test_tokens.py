"""Tokens are found by their text, stored as digests, and stop at once when revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from teplo.accounts.models import ApiToken, Role
from teplo.accounts.tokens import create_token, find_token, revoke_token
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db


def test_a_token_is_found_by_its_text():
    token, text = create_token(name="Shop", role=Role.MARKETER, by=None)
    assert find_token(text) == token
    assert text.endswith(token.tail)


@pytest.mark.parametrize("text", ["", "teplo_", "teplo_nonsense", "'; drop table", "\x00"])
def test_nonsense_is_no_token(text):
    create_token(name="Shop", role=Role.MARKETER, by=None)
    assert find_token(text) is None


def test_a_revoked_token_stops_at_once():
    token, text = create_token(name="Shop", role=Role.MARKETER, by=None)
    assert revoke_token(token_id=token.pk)
    assert find_token(text) is None
    assert not revoke_token(token_id=token.pk)


def test_the_text_is_stored_nowhere():
    _token, text = create_token(name="Shop", role=Role.MARKETER, by=None)
    assert text not in str(list(ApiToken.objects.values()))


def test_its_use_is_noted_at_most_once_a_minute(django_assert_num_queries):
    token, text = create_token(name="Shop", role=Role.MARKETER, by=None)
    start = now()
    with at_moment(start):
        find_token(text)
    with at_moment(start + timedelta(seconds=30)):
        find_token(text)
    token.refresh_from_db()
    assert token.last_used_at == start
    with at_moment(start + timedelta(seconds=90)):
        find_token(text)
    token.refresh_from_db()
    assert token.last_used_at == start + timedelta(seconds=90)
