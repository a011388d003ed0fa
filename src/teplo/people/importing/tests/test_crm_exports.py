"""Every sample of a real CRM's export is understood without a human's correction."""

from __future__ import annotations

from pathlib import Path

import pytest

from teplo.people.importing.testing import carry_through, make_import, map_columns
from teplo.people.models import Identity, ImportRefusal, ImportRun, Person
from teplo.people.tagging import tags_of

pytestmark = [pytest.mark.django_db, pytest.mark.data]

FOLDER = Path(__file__).resolve().parents[6] / "shared" / "data" / "crm_exports"


def file(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip("the measurement data is not beside the project")
    return path


def bring_in(name: str) -> ImportRun:
    return carry_through(make_import(file(name)))


@pytest.mark.parametrize("name", ["bitrix24_leads_ru_utf8bom.csv", "bitrix24_leads_ru_cp1251_crlf.csv"])
def test_bitrix24_leads_come_in_whole(name: str) -> None:
    run = bring_in(name)
    assert (run.state, run.rows_total, run.rows_done, run.refused) == ("done", 60, 60, 0)
    assert run.mapping["vendor"] == "bitrix24-lead"
    assert not ImportRefusal.objects.exists()
    person = Identity.objects.get(kind="external", value="bitrix24-lead:1001").person
    assert (person.first_name, person.last_name, person.city) == ("Иван", "Петров", "Москва")
    assert person.company is not None and person.company.name == "ИП Тестов"
    assert person.attributes["summa"] == 15000
    assert person.attributes["povtornyy_lid"] is False
    kinds = set(Identity.objects.filter(person=person).values_list("kind", flat=True))
    assert kinds == {"external", "email", "phone"}


def test_two_phones_in_a_cell_are_one_persons() -> None:
    bring_in("bitrix24_leads_ru_utf8bom.csv")
    person = Identity.objects.get(kind="external", value="bitrix24-lead:1005").person
    assert Identity.objects.get(kind="phone", value="+79000000005").person == person


@pytest.mark.parametrize("name", ["amocrm_deals_ru_utf8_comma.csv", "amocrm_deals_ru_cp1251_semicolon.csv"])
def test_amocrm_deals_with_repeated_headers_come_in_whole(name: str) -> None:
    run = bring_in(name)
    assert (run.state, run.rows_done, run.refused) == ("done", 60, 0)
    person = Identity.objects.get(kind="external", value="amocrm-deal:20006").person
    assert (person.first_name, person.last_name) == ("Наталья", "Ковалёва")
    assert [tag.name for tag in tags_of([person.id])[person.id]] == ["горячий", "сайт"]
    assert person.attributes["byudzhet"] == 125000
    assert person.attributes["data_zakrytiya"] == "2025-01-31"  # "не закрыта" stands there too
    assert Identity.objects.get(kind="phone", value="+79000000006").person == person  # written '+7 (900) 000-00-06


def test_meta_lead_ads_come_in_without_their_prefixes() -> None:
    run = bring_in("meta_lead_ads_utf16le_tab.csv")
    assert (run.state, run.rows_done, run.refused) == ("done", 60, 0)
    person = Identity.objects.get(kind="external", value="meta:1000000000000001").person
    assert (person.first_name, person.last_name) == ("Иван", "Петров")
    assert person.created_at.isoformat() == "2025-01-09T21:13:00+00:00"
    assert Identity.objects.get(kind="phone", value="+79000000001").person == person
    assert person.attributes["zip_code"] == "101000"
    assert person.attributes["what_are_you_looking_for"] == "crm"


def test_hubspot_contacts_come_in_whole() -> None:
    run = bring_in("hubspot_contacts_utf8.csv")
    assert (run.state, run.rows_done, run.refused) == ("done", 60, 0)
    person = Identity.objects.get(kind="email", value="lead5@example.com").person
    assert (person.position, person.company.name, person.company.domain) == ("VP Sales", "Example Inc", "example.com")


def test_a_call_log_with_empty_rows_is_refused_row_by_row() -> None:
    run = make_import(file("call_log_ru_cp1251_header_only_semantics.csv"))
    assert run.shape["encoding"] == "cp1251"
    assert run.headers[0] == "Направление"
    map_columns(run, **{"Уникальный_идентификатор": "external"})
    run = carry_through(run)
    assert (run.state, run.rows_done, run.refused, run.created) == ("done", 60, 60, 0)
    assert set(ImportRefusal.objects.values_list("reason", flat=True)) == {"no-contact"}


def test_the_same_file_again_makes_nobody_new() -> None:
    first = bring_in("bitrix24_leads_ru_utf8bom.csv")
    second = bring_in("bitrix24_leads_ru_cp1251_crlf.csv")
    assert (second.created, second.updated) == (0, first.created)
    assert Person.objects.count() == first.created
