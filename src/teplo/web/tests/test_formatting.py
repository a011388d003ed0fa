"""Numbers, money and times as each language says them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.template import Context, Template
from django.utils import timezone
from django.utils.translation import override

from teplo.kit.clock import at_moment
from teplo.web import formatting

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon():
    with at_moment(NOON), timezone.override("UTC"):
        yield


@pytest.mark.parametrize(("language", "said"), [("ru", "12\xa0345"), ("uk", "12\xa0345"), ("en", "12,345")])
def test_thousands_are_set_apart(language, said):
    with override(language):
        assert formatting.as_number(12345) == said
        assert formatting.as_number(-12345) == f"−{said}"


def test_shares_and_money_follow_the_language():
    with override("ru"):
        assert formatting.as_percent(0.1234, 1) == "12,3\xa0%"
        assert formatting.as_money(Decimal("1500.50"), "UAH") == "1\xa0500,50\xa0₴"
    with override("en"):
        assert formatting.as_percent(0.1234) == "12%"
        assert formatting.as_money(1500, "EUR") == "1,500\xa0€"


@pytest.mark.parametrize(
    ("before", "ru", "uk", "en"),
    [
        (timedelta(seconds=5), "только что", "щойно", "just now"),
        (timedelta(minutes=1), "1 минуту назад", "1 хвилину тому", "1 minute ago"),
        (timedelta(minutes=3), "3 минуты назад", "3 хвилини тому", "3 minutes ago"),
        (timedelta(hours=1), "1 час назад", "1 годину тому", "1 hour ago"),
        (timedelta(days=5), "5 дней назад", "5 днів тому", "5 days ago"),
        (timedelta(days=30), "23 октября", "23 жовтня", "23 October"),
        (timedelta(days=-2), "через 2 дня", "через 2 дні", "in 2 days"),
    ],
)
def test_how_long_ago_is_said_with_the_right_endings(before, ru, uk, en):
    for language, said in (("ru", ru), ("uk", uk), ("en", en)):
        with override(language):
            assert formatting.as_ago(NOON - before) == said


def test_a_moment_of_today_is_a_time_in_the_reader_s_zone():
    with override("uk"), timezone.override("Europe/Kyiv"):
        assert formatting.as_moment(NOON) == "сьогодні о 14:00"
        assert formatting.as_moment(NOON - timedelta(days=1)) == "вчора о 14:00"


def test_a_day_of_another_year_has_its_year():
    with override("ru"):
        assert formatting.as_day(datetime(2025, 3, 1, tzinfo=UTC)) == "1 марта 2025"


@pytest.mark.parametrize(
    ("name", "letters"), [("Анна Коваль", "АК"), ("Ян", "Я"), ("", "·"), ("— ?", "·"), ("a b c", "AB")]
)
def test_initials(name, letters):
    assert formatting.initials(name) == letters


def rendered(text, **context):
    return Template(text).render(Context(context))


def test_names_from_people_cannot_break_out_of_a_page():
    evil = '"><script>alert(1)</script>'
    for text in ('{% person_link 1 name "hot" %}', "{% avatar name 1 %}", "{% temperature name 3 %}"):
        assert "<script>" not in rendered(text, name=evil)
    chart = {"columns": [evil, "n"], "rows": [[evil, 1]], "links": [evil], "label": evil}
    assert "<script>alert" not in rendered('{% chart "bar" chart %}', chart=chart)


def test_a_chart_carries_the_same_rows_as_a_table():
    with override("ru"):
        text = rendered(
            '{% chart "bar" data %}', data={"columns": ["Город", "Людей"], "rows": [["Киев", 12345], ["Львов", None]]}
        )
    assert "12\xa0345" in text
    assert "—" in text
    drawn = json.loads(unescape(re.search(r"<div id=[^>]* hidden>(.*?)</div>", text)[1]))
    assert drawn["rows"] == [["Киев", 12345], ["Львов", None]]


@pytest.mark.parametrize("values", [[], [1], [0, 0], [1, 5, 2]])
def test_a_sparkline_survives_any_numbers(values):
    assert "NaN" not in rendered("{% sparkline values %}", values=values)


@pytest.mark.parametrize(("value", "maximum"), [(0, 0), (5, 0), (None, 10), (20, 10), (-1, 10)])
def test_a_bar_never_leaves_its_frame(value, maximum):
    width = rendered("{% bar v m %}", v=value, m=maximum).split('bar-fill" width="')[1].split('"')[0]
    assert 0 <= float(width) <= 100


def test_svg_numbers_have_points_in_every_language():
    with override("ru"):
        assert "," not in rendered("{% thermometer 17 10 25 %}").split("<svg")[1].split("</linearGradient>")[1].split(
            "points"
        )[0].replace("; ", "")
