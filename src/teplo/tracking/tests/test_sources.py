"""How somebody came: referrers and marks as they really look."""

from __future__ import annotations

import pytest

from teplo.tracking.sources import read_arrival

PAGE = "https://shop.example/landing"


@pytest.mark.parametrize(
    ("url", "referrer", "source", "detail"),
    [
        (PAGE, "", "direct", ""),
        (PAGE, "https://www.google.com/", "organic", "www.google.com"),
        (PAGE, "https://yandex.ru/search", "organic", "yandex.ru"),
        (PAGE, "https://go.mail.ru/search?q=x", "organic", "go.mail.ru"),
        (PAGE, "https://e.mail.ru/inbox", "email", "e.mail.ru"),
        (PAGE, "https://mail.google.com/mail/u/0/", "email", "mail.google.com"),
        (PAGE, "https://l.facebook.com/", "social", "l.facebook.com"),
        (PAGE, "https://vk.com/feed", "social", "vk.com"),
        (PAGE, "android-app://org.telegram.messenger", "social", "org.telegram.messenger"),
        (PAGE, "https://partner.example/list", "referral", "partner.example"),
        (PAGE, "https://blog.partner.example/post", "blog", "blog.partner.example"),
        (PAGE + "?utm_source=google&utm_medium=cpc&utm_campaign=spring", "https://google.com/", "paid", "spring"),
        (PAGE + "?gclid=x", "https://www.google.com/", "paid", "www.google.com"),
        (PAGE + "?yclid=7", "", "paid", ""),
        (PAGE + "?utm_source=newsletter&utm_medium=email", "", "email", "newsletter"),
        (PAGE + "?utm_source=vk", "", "social", "vk"),
        (PAGE + "?utm_source=stand&utm_medium=qr", "", "offline", "stand"),
        (PAGE + "?utm_source=partner&utm_medium=referral", "", "referral", "partner"),
        ("not a url", "also not", "direct", ""),
        ("https://[bad", "https://[bad", "direct", ""),
    ],
)
def test_an_arrival_is_read(url: str, referrer: str, source: str, detail: str) -> None:
    arrival = read_arrival(url, referrer)
    assert arrival is not None
    assert (arrival.source, arrival.detail) == (source, detail)


def test_going_on_within_the_site_is_no_arrival() -> None:
    assert read_arrival(PAGE, "https://www.shop.example/") is None


def test_marks_said_apart_win_over_those_in_the_address() -> None:
    arrival = read_arrival(PAGE + "?utm_source=a", "", (("source", "b"), ("medium", "cpc")))
    assert arrival is not None
    assert (arrival.source, arrival.utm[0]) == ("paid", "b")
