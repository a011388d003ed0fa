"""Contacts as phones and mail programs export them, in the three versions that are about."""

from __future__ import annotations

import pytest

from teplo.people.importing.testing import import_rows, make_import
from teplo.people.models import Identity, ImportRefusal, Person
from teplo.people.tagging import tags_of

OLD = (
    "BEGIN:VCARD\nVERSION:2.1\n"
    "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=D0=BE=D0=B2;=D0=98=D0=B2=D0=B0=D0=BD;;;\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=20=\n=D0=98=D0=B2=D0=B0=D0=BD=D0=BE=D0=B2\n"
    "TEL;CELL:+79161234567\nTEL;WORK;VOICE:8 (495) 123-45-67\nTEL;FAX:+74951234568\n"
    "EMAIL;INTERNET;PREF:ivan@example.com\nEMAIL;INTERNET:i2@example.com\n"
    "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:line1=0D=0Aline2\n"
    "PHOTO;ENCODING=BASE64;JPEG:\n /9j/4AAQSkZJRgABAQEA\n AAAA\n\nEND:VCARD\n"
)
THIRD = (
    "BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Somebody//EN\nN:Petrova;Olga;Pavlovna;Mrs.;\nFN:Olga Petrova\n"
    "item1.EMAIL;type=INTERNET:o@exam\n ple.com\nitem1.X-ABLabel:work\nEMAIL:o2@example.com\n"
    'TEL;TYPE=cell,pref:+380501234567\nTEL;TYPE="work,voice":+380441234567\n'
    "ORG:Acme\\, Inc;Sales\nTITLE:CEO\nADR;TYPE=work:;;Main\\, 1;Kyiv;;01001;Ukraine\nCATEGORIES:vip,fair\n"
    "NOTE:one\\ntwo\\, three\nBDAY:1980-02-01\nURL:https://acme.example\nX-SOCIALPROFILE;type=telegram:x-apple:olga_tg\n"
    "END:VCARD\n"
)
FOURTH = (
    "BEGIN:VCARD\nVERSION:4.0\nFN:Anna Kovalenko\n"
    'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-415-555-2671;ext=5555\nEMAIL;TYPE=work:mailto:anna@example.com\n'
    "ORG:Beta\nREV:20200101T000000Z\nEND:VCARD\n"
)
FIRM = "BEGIN:VCARD\nVERSION:3.0\nFN:ООО Мрія\nTEL:+380441112233\nEND:VCARD\n"


def person_of(value: str) -> Person:
    return Identity.objects.get(value=value).person


def contacts_of(person: Person) -> set[tuple[str, str]]:
    return set(Identity.objects.filter(person=person).values_list("kind", "value"))


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_cards_of_all_versions_in_one_file_become_people_with_all_their_contacts(ending: str) -> None:
    run = import_rows((OLD + THIRD + FOURTH + FIRM).replace("\n", ending))
    assert (run.state, run.rows_done, run.created, run.refused) == ("done", 4, 4, 0)
    assert not ImportRefusal.objects.exists()

    ivan = person_of("ivan@example.com")
    assert (ivan.first_name, ivan.last_name) == ("Иван", "Иванов")
    assert contacts_of(ivan) == {
        ("email", "ivan@example.com"), ("email", "i2@example.com"), ("phone", "+79161234567"),
        ("phone", "+74951234567"),
    }  # fmt: skip

    olga = person_of("o@example.com")
    assert (olga.first_name, olga.middle_name, olga.last_name) == ("Olga", "Pavlovna", "Petrova")
    assert contacts_of(olga) == {
        ("email", "o@example.com"), ("email", "o2@example.com"), ("phone", "+380501234567"),
        ("phone", "+380441234567"), ("telegram", "olga_tg"),
    }  # fmt: skip
    assert (olga.position, olga.city, olga.country) == ("CEO", "Kyiv", "UA")
    assert olga.company is not None
    assert (olga.company.name, olga.company.domain) == ("Acme, Inc", "acme.example")
    assert olga.attributes == {"birthday": "1980-02-01"}
    assert sorted(tag.name for tag in tags_of([olga.pk])[olga.pk]) == ["fair", "vip"]

    anna = person_of("anna@example.com")
    assert (anna.first_name, anna.last_name) == ("Anna", "Kovalenko")
    assert contacts_of(anna) == {("email", "anna@example.com"), ("phone", "+14155552671")}

    firm = person_of("+380441112233")
    assert (firm.first_name, firm.last_name) == ("", "")
    assert firm.company is not None and firm.company.name == "ООО Мрія"


@pytest.mark.django_db
def test_a_file_of_cards_that_is_cut_off_gives_what_it_has() -> None:
    run = import_rows(THIRD + FOURTH.removesuffix("END:VCARD\n"))
    assert (run.created, run.refused) == (2, 0)


@pytest.mark.django_db
def test_cards_are_known_by_their_content() -> None:
    assert make_import(THIRD, name="people.txt").shape["format"] == "vcard"
