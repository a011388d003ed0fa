"""Names in other alphabets as they travel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teplo.kit.idn import ascii_address, ascii_host, ascii_url, shown_host, web_base


@pytest.mark.parametrize(
    ("host", "travels"),
    [
        ("пример.укр", "xn--e1afmkfd.xn--j1amh"),
        ("Пример.УКР", "xn--e1afmkfd.xn--j1amh"),
        ("%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%83%D0%BA%D1%80", "xn--e1afmkfd.xn--j1amh"),
        ("mail.X.UA", "mail.x.ua"),
        ("a_b.x.ua", "a_b.x.ua"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("", ""),
    ],
)
def test_a_host(host: str, travels: str) -> None:
    assert ascii_host(host) == travels == ascii_host(travels)


def test_a_host_is_shown_in_its_own_alphabet() -> None:
    assert shown_host("xn--e1afmkfd.xn--j1amh") == "пример.укр"
    assert shown_host("x.ua") == "x.ua"


@pytest.mark.parametrize(
    ("address", "travels"),
    [
        ("hello@пример.укр", "hello@xn--e1afmkfd.xn--j1amh"),
        ("привет@пример.укр", "привет@xn--e1afmkfd.xn--j1amh"),
        ("hello@x.ua", "hello@x.ua"),
        ("nonsense", "nonsense"),
        ("a@ .укр", "a@ .укр"),
    ],
)
def test_an_address(address: str, travels: str) -> None:
    assert ascii_address(address) == travels


@pytest.mark.parametrize("nowhere", ["", "x", "ftp://x.ua", "https:x.ua", "https://", "https://[x/", "http://x:port/"])
def test_what_is_no_address_of_a_page_is_refused(nowhere: str) -> None:
    with pytest.raises(ValueError):
        ascii_url(nowhere)


@given(st.text(max_size=60))
def test_what_was_made_ascii_stays_as_it_is(rest: str) -> None:
    try:
        url = ascii_url(f"https://пример.укр/{rest}")
    except ValueError:
        return
    assert url.isascii() and ascii_url(url) == url and " " not in url


def test_a_base_has_no_slash_at_its_end() -> None:
    assert web_base(" https://пример.укр/ ") == "https://xn--e1afmkfd.xn--j1amh"
    assert web_base("") == ""
