"""The page behind the link that confirms, and the screens where a colleague settles what nobody confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from teplo.accounts.models import Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.channels.links import Links
from teplo.channels.models import Delivery
from teplo.channels.preflight import judge
from teplo.channels.renderers import Addressee
from teplo.channels.testing import make_delivery, make_sender
from teplo.content.rendering import prepare_by_id
from teplo.kit.clock import at_moment, now
from teplo.people import claiming
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.consent_texts import save_text
from teplo.people.models import Consent, ConsentText, Identity, IdentityClaim, Merge, Person
from teplo.people.testing import make_person
from teplo.people.unmerging import undo_merge
from teplo.pipeline.tests.test_public_door import OLGA, confirm, form, know_olga, owner_of, send
from teplo.tracking.models import Event, Site
from teplo.tracking.signing import sign
from teplo.tracking.testing import make_site
from teplo.web.claims import claims_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reachable() -> None:
    """Letters with links wait while nobody could follow them."""
    Workspace.objects.update_or_create(pk=1, defaults={"public_url": "https://t.example"})


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer", language="en"))
    return client


def link_of(delivery: Delivery) -> str:
    return Links("", delivery.person_id, delivery.id).confirm_url


@pytest.fixture
def olga() -> int:
    return know_olga()


@pytest.fixture
def letter(olga: int) -> Delivery:
    """The letter that asks Olga whether it was she who filled in a form."""
    save_text(key="news", text="I want <b>news</b> once a week")
    send(form("v-new", OLGA, consent={"email": True}, consent_text="news"))
    return Delivery.objects.get()


def test_following_the_link_only_asks(client: Client, olga: int, letter: Delivery) -> None:
    for method in (client.get, client.head, client.get):
        answer = method(link_of(letter), headers={"User-Agent": "Mozilla/5.0 Proofpoint"})
        assert answer.status_code == 200
    assert owner_of("visitor", "v-new") != olga
    page = client.get(link_of(letter)).content.decode()
    assert "o•••@example.com" in page and OLGA not in page
    assert "I want &lt;b&gt;news&lt;/b&gt; once a week" in page
    assert not Identity.objects.filter(is_verified=True).exists()


def test_the_button_confirms_once_and_for_all(client: Client, olga: int, letter: Delivery) -> None:
    for _ in range(2):
        answer = client.post(link_of(letter), headers={"User-Agent": "Firefox"})
        assert answer.status_code == 200
    assert owner_of("visitor", "v-new") == olga
    consent = Consent.objects.get(person_id=olga, is_current=True)
    assert (consent.state, consent.text) == ("given", "I want <b>news</b> once a week")
    assert {"text", "confirmed_at", "confirmed_by", "confirmed_agent", "how", "network"} <= consent.proof.keys()
    assert Consent.objects.filter(person_id=olga, state="given").count() == 2
    assert "confirmed" in client.get(link_of(letter), headers={"Accept-Language": "en"}).content.decode().lower()


@pytest.mark.parametrize(("language", "words"), [("ru", "Это вы?"), ("uk", "Це ви?"), ("en", "Is it you?")])
def test_the_page_speaks_three_languages(client: Client, letter: Delivery, language: str, words: str) -> None:
    assert words in client.get(link_of(letter), headers={"Accept-Language": language}).content.decode()


def test_an_old_link_confirms_nothing(client: Client, olga: int, letter: Delivery) -> None:
    with at_moment(now() + timedelta(days=8)):
        assert client.get(link_of(letter)).status_code == 410
        assert client.post(link_of(letter)).status_code == 410
    assert owner_of("visitor", "v-new") != olga


def test_a_forged_link_is_none(client: Client, olga: int, letter: Delivery) -> None:
    other = make_delivery(person_id=olga, state="sent", address=OLGA)
    forged = link_of(letter)[:-4] + "aaaa"
    assert client.post(forged).status_code == 404
    assert client.post(link_of(other)).status_code == 404
    token = Links("", letter.person_id, letter.id).token("p")
    assert client.post(f"/l/k/{token}").status_code == 404


def test_the_letter_says_nothing_that_a_stranger_wrote(olga: int) -> None:
    send(form("v-new", OLGA, attributes={"first_name": "Mallory", "city": "Paris"}))
    letter = Delivery.objects.get()
    (copy,) = prepare_by_id(template_id=letter.template_id or 0).render_many(
        [letter_of(letter)], linking=lambda _: Links("https://t.example", letter.person_id, letter.id), sender={}
    )
    assert not copy.error
    assert f"https://t.example{link_of(letter)}" in copy.html and f"https://t.example{link_of(letter)}" in copy.text
    assert "Mallory" not in copy.html + copy.text + copy.subject


def letter_of(delivery: Delivery) -> Addressee:
    return Addressee(delivery.person_id, delivery.id, delivery.context)


# what waits in the outbox


def reason_of(delivery: Delivery) -> str:
    judged = judge([delivery], workspace=get_workspace(), senders=[make_sender()], owner="", now=delivery.due_at)
    return judged.held[0].reason if judged.held else ""


@pytest.fixture
def noon() -> Any:
    get_workspace()
    Workspace.objects.update(
        timezone="UTC", quiet_from="23:00", quiet_until="01:00", requires_consent=True, public_url="https://t.example"
    )
    with at_moment(now().replace(hour=12)) as moment:
        yield moment


def test_a_welcome_to_somebody_elses_address_waits_for_a_word(noon: Any, olga: int) -> None:
    send(form("v-new", OLGA, consent={"email": True}))
    stranger = owner_of("visitor", "v-new") or 0
    welcome = make_delivery(person_id=stranger, journey_id=1)
    asking = Delivery.objects.get(is_service=True)
    assert reason_of(welcome) == "claimed"
    assert reason_of(asking) == ""
    Delivery.objects.filter(id=welcome.id).update(reason="claimed", due_at=now() + timedelta(days=1))
    Client().post(link_of(asking))
    welcome = Delivery.objects.get(id=welcome.id)
    assert (welcome.person_id, welcome.due_at) == (olga, now())
    assert reason_of(welcome) == ""


def test_with_double_opt_in_letters_wait_for_the_link(noon: Any) -> None:
    Workspace.objects.update(double_opt_in=True)
    send(form("v1", "new@example.com", consent={"email": True}))
    person = owner_of("email", "new@example.com") or 0
    welcome = make_delivery(person_id=person, journey_id=1)
    assert reason_of(welcome) == "not-confirmed"
    confirm(IdentityClaim.objects.get())
    assert reason_of(Delivery.objects.get(id=welcome.id)) == ""


def test_over_the_cap_letters_wait_until_they_are_released(noon: Any, marketer: Client) -> None:
    Workspace.objects.update(new_per_network=1, requires_consent=False)
    send(form("v1", "a@example.com"), form("v2", "b@example.com"), form("v3", "c@example.com"))
    people = [owner_of("email", f"{name}@example.com") or 0 for name in "abc"]
    letters = [make_delivery(person_id=person, journey_id=1) for person in people]
    assert sorted(reason_of(letter) for letter in letters) == ["", "too-many-new", "too-many-new"]
    held = [claim.id for claim in IdentityClaim.objects.exclude(held_by="").order_by("id")]
    page = marketer.get("/people/claims/?part=held").content.decode()
    assert page.count("within an hour") == 2
    marketer.post("/people/claims/release/", {"ids": [str(held[0])]})
    assert sorted(reason_of(letter) for letter in letters) == ["", "", "too-many-new"]
    marketer.post("/people/claims/release/", {"all": "1"})
    assert [reason_of(letter) for letter in letters] == ["", "", ""]


@pytest.mark.parametrize("answer", ["link", "colleague"])
def test_a_word_settles_what_the_cards_own_page_had_said_too(client: Client, noon: Any, answer: str) -> None:
    Workspace.objects.update(new_per_network=1, double_opt_in=True)
    send(form("v0", "first@example.com"), form("v1", "new@example.com", consent={"email": True}))
    person = owner_of("email", "new@example.com") or 0
    own = Delivery.objects.get()
    send(form("v2", "new@example.com"))
    claim = IdentityClaim.objects.get(state="open")
    welcome = make_delivery(person_id=person, journey_id=1)
    assert reason_of(welcome) == "too-many-new"
    if answer == "link":
        other = make_delivery(
            person_id=claim.person_id, address="new@example.com", context={"claim": str(claim.id)}, is_service=True
        )
        pages = [client.post(link_of(letter)) for letter in (other, other, own)]
        assert [page.status_code for page in pages] == [200, 200, 200]
    else:
        claiming.accept(person_id=claim.person_id, claim_id=claim.id, by="user:1")
    settled = IdentityClaim.objects.get(value="new@example.com")
    assert (settled.id, settled.person_id, settled.consents, settled.held_by) == (claim.id, person, {}, "")
    assert Consent.objects.get(person_id=person).state == "given"
    assert reason_of(Delivery.objects.get(id=welcome.id)) == ""
    undo_merge(merge_id=Merge.objects.get().id, by="user:1")
    declined = IdentityClaim.objects.get(id=claim.id)
    assert (declined.person_id, declined.state) == (claim.person_id, "declined")


def test_a_waiting_yes_of_another_browser_lifts_no_withdrawal(client: Client, noon: Any) -> None:
    send(form("v1", "new@example.com", consent={"email": False}), form("v1", consent={"email": True}))
    send(form("v2", "new@example.com"))
    confirm(IdentityClaim.objects.get(state="open"))
    assert Consent.objects.get(is_current=True).state == "withdrawn"


# a colleague's word


def test_a_card_shows_what_is_claimed_and_a_colleague_settles_it(marketer: Client, olga: int) -> None:
    send(form("v-new", OLGA, url="https://example.com/form"), {"visitor": "v-new", "url": "https://example.com/prices"})
    claim = IdentityClaim.objects.get()
    card = marketer.get(f"/people/{olga}/").content.decode()
    assert "A visitor says they are this person" in card and "/prices" in card
    assert "This visitor says their contact is" in marketer.get(f"/people/{claim.person_id}/").content.decode()
    assert OLGA in marketer.get("/people/claims/").content.decode()
    marketer.post(f"/people/{claim.person_id}/claims/{claim.id}/", {"answer": "yes"})
    assert owner_of("visitor", "v-new") == olga
    assert Event.objects.filter(person_id=olga).count() == 2
    assert "A visitor says they are this person" not in marketer.get(f"/people/{olga}/").content.decode()
    again = marketer.post(f"/people/{claim.person_id}/claims/{claim.id}/", {"answer": "no"})
    assert again.status_code == 404


def test_a_no_is_a_no(marketer: Client, olga: int) -> None:
    send(form("v-new", OLGA))
    claim = IdentityClaim.objects.get()
    marketer.post(f"/people/{claim.person_id}/claims/{claim.id}/", {"answer": "no"})
    assert "A visitor says" not in marketer.get(f"/people/{olga}/").content.decode()
    assert "declined" in marketer.get("/people/claims/?part=settled").content.decode()


def test_a_salesperson_settles_only_what_is_theirs_to_edit(client: Client, olga: int) -> None:
    Person.objects.filter(pk=olga).update(owner_id=make_user(role="salesperson").pk)
    client.force_login(make_user(role="salesperson"))
    send(form("v-new", OLGA))
    claim = IdentityClaim.objects.get()
    assert client.post(f"/people/{claim.person_id}/claims/{claim.id}/", {"answer": "yes"}).status_code == 403
    assert owner_of("visitor", "v-new") != olga


@pytest.mark.parametrize("is_a_colleagues", [False, True])
def test_nor_where_the_contact_has_gone_to_a_colleague_s_card(client: Client, olga: int, is_a_colleagues: bool) -> None:
    me, colleague = (make_user(role="salesperson", language="en") for _ in range(2))
    client.force_login(me)
    send(form("v-new", OLGA))
    claim = IdentityClaim.objects.get()
    new = make_person(owner_id=colleague.pk if is_a_colleagues else me.pk)
    Identity.objects.filter(kind="email", value=OLGA).update(person=new)
    assert [shown.may_settle for shown in claims_on(olga, me)] == [not is_a_colleagues]
    answer = client.post(f"/people/{claim.person_id}/claims/{claim.id}/", {"answer": "yes"})
    assert answer.status_code == (403 if is_a_colleagues else 302)
    assert (owner_of("visitor", "v-new") == new.pk) is not is_a_colleagues


@pytest.mark.parametrize("act", ["release", "decline"])
def test_ids_that_are_none_are_left_out(marketer: Client, act: str) -> None:
    send(form("v-new", "new@example.com"))
    claim = IdentityClaim.objects.get()
    IdentityClaim.objects.update(held_by="network")
    strange = ["²", "9999999999999999999", "x", "-1", ""]
    assert marketer.post(f"/people/claims/{act}/", {"ids": strange}).status_code == 302
    assert IdentityClaim.objects.values_list("held_by", "state").get() == ("network", claim.state)
    marketer.post(f"/people/claims/{act}/", {"ids": [*strange, str(claim.id)]})
    claim.refresh_from_db()
    assert (claim.held_by, claim.state == "declined") == ("", act == "decline")


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_asks_the_same_however_many_wait(
    marketer: Client, olga: int, many: int, django_assert_max_num_queries: Any
) -> None:
    send(*(form(f"v{number}", OLGA) for number in range(many)))
    marketer.get("/people/claims/")
    with django_assert_max_num_queries(14):
        assert marketer.get("/people/claims/").status_code == 200


# consent texts, proof, the site's secret


def test_consent_texts_are_versions(marketer: Client) -> None:
    said = {"key": "news", "channel": "email", "language": "en", "purpose": "news", "text": "I want news"}
    assert marketer.post("/settings/consent-texts/new/", said).status_code == 302
    assert marketer.post("/settings/consent-texts/news/", {**said, "text": "I want news and offers"}).status_code == 302
    assert list(ConsentText.objects.order_by("version").values_list("version", "text")) == [
        (1, "I want news"), (2, "I want news and offers"),
    ]  # fmt: skip
    page = marketer.get("/settings/consent-texts/news/").content.decode()
    assert "news@2" in page and "I want news" in page
    assert marketer.post("/settings/consent-texts/new/", {**said, "key": "Not A Key"}).status_code == 422
    assert marketer.post("/settings/consent-texts/new/", {**said, "channel": "owl"}).status_code == 422


def test_a_card_shows_what_proves_a_consent(marketer: Client) -> None:
    save_text(key="news", text="I want news")
    send(form("v1", "new@example.com", consent={"email": True}, consent_text="news@1", url="https://example.com/f"))
    card = marketer.get(f"/people/{owner_of('email', 'new@example.com')}/").content.decode()
    for words in ("I want news", "news@1", "on a page", "https://example.com/f", "203.0.113.0/24"):
        assert words in card


@pytest.mark.parametrize("proof", [{}, {"text": 7}, {"confirmed_at": "x"}, {"how": ["form"]}, {"url": {"a": 1}}])
def test_any_old_proof_is_shown(marketer: Client, proof: dict[str, Any]) -> None:
    person = make_person()
    record_consents([ConsentWord(person.pk, "email", proof=proof)])
    assert marketer.get(f"/people/{person.pk}/").status_code == 200


def test_a_sites_secret_is_shown_once_and_signs(client: Client) -> None:
    client.force_login(make_user(language="en"))
    site = make_site()
    answer = client.post(f"/settings/sites/{site.pk}/secret/")
    secret = answer.context["secret"]
    assert secret in answer.content.decode() and answer["Cache-Control"] == "no-store"
    assert secret not in client.get(f"/settings/sites/{site.pk}/").content.decode()
    assert secret not in Site.objects.get().secret
    assert len(sign(secret=secret, visitor="v", identities={"email": OLGA}, expires=1)) == 64
