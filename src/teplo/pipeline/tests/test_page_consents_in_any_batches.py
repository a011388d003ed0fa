"""A yes or a no on a page and the contact of its visitor: the same comes of it in one request or in many, in any order.

The oracle is the same facts at once, in the order of their time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import now
from teplo.people import claiming
from teplo.people.consent import ConsentWord, may_write, record_consents
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.merging import merge_people
from teplo.people.models import Consent, Identity, IdentityClaim
from teplo.people.waiting_consents import waiting_consents
from teplo.pipeline import noting, working
from teplo.tracking.inbox import sort_by_lane, write_parcels
from teplo.tracking.incoming import TOKEN, Door, encode, read_event

pytestmark = pytest.mark.django_db

NEW, OLGA = "new@example.com", "olga@example.com"
START = (now() - timedelta(hours=5)).replace(microsecond=0)
PAGE = Door(network="203.0.113.0/24")

DEEDS: dict[str, dict[str, Any]] = {
    "yes": {"consent": {"email": True}},
    "no": {"consent": {"email": False}},
    "sms": {"consent": {"sms": True}},
    "look": {"url": "https://example.com/prices"},
    "new": {"name": "form-submitted", "identities": {"email": NEW}},
    "new-yes": {"name": "form-submitted", "identities": {"email": NEW}, "consent": {"email": True}},
    "olga": {"name": "form-submitted", "identities": {"email": OLGA}},
    "olga-no": {"name": "form-submitted", "identities": {"email": OLGA}, "consent": {"email": False}},
}
Fact = tuple[int, str]


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def send(facts: list[Fact], *, visitor: str = "v1", origin: str = "site:1", door: Door = PAGE) -> None:
    received = int(now().timestamp() * 1000)
    events = [
        {"name": "page-viewed", "visitor": visitor, "time": minute(at).astimezone(UTC).isoformat(), **DEEDS[deed]}
        for at, deed in facts
    ]
    stored = [read_event(encode(event), origin=origin, received_ms=received, door=door) for event in events]
    write_parcels(sort_by_lane(origin, now(), stored))
    while working.run_once("test"):
        pass


def outcome() -> dict[str, Any]:
    """What everybody allowed by now, and what would be allowed by a confirmation."""
    holders = dict(Identity.objects.order_by("-kind").values_list("person_id", "value"))  # the e-mail if there is one
    waiting = waiting_consents(list(IdentityClaim.objects.all()))
    states = Consent.objects.filter(is_current=True).values_list("person_id", "channel", "state")
    return {
        "states": sorted((holders[person], channel, state) for person, channel, state in states),
        "waiting": sorted({channel for consents in waiting.values() for channel in consents}),
    }


def outcome_of(batches: list[list[Fact]], *, is_double: bool = False) -> dict[str, Any]:
    with transaction.atomic():
        get_workspace()
        Workspace.objects.update(double_opt_in=is_double)
        for batch in batches:
            send(batch)
        found = outcome()
        transaction.set_rollback(True)
    return found


def batches_of(draw: Any, facts: list[Fact]) -> list[list[Fact]]:
    arriving = draw(st.permutations(facts))
    cuts = sorted(draw(st.sets(st.integers(1, len(arriving)), max_size=3)))
    edges = [0, *cuts, len(arriving)]
    return [arriving[first:last] for first, last in zip(edges, edges[1:], strict=False) if first < last]


def test_a_stranger_s_yes_is_that_of_the_contact_named_later() -> None:
    send([(1, "yes")])
    assert not Consent.objects.exists()
    send([(2, "look")])
    send([(3, "new")])
    consent = Consent.objects.get()
    assert (consent.state, consent.at, consent.proof["how"]) == ("given", minute(1), "form")
    assert Identity.objects.get(value=NEW).person_id == consent.person_id
    assert not IdentityClaim.objects.filter(kind="visitor").exists()


@pytest.mark.parametrize("batches", [["yes+new"], ["yes", "new"], ["new", "yes"], ["new+yes"], ["look", "yes", "new"]])
def test_a_yes_and_a_contact_are_a_yes_of_the_contact(batches: list[str]) -> None:
    for number, batch in enumerate(batches):
        send([(number, deed) for deed in batch.split("+")])
    assert Consent.objects.get().state == "given"
    assert may_write([Identity.objects.get(value=NEW).person_id], "email")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    deeds=st.lists(st.sampled_from(["yes", "no", "sms", "look", "new", "new-yes"]), min_size=1, max_size=6),
    minutes=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    is_double=st.booleans(),
    data=st.data(),
)
@example(deeds=["yes", "new"], minutes=[1, 2, 0, 0, 0, 0], is_double=False, data=[[0], [1]])
@example(deeds=["yes", "new", "no"], minutes=[5, 1, 3, 0, 0, 0], is_double=False, data=[[0, 1], [2]])
@example(deeds=["yes", "no", "yes", "new"], minutes=[1, 2, 3, 4, 0, 0], is_double=False, data=[[0], [1], [2], [3]])
@example(deeds=["yes", "new"], minutes=[1, 2, 0, 0, 0, 0], is_double=True, data=[[0], [1]])
def test_whatever_the_batches_and_the_order_the_same_is_allowed(
    deeds: list[str], minutes: list[int], is_double: bool, data: Any
) -> None:
    facts = list(zip(minutes, deeds, strict=False))
    if isinstance(data, list):
        batches = [[facts[place] for place in batch] for batch in data]
    else:
        batches = batches_of(data.draw, facts)
    assert outcome_of(batches, is_double=is_double) == outcome_of([sorted(facts)], is_double=is_double), batches


@pytest.mark.parametrize("settled", ["confirmed", "accepted"])
@pytest.mark.parametrize("known", ["", "given", "withdrawn"])
@pytest.mark.parametrize(
    "batches", [["yes+olga"], ["yes", "olga"], ["olga", "yes"], ["olga+yes"], ["yes", "look", "olga", "look"]]
)
def test_a_yes_of_a_claimed_visitor_counts_once_the_claim_is_settled(
    batches: list[str], known: str, settled: str
) -> None:
    (olga,) = find_or_create_people([Claim((("email", OLGA),), source="import:1")])
    if known:
        record_consents([ConsentWord(olga, "email", known, at=minute(-9))])
    before = list(Consent.objects.values())
    for number, batch in enumerate(batches):
        send([(number, deed) for deed in batch.split("+")])
    assert list(Consent.objects.values()) == before
    claim = IdentityClaim.objects.get(value=OLGA)
    assert set(waiting_consents([claim])[claim.id]) == {"email"}
    if settled == "confirmed":
        claiming.confirm(person_id=claim.person_id, claim_id=claim.id, proof={})
    else:
        claiming.accept(person_id=claim.person_id, claim_id=claim.id, by="user:1")
    is_lifted = settled == "confirmed" or known != "withdrawn"
    assert (may_write([olga], "email") == {olga}) == is_lifted
    assert not IdentityClaim.objects.filter(kind="visitor").exists()


@pytest.mark.parametrize("batches", [["yes", "olga-no"], ["olga-no", "yes"], ["yes+olga-no"], ["olga", "yes", "no"]])
def test_a_no_of_a_claimed_visitor_is_heard_with_the_claim(batches: list[str]) -> None:
    (olga,) = find_or_create_people([Claim((("email", OLGA),), source="import:1")])
    record_consents([ConsentWord(olga, "email", at=minute(-9))])
    times = {"yes": 1, "olga": 2, "olga-no": 5, "no": 7}
    for batch in batches:
        send([(times[deed], deed) for deed in batch.split("+")])
    assert may_write([olga], "email") == {olga}
    claim = IdentityClaim.objects.get(value=OLGA)
    assert waiting_consents([claim]) == {claim.id: {}}
    claiming.accept(person_id=claim.person_id, claim_id=claim.id, by="user:1")
    assert may_write([olga], "email") == set()


@pytest.mark.parametrize("is_at_once", [True, False])
@pytest.mark.parametrize("known", ["", "withdrawn"])
def test_a_server_that_says_who_the_visitor_is_makes_their_yes_one(known: str, is_at_once: bool) -> None:
    (olga,) = find_or_create_people([Claim((("email", OLGA),), source="api")])
    if known:
        record_consents([ConsentWord(olga, "email", known, at=minute(-9))])
    send([(1, "yes")])
    if not is_at_once:
        send([(2, "look")])
    send([(3, "olga")], origin="api:1", door=TOKEN)
    assert may_write([olga], "email") == (set() if known else {olga})
    waiting = {channel for claim in IdentityClaim.objects.all() for channel in claim.consents}
    assert waiting == ({"email"} if known else set())


def test_a_colleague_who_merges_the_stranger_s_card_makes_their_yes_one() -> None:
    (olga,) = find_or_create_people([Claim((("email", OLGA),), source="api")])
    send([(1, "yes")])
    stranger = Identity.objects.get(kind="visitor").person_id
    merge_people(winner_id=olga, loser_id=stranger, reason="hand", by="user:1")
    while noting.run_once("test"):
        pass
    assert may_write([olga], "email") == {olga}
    assert Consent.objects.get().at == minute(1)


def test_nobody_s_yes_stands_in_no_list_and_holds_back_nothing() -> None:
    send([(1, "yes")])
    (kept,) = IdentityClaim.objects.all()
    assert (kept.kind, kept.value, kept.mailbox, kept.network) == ("visitor", "v1", "", "")
    for number in range(4):
        send([(number, "yes")])
    assert IdentityClaim.objects.count() == 1
