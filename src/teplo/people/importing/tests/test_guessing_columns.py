from __future__ import annotations

import pytest

from teplo.people.importing.guessing import guess_mapping, key_of, vendor_of
from teplo.people.importing.headings import meaning_of, plain_heading
from teplo.people.importing.values import guess_type
from teplo.people.models import AttributeDefinition


def targets(headers: list[str], *rows: list[str], **more: object) -> dict[str, str]:
    rows = rows or ([f"a{n}" for n in range(len(headers))], [f"b{n}" for n in range(len(headers))])
    mapping = guess_mapping(headers, list(rows), **more)  # type: ignore[arg-type]
    return {heading: column.target for heading, column in zip(headers, mapping.columns, strict=True)}


@pytest.mark.parametrize(
    ("headers", "vendor"),
    [
        (["ID", "Название лида", "Дополнительно об источнике"], "bitrix24-lead"),
        (["ID", "Название сделки", "Этап сделки", "Воронка"], "amocrm-deal"),
        (["Record ID", "Create Date", "Email"], "hubspot"),
        (["id", "ad_id", "form_id", "email"], "meta"),
        (["Person - Name*", "Person - Phone"], "pipedrive"),
        (["Lead ID", "LeadSource", "OwnerId"], "salesforce"),
        (["LEADID", "Lead Owner"], "zoho"),
        (["Lead ID", "Form Name", "Campaign Name", "Email Address"], "linkedin"),
        (["Имя", "Телефон"], ""),
    ],
)
def test_the_system_that_wrote_a_file_is_known_by_its_headings(headers: list[str], vendor: str) -> None:
    assert vendor_of(headers) == vendor


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("E-mail", "email"), ("Электронная почта", "email"), ("Ел. пошта", "email"), ("Рабочий e-mail", "email"),
        ("Тел.", "phone"), ("Контактный телефон *", "phone"), ("Номер телефону", "phone"), ("Phone_Number", "phone"),
        ("Имя", "first_name"), ("Ім’я", "first_name"), ("ПІБ", "full_name"),
        ("Ф.И.О.", "full_name"), ("ФИО:", "full_name"),
        ("Прізвище", "last_name"), ("По батькові", "middle_name"), ("Посада", "position"), ("Job Title", "position"),
        ("Місто", "city"), ("Компанія", "company"), ("Organization - Name*", "company"), ("Телеграм", "telegram"),
        ("Согласие на рассылку", "consent"), ("Згода на розсилку", "consent"), ("Джерело", "source"),
        ("Факс", None), ("Цвет глаз", None), ("Country/Region", "country"),
    ],
)  # fmt: skip
def test_headings_are_understood_in_three_languages(heading: str, meaning: str | None) -> None:
    assert meaning_of(heading) == meaning


def test_a_column_of_linkedin_forms_finds_its_place() -> None:
    found = targets(
        ["First Name", "Last Name", "Email Address", "Phone Number", "Company Name", "Job Title", "Lead ID"]
    )
    assert list(found.values()) == ["first_name", "last_name", "email", "phone", "company", "position", "external"]


def test_of_two_companies_the_one_with_values_is_taken() -> None:
    found = targets(["Компания контакта", "Компания"], ["", "Ромашка"], ["", "Вектор"])
    assert found == {"Компания контакта": "skip", "Компания": "company"}


def test_an_owner_column_without_known_colleagues_is_a_field_of_its_own() -> None:
    rows = (["Тестовый Менеджер"], ["Другой Менеджер"])
    assert targets(["Ответственный"], *rows) == {"Ответственный": "attribute"}
    assert targets(["Ответственный"], *rows, owners=["другой менеджер"]) == {"Ответственный": "owner"}


def test_a_stage_column_needs_values_that_are_stages() -> None:
    rows = (["Lead"], ["Customer"])
    assert targets(["Lifecycle Stage"], *rows) == {"Lifecycle Stage": "attribute"}
    assert targets(["Lifecycle Stage"], *rows, stages=["lead", "customer"]) == {"Lifecycle Stage": "stage"}


def test_numbers_of_an_unknown_system_must_be_different_to_be_numbers() -> None:
    assert targets(["ID"], ["1"], ["2"]) == {"ID": "external"}
    assert targets(["ID"], ["1"], ["1"])["ID"] == "attribute"


def test_a_field_that_exists_is_found_by_its_name_in_any_language() -> None:
    definition = AttributeDefinition(
        key="budget", type="number", names={"ru": "Бюджет", "uk": "Бюджет", "en": "Budget"}
    )
    mapping = guess_mapping(["бюджет *"], [["5"]], definitions=[definition])
    assert (mapping.columns[0].target, mapping.columns[0].key) == ("attribute", "budget")


def test_technical_columns_are_left_out() -> None:
    found = targets(["ad_id", "Кем изменён", "Дата изменения", "Last Modified Date"])
    assert set(found.values()) == {"skip"}


def test_columns_of_deeds_find_who_what_and_when() -> None:
    rows = (["user_1", "view", "2024-03-13 10:21:14", "s1"], ["user_1", "buy", "2024-03-13 10:22:14", "s1"])
    found = targets(["user_id", "event", "timestamp", "session_id"], *rows, rows_are="events")
    assert list(found.values()) == ["external", "event_name", "event_time", "event_property"]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Годовой оборот, ₽", "godovoy_oborot"), ("Кількість ґаджетів", "kilkist_gadzhetiv"), ("Stage", "own_stage"),
        ("2024 год", "own_2024_god"), ("what_are_you_looking_for?", "what_are_you_looking_for"), ("₽", ""),
    ],
)  # fmt: skip
def test_a_key_is_made_of_the_heading(heading: str, key: str) -> None:
    assert key_of(heading) == key


def test_headings_are_compared_without_case_marks_and_doubled_spaces() -> None:
    assert plain_heading("  Phone_Number*: ") == "phone number"


def test_a_report_is_read_with_its_numbers_of_rows_and_its_total() -> None:
    headers = ["№ п/п", "Наименование", "Контактное лицо", "E-mail", "Дата регистрации"]
    rows = [
        ["1", 'ООО "Ромашка"', "Иванов Иван", "info@example.com", "01.02.2020"],
        ["2", 'АО "Мир"', "Петров Пётр", "petr@example.com", "03.04.2020"],
        ["3", "ИП Сидоров", "Сидоров Илья", "ilya@example.com", "13.04.2020"],
        ["Итого:", "", "", "", "3"],
    ]
    found = [column.target for column in guess_mapping(headers, rows).columns]
    assert found == ["skip", "company", "full_name", "email", "created_at"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["01.02.2020", "03.04.2020", "не помню"], "date"),
        (["01.02.2020", "не помню"], "text"),
        (["01.02.2020", "да", "нет", "потом"], "text"),
    ],
)
def test_one_strange_value_among_dates_does_not_make_a_text(values: list[str], kind: str) -> None:
    assert guess_type(values) == kind
