"""A company's fields can be asked of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.kit.clock import at_moment
from teplo.people.companies import change_company
from teplo.people.importing.companies import put_companies
from teplo.people.models import Company, CompanyChange, Person
from teplo.people.testing import make_attribute, make_company, make_person

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def holds(condition: dict[str, Any], at: datetime) -> bool:
    q = stored_to_q(condition, registry.people(), as_of=at)
    return Person.objects.filter(q).exists()


@pytest.fixture
def company() -> Company:
    make_attribute(key="tier", type="text", of_company=True)
    with at_moment(AT - DAY):
        company = make_company(industry="цветы", size=12, attributes={"tier": "A"})
        make_person(company=company)
    return company


def test_what_was_changed_by_hand_is_asked_as_it_was(company: Company) -> None:
    change_company(company_id=company.pk, fields={"industry": "книги", "size": None, "attributes": {}}, at=AT)
    for condition in (
        {"field": "company.industry", "is": "ЦВЕТЫ"},
        {"field": "company.size", "between": [10, 20]},
        {"field": "company.attr.tier", "is": "A"},
        {"field": "company.size", "is_set": True},
    ):
        assert holds(condition, AT - timedelta(seconds=1))
        assert not holds(condition, AT)


def test_what_was_empty_before_was_empty(company: Company) -> None:
    change_company(company_id=company.pk, fields={"city": "Львів", "attributes": {"tier": "A", "plan": "x"}}, at=AT)
    assert holds({"field": "company.city", "is_set": False}, AT - DAY / 2)
    assert holds({"field": "company.city", "is_not": "Львів"}, AT - DAY / 2)
    assert holds({"field": "company.city", "is": "Львів"}, AT)
    assert CompanyChange.objects.count() == 2


def test_the_first_of_several_later_changes_says_what_was(company: Company) -> None:
    for days, industry in enumerate(("книги", "", "сад")):
        change_company(company_id=company.pk, fields={"industry": industry}, at=AT + days * DAY)
    said = [
        next((name for name in ("цветы", "книги", "сад") if holds({"field": "company.industry", "is": name}, at)), "")
        for at in (AT - DAY / 2, AT, AT + DAY, AT + 2 * DAY)
    ]
    assert said == ["цветы", "книги", "", "сад"]


def test_an_import_remembers_what_it_overwrites_and_nothing_of_companies_it_makes(company: Company) -> None:
    rows = [{"company": company.name, "industry": "сад"}, {"company": "Новая", "industry": "лес"}]
    put_companies(rows, overwrite=True, at=AT)
    assert list(CompanyChange.objects.values_list("company__name", "key", "old", "new")) == [
        (company.name, "industry", "цветы", "сад")
    ]


def test_the_same_values_again_leave_no_trace(company: Company) -> None:
    change_company(company_id=company.pk, fields={"industry": "цветы", "attributes": {"tier": "A"}}, at=AT)
    assert not CompanyChange.objects.exists()
