import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.kit.testing import examples
from teplo.people.models import AttributeChange, Consent, ImportRun, Person
from teplo.people.testing import make_attribute, make_company, make_identity, make_person
from teplo.scoring.extracting import Versus, extract
from teplo.scoring.frame import sidecar_of
from teplo.scoring.models import Outcome
from teplo.scoring.statement import Sql
from teplo.tracking.models import Activity, Event, Tally, Touch

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAMPLE = Sql("SELECT person_id, told_at AS at, state, at AS ended_at FROM scoring_outcome")


@pytest.fixture
def visited(db):
    return Activity.objects.create(key="visited", names={"en": "Visited"}, condition={"event": "visit"})


def ask(person, state="won", *, at=AT, ended=AT + 10 * DAY):
    Outcome.objects.create(person=person, state=state, at=ended, source="api", key="1", told_at=at)
    return person


def known(**changes):
    return ask(make_person(**{"created_at": AT - 200 * DAY, **changes}))


def visit(person, activity, at):
    """An event, and its tally as the pipeline counts it."""
    Event.objects.create(person=person, name="visit", at=at, received_at=at, origin="api")
    tally, is_new = Tally.objects.get_or_create(
        person=person, activity=activity, day=at.date(), defaults={"count": 1, "first_at": at, "last_at": at}
    )
    if not is_new:
        Tally.objects.filter(person=person, activity=activity, day=at.date()).update(
            count=tally.count + 1, first_at=min(tally.first_at, at), last_at=max(tally.last_at, at)
        )


def change(person, key, old, new, at):
    """A change as `set_attributes` keeps it, at a moment of one's own."""
    AttributeChange.objects.create(person=person, key=key, old=old, new=new, at=at, by="form")
    if key in ("city", "position", "company_id"):
        Person.objects.filter(pk=person.pk).update(**{key: new})
    else:
        Person.objects.filter(pk=person.pk).update(attributes=Person.objects.get(pk=person.pk).attributes | {key: new})


def frame(tmp_path, **options):
    path = tmp_path / "frame.csv"
    extract(sample=SAMPLE, path=path, **{"least": 1, **options})
    with path.open(encoding="utf-8", newline="") as file:
        rows = {int(row["person_id"]): row for row in csv.DictReader(file)}
    columns = {column["key"]: column for column in json.loads(sidecar_of(path).read_text(encoding="utf-8"))["columns"]}
    return rows, columns


def test_deeds_are_counted_in_their_windows_to_the_minute(tmp_path, visited):
    person = known()
    for before in (HOUR, 2 * HOUR, 6 * DAY, 7 * DAY, 29 * DAY, 30 * DAY, 100 * DAY):
        visit(person, visited, AT - before)
    for after in (HOUR / 2, HOUR, DAY):
        visit(person, visited, AT + after)
    rows, columns = frame(tmp_path)
    row = rows[person.pk]
    assert [row[f"did.visited{window}"] for window in (".7d", ".30d", ".90d", "")] == ["3", "5", "6", "7"]
    assert row["last.visited"] == "0"
    assert columns["did.visited.30d"]["condition"] == {"did": "visited", "within": "30d"}


def test_whoever_did_nothing_has_zero_times_and_no_last_time(tmp_path, visited):
    visit(known(), visited, AT - DAY)
    idle = known()
    rows, _columns = frame(tmp_path)
    assert (rows[idle.pk]["did.visited"], rows[idle.pk]["last.visited"]) == ("0", "")


def test_a_value_changed_later_is_taken_back_to_the_moment(tmp_path):
    person = known(city="Киев")
    change(person, "city", "Киев", "Львов", AT - DAY)
    change(person, "city", "Львов", "Одесса", AT + DAY)
    change(person, "city", "Одесса", "Харьков", AT + 2 * DAY)
    rows, columns = frame(tmp_path)
    assert rows[person.pk]["city"] == "Львов"
    assert columns["city"]["changed_after_share"] == 1.0


def test_a_field_filled_only_after_the_outcome_is_named_and_empty_at_the_moment(tmp_path):
    make_attribute(key="contract", type="text")
    for number in range(24):
        person = known()
        if number % 2:
            change(person, "contract", None, f"№ {number}", AT + 11 * DAY)
    rows, columns = frame(tmp_path)
    assert {row["attr.contract"] for row in rows.values()} == {""}
    assert "attr.contract" not in columns, "nobody had it at his moment"
    late = columns["attr.contract@now"]
    assert (late["filled_after_share"], late["later"], late["filled"]) == (1.0, True, 12)
    assert late["condition"] == {"field": "attr.contract"}


def test_a_field_filled_in_time_has_no_second_column(tmp_path):
    make_attribute(key="budget", type="number")
    for number in range(24):
        person = known()
        change(person, "budget", None, number, AT - DAY if number < 12 else AT + DAY)
    _rows, columns = frame(tmp_path)
    assert columns["attr.budget"]["filled"] == 12
    assert columns["attr.budget"]["filled_after_share"] == 0.0, "filled after the moment, yet before the outcome"
    assert "attr.budget@now" not in columns


def test_values_of_every_type_are_written_and_wrong_ones_are_missing(tmp_path):
    for key, kind in (("n", "number"), ("b", "boolean"), ("d", "date"), ("l", "list"), ("wrong", "number")):
        make_attribute(key=key, type=kind)
    person = known(attributes={"n": 2.5, "b": False, "d": "2026-01-02", "l": ["a", "б"], "wrong": "12"})
    rows, columns = frame(tmp_path)
    row = rows[person.pk]
    assert [row[f"attr.{key}"] for key in ("n", "b", "d", "wrong")] == ["2.5", "0", "2026-01-02", ""]
    assert json.loads(row["attr.l"]) == ["a", "б"]
    assert [columns[f"attr.{key}"]["kind"] for key in ("n", "b", "d", "l")] == ["number", "boolean", "date", "list"]


def test_companies_are_those_of_the_moment_and_nobody_knows_since_when(tmp_path):
    former, present = (make_company(name=name, industry=name, updated_at=AT + DAY) for name in ("Завод", "Банк"))
    person = known(company=former)
    change(person, "company_id", former.pk, present.pk, AT + DAY)
    rows, columns = frame(tmp_path)
    assert rows[person.pk]["company.industry"] == "Завод"
    assert columns["company.industry"]["known_at"] == "unknown"
    assert columns["city"]["known_at"] == "before"


def test_people_brought_by_an_import_after_their_moment_are_known_since_nobody_knows_when(tmp_path):
    run = ImportRun.objects.create(name="deals.csv", created_at=AT + 30 * DAY)
    make_identity(person=known(), source=f"import:{run.pk}", created_at=AT - DAY)
    rows, columns = frame(tmp_path)
    assert [row["city"] for row in rows.values()] == ["Москва"]
    assert columns["city"]["known_at"] == "unknown"


def test_how_he_came_what_he_allowed_and_how_to_reach_him_are_of_the_moment(tmp_path):
    person = known()
    for days, source, mark in ((-9, "paid", "yandex"), (-3, "email", ""), (2, "social", "vk")):
        Touch.objects.create(person=person, at=AT + days * DAY, source=source, utm_source=mark)
    for days, state in ((-5, "given"), (3, "withdrawn")):
        Consent.objects.create(
            person=person, channel="email", state=state, at=AT + days * DAY, is_current=state == "withdrawn"
        )
    make_identity(person=person, created_at=AT - DAY)
    make_identity(person=person, kind="telegram", value="olga", created_at=AT + DAY)
    row = frame(tmp_path)[0][person.pk]
    assert (row["first_source"], row["last_source"]) == ("paid", "email")
    lists = {key: json.loads(row[key]) for key in ("source", "utm_source", "consent", "channel")}
    assert lists == {"source": ["email", "paid"], "utm_source": ["yandex"], "consent": ["email"], "channel": ["email"]}


def test_who_has_not_decided_is_left_out_unless_compared_with_everybody(tmp_path):
    won, lost, undecided = (ask(make_person(created_at=AT - DAY), state) for state in ("won", "lost", "open"))
    rows, _columns = frame(tmp_path)
    assert {pk: row["y"] for pk, row in rows.items()} == {won.pk: "1", lost.pk: "0"}
    rows, _columns = frame(tmp_path, versus=Versus.read("everybody"))
    assert rows[undecided.pk]["y"] == "0"


def test_fields_and_activities_left_out_are_not_written(tmp_path, visited):
    visit(known(), visited, AT - DAY)
    rows, columns = frame(tmp_path, without=["city", "visited"])
    assert not [key for key in (*columns, *next(iter(rows.values()))) if key == "city" or "visited" in key]


def test_windows_that_count_the_same_and_what_few_have_are_left_out(tmp_path, visited):
    rare = Activity.objects.create(key="rare", names={"en": "Rare"}, condition={"event": "rare"})
    for number in range(12):
        person = known(position="Директор" if number < 3 else "")
        visit(person, visited, AT - 20 * DAY)
        if number < 2:
            visit(person, rare, AT - DAY)
    _rows, columns = frame(tmp_path, least=10)
    assert sorted(key for key in columns if "visited" in key) == ["did.visited.30d", "last.visited"]
    assert not {"position", "did.rare", "did.rare.30d"} & columns.keys()
    assert columns["did.visited.30d"]["filled"] == 12


def test_a_range_takes_the_same_number_of_statements_whatever_its_people(tmp_path, visited):
    def statements():
        with CaptureQueriesContext(connection) as caught:
            frame(tmp_path)
        return len(caught)

    visit(known(company=make_company()), visited, AT - DAY)
    statements()
    few = statements()
    for _ in range(30):
        visit(known(company=make_company()), visited, AT - DAY)
    assert statements() == few


def test_ranges_of_any_size_give_the_same_frame(tmp_path, visited):
    for number in range(7):
        visit(known(), visited, AT - number * DAY)
    whole = frame(tmp_path)
    assert frame(tmp_path, range_size=2) == whole


def test_the_frame_says_of_everybody_what_conditions_say_of_that_moment(tmp_path, visited):
    make_attribute(key="budget", type="number")
    people = [known(city=city) for city in ("Киев", "Львов", "Киев", "Одесса")]
    change(people[1], "city", "Львов", "Киев", AT + DAY)
    change(people[2], "budget", None, 100, AT - DAY)
    change(people[3], "budget", None, 100, AT + DAY)
    for person, hours in ((people[0], 1), (people[0], 30), (people[3], -1), (people[3], 30)):
        visit(person, visited, AT - hours * HOUR)
    Touch.objects.create(person=people[1], at=AT - DAY, source="paid", utm_source="yandex")
    make_identity(person=people[0], kind="telegram", value="a", created_at=AT - DAY)
    rows, _columns = frame(tmp_path)
    asked = [
        ({"field": "city", "is": "Киев"}, lambda row: row["city"] == "Киев"),
        ({"field": "attr.budget", "is_set": True}, lambda row: row["attr.budget"] != ""),
        ({"did": "visited", "at_least": 2}, lambda row: int(row["did.visited"]) >= 2),
        ({"did": "visited", "within": "7d"}, lambda row: int(row["did.visited.7d"]) >= 1),
        ({"last_did": "visited", "within": "1d"}, lambda row: row["last.visited"] == "0"),
        ({"field": "first_source", "is": "paid"}, lambda row: row["first_source"] == "paid"),
        ({"field": "utm_source", "is": "yandex"}, lambda row: "yandex" in row["utm_source"]),
        ({"channel": "telegram"}, lambda row: "telegram" in row["channel"]),
    ]
    for condition, of_row in asked:
        by_language = Person.objects.filter(stored_to_q(condition, registry.people(), as_of=AT))
        assert set(by_language.values_list("pk", flat=True)) == {pk for pk, row in rows.items() if of_row(row)}, (
            condition
        )
        assert by_language.exists(), condition


ANYTHING = ["visit", "city", "budget", "touch", "consent", "contact", "company"]
LATER = st.lists(st.tuples(st.sampled_from(ANYTHING), st.integers(0, 60)), min_size=1, max_size=8)
EARLIER = st.lists(st.tuples(st.sampled_from(["visit", "city", "budget", "touch"]), st.integers(1, 2400)), max_size=6)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(earlier=EARLIER, later=LATER)
def test_nothing_that_comes_after_the_moment_changes_what_the_frame_says(tmp_path, visited, earlier, later):
    Person.objects.all().delete()
    for model in (Outcome, Event, Tally, Touch, Consent, AttributeChange):
        model.objects.all().delete()
    registry_key = "budget"
    if "attr.budget" not in registry.people().fields:
        make_attribute(key=registry_key, type="number")
    person = known()
    for what, hours in sorted(earlier, key=lambda found: -found[1]):
        happen(person, what, AT - hours * HOUR, visited)
    before = frame(tmp_path)[0]
    for what, hours in sorted(later, key=lambda found: found[1]):
        happen(person, what, AT + hours * HOUR + timedelta(minutes=1), visited)
    after = frame(tmp_path)[0]
    kept = {key: value for key, value in after[person.pk].items() if not key.endswith("@now")}
    assert kept == before[person.pk]


def happen(person, what, at, activity):
    card = Person.objects.get(pk=person.pk)
    if what == "visit":
        visit(person, activity, at)
    elif what == "city":
        change(person, "city", card.city, f"{card.city}!", at)
    elif what == "budget":
        change(person, "budget", card.attributes.get("budget"), card.attributes.get("budget", 0) + 1, at)
    elif what == "touch":
        Touch.objects.create(person=person, at=at, source="paid", utm_source=str(at))
    elif what == "consent":
        Consent.objects.filter(person=person).update(is_current=False)
        Consent.objects.create(person=person, channel="email", state="given", at=at)
    elif what == "contact":
        make_identity(person=person, created_at=at)
    elif what == "company":
        change(person, "company_id", card.company_id, make_company().pk, at)
