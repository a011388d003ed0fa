"""Passwords are checked slowly for those who guess, and say nothing of who exists."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest

from teplo.accounts import passwords
from teplo.accounts.models import SignInAttempt
from teplo.accounts.passwords import TooManyAttempts, WrongEmailOrPassword, check_password
from teplo.accounts.testing import PASSWORD, make_user
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def guess(email="anna@example.com", password="wrong", address="203.0.113.5"):
    return check_password(email=email, password=password, address=address)


def test_the_right_password_gives_the_user_whatever_the_case_of_the_email():
    user = make_user(email="anna@example.com", password=PASSWORD)
    assert guess(email=" Anna@Example.com ", password=PASSWORD) == user


def test_a_wrong_password_and_an_unknown_email_are_refused_alike():
    make_user(email="anna@example.com", password=PASSWORD)
    with pytest.raises(WrongEmailOrPassword):
        guess()
    with pytest.raises(WrongEmailOrPassword):
        guess(email="nobody@example.com")


def test_an_unknown_email_costs_a_hash_too():
    with mock.patch("teplo.accounts.models.User.set_password") as hashed, pytest.raises(WrongEmailOrPassword):
        guess(email="nobody@example.com")
    assert hashed.call_count == 1


def test_who_was_sent_away_is_refused():
    make_user(email="anna@example.com", password=PASSWORD, is_active=False)
    with pytest.raises(WrongEmailOrPassword):
        guess(password=PASSWORD)


def test_ten_wrong_guesses_close_the_account_even_for_the_right_password_from_elsewhere():
    make_user(email="anna@example.com", password=PASSWORD)
    for number in range(passwords.PER_EMAIL):
        with pytest.raises(WrongEmailOrPassword):
            guess(address=f"203.0.113.{number}")
    with pytest.raises(TooManyAttempts) as refusal:
        guess(password=PASSWORD, address="198.51.100.1")
    assert 1 <= refusal.value.minutes <= 15


def test_it_opens_again_after_the_window():
    user = make_user(email="anna@example.com", password=PASSWORD)
    for _guess in range(passwords.PER_EMAIL + 3):
        with pytest.raises((WrongEmailOrPassword, TooManyAttempts)):
            guess()
    with at_moment(now() + passwords.WINDOW + timedelta(minutes=1)):
        assert guess(password=PASSWORD) == user


def test_one_address_cannot_try_many_emails():
    for number in range(passwords.PER_ADDRESS):
        with pytest.raises(WrongEmailOrPassword):
            guess(email=f"someone{number}@example.com")
    with pytest.raises(TooManyAttempts):
        guess(email="another@example.com")


def test_signing_in_forgets_the_wrong_guesses_of_the_email():
    make_user(email="anna@example.com", password=PASSWORD)
    for _guess in range(passwords.PER_EMAIL - 1):
        with pytest.raises(WrongEmailOrPassword):
            guess()
    guess(password=PASSWORD)
    with pytest.raises(WrongEmailOrPassword):
        guess()


def test_attempts_hold_neither_email_nor_address():
    with pytest.raises(WrongEmailOrPassword):
        guess()
    assert not any("anna" in row.key or "203" in row.key.split(":")[0] for row in SignInAttempt.objects.all())
    assert all(len(row.key) >= 64 for row in SignInAttempt.objects.all())


def test_old_attempts_are_swept():
    with at_moment(now() - timedelta(days=2)), pytest.raises(WrongEmailOrPassword):
        guess()
    with pytest.raises(WrongEmailOrPassword):
        guess()
    assert SignInAttempt.objects.count() == 2
