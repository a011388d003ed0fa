from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from teplo.channels import links

BASE = "https://t.example"


def test_a_link_tells_whose_copy_it_is_and_where_it_leads() -> None:
    url = links.Links(BASE, 2**60 + 1, 2**61 + 3).tracked("https://x.ua/ціни?a=1&b=2")
    parts = urlsplit(url)
    led = parse_qs(parts.query)["u"][0]
    token = parts.path.rsplit("/", 1)[1]
    assert led == "https://x.ua/ціни?a=1&b=2"
    assert links.read(links.CLICK, token, led) == (2**60 + 1, 2**61 + 3)


def test_a_changed_address_or_token_or_purpose_is_nobodys() -> None:
    token = links.Links(BASE, 5, 6).token(links.CLICK, "https://x.ua")
    assert links.read(links.CLICK, token, "https://evil.example") is None
    assert links.read(links.OPEN, token) is None
    assert links.read(links.CLICK, token[:-1] + ("0" if token[-1] != "0" else "1"), "https://x.ua") is None
    assert links.read(links.CLICK, "b" + token[1:], "https://x.ua") is None
    assert links.read(links.CLICK, "", "https://x.ua") is None
    assert links.read(links.CLICK, "й" * len(token), "https://x.ua") is None


def test_a_token_survives_a_server_that_changes_its_case() -> None:
    token = links.Links(BASE, 5, 6).token(links.LETTER)
    assert links.read(links.LETTER, token.upper()) == (5, 6)


def test_a_return_path_with_a_token_fits_into_an_address() -> None:
    token = links.Links(BASE, 2**62, 2**62).token(links.LETTER)
    assert len(f"bounces+{token}") <= 64


def test_own_pages_are_not_traced() -> None:
    own = links.Links(BASE, 5, 6)
    assert own.tracked(own.unsubscribe_url) == own.unsubscribe_url
