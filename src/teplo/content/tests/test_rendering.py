from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from teplo.accounts.workspace import get_workspace
from teplo.content import sandbox
from teplo.content.composing import Source
from teplo.content.flaws import TemplateFlaw
from teplo.content.rendering import prepare, prepare_by_id, prepare_source
from teplo.content.templates import change_template, create_template
from teplo.content.testing import make_template
from teplo.people.models import Company
from teplo.people.testing import make_company, make_person


@dataclass
class Someone:
    person_id: int
    context: dict[str, Any] = field(default_factory=dict)


class PlainLinks:
    pixel_url = "https://t.example/pixel.gif"
    unsubscribe_url = "https://t.example/leave"
    preferences_url = "https://t.example/choose"
    view_url = "https://t.example/view"

    def tracked(self, url: str) -> str:
        return f"https://t.example/c?u={url}"


def filled(source: Source, **holes: Any) -> tuple[str, str, str]:
    prepared = prepare_source(source)
    values = {
        "person": {},
        "workspace": {},
        "pixel_url": PlainLinks.pixel_url,
        "unsubscribe_url": PlainLinks.unsubscribe_url,
        **holes,
    }
    return tuple(  # type: ignore[return-value]
        part.fill(values, links=PlainLinks()) if part else ""
        for part in (prepared.subject, prepared.text, prepared.html)
    )


def test_a_value_is_escaped_in_html_and_not_in_the_text_part() -> None:
    subject, text, html = filled(
        Source(subject="{{ person.first_name }}", body="<p>{{ person.first_name }}</p>"),
        person={"first_name": "<b>Оля & Ко"},
    )
    assert subject == "<b>Оля & Ко"
    assert text.startswith("<b>Оля & Ко\n")
    assert "<p>&lt;b&gt;Оля &amp; Ко</p>" in html


def test_scripts_and_handlers_are_cleaned_away() -> None:
    _, _, html = filled(
        Source(
            body='<p onclick="x()">a</p><script>alert(1)</script><iframe src="https://x"></iframe><form><input></form>'
        )
    )
    assert "onclick" not in html and "alert" not in html and "iframe" not in html and "<input" not in html


def test_styles_move_into_the_tags_and_rules_for_phones_stay() -> None:
    _, _, html = filled(
        Source(body="<style>p{color:red} @media (max-width:600px){p{color:blue}}</style><p>{{ person.city }}</p>")
    )
    assert '<p style="color: red;">' in html
    assert "@media (max-width:600px){p{color:blue}}" in html


def test_rows_of_a_loop_stay_inside_their_table() -> None:
    body = "<table>{% for item in context.items %}<tr><td>{{ item }}</td></tr>{% endfor %}</table>"
    _, _, html = filled(Source(body=body), context={"items": ["a", "b"]})
    assert "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>" in html


def test_links_are_traced_and_own_pages_are_not() -> None:
    body = (
        '<a href="https://x.ua/a?b=1&amp;c=2">A</a> <a href="https://x.ua/{{ person.id }}">B</a> '
        '<a href="mailto:a@x.ua">M</a> <a href="{{ unsubscribe_url }}">U</a> <a href="#top">T</a>'
    )
    _, text, html = filled(Source(body=body), person={"id": 7})
    assert 'href="https://t.example/c?u=https://x.ua/a?b=1&amp;c=2"' in html
    assert 'href="https://t.example/c?u=https://x.ua/7"' in html
    assert 'href="mailto:a@x.ua"' in html and 'href="https://t.example/leave"' in html and 'href="#top"' in html
    assert "A (https://t.example/c?u=https://x.ua/a?b=1&c=2)" in text


def test_a_link_that_would_run_a_script_leads_nowhere() -> None:
    _, _, html = filled(
        Source(body='<a href="{{ person.attributes.site }}">s</a><a href="javascript:alert(1)">j</a>'),
        person={"attributes": {"site": " javascript:alert(1)"}},
    )
    assert "javascript" not in html


def test_a_value_cannot_leave_its_attribute() -> None:
    _, _, html = filled(
        Source(body='<a title="{{ person.city }}" href="https://x.ua/?c={{ person.city }}">x</a>'),
        person={"city": '" onmouseover="x()'},
    )
    assert ' onmouseover="' not in html


def test_marketing_letters_get_a_link_to_unsubscribe_and_service_letters_do_not() -> None:
    _, text, html = filled(Source(body="<p>x</p>", language="uk"))
    assert "Відписатися" in html and "https://t.example/leave" in text
    _, text, html = filled(Source(body="<p>x</p>", is_service=True))
    assert "https://t.example/leave" not in html + text


def test_liquid_inside_a_tag_outside_quotes_is_refused_with_its_line() -> None:
    with pytest.raises(TemplateFlaw) as refused:
        prepare_source(Source(body="<p>\n<a {% if person.city %}href='x'{% endif %}>x</a></p>"))
    assert (refused.value.code, refused.value.line) == ("liquid-in-tag", 2)


@pytest.mark.parametrize(
    "source", ["{% if person %}", "{{ person.name | nosuch }}", "{% include 'x' %}", "{{ 'a' | safe }}"]
)
def test_what_cannot_be_read_or_is_forbidden_is_refused(source: str) -> None:
    prepared = None
    try:
        prepared = prepare_source(Source(body=f"<p>{source}</p>"))
    except TemplateFlaw:
        return
    with pytest.raises(sandbox.LiquidError):
        prepared.html.fill({}, links=PlainLinks())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
        "{% assign a = 9999 %}{% for i in (1..60) %}{% assign a = a | times: a %}{% endfor %}{{ a }}",
        "{% assign a = 'x' %}{% for i in (1..15) %}{% assign a = a | append: a %}{% endfor %}{{ a | replace: 'x', a }}",
        "{{ (1..1000000000) | join: 'x' }}",
        "{% for i in (1..4000) %}{{ context.long }}{% endfor %}",
    ],
)
def test_a_greedy_template_is_stopped(source: str) -> None:
    started = time.monotonic()
    prepared = prepare_source(Source(body=source, is_service=True))
    with pytest.raises(sandbox.LiquidError):
        prepared.html.fill({"context": {"long": "x" * 1000}}, links=PlainLinks())  # type: ignore[arg-type]
    assert time.monotonic() - started < 60  # unstopped it would take an hour


def test_unknown_holes_are_warned_of_with_their_line() -> None:
    prepared = prepare_source(
        Source(subject="{{ person.first_name }}", body="<p>{{ person.fist_name }}\n{{ context.any }}</p>")
    )
    said = [(w.code, (w.params or {}).get("hole"), (w.params or {}).get("line")) for w in prepared.warnings]
    assert ("unknown-hole", "person.fist_name", 1) in said
    assert not any(hole in ("context.any", "person.first_name") for _, hole, _ in said)


def test_plural_forms_and_dates_speak_the_language_of_the_letter() -> None:
    source = '{{ context.n | plural: "день", "дня", "дней" }}, {{ context.on | date_in_words }}'
    for number, said in ((1, "1 день"), (3, "3 дня"), (11, "11 дней"), (22, "22 дня")):
        subject, _, _ = filled(Source(subject=source), context={"n": number, "on": "2026-11-05"}, language="ru")
        assert subject == f"{said}, 5 ноября 2026"


def test_the_text_part_reads_like_a_letter() -> None:
    body = "<h1>Привет</h1><p>Раз<br>два &amp; три</p><ul><li>одно</li><li>другое</li></ul><style>p{}</style>"
    _, text, _ = filled(Source(body=body, is_service=True))
    assert text == "Привет\n\nРаз\nдва & три\n\n- одно\n- другое\n"


@pytest.mark.django_db
def test_a_letter_is_filled_for_many_people_in_a_constant_number_of_statements(
    django_assert_num_queries: Any,
) -> None:
    template = make_template(body="<p>{{ person.first_name }} {{ company.name }} {{ person.email }}</p>")
    company = make_company(name="Ромашка")
    assert isinstance(company, Company)
    people = [make_person(first_name=f"Имя{n}", company=company, email=f"p{n}@x.ua") for n in range(5)]
    prepared = prepare(template)
    get_workspace()
    with django_assert_num_queries(4):
        letters = prepared.render_many(
            [Someone(person.pk) for person in people], linking=lambda _: PlainLinks(), sender={}
        )
    assert "<p>Имя4 Ромашка p4@x.ua</p>" in letters[4].html
    assert letters[0].subject == "Имя0, здравствуйте"


@pytest.mark.django_db
def test_a_mistake_that_shows_only_when_filling_flaws_that_copy_alone() -> None:
    template = make_template(body="<p>{{ 10 | divided_by: context.n }}</p>")
    people = [make_person(), make_person()]
    letters = prepare(template).render_many(
        [Someone(people[0].pk, {"n": 0}), Someone(people[1].pk, {"n": 5})], linking=lambda _: PlainLinks(), sender={}
    )
    assert letters[0].error and "<p>2</p>" in letters[1].html


@pytest.mark.django_db
def test_a_sent_letter_is_shown_as_it_was_after_the_template_changed() -> None:
    template = create_template(name="A", source=Source(subject="old", body="<p>old</p>"))
    change_template(template=template, name="A", source=Source(subject="new", body="<p>new</p>"))
    person = make_person()
    said = [
        prepare_by_id(template_id=template.pk, version=number)
        .render_many([Someone(person.pk)], linking=lambda _: PlainLinks(), sender={})[0]
        .subject
        for number in (1, 2, None)
    ]
    assert said == ["old", "new", "new"]


@pytest.mark.django_db
def test_renaming_a_template_makes_no_new_version() -> None:
    template = create_template(name="A", source=Source(subject="s", body="<p>b</p>"))
    change_template(template=template, name="B", source=Source(subject="s", body="<p>b</p>"))
    assert template.version == 1
