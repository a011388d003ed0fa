"""The same contact written in different ways is one."""

import pytest

from teplo.people.identities import ContactUnreadable, guess_kind, normalise


@pytest.mark.parametrize(
    ("kind", "text", "region", "value"),
    [
        ("email", " Ivan.Petrov@Example.COM ", "UA", "ivan.petrov@example.com"),
        ("email", "Иван <ivan@example.com>", "UA", "ivan@example.com"),
        ("email", "mailto:ivan@example.com", "UA", "ivan@example.com"),
        ("email", "ivan@почта.рф", "RU", "ivan@xn--80a1acny.xn--p1ai"),
        ("email", "IVAN@XN--80A1ACNY.XN--P1AI", "RU", "ivan@xn--80a1acny.xn--p1ai"),
        ("email", "\u200bivan@example.com\ufeff", "UA", "ivan@example.com"),
        ("phone", "8 900 123-45-67", "RU", "+79001234567"),
        ("phone", "8 900 123-45-67", "UA", "+79001234567"),
        ("phone", "8 (495) 123-45-67 доб. 12", "RU", "+74951234567"),
        ("phone", "79001234567", "UA", "+79001234567"),
        ("phone", "9001234567", "RU", "+79001234567"),
        ("phone", "050 123 45 67", "UA", "+380501234567"),
        ("phone", "050 123 45 67", "RU", "+380501234567"),
        ("phone", "0501234567", "DE", "+380501234567"),
        ("phone", "80501234567", "UA", "+380501234567"),
        ("phone", "380501234567", "RU", "+380501234567"),
        ("phone", "+38 (050) 123-45-67", "RU", "+380501234567"),
        ("phone", "00380501234567", "UA", "+380501234567"),
        ("phone", "8 029 123-45-67", "BY", "+375291234567"),
        ("phone", "+7 999 000-00-00", "UA", "+79990000000"),
        ("whatsapp", "https://wa.me/380501234567", "UA", "+380501234567"),
        ("whatsapp", "https://api.whatsapp.com/send?phone=79001234567", "UA", "+79001234567"),
        ("viber", "viber://chat?number=%2B380501234567", "UA", "+380501234567"),
        ("telegram", "@Ivan_Petrov", "UA", "ivan_petrov"),
        ("telegram", "https://t.me/Ivan_Petrov?start=1", "UA", "ivan_petrov"),
        ("telegram", "tg://resolve?domain=ivan_petrov", "UA", "ivan_petrov"),
        ("telegram", "123456789", "UA", "123456789"),
        ("telegram", "+380501234567", "UA", "+380501234567"),
        ("vk", "https://vk.com/Durov", "UA", "durov"),
        ("vk", "m.vk.com/id1", "UA", "id1"),
        ("vk", "1", "UA", "id1"),
        ("visitor", "3f1c.ab-9", "UA", "3f1c.ab-9"),
        ("external", "crm:42", "UA", "crm:42"),
    ],
)
def test_a_contact_has_one_form(kind, text, region, value):
    assert normalise(kind=kind, text=text, region=region) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "ivan@"), ("email", "нет"), ("email", "a@b"), ("email", "a b@example.com"), ("email", ""),
        ("phone", "12345"), ("phone", "нет телефона"), ("phone", "555-01-99"), ("phone", "+1"),
        ("telegram", "no"), ("telegram", "https://t.me/+AbCdEf"), ("telegram", "имя"),
        ("vk", "https://vk.com/"), ("visitor", "a b"), ("visitor", "x" * 300), ("fax", "1"),
        ("phone", "+7 (000) 000-00-00"), ("phone", "+71111111111"), ("phone", "8 999 999 99 99"),
        ("phone", "+380 00 000 00 00"), ("phone", "80000000000"), ("phone", "+79000000000"),
    ],
)  # fmt: skip
def test_what_is_no_contact_is_refused_by_name(kind, text):
    with pytest.raises(ContactUnreadable) as refusal:
        normalise(kind=kind, text=text, region="UA")
    assert refusal.value.code == "contact-unreadable"
    assert refusal.value.params["kind"] == kind
    assert str(refusal.value)


def test_a_normalised_contact_stays_as_it_is():
    for kind, text in (
        ("email", "ivan@почта.рф"),
        ("phone", "050 123 45 67"),
        ("telegram", "@Ivan"),
        ("vk", "vk.com/a_b"),
    ):
        once = normalise(kind=kind, text=text, region="UA")
        assert normalise(kind=kind, text=once, region="RU") == once


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a@example.com", "email"), ("@ivan", "telegram"), ("t.me/ivan", "telegram"), ("vk.com/ivan", "vk"),
        ("+38 050 123 45 67", "phone"), ("Иван", None), ("дом 5, кв 12345678", None),
    ],
)  # fmt: skip
def test_the_kind_of_a_bare_contact_is_guessed(text, kind):
    assert guess_kind(text) == kind
