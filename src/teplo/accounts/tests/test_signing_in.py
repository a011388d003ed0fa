"""Passwords are checked slowly for those who guess, and say nothing of who exists."""

from __future__ import annotations

import time
from datetime import timedelta
from unittest import mock

import pytest

from teplo.accounts import devices, passwords
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


def fail(times, **said):
    for _number in range(times):
        with pytest.raises((WrongEmailOrPassword, TooManyAttempts)):
            guess(**said)


def test_ten_wrong_guesses_close_the_account_to_that_address_even_for_the_right_password():
    make_user(email="anna@example.com", password=PASSWORD)
    fail(passwords.PER_PAIR)
    with pytest.raises(TooManyAttempts) as refusal:
        guess(password=PASSWORD)
    assert 1 <= refusal.value.minutes <= 15


def test_a_stranger_s_wrong_guesses_do_not_keep_the_colleague_out():
    user = make_user(email="anna@example.com", password=PASSWORD)
    fail(passwords.PER_PAIR * 3)
    assert guess(password=PASSWORD, address="198.51.100.1") == user


def test_many_addresses_that_guess_together_are_stopped_and_a_known_browser_goes_on():
    user = make_user(email="anna@example.com", password=PASSWORD)
    device = devices.with_device("", user)
    for number in range(passwords.PER_ACCOUNT):
        fail(1, address=f"198.51.{number // 200}.{number % 200}")
    fail(1, password=PASSWORD, address="198.51.100.250")
    with pytest.raises(TooManyAttempts):
        guess(password=PASSWORD, address="203.0.113.99")
    assert check_password(email=user.email, password=PASSWORD, address="198.51.0.0", device=device) == user


def test_a_network_of_ipv6_counts_as_one_address():
    make_user(email="anna@example.com", password=PASSWORD)
    for number in range(passwords.PER_PAIR):
        fail(1, address=f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        guess(password=PASSWORD, address="2001:db8:1:2:ffff::1")
    assert guess(password=PASSWORD, address="2001:db8:1:3::1").email == "anna@example.com"


def test_trying_on_does_not_make_the_wait_longer():
    user = make_user(email="anna@example.com", password=PASSWORD)
    fail(passwords.PER_PAIR)
    for minute in range(1, 14):
        with at_moment(now() + timedelta(minutes=minute)):
            fail(3)
    with at_moment(now() + passwords.WINDOW + timedelta(seconds=30)):
        assert guess(password=PASSWORD) == user


def test_a_known_browser_cannot_guess_without_end_either():
    user = make_user(email="anna@example.com", password=PASSWORD)
    device = devices.with_device("", user)
    for number in range(passwords.PER_DEVICE):
        with pytest.raises(WrongEmailOrPassword):
            check_password(email=user.email, password="wrong", address=f"203.0.113.{number}", device=device)
    with pytest.raises(TooManyAttempts):
        check_password(email=user.email, password=PASSWORD, address="203.0.113.99", device=device)


def test_a_browser_is_known_for_its_own_user_and_until_the_password_changes():
    anna, boris = make_user(email="anna@example.com"), make_user(email="boris@example.com")
    cookie = devices.with_device("", anna)
    assert devices.device_of(cookie, anna)
    assert devices.device_of(cookie, boris) == ""
    both = devices.with_device(cookie, boris)
    assert devices.device_of(both, anna) == devices.device_of(cookie, anna)
    assert devices.device_of(both, boris)
    for forged in ("", "x", cookie[:-1] + "A", cookie + "x", "a:b:c"):
        assert devices.device_of(forged, anna) == ""
    anna.set_password("another-long-password")
    assert devices.device_of(cookie, anna) == ""


def test_a_cookie_of_a_known_browser_runs_out():
    user = make_user()
    cookie = devices.with_device("", user)
    with mock.patch("django.core.signing.time.time", return_value=time.time() + devices.LIVES.total_seconds() + 60):
        assert devices.device_of(cookie, user) == ""


def test_who_is_inside_is_not_hindered_by_strangers():
    user = make_user(email="anna@example.com", password=PASSWORD)
    fail(passwords.PER_ADDRESS)
    assert check_password(email=user.email, password=PASSWORD, address="203.0.113.5", is_inside=True) == user


def test_it_opens_again_after_the_window():
    user = make_user(email="anna@example.com", password=PASSWORD)
    for _guess in range(passwords.PER_PAIR + 3):
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
    for _guess in range(passwords.PER_PAIR - 1):
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
    assert SignInAttempt.objects.count() == 3
