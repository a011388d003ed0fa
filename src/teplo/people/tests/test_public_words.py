"""What pages may write, and that no text of theirs holds the work up."""

from time import process_time

import pytest

from teplo.people.attributes import Change, set_attributes
from teplo.people.models import Company
from teplo.people.public_words import is_unfit
from teplo.people.testing import make_company, make_person

NASTY = ("a-", "a.", ".a", "a@", "@", ":", ": ", "aa.xn--", "a.b-", "д-р.", "a@a.", "www", "/", "e\u0301\u0327", "1 ")


@pytest.mark.parametrize(
    ("text", "unfit"),
    [
        ("t.me/x", True), ("a@b.ru", True), ("evil.com", True), ("-evil.com", True), ("x.y.z/q", True),
        ("пример.рф", True), ("aa.xn--p1ai", True), ("Dr.House", False), ("ул.Main", False), ("J.R.R. Tolkien", False),
        ("ООО Ромашка.", False), ("d.c. comics", False), ("Nguyễn Thị Ánh", False), ("e" + "\u0301" * 9, True),
        ("e" + "\u0301" * 8, False),
    ],
)  # fmt: skip
def test_links_are_told_from_words(text: str, unfit: bool) -> None:
    assert is_unfit("hobby", text) is unfit


@pytest.mark.parametrize("nasty", NASTY)
def test_a_long_text_takes_no_longer_than_its_length(nasty: str) -> None:
    began = process_time()
    is_unfit("hobby", nasty * (32_000 // len(nasty)))
    assert process_time() - began < 1  # the square of the length would be half a minute


@pytest.mark.django_db
def test_a_key_that_nobody_knows_is_refused_before_its_value_is_read() -> None:
    olga = make_person()
    said = [Change(olga.id, "junk", "http://evil.example"), Change(olga.id, "city", "http://evil.example")]
    written = set_attributes(said, by="site:1", is_public=True)
    assert [(one.change.key, one.error.code) for one in written.refused] == [("junk", "unknown"), ("city", "unfit")]


@pytest.mark.django_db
def test_a_page_makes_a_company_only_where_its_word_is_taken() -> None:
    olga, new = make_person(company=make_company(name="Ромашка")), make_person()
    said = [Change(olga.id, "company", f"Junk {number}") for number in range(3)]
    written = set_attributes([*said, Change(new.id, "company", "Лютик")], by="site:1", is_public=True)
    assert set(Company.objects.values_list("name", flat=True)) == {"Ромашка", "Лютик"}
    assert [(one.change.person_id, one.error.code) for one in written.refused] == [(olga.id, "kept")]
    olga.refresh_from_db()
    new.refresh_from_db()
    assert (olga.company.name, new.company.name) == ("Ромашка", "Лютик")
    again = set_attributes([Change(olga.id, "company", "ООО «Ромашка»")], by="site:1", is_public=True)
    assert again == ([], [])
