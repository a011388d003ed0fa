from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from teplo.jobs.running import run_due
from teplo.jobs.testing import run_all_jobs
from teplo.people.importing import lending, running, starting
from teplo.people.importing.columns import Column
from teplo.people.importing.testing import carry_through, import_rows, make_import, map_columns, set_options
from teplo.people.models import Identity, ImportRefusal, ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The events handed over, in place of the inbox."""
    events: list[dict[str, Any]] = []

    def take(given: Any, *, origin: str) -> None:
        assert origin == "import"
        events.extend(given)

    monkeypatch.setattr(lending, "_put_events", take)
    yield events


DEEDS = (
    "Клиент e-mail;Действие;Когда;Сумма\n"
    "olga@example.com;Купила курс;03.04.2024 10:05;1 500\n"
    "olga@example.com;Купила курс;04.04.2024 10:05;1 500\n"
)


def bring_in(content: str, **options: Any) -> ImportRun:
    run = make_import(content, rows_are="events")
    if options:
        set_options(run, **options)
    return carry_through(run)


def test_a_table_of_deeds_becomes_events_at_their_own_dates(taken: list[dict[str, Any]]) -> None:
    run = bring_in(DEEDS)
    assert (run.state, run.created, run.refused) == ("done", 2, 0)
    assert taken[0]["name"] == "купила-курс"
    assert taken[0]["time"] == datetime(2024, 4, 3, 7, 5, tzinfo=UTC).isoformat()
    assert taken[0]["identities"] == {"email": "olga@example.com"}
    assert taken[0]["properties"] == {"summa": "1 500"}


def test_the_same_table_again_has_the_same_event_ids(taken: list[dict[str, Any]]) -> None:
    bring_in(DEEDS)
    bring_in("\n".join(DEEDS.splitlines()[:1] + DEEDS.splitlines()[:0:-1]) + "\n")
    ids = [event["id"] for event in taken]
    assert len(ids) == 4
    assert set(ids[:2]) == set(ids[2:])
    assert len(set(ids)) == 2


def test_a_number_of_the_event_is_its_id(taken: list[dict[str, Any]]) -> None:
    bring_in("E-mail;Событие;Дата;ID события\na@example.com;view;01.02.2024;77\na@example.com;view;01.02.2024;78\n")
    assert [event["id"] for event in taken] == ["email:view:77", "email:view:78"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";view;01.02.2024", "no-contact"), ("кто-то;view;01.02.2024", "contact-unreadable"),
        ("a@example.com;;01.02.2024", "no-deed"), ("a@example.com;view;", "no-time"),
        ("a@example.com;view;вчера", "time-unreadable"), ("a@example.com;view;01.02.1995", "time-impossible"),
        ("a@example.com;view;01.02.2199", "time-impossible"), ("a@example.com;!!!;01.02.2024", "deed-unreadable"),
    ],
)  # fmt: skip
def test_a_deed_that_cannot_be_is_refused_with_its_reason(row: str, reason: str) -> None:
    run = bring_in(f"E-mail;Событие;Дата\nb@example.com;view;01.02.2024\n{row}\n")
    assert (run.created, run.refused) == (1, 1)
    assert ImportRefusal.objects.get().reason == reason


def test_one_deed_for_all_rows_can_be_said(taken: list[dict[str, Any]]) -> None:
    bring_in("E-mail;Дата\na@example.com;01.02.2024\n", event_name="Был на выставке")
    assert taken[0]["name"] == "был-на-выставке"


def test_dates_beside_a_person_become_his_deeds(taken: list[dict[str, Any]]) -> None:
    run = make_import(
        "E-mail;Qualification_Date;Booking_Date\na@example.com;2024-05-01;\nb@example.com;2024-05-02;2024-06-01\n"
    )
    map_columns(run, Qualification_Date="deed", Booking_Date=Column("deed", "deal-won"))
    carry_through(run)
    person = Identity.objects.get(value="b@example.com").person_id
    assert [(event["name"], event["time"][:10]) for event in taken if event["person"] == person] == [
        ("qualification-date", "2024-05-01"), ("deal-won", "2024-05-31"),
    ]  # fmt: skip
    assert len(taken) == 3


def test_a_source_tells_how_the_person_came(taken: list[dict[str, Any]]) -> None:
    import_rows("E-mail;Источник;utm_campaign;Дата создания\na@example.com;Выставка «Стройка»;весна;01.02.2024\n")
    (event,) = taken
    assert event["name"] == "person-imported"
    assert event["utm"] == {"campaign": "весна", "source": "Выставка «Стройка»", "medium": "offline"}
    assert event["time"].startswith("2024-01-31")


def test_notes_stand_in_the_story(taken: list[dict[str, Any]]) -> None:
    import_rows('E-mail;Комментарий;Примечание\na@example.com;"строка 1\nстрока 2";ещё\n')
    assert [event["properties"]["text"] for event in taken] == ["строка 1\nстрока 2", "ещё"]
    assert {event["name"] for event in taken} == {"note-added"}


def test_details_of_an_event_stay_within_what_an_event_may_hold(taken: list[dict[str, Any]]) -> None:
    headings = ";".join(f"поле {n}" for n in range(40))
    cells = ";".join("ы" * 1900 for _ in range(40))
    bring_in(f"E-mail;Событие;Дата;{headings}\na@example.com;view;01.02.2024;{cells}\n")
    assert len(repr(taken[0]["properties"]).encode()) < 32_000


def test_the_same_deed_twice_in_a_file_is_two_deeds_and_stays_two(
    taken: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    rows = ["a@example.com;view;01.02.2024 10:00"] * 2 + ["b@example.com;view;01.02.2024 10:00"] * 3
    content = "E-mail;Событие;Дата\n" + "\n".join(rows) + "\n"
    bring_in(content)
    bring_in(content)
    ids = [event["id"] for event in taken]
    assert len(set(ids[:5])) == 5
    assert ids[:5] == ids[5:]


def test_repeated_deeds_are_told_apart_after_a_stop_too(
    taken: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    content = "E-mail;Событие;Дата\n" + "a@example.com;view;01.02.2024 10:00\n" * 4
    run = make_import(content, rows_are="events")
    starting.start_import(run)
    calls = iter([False, False, False, True])
    run_due("me", stop=lambda: next(calls, True))
    assert len(taken) == 2
    run_all_jobs()
    assert len(taken) == 4
    bring_in(content)
    assert [event["id"] for event in taken[:4]] == [event["id"] for event in taken[4:]]
    assert len({event["id"] for event in taken[:3]}) == 3
