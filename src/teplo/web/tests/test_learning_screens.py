"""Points are learned, shown with their proof, made a draft; what customers have in common becomes a profile."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.conditions import registry
from teplo.jobs.models import Job, JobState
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.models import AttributeChange, Person
from teplo.people.testing import make_attribute, make_company, make_identity, make_person
from teplo.scoring import jobs_learning
from teplo.scoring.models import Interview, Learning, Outcome, Profile, ProfileSearch, ScoreTable
from teplo.scoring.sampling import Question
from teplo.scoring.table_file import read_table
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MET = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC")
    client.force_login(user)
    return user


def make_base(chance, people=400, *, late="", seed=5):
    """People met over a month, who bought with `chance(city, position)` within a month; `late`: a field filled then."""
    draw = random.Random(seed)
    if late:
        make_attribute(key=late, type="text")
    for number in range(people):
        city, position = draw.choice(["Киев", "Львов", "Одесса"]), draw.choice(["Директор", "Менеджер"])
        met = MET + number * timedelta(hours=2)
        person = make_person(city=city, position=position, created_at=met)
        make_identity(person=person, created_at=met)
        if draw.random() < chance(city, position):
            bought = met + 40 * DAY
            Outcome.objects.create(person=person, state="won", at=bought, source="api", key="1")
            if late:
                AttributeChange.objects.create(person=person, key=late, new="yes", at=bought + DAY, by="hand")
                Person.objects.filter(pk=person.pk).update(attributes={late: "yes"})


QUESTION = {
    "moment": "first-contact", "days": "14", "since": "2026-01-01", "until": "2026-03-31", "horizon_days": "60",
    "versus": "everybody", "only_known": "on",
}  # fmt: skip


def asked(**changes):
    return Question.from_json(
        {"moment": "first-contact", "days": 14, "since": "2026-01-01", "until": "2026-03-31", "horizon_days": 60,
         "as_of": "2026-08-01T00:00:00+00:00", **changes}
    )  # fmt: skip


def learned(**options):
    found = jobs_learning.start_learning(
        question=asked(), options={"versus": "everybody", **options}, by=None, at=now()
    )
    run_all_jobs()
    found.refresh_from_db()
    assert found.result, Job.objects.get(pk=found.job_id).error
    return found


def searched(**options):
    found = jobs_learning.start_search(question=asked(), options={"versus": "everybody", **options}, by=None, at=now())
    run_all_jobs()
    found.refresh_from_db()
    assert found.result, Job.objects.get(pk=found.job_id).error
    return found


def by_city(city, _position):
    return 0.7 if city == "Киев" else 0.1


def test_who_bought_becomes_a_table_that_is_shown_and_made_a_draft(client, marketer):
    make_base(by_city)
    response = client.post(reverse("learning-new"), QUESTION)
    learning = Learning.objects.get()
    assert response.status_code == 302
    assert "progress" in client.get(response.url).content.decode()
    run_all_jobs()
    learning.refresh_from_db()
    assert learning.result["verdict"] == "proposed", learning.result
    shown = client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert "Львов" in shown and "Одесса" in shown and "AUC" in shown and "Make a draft" in shown
    text = client.get(reverse("learning-csv", args=[learning.pk])).content.decode()
    assert [line.points for line in read_table(text, vocabulary=registry.people())] == [
        one["points"] for one in learning.result["criteria"]
    ]
    response = client.post(reverse("learning-draft", args=[learning.pk]))
    table = ScoreTable.objects.get(pk=Learning.objects.get().table_id)
    assert response.url == reverse("score-table", args=[table.pk])
    points = {
        city: sum(item.points for item in table.criteria.all() if city in str(item.condition))
        for city in ("Киев", "Львов", "Одесса")
    }
    assert points["Киев"] > max(points["Львов"], points["Одесса"])
    assert table.state == "draft" and table.hot_from > table.warm_from
    assert client.get(response.url).status_code == 200


def test_the_live_table_is_measured_on_the_same_people(client, marketer):
    make_table(fit({"field": "city", "is": "Киев"}, 5))
    make_base(by_city)
    learning = learned()
    value, low, high = learning.result["auc"]["live"]
    buyers = Person.objects.filter(pk__in=Outcome.objects.values("person"))
    others = Person.objects.exclude(pk__in=buyers)
    shares = [people.filter(city="Киев").count() / people.count() for people in (buyers, others)]
    assert value == pytest.approx(0.5 + (shares[0] - shares[1]) / 2)
    assert low < value < high
    assert "The live table" in client.get(reverse("learning", args=[learning.pk])).content.decode()


def test_what_nobody_knows_since_when_is_marked(client, marketer):
    make_base(lambda _city, _position: 0.0)
    bought, others = make_company(name="А", industry="Банки"), make_company(name="Б", industry="Торговля")
    draw = random.Random(3)
    for person in Person.objects.all():
        is_bank = draw.random() < 0.4
        Person.objects.filter(pk=person.pk).update(company=bought if is_bank else others)
        if draw.random() < (0.6 if is_bank else 0.1):
            at = person.created_at + 40 * DAY
            Outcome.objects.create(person=person, state="won", at=at, source="api", key="1")
    learning = learned()
    assert "company.industry" in learning.result["undated"] and "city" not in learning.result["undated"]
    page = client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert "nobody knows since when this is known" in page


def test_a_field_filled_only_after_the_sale_is_named_and_left_out_until_somebody_insists(client, marketer):
    make_base(by_city, late="contract")
    learning = learned()
    assert "contract" in str(learning.result["leaks"])
    assert not [one for one in learning.result["criteria"] if "contract" in str(one["condition"])]
    page = client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert "Use it anyway" in page and "That is the answer, not a sign" in page
    leak = next(one for one in learning.result["leaks"] if "contract" in one["column"])
    assert leak["auc_with"] > leak["auc_without"] + 0.05
    client.post(reverse("learning-again", args=[learning.pk]), {"insist": leak["column"]})
    run_all_jobs()
    again = Learning.objects.order_by("-created_at").first()
    assert [one for one in again.result["criteria"] if one["condition"].get("field") == "attr.contract"]


def test_chance_is_called_no_signal_and_no_table_is_offered(client, marketer):
    make_base(lambda _city, _position: 0.3)
    learning = learned()
    assert learning.result["verdict"] == "no-signal"
    page = client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert "No signal" in page and "Make a draft" not in page
    client.post(reverse("learning-draft", args=[learning.pk]))
    assert not ScoreTable.objects.filter(created_by=marketer.pk).exists()


def test_too_little_is_said_to_be_too_little(client, marketer):
    make_base(by_city, people=25)
    learning = learned()
    assert learning.result["verdict"] == "too-little"
    assert "Too little" in client.get(reverse("learning", args=[learning.pk])).content.decode()


def test_where_nobody_bought_there_is_nothing_to_compare(client, marketer):
    make_base(lambda _city, _position: 0.0, people=20)
    learning, search = learned(), searched()
    assert learning.result["verdict"] == search.result["verdict"] == "too-little"
    assert "nothing to compare" in client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert client.get(reverse("profile-search", args=[search.pk])).status_code == 200


def test_a_field_left_out_is_not_learned_from(marketer):
    make_base(by_city)
    assert "city" not in str(learned(exclude=["city"]).result["criteria"])


def test_learning_that_is_cancelled_leaves_no_answer(marketer):
    make_base(by_city, people=60)
    learning = jobs_learning.start_learning(question=asked(), options={}, by=marketer.pk, at=now())
    Job.objects.filter(pk=learning.job_id).update(cancel_asked=True)
    run_all_jobs()
    assert Job.objects.get(pk=learning.job_id).state == JobState.CANCELLED
    assert Learning.objects.get().result == {}


def test_stopping_ends_the_other_process_too(marketer, monkeypatch):
    make_base(by_city, people=60)
    whole = jobs_learning.extract

    def read_then_stop(**asked):
        answer = whole(**asked)
        Job.objects.update(cancel_asked=True)
        return answer

    monkeypatch.setattr(jobs_learning, "extract", read_then_stop)
    learning = jobs_learning.start_learning(question=asked(), options={"versus": "everybody"}, by=marketer.pk, at=now())
    run_all_jobs()
    assert Job.objects.get(pk=learning.job_id).state == JobState.CANCELLED
    assert Learning.objects.get().result == {}
    left = [child for child in psutil.Process().children() if "teplo.scoring.learning" in child.cmdline()]
    assert left == []


def test_a_question_that_cannot_be_asked_comes_back_with_its_reason(client, marketer):
    response = client.post(reverse("learning-new"), {**QUESTION, "moment": "date", "on": ""})
    assert response.status_code == 422
    assert "Say which date." in response.content.decode()
    future = client.post(reverse("learning-new"), {**QUESTION, "moment": "date", "on": "2199-01-01"})
    assert future.status_code == 422 and "This moment has not come yet." in future.content.decode()
    assert not Learning.objects.exists()


def test_the_proposed_table_is_read_in_the_readers_language_and_chance_is_called_chance(client, marketer):
    result = {
        "verdict": "proposed", "people": 100, "won": 30, "loss": 0.0,
        "auc": {"table": [0.8, 0.7, 0.9], "how": "out-of-time"},
        "warm_from": 3, "hot_from": 6, "why": {},
        "criteria": [
            {"name": "n", "group": group, "condition": condition, "points": 3, "effect": 0.5, "low": low, "high": 0.9,
             "people": 10, "share": 0.1, "conversion": 0.5, "column": "c"}
            for group, condition, low in (
                ("Контакты", {"field": "city", "is": "Киев"}, 0.1),
                ("Что делает", {"all": [{"did": "video-watched", "within": "30d"}]}, -0.1),
            )
        ],
    }  # fmt: skip
    learning = Learning.objects.create(question=asked().as_json(), options={}, result=result)
    shown = client.get(reverse("learning", args=[learning.pk])).content.decode()
    assert "What he does" in shown and "Что делает" not in shown and "Контакты" not in shown
    assert shown.count("may be chance</span>") == 1
    assert "2 criteria are proposed, sure of them: 1" in shown


def test_what_customers_share_becomes_a_profile_with_one_click(client, marketer):
    make_base(lambda city, position: 0.7 if (city, position) == ("Киев", "Директор") else 0.15, people=600)
    search = searched()
    findings = search.result["findings"]
    pair = next(number for number, one in enumerate(findings) if len(one["conditions"]) == 2)
    page = client.get(reverse("profile-search", args=[search.pk])).content.decode()
    assert "Киев" in page and "Make a profile" in page
    rows = client.get(reverse("profile-search-csv", args=[search.pk])).content.decode().splitlines()
    assert len(rows) == len(findings) + 1
    match = client.get(
        reverse("profile-search-match", args=[search.pk]), {"finding": pair}, headers={"HX-Request": "true"}
    ).content.decode()
    fitting = Person.objects.filter(city="Киев", position="Директор").count()
    assert f"{fitting} people match now" in match
    client.post(
        reverse("profile-search-profile", args=[search.pk]), {"finding": pair, "kind": "near-ideal", "name": "Us"}
    )
    profile = Profile.objects.get(name="Us")
    assert profile.kind == "near-ideal"
    assert {(part["field"], part["is"]) for part in profile.condition["all"]} == {
        ("city", "Киев"), ("position", "Директор"),
    }  # fmt: skip


def test_findings_become_criteria_of_a_draft_with_points_of_their_sign(client, marketer):
    live = make_table(fit({"field": "city", "is": "Рим"}, 5))
    make_base(by_city)
    search = searched()
    chosen = [
        number for number, one in enumerate(search.result["findings"])
        if one["conditions"] in ([{"field": "city", "is": "Киев"}], [{"field": "city", "is": "Львов"}])
    ]  # fmt: skip
    client.post(reverse("profile-search-criteria", args=[search.pk]), {"finding": chosen})
    draft = ScoreTable.objects.get(state="draft")
    points = {str(item.condition.get("is")): item.points for item in draft.criteria.all()}
    assert points["Киев"] > 0 > points["Львов"]
    assert points["Рим"] == 5, "the draft began with the live table"
    assert live.criteria.count() == 1


def test_companies_count_once_in_a_search_over_companies(marketer):
    make_base(by_city)
    buyers = list(Outcome.objects.values_list("person_id", flat=True))
    bank, others = make_company(name="Банк", industry="Банки"), []
    Person.objects.filter(pk__in=buyers[:30]).update(company=bank)
    for number, person in enumerate(Person.objects.exclude(pk__in=buyers[:30])):
        company = make_company(name=f"ООО {number}", industry="Торговля" if number % 3 else "Услуги")
        Person.objects.filter(pk=person.pk).update(company=company)
        others.append(company)
    result = searched(about="companies").result
    assert result["people"] == len(others) + 1
    assert not [one for one in result["findings"] if "Банки" in str(one)], (
        "one company, however many of its people bought"
    )


@pytest.mark.parametrize(
    ("role", "may_see", "may_start"),
    [(Role.ANALYST, True, False), (Role.SALESPERSON, True, False), (Role.MARKETER, True, True)],
)
def test_roles_may_look_and_only_marketing_may_learn(client, role, may_see, may_start):
    client.force_login(make_user(role=role, language="en"))
    for name in ("learnings", "profile-searches", "interviews"):
        assert (client.get(reverse(name)).status_code == 200) is may_see
    for name in ("learning-new", "profile-search-new"):
        assert (client.post(reverse(name), QUESTION).status_code == 302) is may_start
    assert ProfileSearch.objects.count() == Learning.objects.count() == int(may_start)


def test_a_talk_is_noted_on_the_card_and_stands_beside_the_findings(client):
    seller = make_user(role=Role.SALESPERSON, language="en", timezone="UTC", name="Ivan")
    client.force_login(seller)
    person = make_person(owner_id=seller.pk)
    url = reverse("person-interviews", args=[person.pk])
    assert client.post(url, {"text": " ", "reasons": ""}).status_code == 422
    page = client.post(url, {"text": "Сосед посоветовал", "reasons": "Trust, price, trust"}).content.decode()
    assert "Сосед посоветовал" in page
    note = Interview.objects.get()
    assert sorted(word.lower() for word in note.reasons) == ["price", "trust"]
    for name in ("profile-searches", "interviews"):
        assert "Сосед посоветовал" in client.get(reverse(name)).content.decode()
    assert "Сосед" not in client.get(reverse("interviews"), {"reason": "speed"}).content.decode()
    drop = reverse("interview-drop", args=[person.pk, note.id])
    client.force_login(make_user(role=Role.MARKETER, language="en"))
    client.post(drop)
    assert Interview.objects.exists(), "another's note stays"
    client.force_login(seller)
    client.post(drop)
    assert not Interview.objects.exists()


def test_a_salesperson_notes_nothing_on_anothers_person(client):
    client.force_login(make_user(role=Role.SALESPERSON, language="en"))
    person = make_person(owner_id=make_user().pk)
    assert client.post(reverse("person-interviews", args=[person.pk]), {"text": "x"}).status_code == 403
    assert not Interview.objects.exists()
