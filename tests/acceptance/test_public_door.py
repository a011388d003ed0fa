"""Attacks with the public key of a site, from outside over real HTTP: nothing of anybody known changes."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teplo.tracking.signing import sign
from tests.acceptance.installation import KEY, SITE, Installation, kill, make_installation

pytestmark = pytest.mark.acceptance

OLGA = "olga@example.com"
_TOKENS = """
import django; django.setup()
from teplo.accounts.tokens import create_token
from teplo.tracking.models import Site
from teplo.tracking.sites import renew_secret
print(create_token(name="shop", role="salesperson", by=None)[1])
print(create_token(name="news", role="marketer", by=None)[1])
print(renew_secret(site=Site.objects.get(pk={site})))
"""
_LINK = """
import django; django.setup()
from teplo.channels.links import Links
from teplo.channels.models import Delivery
letter = Delivery.objects.get(address="{address}")
print(Links("", letter.person_id, letter.id).confirm_url)
"""


class Place:
    """A running Teplo, and what a stranger and a shop's server can say to it."""

    def __init__(self, installation: Installation) -> None:
        self.it = installation
        self.shop, self.news, self.secret = installation.python("-c", _TOKENS.format(site=SITE)).split()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.it.port, timeout=30)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        line.request(method, path, json.dumps(body) if body is not None else None, {**kind, **headers})
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, text

    def page(self, **event: Any) -> tuple[int, str]:
        """As a page, or as anybody who has read its source."""
        status, text = self.ask("POST", "/collect", {"key": KEY, "name": "form-submitted", **event})
        return status, json.loads(text).get("error", {}).get("code", "")

    def server(self, token: str, **event: Any) -> tuple[int, str]:
        status, text = self.ask("POST", "/api/v1/events", event, Authorization=f"Bearer {token}")
        return status, json.loads(text).get("error", {}).get("code", "")

    def settled(self) -> None:
        self.it.wait_until_empty()
        deadline = time.monotonic() + 60
        while self.it.one("SELECT COUNT(*) FROM people_changenote") and time.monotonic() < deadline:
            time.sleep(0.1)

    def owner(self, kind: str, value: str) -> int:
        found = self.it.execute(f"SELECT person_id FROM people_identity WHERE kind = '{kind}' AND value = '{value}'")
        return int(found[0][0]) if found else 0

    def card(self, person: int) -> list[Any]:
        """All rows that hang on a person, as they stand in the tables."""
        asked = (
            "SELECT first_name, last_name, position, city, country, language, company_id, owner_id, is_anonymous, "
            "attributes, updated_at FROM people_person WHERE id = {p}",
            "SELECT kind, value, is_verified, is_main FROM people_identity WHERE person_id = {p} ORDER BY 1, 2",
            "SELECT channel, state, at, is_current FROM people_consent WHERE person_id = {p} ORDER BY 1, 3",
            "SELECT key, at FROM people_attributechange WHERE person_id = {p} ORDER BY 1, 2",
            "SELECT stage_id FROM stages_standing WHERE person_id = {p}",
            "SELECT fit, behaviour, total, temperature FROM scoring_score WHERE person_id = {p}",
            "SELECT name FROM tracking_event WHERE person_id = {p} ORDER BY 1",
            "SELECT COUNT(*) FROM sales_task WHERE person_id = {p}",
            "SELECT COUNT(*) FROM sales_handoff WHERE person_id = {p}",
            "SELECT COUNT(*) FROM sales_deal WHERE person_id = {p}",
            "SELECT COUNT(*) FROM channels_delivery WHERE person_id = {p}",
        )
        return [sorted(map(str, self.it.execute(statement.format(p=person)))) for statement in asked]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with make_installation(Path(tmp_path_factory.mktemp("door"))) as installation:
        running = Place(installation)
        process = installation.start("up")
        try:
            installation.wait_until_listening()
            yield running
        finally:
            kill(process)


@pytest.fixture(scope="module")
def olga(place: Place) -> int:
    """Known to the shop's server, with a name, and a no to letters."""
    person = {"identities": {"email": OLGA, "phone": "+380501112233", "external": "crm-1"}}
    attributes = {"first_name": "Ольга", "city": "Київ"}
    assert (
        place.server(place.shop, name="page-viewed", **person, attributes=attributes, consent={"email": True})[0] == 202
    )
    assert place.server(place.shop, name="page-viewed", **person, consent={"email": False})[0] == 202
    place.settled()
    return place.owner("email", OLGA)


@pytest.mark.parametrize(
    "name",
    ["letter-opened", "Letter Clicked", "unsubscribed", "stаge-moved", "bounced.", "ｔａｓｋ-done", "hand-off-returned",
     "consent-given", "confirmation-clicked"],
)  # fmt: skip
def test_our_own_events_are_refused_from_everybody(place: Place, name: str) -> None:
    assert place.page(name=name, visitor="v-bad") == (403, "name-reserved")
    assert place.server(place.shop, name=name, identities={"email": OLGA}) == (403, "name-reserved")


@pytest.mark.parametrize(
    "name", ["deal-won", "Payment Received", "dеаl-won", "deal-won.", "order-paid", "ｄｅａｌ-lost"]
)
def test_sales_are_taken_only_with_a_token_that_may_sell(place: Place, name: str) -> None:
    assert place.page(name=name, visitor="v-bad", identities={"email": OLGA}) == (403, "name-needs-token")
    assert place.server(place.news, name=name, identities={"email": OLGA}) == (403, "name-needs-token")


def test_channels_owners_and_other_visitors_are_refused(place: Place) -> None:
    assert place.page(visitor="v-bad", consent={"<b>": True}) == (422, "consent-channel-unknown")
    assert place.page(visitor="v-bad", attributes={"owner": 1}) == (403, "attribute-refused")
    assert place.page(visitor="v-bad", identities={"visitor": "v-olga"}) == (403, "visitor-refused")
    assert place.page(visitor="v-bad", person="1") == (403, "person-refused")


def test_in_a_batch_each_refusal_has_its_place(place: Place) -> None:
    events = [{"name": "page-viewed", "visitor": "v-batch"}, {"name": "deal-won", "visitor": "v-batch"}]
    status, text = place.ask("POST", "/collect", {"key": KEY, "events": events})
    assert (status, json.loads(text)["accepted"]) == (207, 1)
    assert [(error["index"], error["code"]) for error in json.loads(text)["errors"]] == [(1, "name-needs-token")]


def test_nothing_a_stranger_says_touches_a_known_card(place: Place, olga: int) -> None:
    before = place.card(olga)
    names = {"first_name": "You won! http://evil.example", "last_name": "Mallory", "city": "Paris", "position": "CEO"}
    for who in (
        {"visitor": "v-bad", "identities": {"email": OLGA}},
        {"visitor": "v-bad", "identities": {"email": OLGA.upper(), "phone": "+380679999999", "telegram": "mallory"}},
        {"visitor": "v-bad", "identities": {"phone": "050 111 22 33"}},
        {"identities": {"external": "crm-1"}},
        {"identities": {"email": OLGA, "phone": "+380501112233"}},
    ):
        for name in ("form-submitted", "demo-requested", "offer-requested", "order-form-filled", "page-viewed"):
            event = {"name": name, "attributes": names, "consent": {"email": True, "sms": True, "phone": False}}
            assert place.page(**who, **event, url="https://x.example/prices")[0] == 202
    place.settled()
    assert place.card(olga) == before
    assert place.owner("visitor", "v-bad") not in (0, olga)
    assert place.owner("phone", "+380679999999") == place.owner("telegram", "mallory") == 0
    assert place.it.one(f"SELECT COUNT(*) FROM people_identityclaim WHERE target_id = {olga} AND state = 'open'") == 5
    assert place.it.one("SELECT COUNT(*) FROM tracking_deadletter") == 0


def test_looking_at_the_link_confirms_nothing_and_its_button_everything(place: Place, olga: int) -> None:
    link = place.it.python("-c", _LINK.format(address=OLGA)).strip()
    before = place.card(olga)
    for method in ("GET", "HEAD", "GET"):
        assert place.ask(method, link)[0] == 200
    place.settled()
    assert place.card(olga) == before
    assert [place.ask("POST", link)[0] for _ in range(2)] == [200, 200]
    place.settled()
    assert place.owner("visitor", "v-bad") == olga
    assert place.it.one(
        f"SELECT state FROM people_consent WHERE person_id = {olga} AND channel = 'email' AND is_current"
    ) == "given"  # fmt: skip
    name = place.it.execute(f"SELECT first_name, last_name, city FROM people_person WHERE id = {olga}")
    assert name == [("Ольга", "Mallory", "Київ")]


def test_a_signature_is_known_and_a_copy_of_it_is_not(place: Place) -> None:
    expires = int(time.time()) + 600
    ivan = {"email": "ivan@example.com"}
    signature = sign(secret=place.secret, visitor="v-ivan", identities=ivan, expires=expires)
    signed = {"expires": expires, "signature": signature}
    place.server(place.shop, name="page-viewed", identities=ivan)
    place.settled()
    deadline = time.monotonic() + 20
    answer = (0, "")
    while answer[0] != 202 and time.monotonic() < deadline:  # the collector reads new secrets every few seconds
        answer = place.page(visitor="v-ivan", identities=ivan, signed=signed)
        time.sleep(0.2)
    assert answer == (202, "")
    assert place.page(visitor="v-thief", identities=ivan, signed=signed) == (403, "signature-wrong")
    assert place.page(visitor="v-ivan", identities={"email": OLGA}, signed=signed) == (403, "signature-wrong")
    old = {"expires": expires - 5000, "signature": sign(
        secret=place.secret, visitor="v-ivan", identities=ivan, expires=expires - 5000
    )}  # fmt: skip
    assert place.page(visitor="v-ivan", identities=ivan, signed=old) == (403, "signature-expired")
    place.settled()
    assert place.owner("visitor", "v-ivan") == place.owner("email", "ivan@example.com")


def test_over_the_cap_people_are_kept_and_their_letters_wait(place: Place) -> None:
    for number in range(40):
        assert place.page(visitor=f"v-flood{number}", identities={"email": f"victim{number}@example.com"})[0] == 202
    place.settled()
    known = "SELECT COUNT(*) FROM people_identity WHERE kind = 'email' AND value LIKE 'victim%'"
    held = "SELECT COUNT(*) FROM people_identityclaim WHERE value LIKE 'victim%' AND held_by = 'network'"
    assert place.it.one(known) == 40
    assert place.it.one(held) >= 20
