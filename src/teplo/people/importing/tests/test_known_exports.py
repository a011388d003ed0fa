"""Exports of systems people come from: files of our own in the shapes their documentation describes."""

from __future__ import annotations

import pytest

from teplo.people.importing.guessing import guess_mapping
from teplo.people.importing.testing import import_rows, make_import
from teplo.people.models import Consent, Identity, Person
from teplo.people.suppression import suppressed

# vendor; heading = what it becomes (“.” a field of its own, “-” left out) = value of the first row
EXPORTS: dict[str, tuple[str, str]] = {
    "amocrm": ("amocrm-contact", """
        ID = external = 30511001
        Наименование = . = Ольга Иванова
        Имя = first_name = Ольга
        Фамилия = last_name = Иванова
        Компания = company = ООО «Ромашка»
        Ответственный = . = Анна
        Дата создания контакта = created_at = 03.02.2021 10:15:00
        Кем создан контакт = - = Робот
        Дата редактирования = - = 05.02.2021 10:15:00
        Теги = tags = выставка, горячий
        Рабочий телефон = phone = '+79161234567
        Мобильный телефон = phone = '+79161234568
        Факс = . = 84951234567
        Рабочий email = email = olga@example.com
        Должность = position = Директор
        Примечание 1 = . = текст
    """),
    "bitrix24": ("bitrix24-contact", """
        ID = external = 17
        Тип контакта = . = Клиенты
        Имя = first_name = Ольга
        Отчество = middle_name = Петровна
        Фамилия = last_name = Иванова
        Дата рождения = .date = 01.02.1980
        Рабочий телефон = phone = +7 916 123-45-67
        Мобильный телефон = phone = +7 916 123-45-68
        Рабочий e-mail = email = olga@example.com
        Контакт Telegram = telegram = @olga_iv
        Компания = company = ООО «Ромашка»
        Должность = position = Директор
        Дата создания = created_at = 03.02.2021 10:15:00
        Дата изменения = - = 03.02.2022 10:15:00
        Кем создан = - = Админ
        Комментарий = note = Звонить утром
    """),
    "retailcrm": ("retailcrm", """
        ID = external = 55
        Внешний ID = . = A-55
        Фамилия = last_name = Иванова
        Имя = first_name = Ольга
        Отчество = middle_name = Петровна
        E-mail = email = olga@example.com
        Телефон = phone = 8 (916) 123-45-67
        Подписан на рассылку = consent:email = Нет
        Подписка на SMS = consent:sms = Да
        Город = city = Москва
        Страна = country = Россия
        Дата регистрации = created_at = 03.02.2021 10:15:00
        LTV = .number = 15000
        Менеджер = . = Анна
    """),
    "mailchimp": ("mailchimp", """
        Email Address = email = olga@example.com
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Address = . = Main st. 1
        Phone Number = phone = +14155552671
        MEMBER_RATING = .number = 2
        OPTIN_TIME = created_at = 2019-05-06 07:08:09
        OPTIN_IP = - = 10.0.0.1
        CONFIRM_TIME = .date = 2019-05-06 07:10:09
        LATITUDE = - = 50.1
        TIMEZONE = timezone = Europe/Kyiv
        CC = country = UA
        UNSUB_TIME = unsubscribed = 2021-02-03 04:05:06
        UNSUB_REASON = . = NORMAL
        LAST_CHANGED = - = 2021-02-03 04:05:06
        LEID = - = 123456789
        EUID = external = abc123def4
        NOTES = note = likes tea
        TAGS = tags = "vip","kyiv"
    """),
    "unisender": ("unisender", """
        email = email = olga@example.com
        email_status = consent:email = unsubscribed
        email_availability = bounced = available
        email_lists = tags = Новости
        email_subscribe_times = created_at = 2019-05-06 07:08:09
        email_unsubscribed_lists = . = Новости
        phone = phone = 79161234567
        phone_status = consent:phone = active
        Name = full_name = Ольга Иванова
    """),
    "sendpulse": ("", """
        Email = email = olga@example.com
        Имя = first_name = Ольга
        Телефон = phone = +380501234567
        Статус = consent = Отписан
        Дата добавления = created_at = 2020-03-04 10:00:00
        Источник = source = Форма
    """),
    "getresponse": ("", """
        email = email = olga@example.com
        name = full_name = Olga Ivanova
        added_on = created_at = 2020-03-04 10:00:00
        opt_out = unsubscribed = no
        country = country = Ukraine
        city = city = Kyiv
    """),
    "hubspot": ("hubspot", """
        Record ID = external = 5001
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Email = email = olga@example.com
        Phone Number = phone = +14155552671
        Contact owner = . = Anna
        Lead Status = . = Open
        Marketing contact status = consent = Non-marketing contact
        Create Date = created_at = 2020-03-04 10:00
        Associated Company = company = Acme
        Unsubscribed from all email = unsubscribed:email = true
        Email hard bounce reason = bounced =
        Job Title = position = CEO
    """),
    "pipedrive": ("pipedrive", """
        Person - ID = external = 77
        Person - Name = full_name = Olga Ivanova
        Person - Organization = company = Acme
        Person - Email - Work = email = olga@example.com
        Person - Phone - Work = phone = +14155552671
        Person - Marketing status = consent = unsubscribed
        Person - Owner = . = Anna
        Person - Person created = . = 2020-03-04 10:00:00
        Person - Labels = tags = hot
    """),
    "salesforce": ("salesforce", """
        Id = external = 0035g00000AbCdE
        FirstName = first_name = Olga
        LastName = last_name = Ivanova
        Title = position = CEO
        Email = email = olga@example.com
        Phone = phone = +14155552671
        MobilePhone = phone = +14155552672
        LeadSource = source = Web
        HasOptedOutOfEmail = unsubscribed:email = 1
        DoNotCall = unsubscribed:phone = 0
        EmailBouncedDate = bounced =
        CreatedDate = created_at = 2020-03-04T10:00:00.000+0000
        OwnerId = - = 0055g00000AbCdE
        MailingCity = city = Boston
        MailingCountry = country = US
    """),
    "zoho": ("zoho", """
        Record Id = external = zcrm_4876876000000
        Contact Owner = . = Anna
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Account Name = company = Acme
        Email = email = olga@example.com
        Phone = phone = +14155552671
        Mobile = phone = +14155552672
        Lead Source = source = Web
        Email Opt Out = unsubscribed:email = true
        Created Time = created_at = 2020-03-04 10:00:00
        Modified Time = - = 2021-03-04 10:00:00
        Mailing City = city = Boston
        Title = position = CEO
    """),
    "google, old": ("google-contacts", """
        Name = - =
        Given Name = first_name = Ольга
        Additional Name = middle_name = Петровна
        Family Name = last_name = Иванова
        Given Name Yomi = - =
        Group Membership = tags = * myContacts ::: Клиенты
        E-mail 1 - Type = - = * Work
        E-mail 1 - Value = email = olga@example.com ::: o@example.com
        Phone 1 - Type = - = Mobile
        Phone 1 - Value = phone = +7 916 123-45-67 ::: +7 916 123-45-68
        Organization 1 - Name = company = Ромашка
        Organization 1 - Title = position = Директор
        Notes = note = чай
    """),
    "google, new": ("google-contacts", """
        First Name = first_name = Ольга
        Middle Name = middle_name = Петровна
        Last Name = last_name = Иванова
        Phonetic First Name = - = Olha
        Organization Name = company = Ромашка
        Organization Title = position = Директор
        Birthday = .date = 1980-02-01
        Labels = tags = * myContacts ::: Клиенты
        E-mail 1 - Label = - = * Work
        E-mail 1 - Value = email = olga@example.com
        Phone 1 - Label = - = Mobile
        Phone 1 - Value = phone = +380501234567
        Address 1 - City = city = Київ
    """),
    "outlook, old": ("outlook-contacts", """
        Title = . = Mrs
        First Name = first_name = Olga
        Middle Name = middle_name = P
        Last Name = last_name = Ivanova
        Company = company = Acme
        Job Title = position = CEO
        Business City = city = Boston
        Business Country/Region = country = United States
        Business Fax = . = +14155552699
        Business Phone = phone = +14155552671
        Home Phone = phone = +14155552672
        Mobile Phone = phone = +14155552673
        E-mail Address = email = olga@example.com
        E-mail Type = . = SMTP
        E-mail Display Name = . = Olga (olga@example.com)
        E-mail 2 Address = email = o@example.com
        Categories = tags = Clients
        Notes = note = tea
    """),
    "creatio": ("creatio", """
        Full name = full_name = Ольга Иванова
        Account = company = Acme
        Full job title = . = Chief executive
        Job title = position = CEO
        Business phone = phone = +14155552671
        Mobile phone = phone = +14155552672
        Email = email = olga@example.com
        Do not use email = unsubscribed:email = Yes
        Do not use phone = unsubscribed:phone = No
        Created on = created_at = 2020-03-04 10:00:00
        Country = country = Ukraine
    """),
}  # fmt: skip


def lines_of(name: str) -> list[tuple[str, str, str]]:
    cut = [line.strip().split(" = ") for line in EXPORTS[name][1].strip().splitlines()]
    return [(parts[0], parts[1].removesuffix(" =").strip(), parts[2] if len(parts) > 2 else "") for parts in cut]


@pytest.mark.parametrize("name", list(EXPORTS))
def test_every_column_of_a_known_export_is_rightly_read(name: str) -> None:
    lines = lines_of(name)
    headers, values = [line[0] for line in lines], [line[2] for line in lines]
    mapping = guess_mapping(headers, [values])
    assert mapping.vendor == EXPORTS[name][0]
    found = {}
    for heading, column in zip(headers, mapping.columns, strict=True):
        kind = f".{column.type}" if column.type in ("date", "number") else "."
        own = kind if column.target == "attribute" else "-" if column.target == "skip" else column.target
        found[heading] = f"{own}:{column.key}" if own in ("consent", "unsubscribed") and column.key else own
    expected = {}
    for heading, target, value in lines:
        exact = target if value or target not in (".", ".date") else "-"
        expected[heading] = exact
        if target == "." and found[heading].startswith("."):
            expected[heading] = found[heading]
    assert found == expected


def csv_of(name: str) -> str:
    lines = lines_of(name)
    quoted = [f'"{value.replace(chr(34), chr(34) * 2)}"' for _heading, _target, value in lines]
    return ",".join(f'"{heading}"' for heading, _target, _value in lines) + "\n" + ",".join(quoted) + "\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["mailchimp", "unisender", "sendpulse", "hubspot", "pipedrive", "salesforce", "zoho", "retailcrm", "creatio"],
)
def test_who_opted_out_elsewhere_has_withdrawn_here_even_if_everybody_agreed(name: str) -> None:
    if name == "sendpulse":
        text = (
            csv_of(name)
            + csv_of(name).split("\n")[1].replace("olga", "anna").replace("4567", "4568").replace("Отписан", "Активен")
            + "\n"
        )
    else:
        text = csv_of(name)
    run = import_rows(text, consent_channels=["email"])
    assert (run.state, run.refused) == ("done", 0)
    person = Identity.objects.get(kind="email", value="olga@example.com").person_id
    word = Consent.objects.get(person_id=person, channel="email", is_current=True)
    assert word.state == "withdrawn"
    if name == "mailchimp":
        assert word.at.isoformat().startswith("2021-02-03")
        assert Person.objects.get(pk=person).created_at.year == 2019
    if name == "sendpulse":
        anna = Identity.objects.get(kind="email", value="anna@example.com").person_id
        assert Consent.objects.get(person_id=anna, channel="email", is_current=True).state == "given"


@pytest.mark.django_db
def test_addresses_that_came_back_are_suppressed_and_those_not_asked_are_left_alone() -> None:
    text = (
        "Email,Status\n"
        "clean@example.com,cleaned\nspam@example.com,complained\nsub@example.com,subscribed\n"
        "non@example.com,non-subscribed\nun@example.com,unsubscribed\n"
    )
    run = import_rows(text, consent_channels=["email"])
    assert (run.created, run.refused) == (5, 0)
    state = dict(
        Consent.objects.filter(is_current=True, channel="email").values_list("person__identities__value", "state")
    )
    assert state == {
        "clean@example.com": "withdrawn", "spam@example.com": "withdrawn", "sub@example.com": "given",
        "un@example.com": "withdrawn",
    }  # fmt: skip
    addresses = [("email", f"{name}@example.com") for name in ("clean", "spam", "sub", "non", "un")]
    assert suppressed(addresses) == {addresses[0]: "bounced", addresses[1]: "complained"}


@pytest.mark.django_db
def test_not_being_unsubscribed_is_no_consent() -> None:
    import_rows("Email,Unsubscribed from all email\na@example.com,false\nb@example.com,true\n")
    words = Consent.objects.filter(is_current=True).values_list("person__identities__value", "state")
    assert list(words) == [("b@example.com", "withdrawn")]


@pytest.mark.django_db
def test_of_two_rows_of_one_person_the_no_counts() -> None:
    import_rows("Email,Подписка на email\na@example.com,нет\na@example.com,да\n")
    assert list(Consent.objects.filter(is_current=True).values_list("state", flat=True)) == ["withdrawn"]


@pytest.mark.django_db
def test_the_next_months_file_finds_the_same_people_by_number() -> None:
    first = make_import("ID,Имя,E-mail\n1,Ольга,\n2,Иван,\n", name="clients_2024-05-01 (2).csv")
    second = make_import("ID,Имя,E-mail\n1,Ольга,\n2,Иван,\n", name="clients_2024-06-01.csv")
    assert first.options["id_space"] == second.options["id_space"] == "clients"
