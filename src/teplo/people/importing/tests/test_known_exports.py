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
        Примечание 1 = note = текст
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
        Person - Person created = created_at = 2020-03-04 10:00:00
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
    "outlook, new": ("outlook-contacts", """
        First Name = first_name = Olga
        Middle Name = middle_name = P
        Last Name = last_name = Ivanova
        Title = . = Mrs
        Nickname = . = Olya
        E-mail Address = email = olga@example.com
        E-mail 2 Address = email = o2@example.com
        Home Phone = phone = +14155552672
        Business Phone = phone = +14155552671
        Mobile Phone = phone = +14155552673
        Business Fax = .number = +14155552699
        Company Main Phone = .number = +14155550000
        Job Title = position = CEO
        Department = . = Sales
        Company = company = Acme
        Office Location = . = 3rd floor
        Manager's Name = . = Bob
        Assistant's Name = . = Eve
        Assistant's Phone = .number = +14155550001
        Business Street = . = Main 1
        Business City = city = Boston
        Business State = . = MA
        Business Postal Code = . = 02110
        Business Country/Region = country = United States
        Web Page = company_domain = https://acme.example
        Birthday = .date = 2/1/1980
        Notes = note = tea
    """),
    "brevo": ("", """
        CONTACT ID = external = 12
        EMAIL = email = olga@example.com
        FIRSTNAME = first_name = Olga
        LASTNAME = last_name = Ivanova
        SMS = phone = 380501234567
        WHATSAPP = whatsapp = 380501234567
        EXT_ID = .number = 77
        OPT_IN = consent = Yes
        DOUBLE_OPT-IN = consent = 1
        BLOCKLISTED = unsubscribed = Yes
        EMAIL_BLACKLISTED = unsubscribed:email = true
        SMS_BLACKLISTED = unsubscribed:sms = false
        ADDED_TIME = created_at = 2020-03-04 10:00:00
        MODIFIED_TIME = - = 2021-03-04 10:00:00
    """),
    "klaviyo": ("klaviyo", """
        Email = email = olga@example.com
        Klaviyo ID = external = 01ABC
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Organization = company = Acme
        Title = position = CEO
        Phone Number = phone = +14155552671
        Address = . = Main 1
        City = city = Boston
        State / Region = . = MA
        Country = country = United States
        Zip Code = . = 02110
        Latitude = - = 1
        Longitude = - = 2
        Source = source = Form
        Created = created_at = 2020-03-04 10:00:00
        Profile Created On = .date = 2020-03-04 10:00:00
        Email Marketing Consent = consent:email = UNSUBSCRIBED
        Email Marketing Consent Timestamp = .date = 2021-03-04 10:00:00
        SMS Marketing Consent = consent:sms = NEVER_SUBSCRIBED
        Email Suppressions = unsubscribed:email = UNSUBSCRIBE
        Date Added = .date = 2020-03-04 10:00:00
        Last Open = .date = 2021-03-04
        $consent = . = email
    """),
    "activecampaign": ("", """
        Contact ID = external = 5
        Email = email = olga@example.com
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Phone = phone = +14155552671
        Account = company = Acme
        Job Title = position = CEO
        Date Created = created_at = 2020-03-04 10:00
        IP Address = . = 1.1.1.1
        Tags = tags = a, b
        Lists = tags = News
        Status = consent = Unsubscribed
        Unsubscribe Reason = . = none
        Last Email Sent = .date = 2020-03-04
    """),
    "constant contact": ("", """
        Email address = email = olga@example.com
        First name = first_name = Olga
        Last name = last_name = Ivanova
        Company = company = Acme
        Job title = position = CEO
        Email status = consent:email = Unsubscribed
        Email permission status = . = Implicit
        Email update source = . = Contact
        Confirmed Opt-Out Date = unsubscribed = 2021-03-04
        Confirmed Opt-Out Source = . = Contact
        Confirmed Opt-Out Reason = . = spam
        Phone - home = phone = +14155552671
        Phone - mobile = phone = +14155552672
        Street address line 1 - Home = . = Main
        City - Home = city = Boston
        State/Province - Home = . = ON
        Zip/Postal Code - Home = . = 02110
        Country - Home = country = United States
        Website = company_domain = acme.example
        Created At = created_at = 2020-03-04 10:00:00
        Updated At = - = 2021-03-04 10:00:00
        Email Lists = tags = General
        Tags = tags = vip
        Source Name = . = form
    """),
    "campaign monitor": ("", """
        Email Address = email = olga@example.com
        Name = full_name = Olga Ivanova
        Date Joined = created_at = 2020-03-04 10:00:00
        Date Subscribed = .date = 2020-03-04
        Date Unsubscribed = unsubscribed = 2021-03-04
        Status = consent = Unsubscribed
        State = consent = Unsubscribed
        Consent to Track = . = Yes
    """),
    "esputnik": ("", """
        email = email = olga@example.com
        firstName = first_name = Ольга
        lastName = last_name = Іванова
        sms = phone = 380501234567
        externalCustomerId = external = 55
        Підписка на email = consent:email = Ні
        emailStatus = consent:email = UNSUBSCRIBED
        Сегменти = tags = Новини
        Часовий пояс = timezone = Europe/Kyiv
        Мова = language = uk
        Місто = city = Київ
        Дата народження = .date = 1980-02-01
        Дата реєстрації = created_at = 2020-03-04
    """),
    "mailerlite": ("", """
        Subscriber = email = olga@example.com
        Name = first_name = Olga
        Last name = last_name = Ivanova
        Sent = .number = 10
        Opens = .number = 5
        Clicks = .number = 1
        Subscribed = consent = 2020-03-04 10:00:00
        Unsubscribed = unsubscribed = 2021-03-04 10:00:00
        Location = . = Ukraine
        Company = company = Acme
        Phone = phone = +380501234567
        Status = consent = unsubscribed
        Opt-in timestamp = created_at = 2020-03-04
        Groups = tags = News
        Date subscribed = .date = 2020-03-04
    """),
    "sendsay": ("", """
        member.email = email = olga@example.com
        E-mail = email = olga@example.com
        Имя = first_name = Ольга
        Фамилия = last_name = Иванова
        Дата регистрации = created_at = 2020-03-04 10:00
        Статус подписки = consent = Отписан
        Заблокирован = unsubscribed = 1
        Подтверждён = . = Да
        Недоступен = bounced = 0
        Ошибки доставки = .number = 0
        Дата отписки = unsubscribed = 2021-03-04
    """),
    "dashamail": ("", """
        email = email = olga@example.com
        merge_1 = . = Ольга
        state = consent = unsubscribed
        added = created_at = 2020-03-04 10:00:00
        reason = . = user
        Имя = first_name = Ольга
        Статус = consent = отписался
        Дата добавления = .date = 2020-03-04
    """),
    "dynamics": ("", """
        (Do Not Modify) Contact = . = abc
        Full Name = full_name = Olga Ivanova
        Email = email = olga@example.com
        Company Name = company = Acme
        Business Phone = phone = +14155552671
        Status = . = Active
        Do not allow Emails = unsubscribed:email = Do Not Allow
        Do not allow Bulk Emails = unsubscribed:email = Do Not Allow
        Do not allow Phone Calls = unsubscribed:phone = Allow
        Created On = created_at = 3/14/2020 10:00
    """),
    "shopify": ("", """
        Customer ID = external = '123
        First Name = first_name = Olga
        Last Name = last_name = Ivanova
        Email = email = olga@example.com
        Accepts Email Marketing = consent:email = no
        Default Address Company = company = Acme
        Default Address City = city = Boston
        Default Address Province Code = . = ON
        Default Address Country Code = country = CA
        Phone = phone = '+14155552671
        Accepts SMS Marketing = consent:sms = no
        Total Spent = .number = 15.00
        Total Orders = .number = 1
        Note = note = tea
        Tax Exempt = . = no
        Tags = tags = vip
    """),
    "mindbox": ("", """
        Email = email = olga@example.com
        Мобильный телефон = phone = 79161234567
        ФИО = full_name = Иванова Ольга
        Подписан на Email = consent:email = Нет
        Подписан на SMS = consent:sms = Да
        Email невалиден = bounced = Нет
        Дата регистрации = created_at = 04.03.2020
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
    [
        "mailchimp",
        "unisender",
        "sendpulse",
        "hubspot",
        "pipedrive",
        "salesforce",
        "zoho",
        "retailcrm",
        "creatio",
        "brevo",
        "klaviyo",
        "activecampaign",
        "constant contact",
        "campaign monitor",
        "esputnik",
        "mailerlite",
        "sendsay",
        "dashamail",
        "dynamics",
        "shopify",
        "mindbox",
    ],  # fmt: skip
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


@pytest.mark.django_db
def test_the_day_of_a_consent_is_the_latest_day_of_acquaintance() -> None:
    import_rows("Email,Subscribed,Unsubscribed\na@example.com,2019-05-06 10:00,\nb@example.com,,2020-05-06 10:00\n")
    years = dict(Person.objects.values_list("identities__value", "created_at__year"))
    assert years == {"a@example.com": 2019, "b@example.com": 2020}


@pytest.mark.parametrize(
    "heading",
    ["Consent to Track", "Согласие на обработку персональных данных", "Згода на обробку даних", "Cookie consent"],
)
def test_another_consent_allows_no_letters(heading: str) -> None:
    assert guess_mapping(["Email", heading], [["a@example.com", "yes"]]).columns[1].target == "attribute"


@pytest.mark.django_db
def test_who_forbids_by_not_allowing_is_obeyed_among_many_who_allow() -> None:
    rows = "".join(f"p{n}@example.com,{'Do Not Allow' if n == 7 else 'Allow'}\n" for n in range(20))
    import_rows(f"Email,Do not allow Bulk Emails\n{rows}", consent_channels=["email"])
    states = Consent.objects.filter(is_current=True).values_list("person__identities__value", "state")
    assert [value for value, state in states if state == "withdrawn"] == ["p7@example.com"]


def test_one_phone_of_a_whole_company_is_no_contact() -> None:
    for heading in ("Company Main Phone", "Телефон компании", "Общий телефон", "Телефон офісу"):
        target = guess_mapping(["Email", heading], [["a@example.com", "+14155550123"]]).columns[1].target
        assert target != "phone", heading


def test_headings_are_believed_only_over_values_that_agree() -> None:
    headings = ["SMS", "Email невалиден", "Subscriber", "Наименование", "Title", "Name", "Last name"]
    values = ["380501234567", "нет", "a@example.com", "ООО «Ромашка»", "Mrs", "Ольга", "Иванова"]
    found = [column.target for column in guess_mapping(headings, [values]).columns]
    assert found == ["phone", "bounced", "email", "company", "attribute", "first_name", "last_name"]
    assert guess_mapping(["Email", "SMS"], [["a@example.com", "yes"]]).columns[1].target != "phone"
