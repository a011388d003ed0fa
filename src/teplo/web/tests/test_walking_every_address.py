"""Every address as every role and as nobody: undecided views, forgotten gates and broken pages are found here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from teplo.accounts.access import Right
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.people.testing import make_person

OWN_GATE = ("api/",)
"""Addresses that a token opens, not a user; their own tests walk them."""


@dataclass(frozen=True)
class Address:
    path: str
    view: Any

    @property
    def rights(self) -> tuple[Right, ...]:
        return getattr(self.view, "required_rights", ())

    @property
    def is_public(self) -> bool:
        return getattr(self.view, "is_public", False)


def _sample(converter: Any) -> str:
    return "1" if isinstance(converter, IntConverter) else "x"


def _walk(patterns: list[Any], before: str = "", values: dict[str, str] | None = None) -> list[Address]:
    found: list[Address] = []
    for pattern in patterns:
        route = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            for text in (f"<{type_}:{name}>" for type_ in ("int", "str", "slug", "path", "uuid")):
                route = route.replace(text, _sample(converter))
            route = route.replace(f"<{name}>", _sample(converter))
        if isinstance(pattern, URLResolver):
            found += _walk(pattern.url_patterns, before + route)
        elif isinstance(pattern, URLPattern):
            found.append(Address("/" + before + route, pattern.callback))
    return found


ADDRESSES = [
    address
    for address in _walk(get_resolver().url_patterns)
    if not address.path.startswith(tuple("/" + p for p in OWN_GATE))
]
GUARDED = [address for address in ADDRESSES if not address.is_public]


def test_there_is_something_to_walk():
    assert len(ADDRESSES) > 25


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.path)
def test_every_view_says_who_may_call_it(address):
    assert address.is_public or address.rights, "put @requires(Right.…) or @public above it"


def test_no_address_has_two_views():
    """The second of them would never be asked."""
    paths = [address.path for address in ADDRESSES]
    assert not sorted({path for path in paths if paths.count(path) > 1})


@pytest.mark.django_db
@pytest.mark.parametrize("number", [2**63, 10**19, 10**40])
def test_a_number_that_no_column_holds_is_of_nothing(client, number):
    client.force_login(make_user())
    walked = [
        "/people/{}/", "/people/{}/score/", "/people/{}/write/note/", "/people/1/claims/{}/",
        "/people/1/notes/{}/forget/",
        "/companies/{}/", "/segments/{}/", "/journeys/{}/", "/tasks/1/{}/finish/", "/hand-offs/1/{}/",
        "/scoring/reviews/{}/",
    ]  # fmt: skip
    statuses = {path: client.post(path.format(number)).status_code for path in walked}
    assert statuses == dict.fromkeys(walked, 404)
    assert "text/html" in client.get(f"/people/{number}/")["Content-Type"]
    assert client.get(f"/people/{make_person().pk}/").status_code == 200
    assert client.get(f"/people/{2**63 - 1}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("number", [2**63, 10**40])
def test_neither_has_the_api_such_a_thing(client, number):
    token = create_token(name="t", role="marketer", by=make_user().pk)[1]
    for path in ("people/{}/tags", "people/{}/score", "jobs/{}", "reviews/{}", "score-tables/{}", "learnings/{}"):
        answer = client.get(f"/api/v1/{path.format(number)}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (404, 422), path


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", GUARDED, ids=lambda address: address.path)
def test_nobody_is_sent_to_sign_in(client, address, method):
    answer = getattr(client, method)(address.path)
    assert answer.status_code == 302, address.path
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.django_db
def test_public_pages_answer_nobody_without_breaking(client):
    broken = [
        (address.path, answer.status_code)
        for address in ADDRESSES
        if address.is_public and (answer := client.get(address.path)).status_code >= 500 and answer.status_code != 503
    ]
    assert not broken


NONSENSE = {"ids": "x", "condition": "{", "q": "\x00", "next": "//", "state": "?", "name": "n" * 5000, "email": "\x00"}
ASKED = {
    "q": "\x00",
    "sort": "?",
    "after": "x",
    "state": "?",
    "condition": "{",
    "since": "x",
    "days": "x",
    "version": "x",
}


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{}, NONSENSE], ids=["nothing", "nonsense"])
def test_posting_nonsense_anywhere_breaks_nothing(sent):
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    broken = [
        (address.path, answer.status_code)
        for address in GUARDED
        if (answer := client.post(address.path, sent)).status_code >= 500
    ]
    assert not broken


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", [ASKED, {name: value for name, value in ASKED.items() if name != "q"}], ids=["nul", "nonsense"]
)
def test_asking_for_nonsense_anywhere_breaks_nothing(asked):
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    broken = [
        (address.path, answer.status_code)
        for address in GUARDED
        if (answer := client.get(address.path, asked)).status_code >= 500
    ]
    assert not broken
