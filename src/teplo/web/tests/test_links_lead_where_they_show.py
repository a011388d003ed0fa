"""For any link and any values of its holes the redirect of the sent letter answers what the preview shows."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teplo.channels.links import Links
from teplo.channels.viewing import Inert
from teplo.content.composing import Source
from teplo.content.rendering import prepare_source

BASE = "https://t.example"
HOLE = "{{ person.attributes.v }}"
HOSTS = (
    "x.ua", "X.UA", "пример.укр", "münchen.example:8080", "%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%83%D0%BA%D1%80",
    "[2001:db8::1]:80", "user:pa%20ss@x.ua", "xn--e1afmkfd.xn--j1amh", "127.0.0.1:8000", "a_b.example",
)  # fmt: skip
REST = st.text(st.sampled_from("abzАїß09-._~/?#=&+%()[]!$',;:@ \"<>|^`\\é日"), max_size=25).filter(
    lambda text: "{" not in text
)
IN_TEXT = st.text(st.sampled_from("abzАїß09-._~/?#=&+%()[]!$,;:@é日"), max_size=25)
VALUES = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


class Hrefs(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]


class Written:
    """Links of a text, each noted as it is written."""

    def __init__(self, links: Any) -> None:
        self.links = links
        self.found: list[str] = []

    def tracked(self, url: str) -> str:
        self.found.append(self.links.tracked(url))
        return self.found[-1]


def rendered(source: Source, value: str, links: Any) -> tuple[list[str], list[str]]:
    """(addresses in the HTML, addresses in the text) of one copy."""
    prepared = prepare_source(source)
    holes = {
        "person": {"attributes": {"v": value}}, "workspace": {"site_url": "https://сайт.укр"}, "pixel_url": "p",
        "unsubscribe_url": "leave",
    }  # fmt: skip
    assert prepared.html is not None
    page, written = prepared.html.fill(holes, links=links), Written(links)
    text = prepared.text.fill(holes, links=written)  # type: ignore[arg-type]
    assert all(url in text for url in written.found)
    return Hrefs(page).found, written.found


def led(client: Client, url: str) -> str:
    """Where a sent link leads: as it stands, or where its redirect answers."""
    if not url.startswith(f"{BASE}/l/c/"):
        return url
    parts = urlsplit(url)
    answer = client.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 302, url
    return str(answer["Location"])


def check(client: Client, source: Source, value: str) -> list[str]:
    shown_html, shown_text = rendered(source, value, Inert(BASE))
    sent_html, sent_text = rendered(source, value, Links(BASE, 5, 6))
    assert [led(client, url) for url in sent_html] == shown_html
    assert [led(client, url) for url in sent_text] == shown_text
    assert all(url.isascii() for url in shown_html + shown_text if url.startswith("http"))
    return [*shown_html, *shown_text]


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spaces=st.sampled_from(["", " ", "\n  ", "\t"]),
    scheme=st.sampled_from(["https", "http", "HTTPS"]),
    host=st.sampled_from(HOSTS),
    before=REST,
    after=REST,
    value=VALUES,
)
@example(spaces=" ", scheme="https", host="пример.укр", before="/ціни?", after="#я", value="a&b=c\n")
@example(spaces="", scheme="https", host="x.ua", before="/", after=")", value="(")
@example(spaces="", scheme="https", host="x.ua", before="", after="", value="@evil.example")
@example(spaces="", scheme="https", host="x.ua", before=":", after="", value="99999x")
@example(spaces="", scheme="https", host="x.ua", before="/%D0%B0%", after="%2F+", value="%zz \u2028")
def test_any_link_of_the_html(
    client: Client, spaces: str, scheme: str, host: str, before: str, after: str, value: str
) -> None:
    address = f"{spaces}{scheme}://{host}{before}{HOLE}{after}{spaces}"
    escaped = html.escape(address).replace("&#x27;", "'")
    check(client, Source(body=f'<p><a href="{escaped}">слово</a></p>', is_service=True), value)


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(host=st.sampled_from(HOSTS), before=IN_TEXT, after=IN_TEXT, value=VALUES)
@example(host="ru.wikipedia.org", before="/wiki/Тепло_(", after=")", value="физика")
def test_any_link_of_a_text_written_by_hand(client: Client, host: str, before: str, after: str, value: str) -> None:
    value = re.sub(r"\s", "", value)
    text = f"→ https://{host}{before}{HOLE}{after} ←"
    shown = check(client, Source(body="<p>x</p>", text=text, is_service=True), value)
    assert len(shown) <= 1  # none where the value makes it no address: it leads nowhere


CASES = [
    # a hole at the beginning
    ('<a href="{{ workspace.site_url }}/ціни">x</a>', "https://xn--80aswg.xn--j1amh/%D1%86%D1%96%D0%BD%D0%B8"),
    ('<a href="{{ workspace.site_url }}:8443/a">x</a>', "https://xn--80aswg.xn--j1amh:8443/a"),
    ('<a href="{% if person.attributes.v %}https://a.ua/{% else %}https://b.ua/{% endif %}x">x</a>', "https://a.ua/x"),
    ("<a href='{{ context.no }}https://a.ua/x'>x</a>", "https://a.ua/x"),
    # spaces and line breaks
    ('<a href="  https://a.ua/x\n">x</a>', "https://a.ua/x"),
    ('<a href="https://a.ua/\n      x">x</a>', "https://a.ua/x"),
    # other alphabets
    ('<a href="https://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%83%D0%BA%D1%80/a">x</a>', "https://xn--e1afmkfd.xn--j1amh/a"),
    ('<a href="HTTPS://Пример.УКР?я=1">x</a>', "https://xn--e1afmkfd.xn--j1amh?%D1%8F=1"),
    # nowhere
    ('<a href="{{ context.no }}https://[x/">x</a>', "#"),
    ('<a href="{{ context.no }}https://">x</a>', "#"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "leads"), CASES)
def test_a_link_leads_there(client: Client, body: str, leads: str) -> None:
    assert rendered(Source(body=body, is_service=True), "1", Inert(BASE))[0] == [leads]
    assert set(check(client, Source(body=body, is_service=True), "1")) <= {leads}


TEXTS = [
    ("https://a.ua/{{ person.attributes.v }}/b", "https://a.ua/7/b"),
    ("https://a.ua/?u={{ person.attributes.v }}.", "https://a.ua/?u=7"),
    ("https://a.ua/wiki/Тепло_(физика)", "https://a.ua/wiki/%D0%A2%D0%B5%D0%BF%D0%BB%D0%BE_(%D1%84%D0%B8%D0%B7%D0%B8%D0%BA%D0%B0)"),
    ("(https://a.ua/b)", "https://a.ua/b"),
    ("(см. https://a.ua/b_(c)).", "https://a.ua/b_(c)"),
    ("[https://a.ua/b]", "https://a.ua/b"),
    ("«https://a.ua/b»", "https://a.ua/b"),
    ("{% if person.attributes.v %}https://a.ua/b{% endif %}", "https://a.ua/b"),
    ("https://a.ua/{% if person.attributes.v %}b{% else %}c{% endif %}/d", "https://a.ua/b/d"),
    ("{{ workspace.site_url }}/b", "https://xn--80aswg.xn--j1amh/b"),
    ("https://a.ua/{{ person.attributes.v | default: 'a b' }}", "https://a.ua/7"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "leads"), TEXTS)
def test_an_address_in_a_text_is_traced_whole(client: Client, text: str, leads: str) -> None:
    source = Source(body="<p>x</p>", text=f"до {text} після", is_service=True)
    prepared = prepare_source(source)
    traced: list[str] = []

    class Seen(Inert):
        def tracked(self, url: str) -> str:
            traced.append(url)
            return url

    holes = {"person": {"attributes": {"v": "7"}}, "workspace": {"site_url": "https://сайт.укр"}}
    shown = prepared.text.fill(holes, links=Seen(BASE))
    assert traced == [leads] and leads in shown
    sent = prepared.text.fill(holes, links=Links(BASE, 5, 6))
    (link,) = re.findall(rf"{BASE}/l/c/[^\s\])»]+", sent)
    assert led(client, link.rstrip(".")) == leads


def test_links_of_outlooks_own_shapes_are_traced() -> None:
    body = (
        '<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" '
        'href="https://a.ua/{{ person.attributes.v }}" '
        "style='height:40px'><center>Купить</center></v:roundrect><![endif]-->"
        '<!--[if !mso]><!--><a href="https://a.ua/b">Купить</a><!--<![endif]-->'
        "<!--[if mso]><a href='https://a.ua/c'>x</a><![endif]-->"
    )
    prepared = prepare_source(Source(body=body, is_service=True))
    assert prepared.html is not None
    page = prepared.html.fill({"person": {"attributes": {"v": "7"}}, "pixel_url": "p"}, links=Links(BASE, 5, 6))
    for url in ("https://a.ua/7", "https://a.ua/b", "https://a.ua/c"):
        assert html.escape(Links(BASE, 5, 6).tracked(url)) in page
    assert 'href="https://a.ua' not in page and "href='https://a.ua" not in page


def test_a_picture_whose_address_begins_with_a_hole_stays() -> None:
    body = (
        '<img src="{{ workspace.site_url }}/logo.png" alt="">'
        '<img src="{% if true %}https://a.ua{% endif %}/b.png" alt="">'
    )
    prepared = prepare_source(Source(body=body, is_service=True))
    assert prepared.html is not None
    page = prepared.html.fill({"workspace": {"site_url": "https://s.ua"}, "pixel_url": "p"}, links=None)
    assert 'src="https://s.ua/logo.png"' in page and 'src="https://a.ua/b.png"' in page
    assert "teplo0" not in page and not [w for w in prepared.warnings if w.code == "removed"]


def test_what_cleaning_removes_is_named() -> None:
    body = (
        '<p onclick="x()">a</p><form action="/x"><input name="q"></form><a href="javascript:alert(1)">j</a>'
        '<video src="https://x.ua/v.mp4"></video><table background="b.png"><tr><td bgcolor="red">x</td></tr></table>'
    )
    (warning,) = [w for w in prepare_source(Source(body=body, is_service=True)).warnings if w.code == "removed"]
    told = str(warning)
    for name in ("onclick", "<form>", "<input>", 'href="javascript:"', "<video>"):
        assert name in told
    assert "bgcolor" not in told and "<table>" not in told and "background" not in told


@pytest.mark.parametrize(
    "body", ["<p>x</p>", "<style>p{color:red}</style><p class='a'>x</p>", "<table><tr><td>x</td></tr></table>"]
)
def test_nothing_is_named_where_nothing_is_removed(body: str) -> None:
    assert not [w for w in prepare_source(Source(body=body, is_service=True)).warnings if w.code == "removed"]


@pytest.mark.django_db
def test_links_of_old_letters_find_their_hosts(client: Client) -> None:
    """Signed before names of hosts were made ASCII."""
    url = Links(BASE, 5, 6).tracked("https://пример.укр/ціни")
    assert led(client, url) == "https://xn--e1afmkfd.xn--j1amh/%D1%86%D1%96%D0%BD%D0%B8"
