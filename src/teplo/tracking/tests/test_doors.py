"""Which door lets what through: own names nobody's, sales with a token that may sell, everything else from pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teplo.accounts.tokens import create_token
from teplo.channels.models import Channel
from teplo.kit.clock import now
from teplo.people.consent import CHANNELS
from teplo.people.importing.columns import CONSENT_CHANNELS
from teplo.tracking import reserved
from teplo.tracking.incoming import OWN, PAGE, TOKEN, Door, EventRefused, Stored, read_event
from teplo.tracking.keys import Keys
from teplo.tracking.networks import network_of
from teplo.tracking.presets import READY
from teplo.tracking.signing import sign

SELLING = Door(is_trusted=True, may_sell=True)


def read(door: Door, **event: Any) -> Stored:
    raw = json.dumps({"name": "page-viewed", "visitor": "v1", **event}, ensure_ascii=False).encode()
    return read_event(raw, origin="site:1", received_ms=int(now().timestamp() * 1000), door=door)


def refusal(door: Door, **event: Any) -> tuple[int, str]:
    with pytest.raises(EventRefused) as caught:
        read(door, **event)
    return caught.value.status, caught.value.code


OWN_ONES = (
    "letter-opened", "letter-clicked", "letter-sent", "letter-bounced", "letter-replied", "letter-anything",
    "unsubscribed", "stage-moved", "bounced", "consent-given", "confirmation-clicked", "task-done",
    "hand-off-returned", "handoff-returned", "person-imported", "note-added",
)  # fmt: skip
DISGUISES = (
    "Letter-Opened", "LETTER_OPENED", "letter opened", " letter-opened ", "letter-opened.", "letter--opened",
    "letter.opened", "letter:opened", "lеtter-opened",
    "lettеr-oреnеd", "ｌｅｔｔｅｒ－ｏｐｅｎｅｄ", "letter\u200b-opened",
    "1etter-0pened", "létter-opened", "letter\u2010opened", "ｕｎｓｕｂｓｃｒｉｂｅｄ", "unsubsсribеd", "UNSUBSCRIBED.",
    "letter\u00adopened", "ѕtаgе-mоvеd", "letteropened",
)  # fmt: skip


@pytest.mark.parametrize("name", [*OWN_ONES, *DISGUISES])
@pytest.mark.parametrize("door", [PAGE, TOKEN, SELLING], ids=["page", "token", "selling"])
def test_own_events_are_taken_from_nobody(name: str, door: Door) -> None:
    status, code = refusal(door, name=name)
    assert (status, code) in {(403, "name-reserved"), (422, "name-unreadable")}
    if name in OWN_ONES:
        assert code == "name-reserved"


SALES = (
    "deal-won", "deal-lost", "deal-anything", "payment-received", "order-paid", "order-placed", "order-completed",
    "invoice-paid", "refund-made", "purchase", "call-answered", "DEAL WON", "dеаl-wоn", "deal-won.", "dea1-w0n",
    "paymеnt-received", "dealwon", "Payment_Received", "ｐａｙｍｅｎｔ-received",
)  # fmt: skip


@pytest.mark.parametrize("name", SALES)
@pytest.mark.parametrize("door", [PAGE, TOKEN], ids=["page", "token"])
def test_sales_are_told_only_with_a_token_that_may_sell(name: str, door: Door) -> None:
    assert refusal(door, name=name) == (403, "name-needs-token")


def test_a_token_that_may_sell_tells_of_sales() -> None:
    assert [read(SELLING, name=name).name for name in SALES[:4]] == list(SALES[:4])


def test_tokens_follow_the_rights_of_their_role(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teplo.tracking.keys.close_old_connections", lambda: None)  # it is the test's own
    roles = ("marketer", "salesperson", "analyst")
    marketer, seller, analyst = (create_token(name=role, role=role, by=None)[1] for role in roles)
    keys = Keys()
    keys.refresh()
    assert [keys.is_token(text) for text in (marketer, seller, analyst)] == [True, True, False]
    assert [keys.may_sell(text) for text in (marketer, seller)] == [False, True]


def test_what_a_page_does_is_not_reserved() -> None:
    free = (
        "page-viewed", "form-submitted", "link-clicked", "order-form-filled", "offer-requested", "demo-requested",
        "webinar-signed-up", "trial-started", "question-asked", "video-watched", "comment-left", "shared", "заявка",
        "оплата-страница", "letterhead-viewed", "dealer-found", "order-call", "stages", "cart-updated", "tasks-viewed",
    )  # fmt: skip
    assert [name for name in free if reserved.whose(name)] == []
    assert [read(PAGE, name=name).name for name in free] == list(free)


def test_our_own_code_tells_everything() -> None:
    assert read(OWN, name="letter-opened").name == "letter-opened"
    assert read(OWN, name="deal-won").name == "deal-won"


def test_every_ready_activity_knows_its_door() -> None:
    """A new ready activity that speaks of us or of money must be reserved as well."""
    kept = {ready.key: reserved.whose(ready.key) for ready in READY if reserved.whose(ready.key)}
    assert kept == {
        "letter-opened": "own", "letter-clicked": "own", "letter-replied": "own",
        "call-answered": "token", "payment-received": "token", "deal-won": "token",
    }  # fmt: skip


@pytest.mark.parametrize("channel", ["<b>", "EMAIL", "email ", "owl", "", "visitor", "external", "e-mail"])
@pytest.mark.parametrize("door", [PAGE, TOKEN, OWN], ids=["page", "token", "own"])
def test_a_consent_names_a_channel_that_exists(channel: str, door: Door) -> None:
    assert refusal(door, consent={channel: True}) == (422, "consent-channel-unknown")
    assert read(door, consent=dict.fromkeys(CHANNELS, True)).consent == dict.fromkeys(CHANNELS, True)


def test_channels_are_one_list_everywhere() -> None:
    assert set(CHANNELS) == set(Channel.values) == set(CONSENT_CHANNELS)


@pytest.mark.parametrize("text", ["<b>", "a b", "news@", "news@x", "я", "a" * 61])
def test_a_consent_text_is_named_by_its_key(text: str) -> None:
    assert refusal(PAGE, consent={"email": True}, consent_text=text) == (422, "consent-text-unreadable")
    assert read(PAGE, consent={"email": True}, consent_text="news@3").consent_text == "news@3"


def test_a_page_speaks_of_its_own_visitor_only() -> None:
    assert refusal(PAGE, identities={"visitor": "another"}) == (403, "visitor-refused")
    stored = read(PAGE, visitor=None, identities={"visitor": "v9"})
    assert (stored.visitor, stored.identities) == ("v9", {})
    assert read(TOKEN, identities={"visitor": "another"}).identities == {"visitor": "another"}


@pytest.mark.parametrize("key", ["owner", "owner_id", "company_id"])
def test_a_page_gives_nobody_an_owner(key: str) -> None:
    assert refusal(PAGE, attributes={key: 5}) == (403, "attribute-refused")
    assert read(TOKEN, attributes={key: 5}).attributes == {key: 5}


SECRET = "s3cret"
ANNA = {"email": "anna@example.com"}


def signed(**changes: Any) -> dict[str, Any]:
    """An event whose identity the site's server has signed for visitor v1."""
    expires = int(now().timestamp()) + 600
    said = {"secret": SECRET, "visitor": "v1", "identities": ANNA, "expires": expires, **changes}
    return {"identities": ANNA, "signed": {"expires": said["expires"], "signature": sign(**said)}}


def test_a_signature_makes_an_identity_known() -> None:
    door = Door(secret=SECRET)
    assert read(door, **signed()).signed is True
    assert read(door, identities=ANNA).signed is False


@pytest.mark.parametrize(
    ("door", "event", "code"),
    [
        (Door(), signed(), "signature-unknown"),
        (Door(secret="other"), signed(), "signature-wrong"),
        (Door(secret=SECRET), {**signed(), "visitor": "v2"}, "signature-wrong"),
        (Door(secret=SECRET), {**signed(), "identities": {"email": "olga@example.com"}}, "signature-wrong"),
        (Door(secret=SECRET), {**signed(), "identities": {**ANNA, "phone": "+380501112233"}}, "signature-wrong"),
        (Door(secret=SECRET), {**signed(), "visitor": None}, "signature-of-nobody"),
        (Door(secret=SECRET), signed(expires=1_700_000_000), "signature-expired"),
        (Door(secret=SECRET), signed(expires=9_000_000_000), "signature-too-long"),
        (Door(secret=SECRET), {**signed(), "signed": {"expires": 2**60, "signature": "я"}}, "signature-too-long"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(door: Door, event: dict[str, Any], code: str) -> None:
    assert refusal(door, **event) == (403, code)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:1::5", "2001:db8:7::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_sender_is_known_by_the_network(address: str, network: str) -> None:
    assert network_of(address) == network
