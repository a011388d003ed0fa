from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from teplo.accounts.testing import make_user
from teplo.kit.clock import at_moment
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.importing.columns import Column
from teplo.people.importing.testing import carry_through, import_rows, make_import, map_columns, set_options
from teplo.people.models import (
    AttributeChange,
    AttributeDefinition,
    ChangeNote,
    Company,
    Consent,
    Identity,
    ImportRefusal,
    Person,
    TagChange,
)
from teplo.people.suppression import suppressed
from teplo.people.tagging import tags_of
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db


def person_of(value: str) -> Person:
    return Identity.objects.get(value=value).person


def reasons() -> dict[int, str]:
    return dict(ImportRefusal.objects.values_list("row_number", "reason"))


def test_a_row_becomes_a_person_with_all_it_says() -> None:
    run = import_rows(
        "ФИО;Телефон;E-mail;Компания;Должность;Город;Страна;Бюджет;Дата создания\n"
        "Шевченко Тарас Петрович;050 000 00 01;Taras@Example.com;ТОВ «Ромашка»;Директор;Київ;Україна;1 200,50;"
        "03.04.2024 10:05\n"
    )
    assert (run.state, run.rows_total, run.rows_done, run.created, run.refused) == ("done", 1, 1, 1, 0)
    person = person_of("taras@example.com")
    assert (person.first_name, person.middle_name, person.last_name) == ("Тарас", "Петрович", "Шевченко")
    assert (person.first_key, person.last_key) == ("тарас", "шевченко")
    assert (person.position, person.city, person.country) == ("Директор", "Київ", "UA")
    assert person.company == Company.objects.get(name="ТОВ «Ромашка»")
    assert person.attributes == {"byudzhet": 1200.5}
    assert person.created_at == datetime(2024, 4, 3, 7, 5, tzinfo=UTC)
    assert person_of("+380500000001") == person


def test_new_columns_become_fields_with_a_type() -> None:
    import_rows(
        "Почта;Возраст;Клиент?;Дата рождения\n"
        + "".join(f"p{n}@example.com;{n};да;0{n}.02.1990\n" for n in range(1, 9))
    )
    types = dict(AttributeDefinition.objects.values_list("key", "type"))
    assert types == {"vozrast": "number", "klient": "boolean", "data_rozhdeniya": "date"}
    assert person_of("p3@example.com").attributes["data_rozhdeniya"] == "1990-02-03"


def test_people_are_noted_for_the_pipeline_but_leave_no_change_when_new() -> None:
    import_rows("Почта;Город\nnew@example.com;Киев\n")
    assert ChangeNote.objects.get().cause == "import"
    assert not AttributeChange.objects.exists()


@pytest.mark.parametrize(
    ("known", "city", "position"), [("fill", "Москва", "CEO"), ("overwrite", "Киев", "CEO"), ("skip", "Москва", "")]
)
def test_a_known_person_is_filled_overwritten_or_left_alone(known: str, city: str, position: str) -> None:
    person = make_person(email="known@example.com", city="Москва", position="")
    run = import_rows("Почта;Город;Должность\nKnown@example.com;Киев;CEO\n", known=known)
    person.refresh_from_db()
    assert (person.city, person.position) == (city, position)
    assert (run.created, run.updated, run.refused) == (0, 1, 0)
    changed = set(AttributeChange.objects.values_list("key", flat=True))
    assert changed == {"fill": {"position"}, "overwrite": {"city", "position"}, "skip": set()}[known]


def test_who_is_left_alone_is_not_written_to_where_the_file_forbids_it() -> None:
    olga = make_person(email="olga@example.com", city="Москва")
    ivan = make_person(email="ivan@example.com", city="Москва")
    anna = make_person(email="anna@example.com", phone="+79161234567", city="Москва")
    run = import_rows(
        "Телефон;Почта;Город;Email status\n"
        "+79161234567;olga@example.com;Киев;unsubscribed\n;ivan@example.com;Киев;bounced\n"
        ";anna@example.com;Киев;subscribed\n;new@example.com;Киев;subscribed\n",
        known="skip",
    )
    assert (run.created, run.updated, run.refused) == (1, 3, 0)
    assert set(Person.objects.filter(city="Москва")) == {olga, ivan, anna}
    current = Consent.objects.filter(is_current=True).values_list("person_id", "channel", "state")
    assert set(current) == {
        (olga.pk, "email", "withdrawn"),
        (ivan.pk, "email", "withdrawn"),
        (person_of("new@example.com").pk, "email", "given"),
    }
    contacts = [("email", f"{name}@example.com") for name in ("olga", "ivan", "anna", "new")]
    assert suppressed(contacts) == {("email", "ivan@example.com"): "bounced"}


def test_a_person_is_found_by_any_contact_and_gets_the_others() -> None:
    person = make_person(phone="+380500000001")
    import_rows("Почта;Телефон;Telegram\nnew@example.com;0500000001;@olga_marketing\n")
    assert {"new@example.com", "olga_marketing"} <= set(
        Identity.objects.filter(person=person).values_list("value", flat=True)
    )
    assert Person.objects.count() == 1


def test_two_rows_of_one_person_become_one_card_and_the_later_row_wins() -> None:
    run = import_rows("Почта;Телефон;Город\na@example.com;;Киев\na@example.com;0500000001;Львів\n")
    assert (run.created, run.rows_done) == (1, 2)
    assert person_of("+380500000001").city == "Львів"


def test_the_same_file_twice_changes_nothing() -> None:
    content = "Почта;Имя;Теги;Бюджет\na@example.com;Ольга;сайт;5\nb@example.com;Иван;;\n"
    import_rows(content)
    ChangeNote.objects.all().delete()
    second = import_rows(content)
    assert (second.created, second.updated) == (0, 2)
    assert Person.objects.count() == 2
    assert not ChangeNote.objects.exists()


def test_tags_are_added_to_those_that_are_there() -> None:
    import_rows("Почта;Теги\na@example.com;сайт, горячий\n")
    import_rows("Почта;Теги\na@example.com;горячий, выставка\n", tags=["2026"])
    person = person_of("a@example.com")
    assert [tag.name for tag in tags_of([person.id])[person.id]] == ["2026", "выставка", "горячий", "сайт"]
    assert TagChange.objects.filter(person=person).count() == 4


def test_a_choice_that_is_new_becomes_one_of_the_choices() -> None:
    rows = "".join(f"p{n}@example.com;{'розница' if n % 2 else 'опт'}\n" for n in range(30))
    import_rows(f"Почта;Тип\n{rows}")
    import_rows("Почта;Тип\nx@example.com;франшиза\ny@example.com;Опт\n")
    definition = AttributeDefinition.objects.get(key="tip")
    assert [choice["key"] for choice in definition.choices] == ["опт", "розница", "франшиза"]
    assert person_of("y@example.com").attributes["tip"] == "опт"


def test_a_row_without_contact_is_refused_with_its_cells() -> None:
    run = import_rows("Имя;Почта\nОльга;\nИван;i@example.com\n")
    assert (run.created, run.refused) == (1, 1)
    refusal = ImportRefusal.objects.get()
    assert (refusal.row_number, refusal.reason, refusal.cells) == (2, "no-contact", ["Ольга", ""])


def test_rows_without_contact_are_taken_by_number_when_asked_and_once_only() -> None:
    content = "Имя;Сумма\nОльга;5\nИван;7\n"
    run = make_import(content, name="deals.csv")
    set_options(run, number_rows=True)
    assert carry_through(run).created == 2
    again = make_import(content, name="deals.csv")
    set_options(again, number_rows=True)
    assert carry_through(again).created == 0


def test_an_unreadable_contact_beside_a_good_one_costs_only_itself() -> None:
    run = import_rows("Почта;Телефон\nнет такой;0500000001\nсовсем нет;\n")
    assert (run.created, run.refused) == (1, 1)
    assert reasons() == {2: "part-contact", 3: "contact-unreadable"}


def test_a_value_of_the_wrong_type_costs_only_itself() -> None:
    AttributeDefinition.objects.create(key="age", type="number", names={"ru": "Возраст"})
    import_rows("Почта;Возраст\na@example.com;сорок\n")
    assert person_of("a@example.com").attributes == {}
    refusal = ImportRefusal.objects.get()
    assert (refusal.reason, refusal.params) == ("part-number", {"text": "сорок", "column": "Возраст"})


def test_more_cells_than_headings_are_refused_rather_than_shifted() -> None:
    run = import_rows("Имя;Почта\nОльга;o@example.com;лишнее\nИван;i@example.com;;\n")
    assert (run.created, run.refused) == (1, 1)
    assert reasons() == {2: "too-many-cells"}


def test_one_number_in_two_systems_is_two_people() -> None:
    first = make_import("ID;Имя\n1;Ольга\n2;Пётр\n", name="crm.csv")
    map_columns(first, ID="external")
    carry_through(first)
    second = make_import("ID;Имя\n1;Иван\n2;Анна\n", name="shop.csv")
    map_columns(second, ID="external")
    carry_through(second)
    assert Person.objects.count() == 4
    assert person_of("crm:1").first_name == "Ольга"
    assert person_of("shop:1").first_name == "Иван"


def test_an_owner_is_known_by_email_or_name() -> None:
    user = make_user(role="salesperson", email="seller@example.com")
    import_rows("Почта;Ответственный\na@example.com;Seller@example.com\nb@example.com;Никто Такой\n")
    assert person_of("a@example.com").owner_id == user.pk
    assert reasons() == {3: "part-owner"}


def test_consent_is_kept_with_its_words_and_the_row_as_proof() -> None:
    run = import_rows(
        "Почта\na@example.com\n",
        consent_channels=["email", "telegram"],
        consent_source="Стенд",
        consent_text="Согласен",
    )
    consent = Consent.objects.get(channel="email")
    assert (consent.state, consent.source, consent.text) == ("given", "Стенд", "Согласен")
    assert consent.proof == {"import": str(run.pk), "row": 2}
    assert Consent.objects.count() == 2


def test_a_no_in_the_consent_column_is_kept_as_a_no() -> None:
    import_rows("Почта;Согласие на рассылку\na@example.com;да\nb@example.com;нет\n", consent_channels=["email"])
    states = {consent.person_id: consent.state for consent in Consent.objects.all()}
    assert states[person_of("a@example.com").pk] == "given"
    assert states[person_of("b@example.com").pk] == "withdrawn"


def test_an_import_does_not_give_back_a_withdrawn_consent() -> None:
    person = make_person(email="a@example.com")
    record_consents([ConsentWord(person.pk, "email", "withdrawn")])
    import_rows("Почта\na@example.com\n", consent_channels=["email"])
    assert Consent.objects.get(person=person, is_current=True).state == "withdrawn"
    assert reasons() == {2: "part-consent"}


def test_a_company_is_found_without_its_legal_form_and_filled() -> None:
    import_rows("Почта;Компания\na@example.com;ООО «Ромашка»\n")
    import_rows(
        "Почта;Компания;Сайт;Отрасль;Число сотрудников\nb@example.com;Ромашка;https://www.romashka.ru/about;Цветы;11-50\n"
    )
    company = Company.objects.get()
    assert (company.domain, company.industry, company.size) == ("romashka.ru", "Цветы", 30)
    assert company.people.count() == 2


def test_a_date_in_the_future_is_no_day_on_which_he_came() -> None:
    with at_moment(datetime(2026, 1, 10, tzinfo=UTC)):
        import_rows("Почта;Дата создания\na@example.com;01.02.2027\n")
    assert reasons() == {2: "part-date"}
    assert person_of("a@example.com").created_at < datetime(2026, 1, 10, tzinfo=UTC) + timedelta(seconds=1)


def test_a_chosen_mapping_is_remembered_for_the_same_headings() -> None:
    first = make_import("Почта;Поле\na@example.com;Киев\n")
    map_columns(first, Поле="city")
    carry_through(first)
    run = make_import("Почта;Поле\nb@example.com;Львів\n", name="another.csv")
    assert run.mapping["columns"][1] == {"target": "city"}


def test_repeated_headings_keep_their_values_apart() -> None:
    import_rows("Почта;Код;Код\na@example.com;1;2\n")
    assert person_of("a@example.com").attributes == {"kod": 1, "kod_2": 2}


def test_a_column_without_heading_is_known_by_its_contacts() -> None:
    import_rows("a@example.com;Ольга\nb@example.com;Иван\n")
    assert Identity.objects.filter(kind="email").count() == 2


def test_an_own_field_of_the_company_is_filled() -> None:
    run = make_import("Почта;Компания;Оборот\na@example.com;Ромашка;5000000\n")
    map_columns(run, Оборот=Column("attribute", "turnover", "number", "Оборот", of_company=True))
    carry_through(run)
    assert Company.objects.get().attributes == {"turnover": 5000000}


def test_cells_of_a_hundred_thousand_signs_stop_no_import() -> None:
    digits, initials = "1" * 100_000, "а." * 50_000
    run = make_import(f"Почта;Имя;Компания;Размер\na@example.com;{initials}1;Ромашка;{digits}\n")
    map_columns(run, Размер="company_size")
    carry_through(run)
    assert (run.state, run.created, run.refused) == ("done", 1, 0)
    assert Company.objects.get().size is None
    assert "part-number" in ImportRefusal.objects.values_list("reason", flat=True)
