"""How somebody came: referrers and marks as they really look."""

from __future__ import annotations

from time import process_time

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


def test_any_number_of_marks_is_read_and_none_takes_long() -> None:
    arrival = read_arrival(PAGE + "?" + "&" * 300 + "&".join(f"p{n}=1" for n in range(300)) + "&utm_source=vk", "")
    assert arrival is not None
    assert (arrival.source, arrival.detail) == ("social", "vk")
    began = process_time()
    for nasty in ("{", "{{ ", "/", "?&;", "__A", "[A", "%A", "amp;", "$"):
        read_arrival(f"{PAGE}?utm_source={nasty * (1900 // len(nasty))}", "")
        read_arrival(f"{PAGE}?{nasty * (1900 // len(nasty))}", "")
    assert process_time() - began < 1  # as the square of the length it took half a second each


def test_going_on_within_the_site_is_no_arrival() -> None:
    assert read_arrival(PAGE, "https://www.shop.example/") is None


def test_marks_said_apart_win_over_those_in_the_address() -> None:
    arrival = read_arrival(PAGE + "?utm_source=a", "", (("source", "b"), ("medium", "cpc")))
    assert arrival is not None
    assert (arrival.source, arrival.utm[0]) == ("paid", "b")
