"""What every page carries: headers, language, rail, error pages, toasts, the bell."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from teplo.accounts.models import Notice, Role, Workspace
from teplo.accounts.notices import NewNotice, notify
from teplo.accounts.testing import make_user
from teplo.kit.clock import now
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user(language="en", timezone="UTC")
    client.force_login(user)
    return user


def test_pages_carry_strict_headers(client):
    answer = client.get("/sign-in/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]


def test_redirects_and_missing_pages_carry_them_too(client):
    assert "Content-Security-Policy" in client.get("/profile").headers
    assert "Content-Security-Policy" in client.get("/no-such-page/").headers


def test_pages_of_the_company_are_not_kept_by_browsers(client, owner):
    assert "no-store" in client.get("/")["Cache-Control"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("uk-UA,uk;q=0.9", "Увійти"),
        ("ru", "Войти"),
        ("en-GB", "Sign in"),
        ("de,fr", "Sign in"),
        ("", "Sign in"),
        ("%%%", "Sign in"),
    ],
)
def test_who_has_not_signed_in_reads_in_his_browser_s_language(client, header, said):
    make_user()
    assert said in client.get("/sign-in/", headers={"Accept-Language": header}).content.decode()


def test_the_user_s_language_beats_the_browser_s(client):
    client.force_login(make_user(language="uk"))
    answer = client.get("/profile/", headers={"Accept-Language": "ru"})
    assert "Мова" in answer.content.decode()
    assert answer["Content-Language"] == "uk"


def test_a_language_chosen_at_sign_in_is_kept(client):
    make_user()
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert "Sign in" in client.get("/sign-in/", headers={"Accept-Language": "ru"}).content.decode()


def test_times_are_said_in_the_company_s_zone_until_one_chooses(client):
    user = make_user(language="en")
    client.force_login(user)
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Asia/Tokyo"})
    notify([NewNotice(user.pk, "task-given", {"title": "Call"})])
    Notice.objects.update(at=now().replace(hour=20, minute=30, second=0) - timedelta(days=30))
    assert "05:30:00" in client.get("/notices/").content.decode()


def test_a_zone_nobody_knows_breaks_nothing(client):
    client.force_login(make_user(timezone="Mars/Olympus"))
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/no-such-page/", 404), ("/settings/users/", 403)])
def test_errors_are_pages_in_the_reader_s_language(client, path, status):
    client.force_login(make_user(role=Role.ANALYST, language="uk"))
    answer = client.get(path)
    assert answer.status_code == status
    assert "На головну" in answer.content.decode()


def test_errors_of_a_fragment_are_one_plain_sentence(client):
    client.force_login(make_user(role=Role.ANALYST, language="en"))
    answer = client.get("/settings/users/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/plain")
    assert "<" not in answer.content.decode()


def test_a_broken_page_says_so_without_asking_the_database(owner, monkeypatch):
    monkeypatch.setattr("teplo.web.today.insight.warmth", lambda: 1 / 0)
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side." in answer.content.decode()


def test_the_rail_hides_what_a_role_may_not_open(client):
    client.force_login(make_user(role=Role.SALESPERSON, language="en"))
    text = client.get("/profile/").content.decode()
    assert "Colleagues" not in text
    assert "/profile/" in text


def test_a_toast_of_a_fragment_rides_in_a_header(client, owner):
    make_user()
    answer = client.post("/guide/email/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/"


def test_the_bell_answers_nothing_while_nothing_is_new(client, owner, django_assert_max_num_queries):
    notify([NewNotice(owner.pk, "task-given", {"title": "Call"})])
    first = client.get("/notices/bell/?version=", headers={"HX-Request": "true"})
    assert first.status_code == 200
    version = f"{Notice.objects.get().pk}-1"
    assert version in first.content.decode()
    with django_assert_max_num_queries(4):
        again = client.get(f"/notices/bell/?version={version}", headers={"HX-Request": "true"})
    assert (again.status_code, again.content) == (204, b"")


def test_a_hot_person_rises_as_a_toast_and_old_ones_do_not(client, owner):
    notify([NewNotice(owner.pk, "person-hot", {"name": "Old", "minutes": 15}, "/people/1/")])
    seen = f"{Notice.objects.get().pk}-1"
    notify([NewNotice(owner.pk, "person-hot", {"name": "Анна", "minutes": 15}, "/people/2/")])
    answer = client.get(f"/notices/bell/?version={seen}", headers={"HX-Request": "true"})
    (toast,) = json.loads(answer["HX-Trigger"])["toasts"]
    assert (toast["text"], toast["url"], toast["kind"]) == ("Анна is hot: answer within 15 min", "/people/2/", "hot")


def test_the_first_look_raises_no_toast(client, owner):
    notify([NewNotice(owner.pk, "person-hot", {"name": "Old", "minutes": 15})])
    assert "HX-Trigger" not in client.get("/notices/bell/?version=", headers={"HX-Request": "true"})


def test_opening_a_notice_marks_it_and_never_leaves_the_house(client, owner):
    notify([NewNotice(owner.pk, "task-given", {"title": "Call"}, "https://evil.example/")])
    answer = client.get(f"/notices/{Notice.objects.get().pk}/")
    assert answer["Location"] == "/notices/"
    assert Notice.objects.get().read_at is not None


def test_nobody_opens_another_s_notice(client, owner):
    notify([NewNotice(owner.pk + 1, "task-given", {"title": "Call"}, "/people/")])
    client.get(f"/notices/{Notice.objects.get().pk}/")
    assert Notice.objects.get().read_at is None


def test_the_palette_finds_pages_and_people(client, owner):
    make_person(first_name="Алёна", last_name="Ёлкина")
    assert "Алёна Ёлкина" in client.get("/search/", {"q": "ёлк"}).content.decode()
    assert "/settings/users/" in client.get("/search/?q=colleag").content.decode()
    assert "Nothing is found" in client.get("/search/?q=zzzz").content.decode()


def test_the_palette_escapes_what_was_typed(client, owner):
    text = client.get("/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in text
