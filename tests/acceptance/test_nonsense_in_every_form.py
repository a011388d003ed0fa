"""Every page of a living company is opened, and every form on it gets nonsense, one field at a time: nothing breaks.

The addresses alone are walked in web/tests/test_walking_every_address.py; here there are rows behind them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client

from teplo.accounts.models import Role, User
from teplo.accounts.testing import make_user
from teplo.demo.living import bring_to_life
from teplo.kit.clock import at_moment

pytestmark = [pytest.mark.django_db, pytest.mark.acceptance]

ENDS = datetime(2026, 6, 1, 18, tzinfo=UTC)
ORIGIN = "http://testserver"
NONSENSE = (
    "", "\x00", "9" * 30, "9" * 5000, "²", "-1", "1e309", "NaN", "{", '{"all":[{"field":"x"}]}', "я" * 3000,
    "2026-02-30", "//evil.example", "x-1", "2-2",
)  # fmt: skip
FIELDS_ASKED_ALL = 3
"""Fields of longer forms share the nonsense among them, or this would take minutes."""
AREAS = ("people", "companies", "scoring", "journeys", "letters", "stages", "settings")
"""Of addresses, by their beginning: no test alone takes more than a minute."""
PARTS = 3
PAGES_OF_A_KIND = 2
"""Pages whose addresses differ by numbers alone are opened so many times."""


@dataclass
class Form:
    """A form, or a button that posts by itself: where to, and what its fields hold."""

    action: str
    is_post: bool
    filled: dict[str, list[str]] = field(default_factory=dict)
    offered: set[str] = field(default_factory=set)
    """Names of all fields, also of boxes that are not ticked and of buttons."""

    @property
    def kind(self) -> tuple[str, bool, frozenset[str]]:
        return kind_of(self.action), self.is_post, frozenset(self.offered)

    def wrongs(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """What is wrong, and the whole of what is sent."""
        yield "as it stands", self.filled
        yield "nothing", {}
        few = len(self.offered) <= FIELDS_ASKED_ALL
        for number, name in enumerate(sorted(self.offered)):
            yield f"without {name}", {key: value for key, value in self.filled.items() if key != name}
            for text in NONSENSE if few else NONSENSE[number % 5 :: 5]:
                yield f"{name} = {text[:30]!r}", {**self.filled, name: [text]}


class Reader(HTMLParser):
    """Links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.links += [said[name] for name in ("href", "hx-get") if said.get(name) and tag != "link"]
        posts_to = next((said[name] for name in ("hx-post", "hx-delete") if name in said), None)
        if tag == "form":
            action = posts_to if posts_to is not None else said.get("action", "")
            self._form = Form(action, posts_to is not None or said.get("method", "get").lower() == "post")
            self.forms.append(self._form)
        elif posts_to is not None:
            self.forms.append(Form(posts_to, is_post=True))
        if self._form is None:
            return
        if tag in ("input", "select", "textarea", "button") and said.get("name"):
            self._take(self._form, tag, said)
        elif tag == "option" and "selected" in said and self._select:
            self._form.filled[self._select] = [said.get("value", "")]

    def _take(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name = said["name"]
        if name == "csrfmiddlewaretoken":
            return
        form.offered.add(name)
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.filled.setdefault(name, []).append("")
        elif tag == "input" and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            form.filled.setdefault(name, []).append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.filled[self._area][-1] += data


def kind_of(address: str) -> str:
    """An address without its ids and values."""
    return re.sub(r"\d{4,}", "N", re.sub(r"=[^&]*", "=", address))


def absolute(page: str, link: str) -> str:
    """The path with its query; empty for other sites."""
    found = urlsplit(urljoin(ORIGIN + page, link or page))
    if found.netloc != urlsplit(ORIGIN).netloc or "sign-out" in found.path:
        return ""
    return found.path + (f"?{found.query}" if found.query else "")


def walk(client: Client) -> tuple[dict[object, Form], list[str]]:
    """Every kind of page from the first one on: their forms, and what broke."""
    seen: Counter[str] = Counter()
    waiting, forms, broken = ["/"], {}, []
    while waiting:
        page = waiting.pop(0)
        if seen[kind_of(page)] >= PAGES_OF_A_KIND:
            continue
        seen[kind_of(page)] += 1
        answer = client.get(page)
        if answer.status_code >= 500:
            broken.append(f"GET {page}")
        if answer.status_code >= 300 or "text/html" not in answer["Content-Type"] or answer.streaming:
            continue
        reader = Reader()
        reader.feed(answer.content.decode())
        waiting += [path for link in reader.links if (path := absolute(page, link))]
        for form in reader.forms:
            form.action = absolute(page, form.action)
            if form.action:
                forms.setdefault(form.kind, form)
    return forms, broken


@dataclass(frozen=True)
class Walked:
    """A living company whose every page was opened."""

    client: Client
    forms: list[Form]
    broken: list[str]


@pytest.fixture(scope="module")
def walked(django_db_setup: None, django_db_blocker: Any) -> Iterator[Walked]:
    """Made once for all areas and taken back after them: what a form does is taken back at once."""
    with django_db_blocker.unblock(), transaction.atomic():
        bring_to_life(seed=3, strangers=100, days=30, ends_at=ENDS)
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.filter(role=Role.ADMINISTRATOR).first() or make_user())
        with at_moment(ENDS):
            forms, broken = walk(client)
            yield Walked(client, list(forms.values()), broken)
        transaction.set_rollback(True)


def area_of(form: Form) -> str:
    name = urlsplit(form.action).path.strip("/").partition("/")[0]
    return name if name in AREAS else "others"


def test_every_page_of_a_living_company_opens(walked: Walked) -> None:
    assert len(walked.forms) > 40
    assert not walked.broken


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("area", [*AREAS, "others"])
def test_nonsense_in_any_field_of_any_form_is_answered_and_never_breaks(walked: Walked, area: str, part: int) -> None:
    broken = []
    for form in [form for form in walked.forms if area_of(form) == area][part::PARTS]:
        send = walked.client.post if form.is_post else walked.client.get
        for wrong, data in form.wrongs():
            with transaction.atomic():
                answer = send(form.action, data)
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                broken.append(f"{form.action} with {wrong}")
    assert not broken
