from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from teplo.accounts.models import Role, User, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.insights.tests.review_world import SINCE, UNTIL, buyer, day, deal, handed, live_table, loser, scored
from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import at_moment
from teplo.kit.printing.pages import PrinterMissing, print_pdf
from teplo.kit.printing.testing import text_of
from teplo.people.merging import merge_people
from teplo.people.personal_data import erase_people
from teplo.people.testing import make_company, make_person
from teplo.scoring import reviews
from teplo.scoring.models import CriterionProposal, Decision, Review, ScoreTable
from teplo.web import reviews as review_screens

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with at_moment(UNTIL):
        yield


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC", name="Oksana")
    client.force_login(user)
    return user


def as_role(role, **changes):
    client = Client()
    user = make_user(**{"role": role, "language": "en", "timezone": "UTC", **changes})
    client.force_login(user)
    return client


@pytest.fixture
def world():
    live_table(name="Spring table")
    buyer(first_name="Anna", last_name="Bought", company=make_company(name="Roses"))
    loser(first_name="Boris", last_name="Lost", reason="too-expensive: had no budget")
    returned = scored(make_person(first_name="Clara", last_name="Returned"), (30, 26))
    handed(returned, 30, state="returned", reason="too-early", note="Asked to come in June")
    deal(make_person(first_name="Dima", last_name="Cold"), 3, 9)


def counted_review(user, since=SINCE, until=UNTIL):
    review = reviews.open_review(since=since, until=until, by=user.pk)
    run_all_jobs()
    review.refresh_from_db()
    assert review.snapshot, Job.objects.get(pk=review.job_id).error
    return review


def page_of(client, review):
    response = client.get(reverse("review", args=[review.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_agenda_is_one_page_with_people_reasons_and_figures(client, marketer, world):
    text = page_of(client, counted_review(marketer))
    for said in (
        "Anna Bought", "Roses", "Boris Lost", "Too expensive", "had no budget", "Clara Returned",
        "Returned by sales: too early", "Asked to come in June", "Dima Cold", "Spring table",
        "This is the first review", 'class="spread"', "What mattered",
    ):  # fmt: skip
        assert said in text, said
    assert text.index('id="before"') < text.index('id="sales"') < text.index('id="table"')


def test_a_review_is_prepared_watched_and_counted(client, marketer, world):
    form = client.get(reverse("review-new"), headers={"HX-Request": "true"}).content.decode()
    assert 'value="2026-05-30"' in form
    refused = client.post(reverse("review-new"), {"first": "2026-05-01", "last": "2026-04-01"})
    assert refused.status_code == 422 and "must end after it begins" in refused.content.decode()
    client.post(reverse("review-new"), {"first": "2026-03-01", "last": "2026-05-29"})
    review = Review.objects.get()
    assert (review.since, review.until) == (day(0) - timedelta(hours=2), UNTIL - timedelta(hours=3))
    assert "The agenda is being counted" in page_of(client, review)
    run_all_jobs()
    assert "Anna Bought" in page_of(client, review)
    client.post(reverse("review-count", args=[review.pk]))
    assert Job.objects.filter(state="queued").count() == 1


def test_a_count_that_was_stopped_can_be_asked_for_again(client, marketer, world):
    review = reviews.open_review(since=SINCE, until=UNTIL, by=marketer.pk)
    client.post(reverse("job-cancel", args=[review.job_id]))
    text = page_of(client, review)
    assert "Stopped." in text and "Count anew" in text
    client.post(reverse("review-count", args=[review.pk]))
    run_all_jobs()
    assert "Anna Bought" in page_of(client, review)


def test_the_next_review_opens_with_what_the_last_decided_and_whether_it_worked(client, marketer, world):
    first = counted_review(marketer, until=day(40))
    client.post(reverse("review-decide", args=[first.pk]), {"text": "Fewer points for visits"})
    client.post(reverse("review-hold", args=[first.pk]))
    second = counted_review(marketer, since=day(40))
    text = page_of(client, second)
    assert "Fewer points for visits" in text and "Then" in text
    decision = Decision.objects.get()
    url = reverse("review-judge", args=[second.pk, decision.pk])
    answer = client.post(url, {"verdict": "worked", "note": "twice as many bought"})
    assert answer.url == f"/scoring/reviews/{second.pk}/#before"
    assert "twice as many bought" in page_of(client, second) and "worked" in page_of(client, first)
    listed = client.get(reverse("reviews")).content.decode()
    assert "being prepared" in listed and "held" in listed


def test_a_closed_review_shows_what_it_saw_then(client, marketer, world):
    review = counted_review(marketer)
    client.post(reverse("review-note", args=[review.pk]), {"note": "Sales wants fewer students"})
    client.post(reverse("review-hold", args=[review.pk]))
    buyer(first_name="Later", last_name="Buyer")
    text = page_of(client, review)
    assert "Later Buyer" not in text and "Sales wants fewer students" in text
    assert "Note it" not in text and reverse("review-count", args=[review.pk]) not in text
    client.post(reverse("review-decide", args=[review.pk]), {"text": "Too late"})
    assert not Decision.objects.exists()


def test_who_is_erased_is_gone_from_former_reviews(client, marketer, world):
    review = counted_review(marketer)
    person = next(one for one in review.snapshot["never"] if one["answer"] == "lost")
    erase_people(person_ids=[int(person["person"])], by=f"user:{marketer.pk}")
    text = page_of(client, review)
    assert "Boris" not in text and "The card has been erased" in text
    assert "Boris" not in str(Review.objects.get(pk=review.pk).snapshot)


def test_who_became_part_of_another_card_stands_under_its_name(client, marketer, world):
    review = counted_review(marketer)
    lost = next(one for one in review.snapshot["never"] if one["answer"] == "lost")
    other = make_person(first_name="Boris", last_name="Twice")
    merge_people(winner_id=other.pk, loser_id=int(lost["person"]), by=f"user:{marketer.pk}", reason="hand")
    text = page_of(client, review)
    assert "Boris Twice" in text and "had no budget" in text and "erased" not in text


def test_long_lists_are_read_page_by_page(client, marketer, monkeypatch):
    live_table()
    for number in range(13):
        loser(first_name=f"P{number:02}", last_name="Lost")
    review = counted_review(marketer)
    text = page_of(client, review)
    assert text.count("Lost</a>") == 10 and "Show all 13" in text
    monkeypatch.setattr(review_screens, "PAGE", 8)
    url = reverse("review-people", args=[review.pk, "never"])
    whole = client.get(url).content.decode()
    assert whole.count("Lost</a>") == 8 and "?from=8" in whole
    rest = client.get(f"{url}?from=8", headers={"HX-Request": "true"}).content.decode()
    assert rest.count("Lost</a>") == 5 and "<html" not in rest and "?from=" not in rest
    assert client.get(reverse("review-people", args=[review.pk, "nobody"])).status_code == 404


def test_a_salesperson_proposes_from_the_card_and_is_told(client, marketer, world):
    seller = make_user(role=Role.SALESPERSON, language="en", timezone="UTC", name="Ihor")
    sales = Client()
    sales.force_login(seller)
    person = make_person(first_name="Vera", last_name="Card")
    card = sales.get(reverse("person", args=[person.pk])).content.decode()
    url = reverse("criterion-propose", args=[person.pk])
    assert url in card
    assert "Which sign" in sales.get(url, headers={"HX-Request": "true"}).content.decode()
    assert sales.post(url, {"text": ""}).status_code == 422
    sales.post(url, {"text": "Asks about delivery", "points": "+6", "condition": '{"field": "city", "is": "Київ"}'})
    proposal = CriterionProposal.objects.get()
    assert (proposal.points, proposal.person_id, proposal.by) == (6, person.pk, seller.pk)
    review = counted_review(marketer)
    text = page_of(client, review)
    assert "Asks about delivery" in text and "Ihor" in text and "Vera Card" in text
    take = reverse("criterion-take", args=[review.pk, proposal.pk])
    assert 'value="6"' in client.get(take).content.decode()
    empty = client.post(take, {"name": "Delivery", "points": "6", "side": "fit", "condition": "{}"})
    assert empty.status_code == 422 and not ScoreTable.objects.filter(state="draft").exists()
    client.post(
        take, {"name": "Delivery", "points": "6", "side": "fit", "condition": '{"field": "city", "is": "Київ"}'}
    )
    draft = ScoreTable.objects.get(state="draft")
    assert draft.criteria.get().name == "Delivery"
    assert "taken into the draft" in page_of(client, review)
    assert "Your criterion is taken: Asks about delivery" in sales.get(reverse("notices")).content.decode()


def test_points_that_are_no_number_are_refused_and_what_was_typed_stays(client, marketer, world):
    url = reverse("criterion-propose", args=[make_person().pk])
    for points in ("пять", "1e9", "10001"):
        answer = client.post(url, {"text": "Asks about delivery", "points": points})
        said = answer.content.decode()
        assert answer.status_code == 422 and "Points are a number from −10000 to 10000" in said, points
        assert f'value="{points}"' in said and "Asks about delivery" in said
    assert not CriterionProposal.objects.exists()
    client.post(url, {"text": "Asks about delivery", "points": " "})
    assert CriterionProposal.objects.get().points is None


def test_what_is_taken_in_a_drawer_is_said_when_the_page_is_there_again(client, marketer, world):
    proposal = reviews.propose(text="Kyiv", by=marketer.pk)
    review = counted_review(marketer)
    line = {"name": "Kyiv", "points": "6", "side": "fit", "condition": '{"field": "city", "is": "Київ"}'}
    url = reverse("criterion-take", args=[review.pk, proposal.pk])
    answer = client.post(url, line, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true" and "HX-Trigger" not in answer
    assert "It stands in the draft." in page_of(client, review)


def test_the_minutes_are_kept_while_they_are_written(client, marketer, world):
    review = counted_review(marketer)
    url = reverse("review-note", args=[review.pk])
    written = client.post(url, {"note": "Sales wants fewer students"}, headers={"HX-Request": "true"})
    assert (written.status_code, "HX-Trigger" in written, "HX-Redirect" in written) == (204, False, False)
    assert Review.objects.get().note == "Sales wants fewer students"
    by_button = client.post(url, {"note": "And cups", "keep": "1"}, headers={"HX-Request": "true"})
    assert "Saved" in by_button["HX-Trigger"]
    reviews.hold_review(review=review, by=marketer.pk)
    late = client.post(url, {"note": "Too late"}, headers={"HX-Request": "true"})
    assert "closed" in late["HX-Trigger"] and Review.objects.get().note == "And cups"


def test_a_proposal_is_declined_only_with_a_word(client, marketer, world):
    proposal = reviews.propose(text="Wears a tie", by=make_user(role=Role.SALESPERSON).pk)
    review = counted_review(marketer)
    url = reverse("criterion-decline", args=[review.pk, proposal.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"answer": ""}).status_code == 422
    client.post(url, {"answer": "Nobody can know it"})
    assert "Nobody can know it" in page_of(client, review)
    client.post(reverse("review-hold", args=[review.pk]))
    assert client.get(url).status_code == 404


def test_the_table_that_comes_out_opens_as_a_sheet(client, marketer, world):
    review = counted_review(marketer)
    answer = client.post(reverse("review-draft", args=[review.pk]))
    draft = ScoreTable.objects.get(state="draft")
    assert answer.url == reverse("score-table", args=[draft.pk])
    assert draft.name == "After the review of 30 May"
    assert "Edit the draft" in page_of(client, review)


@pytest.mark.parametrize("role", [Role.SALESPERSON, Role.ANALYST])
def test_others_see_reviews_and_do_not_hold_them(marketer, world, role):
    review = counted_review(marketer)
    decision = reviews.decide(review=review, text="Something", by=marketer.pk)
    other = as_role(role)
    text = page_of(other, review)
    assert "Something" in text and "The meeting is over" not in text and "Note it" not in text
    assert other.get(reverse("reviews")).status_code == 200
    for name, args in (
        ("review-decide", [review.pk]), ("review-hold", [review.pk]), ("review-discard", [review.pk]),
        ("review-count", [review.pk]), ("review-draft", [review.pk]), ("review-note", [review.pk]),
        ("review-withdraw", [decision.pk]), ("review-reminder", []), ("review-new", []),
        ("review-judge", [review.pk, decision.pk]),
    ):  # fmt: skip
        assert other.post(reverse(name, args=args)).status_code == 403, name
    proposes = other.get(reverse("criterion-propose", args=[make_person().pk])).status_code
    assert proposes == (200 if role == Role.SALESPERSON else 403)


def test_the_reminder_is_monthly_quarterly_or_off(client, marketer, world):
    for months in (0, 1, 3):
        client.post(reverse("review-reminder"), {"months": months})
        assert get_workspace().review_every_months == months
    client.post(reverse("review-reminder"), {"months": 7})
    assert Workspace.objects.get().review_every_months == 3
    assert "the next is due" in client.get(reverse("reviews")).content.decode()


def test_the_number_of_statements_does_not_depend_on_the_people(client, marketer, django_assert_max_num_queries):
    live_table()
    buyer()
    loser()
    first = counted_review(marketer)
    page_of(client, first)
    with django_assert_max_num_queries(40) as few:
        page_of(client, first)
    for _ in range(8):
        buyer()
        loser()
        reviews.propose(text="One more", by=marketer.pk, person_id=make_person().pk)
    reviews.discard_review(review=first)
    second = counted_review(marketer)
    with django_assert_max_num_queries(40) as many:
        page_of(client, second)
    assert len(many) <= len(few) + 1  # the people of proposals


@pytest.fixture
def printer():
    try:
        print_pdf(html="<p></p>")
    except PrinterMissing as error:
        pytest.skip(f"PDF libraries are missing: {error}")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ["Разбор баллов", "Горячие, которые не купили", "Дорого", "1 марта – 30 мая"]),
        ("uk", ["Розбір балів", "Гарячі, які не купили", "Дорого", "1 березня – 30 травня"]),
        ("en", ["Score review", "Hot people who did not buy", "Too expensive", "1 March – 30 May"]),
    ],
)
def test_the_agenda_is_printed_in_three_languages(client, marketer, world, printer, language, said):
    User.objects.filter(pk=marketer.pk).update(language=language)
    Workspace.objects.filter(pk=get_workspace().pk).update(name="Їжак і ґанок")
    review = counted_review(marketer)
    response = client.get(reverse("review-pdf", args=[review.pk]))
    assert response["Content-Type"] == "application/pdf" and "2026-05-30.pdf" in response["Content-Disposition"]
    text = text_of(response.content)
    for each in [*said, "Їжак і ґанок", "Anna Bought", "Boris Lost", "had no budget", "1 / "]:
        assert each in text, each


def test_without_its_libraries_the_page_says_what_to_install(client, marketer, world, monkeypatch):
    def missing(**asked):
        raise PrinterMissing("libpango")

    monkeypatch.setattr(review_screens, "print_pdf", missing)
    review = counted_review(marketer)
    response = client.get(reverse("review-pdf", args=[review.pk]), follow=True)
    assert "libpango-1.0-0" in response.content.decode()
