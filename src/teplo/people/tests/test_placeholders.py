"""What only fills a required field is no contact; what looks alike and is somebody's stays one."""

import pytest

from teplo.people.identities import ContactUnreadable, normalise

PLACEHOLDERS = {
    "phone": """
        +70000000000 +79999999999 +7(999)999-99-99 89999999999 +71234567890 +7-123-456-78-90 +380123456789 +380987654321
        +71212121212 +79090909090 +380505050505 +14155550100 +14155550199 +447700900123 +15555555555
    """,
    "email": """
        no@email.com none@none.com test@test.com a@a.aa noemail@firm.ru no-email@mail.ru no_email@gmail.com нет@нет.рф
        unknown@romashka.ru UNKNOWN@Gmail.com anybody@firm.invalid olga@firm.test me@localhost.localhost no@mail.com
        test@mail.ru test@example.com user@example.org 123@123.ru qwe@qwe.qwe aaa@aaa.com noreply@avito.ru
        mailer-daemon@firm.ru xx@xx.xx email@email.com a@b.ru net.pochty@mail.ru
    """,
    "external": "0 null undefined None NaN crm:0 crm:null -1",
    "visitor": "undefined null 0 NaN anonymous",
}
PEOPLES = {
    "phone": """
        +79161234567 +380501234567 +74957777777 +14155552671 +380676767000 +74951234567 +79000000001 +380500000001
        +447911123456 +79991234567
    """,
    "email": """
        ivanov@mail.com olga@email.com info@romashka.ru office@firm.com romashka@romashka.ru n.o@firm.de net@firm.no
        olga@example.com anna.test@gmail.com testov@mail.ru q@firm.ru mts@mts.ru support@none.com hello@test.com
        no@firm.de unknown.pleasures@band.com
    """,
    "external": "1 00 crm:10 contact-0 user:7 crm:nullmann",
    "visitor": "v0 visitor-1 0a",
}


def test_what_a_program_writes_for_an_object_is_no_id():
    with pytest.raises(ContactUnreadable):
        normalise(kind="external", text="[object Object]", region="RU")


def of(table):
    return [(kind, text) for kind, texts in table.items() for text in texts.split()]


@pytest.mark.parametrize(("kind", "text"), of(PLACEHOLDERS))
def test_a_placeholder_is_no_contact(kind, text):
    with pytest.raises(ContactUnreadable):
        normalise(kind=kind, text=text, region="RU")


@pytest.mark.parametrize(("kind", "text"), of(PEOPLES))
def test_somebodys_contact_stays_one(kind, text):
    assert normalise(kind=kind, text=text, region="RU")
