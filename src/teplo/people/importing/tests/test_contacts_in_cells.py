from __future__ import annotations

import time

import pytest

from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.importing.contacts import clean_cell, read_contacts


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("'+7 (900) 000-00-06", ["+79000000006"]),
        ("+7 (900) 000-00-05, 89000000005", ["+79000000005"]),
        ("p:+79000000006", ["+79000000006"]),
        ("+7 900 000 00 06 доб. 12; 8(900)000-00-07", ["+79000000006", "+79000000007"]),
        ("050 123 45 67 или 0671234567", ["+380501234567", "+380671234567"]),
        ("+380501234567\n+380671234567", ["+380501234567", "+380671234567"]),
        ("-", []), ("нет", []), ("", []),
    ],
)  # fmt: skip
def test_several_phones_in_a_cell_are_all_read(text: str, phones: list[str]) -> None:
    assert read_contacts("phone", text, "RU") == (tuple(phones), ())


@pytest.mark.parametrize(
    ("text", "emails", "unread"),
    [
        ("A@Example.com; b@example.com", ["a@example.com", "b@example.com"], []),
        ("a@example.com b@example.com", ["a@example.com", "b@example.com"], []),
        ("Ольга <olga@example.com>", ["olga@example.com"], []),
        ("мусор, a@example.com", ["a@example.com"], ["мусор"]),
    ],
)
def test_several_addresses_in_a_cell_are_all_read(text: str, emails: list[str], unread: list[str]) -> None:
    assert read_contacts("email", text, "RU") == (tuple(emails), tuple(unread))


@pytest.mark.parametrize("text", ["+7 (900) 123-45-67", "+380 50 123 45 67", "'+375291234567", "+7 701 123 45 67"])
@pytest.mark.parametrize("region", ["RU", "UA", "US"])
def test_the_short_way_to_read_a_phone_answers_what_the_long_one_does(text: str, region: str) -> None:
    try:
        expected = (normalise(kind="phone", text=text.lstrip("'"), region=region),)
    except ContactUnreadable:
        expected = ()
    assert read_contacts("phone", text, region)[0] == expected


def test_cells_lose_apostrophes_and_prefixes_but_not_their_sense() -> None:
    assert clean_cell("'+7 900") == "+7 900"
    assert clean_cell("l:1000") == "1000"
    assert clean_cell("час: 10") == "час: 10"
    assert clean_cell("O'Neil") == "O'Neil"


@pytest.mark.parametrize("kind", ["phone", "whatsapp", "email", "telegram"])
@pytest.mark.parametrize("filling", [" ", "\n", " \n", "-", "(", "- ", "a ", "1 ", ": ", " / ", "доб "])
def test_no_filling_makes_a_cell_slow(kind: str, filling: str) -> None:
    begun = time.process_time()
    good, _bad = read_contacts(kind, "916" + filling * 10_000 + "1", "RU")
    assert time.process_time() - begun < 3
    assert kind == "telegram" or good == ()


def test_wide_gaps_around_a_phone_are_no_part_of_it() -> None:
    gap = " " * 20_000
    assert read_contacts("phone", f"+7 916{gap}123-45-67{gap}(Анна)", "RU") == (("+79161234567",), ())
    assert read_contacts("phone", f"+79161234567{gap}\n{gap}+380501234567", "RU")[0] == (
        "+79161234567",
        "+380501234567",
    )
