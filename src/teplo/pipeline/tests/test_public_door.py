"""Whoever has the public key of a site: what they may do to themselves, and nothing to anybody known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.accounts.models import Notice, Workspace
from teplo.accounts.notices import mark_read, tell
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.channels.models import Delivery
from teplo.kit.clock import now
from teplo.people import claiming
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.consent_texts import save_text
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.merging import join_strangers, merge_people
from teplo.people.models import (
    AttributeChange,
    ClaimState,
    Consent,
    DuplicatePair,
    Identity,
    IdentityClaim,
    Merge,
    Person,
    StrayAttribute,
)
from teplo.people.personal_data import erase_people, export_person
from teplo.people.public_words import is_public_source
from teplo.people.testing import make_attribute
from teplo.people.unmerging import undo_merge
from teplo.pipeline import working
from teplo.sales.models import HandOff, Task
from teplo.scoring.models import Score
from teplo.stages.models import Standing
from teplo.tracking.inbox import sort_by_lane, write_parcels
from teplo.tracking.incoming import TOKEN, Door, EventRefused, encode, read_event
from teplo.tracking.models import Event

pytestmark = pytest.mark.django_db

OLGA = "olga@example.com"
PAGE = Door(network="203.0.113.0/24")


def send(*events: dict[str, Any], origin: str = "site:1", door: Door = PAGE, is_signed: bool = False) -> None:
    """As the collector does with events of a page."""
    received = int(now().timestamp() * 1000)
    stored = [
        read_event(encode({"name": "page-viewed", **event}), origin=origin, received_ms=received, door=door)
        for event in events
    ]
    for one in stored:
        one.signed = is_signed
    write_parcels(sort_by_lane(origin, now(), stored))
    while working.run_once("test"):
        pass


def form(visitor: str | None, email: str = "", **more: Any) -> dict[str, Any]:
    event = {"name": "form-submitted", "visitor": visitor, **more}
    return {**event, "identities": {"email": email, **more.get("identities", {})}} if email else event


def know_olga() -> int:
    """Olga, imported with a name, a city and a withdrawn consent."""
    (olga,) = find_or_create_people([Claim((("email", OLGA), ("phone", "+380501112233")), source="import:1")])
    set_attributes([Change(olga, "first_name", "Ольга"), Change(olga, "city", "Київ")], by="import:1")
    record_consents([ConsentWord(olga, "email", "given", at=now() - timedelta(days=9))])
    record_consents([ConsentWord(olga, "email", "withdrawn", at=now() - timedelta(days=1))])
    return olga


def owner_of(kind: str, value: str) -> int | None:
    return Identity.objects.filter(kind=kind, value=value).values_list("person_id", flat=True).first()


def card_of(person: int) -> dict[str, Any]:
    """Everything that must not change."""
    row = Person.objects.filter(pk=person).values().get()
    return {
        "person": row,
        "contacts": sorted(Identity.objects.filter(person_id=person).values_list("kind", "value", "is_verified")),
        "consents": sorted(
            Consent.objects.filter(person_id=person).values_list("channel", "state", "at", "is_current")
        ),
        "stage": list(Standing.objects.filter(person_id=person).values_list("stage_id", flat=True)),
        "score": list(Score.objects.filter(person_id=person).values_list("fit", "behaviour", "total")),
        "tasks": Task.objects.filter(person_id=person).count() + HandOff.objects.filter(person_id=person).count(),
        "events": Event.objects.filter(person_id=person).count(),
        "history": AttributeChange.objects.filter(person_id=person).count(),
        "letters": Delivery.objects.filter(person_id=person).count(),
    }


def the_claim() -> IdentityClaim:
    return IdentityClaim.objects.exclude(state=ClaimState.OWN).get()


def confirm(claim: IdentityClaim) -> int:
    return claiming.confirm(person_id=claim.person_id, claim_id=claim.id, proof={})


# what a stranger cannot do


def test_a_stranger_cannot_touch_whom_they_name() -> None:
    olga = know_olga()
    before = card_of(olga)
    send(
        {"visitor": "v-bad", "url": "https://example.com/prices"},
        form(
            "v-bad", OLGA, attributes={"first_name": "Mallory", "city": "Paris", "position": "CEO"},
            consent={"email": True, "sms": True}, identities={"telegram": "mallory"},
        ),
        {"visitor": "v-bad", "url": "https://example.com/prices"},
    )  # fmt: skip
    assert card_of(olga) == before
    stranger = owner_of("visitor", "v-bad")
    assert stranger != olga
    assert Person.objects.get(pk=stranger).is_anonymous
    assert Event.objects.filter(person_id=stranger).count() == 3
    assert owner_of("telegram", "mallory") is None
    claim = the_claim()
    assert (claim.person_id, claim.target_id, claim.kind, claim.value) == (stranger, olga, "email", OLGA)
    assert (claim.state, claim.others, set(claim.consents)) == ("open", {"telegram": "mallory"}, {"email", "sms"})


def test_without_a_visitor_it_is_a_strangers_all_the_same() -> None:
    olga = know_olga()
    before = card_of(olga)
    for _ in range(3):
        send(form(None, OLGA, attributes={"last_name": "Bad"}))
    assert card_of(olga) == before
    assert IdentityClaim.objects.get().times == 3
    assert Person.objects.filter(is_anonymous=True).count() == 1


def test_a_withdrawal_of_another_is_not_theirs_to_make() -> None:
    (olga,) = find_or_create_people([Claim((("email", OLGA),), source="api")])
    record_consents([ConsentWord(olga, "email", "given")])
    send(form("v-bad", OLGA, consent={"email": False}))
    assert Consent.objects.get(person_id=olga, is_current=True).state == "given"
    confirm(the_claim())
    assert Consent.objects.get(is_current=True).state == "withdrawn"


def test_a_stranger_who_was_first_is_not_let_to_a_person_known_elsewhere() -> None:
    """Two contacts of two known people: nobody is merged, proposed or touched."""
    olga = know_olga()
    (ivan,) = find_or_create_people([Claim((("phone", "+380671234567"),), source="import:1")])
    cards = card_of(olga), card_of(ivan)
    send(form("v-bad", OLGA, identities={"phone": "+380671234567"}))
    assert (card_of(olga), card_of(ivan)) == cards
    assert not DuplicatePair.objects.exists()
    assert IdentityClaim.objects.filter(state="open").count() == 2


def test_a_known_browser_that_names_another_stays_whose_it_is() -> None:
    olga = know_olga()
    send(form("v-ivan", "ivan@example.com"))
    ivan = owner_of("email", "ivan@example.com")
    before = card_of(olga)
    send(form("v-ivan", OLGA, attributes={"city": "Львів"}), {"visitor": "v-ivan"})
    assert card_of(olga) == before
    assert owner_of("visitor", "v-ivan") == ivan
    assert Person.objects.get(pk=ivan).city == ""
    assert Event.objects.filter(person_id=ivan).count() == 2


def test_a_contact_is_not_added_to_a_card_others_vouch_for() -> None:
    (olga,) = find_or_create_people([Claim((("visitor", "v-olga"), ("email", OLGA)), source="api")])
    send(form("v-olga", identities={"telegram": "olga_k"}))
    assert owner_of("telegram", "olga_k") is None
    claim = the_claim()
    assert (claim.person_id, claim.target_id, claim.state) == (olga, olga, "open")
    claiming.accept(person_id=olga, claim_id=claim.id, by="user:1")
    assert owner_of("telegram", "olga_k") == olga


@pytest.mark.parametrize("who", ["import", "token", "colleague"])
def test_a_page_has_no_more_say_once_somebody_else_names_its_contact(who: str) -> None:
    send(form("v-bad", OLGA, attributes={"first_name": "Mallory"}))
    card = owner_of("email", OLGA)
    if who == "colleague":
        send(form("v-olga", OLGA))
        claim = the_claim()
        claiming.accept(person_id=claim.person_id, claim_id=claim.id, by="user:1")
    elif who == "import":
        find_or_create_people([Claim((("email", OLGA), ("phone", "+380501112233")))], source="import:1")
    else:
        send({"identities": {"email": OLGA}}, origin="api:1", door=TOKEN)
    send(form("v-bad", identities={"telegram": "mallory"}, attributes={"first_name": "Worse", "city": "Paris"}))
    assert owner_of("telegram", "mallory") is None
    assert Person.objects.get(pk=card).first_name == "Mallory"
    assert not is_public_source(Identity.objects.get(kind="email").source)


def test_the_owner_is_told_once_of_a_claim_that_waits() -> None:
    olga = know_olga()
    seller = make_user(name="Iryna")
    Person.objects.filter(pk=olga).update(owner_id=seller.pk)
    send(form("v-bad", OLGA), form("v-bad", OLGA))
    send(form("v-bad", OLGA))
    notice = Notice.objects.get()
    assert (notice.user_id, notice.url, "Ольга" in tell(notice)) == (seller.pk, f"/people/{olga}/", True)
    send(form("v-worse", OLGA))  # rings already for this card
    assert Notice.objects.count() == 1
    mark_read(user_id=seller.pk)
    send(form("v-bad", OLGA))  # the same claim
    assert Notice.objects.count() == 1
    send(form("v-third", OLGA))
    assert Notice.objects.count() == 2


def test_somebody_new_waits_for_nobody_s_word() -> None:
    make_user(name="Iryna")
    send(form("v1", "new@example.com"))
    assert not Notice.objects.exists()


# what somebody new can do


def test_somebody_new_is_simply_new() -> None:
    send({"visitor": "v1"}, form("v1", "new@example.com", attributes={"first_name": "Анна"}, consent={"email": True}))
    anna = owner_of("email", "new@example.com")
    assert owner_of("visitor", "v1") == anna
    assert Person.objects.get(pk=anna).first_name == "Анна"
    assert Consent.objects.get().state == "given"
    assert Event.objects.filter(person_id=anna).count() == 2
    assert IdentityClaim.objects.get().state == "own"
    send(form("v1", identities={"phone": "+380671234567"}, attributes={"first_name": "Анна-Мария", "city": "Одеса"}))
    assert owner_of("phone", "+380671234567") == anna
    person = Person.objects.get(pk=anna)
    assert (person.first_name, person.city) == ("Анна-Мария", "Одеса")


def test_what_a_colleague_wrote_stays() -> None:
    send(form("v1", "new@example.com", attributes={"first_name": "Анна"}))
    anna = owner_of("email", "new@example.com")
    set_attributes([Change(anna, "first_name", "Ганна")], by="user:1")
    send(form("v1", attributes={"first_name": "Won!", "position": "директорка"}))
    person = Person.objects.get(pk=anna)
    assert (person.first_name, person.position) == ("Ганна", "директорка")


def test_a_page_takes_nothing_away() -> None:
    send(form("v1", "new@example.com", attributes={"first_name": "Анна"}))
    send(form("v1", attributes={"first_name": ""}), form("v1", attributes={"first_name": None}))
    assert Person.objects.exclude(first_name="").get().first_name == "Анна"


def test_a_strangers_yes_is_nobodys_and_lifts_nothing_later() -> None:
    olga = know_olga()
    send({"visitor": "v-bad", "consent": {"email": True}})
    assert not Consent.objects.filter(state="given", is_current=True).exists()
    find_or_create_people([Claim((("visitor", "v-bad"), ("email", OLGA)), source="api")])
    assert Consent.objects.get(person_id=olga, is_current=True).state == "withdrawn"


def test_a_no_and_a_yes_in_one_breath_are_a_no() -> None:
    send(form("v1", "new@example.com", consent={"email": False}), form("v1", consent={"email": True}))
    assert Consent.objects.get(is_current=True).state == "withdrawn"


def test_ones_own_no_is_heard_and_ones_own_yes_after_it_waits() -> None:
    send(form("v1", "new@example.com", consent={"email": True}))
    send(form("v1", consent={"email": False}))
    assert Consent.objects.get(is_current=True).state == "withdrawn"
    send(form("v1", consent={"email": True}))
    assert Consent.objects.get(is_current=True).state == "withdrawn"
    claim = IdentityClaim.objects.get()
    assert set(claim.consents) == {"email"}
    assert confirm(claim) == owner_of("email", "new@example.com")
    assert Consent.objects.get(is_current=True).state == "given"


UNFIT = (
    "You won! http://evil.example/x", "http://evil.example", "evil.com", "www.evil.example", "Visit evil.рф",
    "hxxp://x.y",
    "t.me/evil", "a@evil.com", "Anna\u202eexe", "Anna\u0000\u0007", "ｅｖｉｌ．ｃｏｍ", "evil。com",
    "//evil.com/a", "x" * 61,
    "Call +7 900 123-45-67", "<b>Anna</b>", "{{ person.email }}", "you have won a very big prize today",
    "javascript:alert(1)",
    "An\u200bna",
)  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_a_name_from_a_page_holds_no_link(name: str, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send(form("v1", "new@example.com", attributes={"first_name": name, "city": "Київ"}))
    person = Person.objects.get(is_anonymous=False)
    assert (person.first_name, person.city) == ("", "Київ")
    assert StrayAttribute.objects.get().code == "unfit"


@pytest.mark.parametrize(
    "name",
    ["Анна", "Jean-Luc", "О’Коннор", "Dr. Smith", "Dr.Smith", "J.R.R. Tolkien", "Анна Мария", "李小龍", "Зоя (мама)"],
)
def test_names_people_have_are_taken(name: str) -> None:
    send(form("v1", "new@example.com", attributes={"first_name": name}))
    assert Person.objects.get(is_anonymous=False).first_name == name


@pytest.mark.parametrize("key", ["hobby", "position", "company", "middle_name"])
def test_no_field_that_may_stand_in_a_letter_holds_a_link_from_a_page(
    key: str, django_capture_on_commit_callbacks: Any
) -> None:
    make_attribute(key="hobby")
    with django_capture_on_commit_callbacks(execute=True):
        send(form("v1", "new@example.com", attributes={key: "see http://evil.example now"}))
    assert StrayAttribute.objects.get().key == key
    assert not AttributeChange.objects.exists()


# confirmed and signed


def test_a_confirmation_makes_the_claim_known() -> None:
    olga = know_olga()
    send(
        form(
            "v-new", OLGA, attributes={"first_name": "Оля", "position": "лікарка"}, consent={"email": True},
            identities={"telegram": "olga_k"},
        )
    )  # fmt: skip
    claim = the_claim()
    assert confirm(claim) == olga
    assert owner_of("visitor", "v-new") == olga
    assert Identity.objects.get(kind="visitor").is_verified
    assert Identity.objects.get(kind="email").is_verified
    assert owner_of("telegram", "olga_k") == olga
    person = Person.objects.get(pk=olga)
    assert (person.first_name, person.position, person.city) == ("Ольга", "лікарка", "Київ")
    consent = Consent.objects.get(person_id=olga, is_current=True)
    assert (consent.state, consent.proof["how"]) == ("given", "form")
    assert consent.proof["confirmed_at"]
    assert Event.objects.get().person_id == olga
    assert confirm(IdentityClaim.objects.get()) == olga  # twice is once
    assert Consent.objects.filter(person_id=olga).count() == 3
    send({"visitor": "v-new"})
    assert Event.objects.filter(person_id=olga).count() == 2


def test_a_colleagues_yes_lifts_no_withdrawal() -> None:
    olga = know_olga()
    send(form("v-new", OLGA, consent={"email": True, "sms": True}))
    claim = the_claim()
    assert claiming.accept(person_id=claim.person_id, claim_id=claim.id, by="user:1") == olga
    states = dict(Consent.objects.filter(person_id=olga, is_current=True).values_list("channel", "state"))
    assert states == {"email": "withdrawn", "sms": "given"}
    assert Event.objects.get().person_id == olga
    assert not Identity.objects.get(kind="email").is_verified


def test_a_colleagues_no_leaves_a_stranger() -> None:
    olga = know_olga()
    send(form("v-new", OLGA))
    claim = the_claim()
    claiming.decline(person_id=claim.person_id, claim_id=claim.id, by="user:1")
    send(form("v-new", OLGA))
    assert IdentityClaim.objects.get().state == "declined"
    assert Event.objects.filter(person_id=olga).count() == 0
    with pytest.raises(claiming.ClaimGone):
        confirm(claim)


def test_a_stand_in_is_nobodys_key_after_the_confirmation() -> None:
    olga = know_olga()
    send(form(None, OLGA))
    confirm(the_claim())
    assert not Identity.objects.filter(value__startswith=claiming.STAND_IN).exists()
    before = card_of(olga)
    send(form(None, OLGA, attributes={"position": "CEO"}))
    assert card_of(olga) == before


def test_a_signature_of_the_sites_server_is_known_at_once() -> None:
    olga = know_olga()
    send({"visitor": "v-olga", "url": "https://example.com/prices"})
    send(form("v-olga", OLGA, attributes={"city": "Львів"}), is_signed=True)
    assert owner_of("visitor", "v-olga") == olga
    assert Event.objects.filter(person_id=olga).count() == 2
    assert Person.objects.get(pk=olga).city == "Львів"
    assert not IdentityClaim.objects.exists()
    send(form("v-olga", identities={"telegram": "olga_k"}))  # a browser that is proven may add what is missing
    assert owner_of("telegram", "olga_k") == olga


def test_several_browsers_may_claim_one_address() -> None:
    olga = know_olga()
    send(form("v-bad", OLGA), form("v-good", OLGA))
    good = IdentityClaim.objects.get(person_id=owner_of("visitor", "v-good"))
    confirm(good)
    assert owner_of("visitor", "v-good") == olga
    assert owner_of("visitor", "v-bad") != olga
    assert IdentityClaim.objects.get(state="open").target_id == olga


def test_whoever_took_an_address_first_is_let_go_when_its_holder_confirms() -> None:
    send(form("v-bad", OLGA))
    card = owner_of("email", OLGA)
    send(form("v-olga", OLGA))
    assert confirm(the_claim()) == card
    assert owner_of("visitor", "v-olga") == card
    assert owner_of("visitor", "v-bad") != card


def test_a_claim_follows_the_card_it_is_on() -> None:
    olga = know_olga()
    (other,) = find_or_create_people([Claim((("phone", "+380671234567"),), source="api")])
    send(form("v-new", OLGA))
    merge_people(winner_id=other, loser_id=olga, reason="hand", by="user:1")
    claim = the_claim()
    assert claim.target_id == other
    assert confirm(claim) == other


def test_undoing_the_merge_makes_a_stranger_of_the_visitor_again() -> None:
    know_olga()
    send(form("v-new", OLGA))
    claim = the_claim()
    confirm(claim)
    merge = Merge.objects.get()
    undo_merge(merge_id=merge.pk, by="user:1")
    assert owner_of("visitor", "v-new") == claim.person_id
    assert IdentityClaim.objects.get().state == "declined"
    assert not Identity.objects.get(kind="visitor").is_verified


def test_a_stranger_who_turns_out_elsewhere_takes_the_claim_along() -> None:
    know_olga()
    send(form("v-new", OLGA))
    stranger = owner_of("visitor", "v-new")
    (anna,) = find_or_create_people([Claim((("email", "anna@example.com"),), source="api")])
    join_strangers([(stranger, anna)], at=now())
    claim = the_claim()
    assert claim.person_id == anna
    assert claiming.waiting_of([anna], at=now())[anna].is_claimed


def test_erasing_takes_the_claims_and_what_was_done_in_that_name() -> None:
    olga = know_olga()
    send(form("v-new", OLGA, properties={"question": "my secret"}))
    stranger = owner_of("visitor", "v-new")
    assert erase_people(person_ids=[olga], by="user:1") == 1
    assert not IdentityClaim.objects.exists()
    assert Person.objects.get(pk=stranger).erased_at is not None
    assert Event.objects.get().properties == {}


def test_the_export_names_who_claimed_ones_contacts() -> None:
    olga = know_olga()
    send(form("v-new", OLGA, url="https://example.com/form"))
    (told,) = export_person(person_id=olga)["claims_by_others"]
    assert (told["value"], told["page"], told["network"]) == (OLGA, "https://example.com/form", "203.0.113.0/24")


# double opt-in and proof


def test_with_double_opt_in_a_yes_counts_once_it_is_confirmed() -> None:
    get_workspace()
    Workspace.objects.update(double_opt_in=True)
    save_text(key="news", text="Хочу новости раз в неделю", language="ru", purpose="новости")
    send(form("v1", "new@example.com", consent={"email": True}, consent_text="news", url="https://example.com/x"))
    assert not Consent.objects.exists()
    letter = Delivery.objects.get()
    assert (letter.address, letter.is_service) == ("new@example.com", True)
    confirm(IdentityClaim.objects.get())
    consent = Consent.objects.get()
    assert (consent.state, consent.text) == ("given", "Хочу новости раз в неделю")
    assert consent.proof["text"] == "news@1"
    assert consent.proof["url"] == "https://example.com/x"
    assert consent.proof["network"] == "203.0.113.0/24"
    send(form("v1", "new@example.com", consent={"sms": True, "email": True}))
    assert set(Consent.objects.filter(is_current=True).values_list("channel", flat=True)) == {"email", "sms"}


def test_a_consent_keeps_which_words_were_shown() -> None:
    first = save_text(key="news", text="A")
    assert save_text(key="news", text="A").pk == first.pk
    save_text(key="news", text="B")
    send(form("v1", "a@example.com", consent={"email": True}, consent_text="news@1"))
    send(form("v2", "b@example.com", consent={"email": True}, consent_text="news"))
    send(form("v3", "c@example.com", consent={"email": True}, consent_text="gone@7"))
    said = dict(Consent.objects.values_list("text", "proof__text"))
    assert said == {"A": "news@1", "B": "news@2", "": None}
    assert Consent.objects.get(text="").proof["unknown_text"] == "gone@7"


# how much


def test_new_addresses_over_the_cap_are_kept_and_only_their_letters_wait() -> None:
    get_workspace()
    Workspace.objects.update(new_per_network=3)
    send(*(form(f"v{n}", f"victim{n}@example.com") for n in range(5)))
    assert Person.objects.filter(is_anonymous=False).count() == 5
    assert IdentityClaim.objects.filter(held_by="network").count() == 2
    send(form("w1", "real@example.com"), door=Door(network="198.51.100.0/24"))
    assert IdentityClaim.objects.get(value="real@example.com").held_by == ""


def test_one_mailbox_in_many_spellings_is_one_address() -> None:
    spellings = ("victim@gmail.com", "vic.tim@gmail.com", "victim+1@gmail.com", "v.i.c.t.i.m+x@googlemail.com")
    for number, email in enumerate(spellings):
        send(form(f"v{number}", email), door=Door(network=f"203.0.{number}.0/24"))
    held = dict(IdentityClaim.objects.values_list("value", "held_by"))
    assert sorted(held.values()) == ["", "", "address", "address"]


def test_what_is_held_uses_up_nobodys_room() -> None:
    get_workspace()
    Workspace.objects.update(new_per_network=2, new_per_site=4)
    send(*(form(f"v{n}", f"victim{n}@example.com") for n in range(50)))
    send(*(form(f"w{n}", f"real{n}@example.com") for n in range(3)), door=Door(network="198.51.100.0/24"))
    assert IdentityClaim.objects.filter(value__startswith="real", held_by="").count() == 2
    assert IdentityClaim.objects.filter(value__startswith="real", held_by="network").count() == 1


def test_proven_browsers_and_known_contacts_are_not_counted() -> None:
    get_workspace()
    Workspace.objects.update(new_per_network=1)
    send(form("v-olga", OLGA), is_signed=True)
    send(form("v-olga", identities={"phone": "+380671234567"}))
    send(form("v1", "a@example.com"))
    assert set(IdentityClaim.objects.values_list("held_by", flat=True)) == {""}


def test_the_letter_that_asks_goes_once_a_day_to_one_mailbox() -> None:
    know_olga()
    send(form("v1", OLGA), form("v2", OLGA), form("v3", OLGA))
    send(form("v1", OLGA))
    assert Delivery.objects.count() == 1


def test_looking_at_pages_asks_for_no_confirmation() -> None:
    know_olga()
    send({"visitor": "v1", "identities": {"email": OLGA}})
    assert the_claim().state == "open"
    assert not Delivery.objects.exists()


# whatever a stranger sends

NAMES = st.sampled_from(
    ("page-viewed", "form-submitted", "demo-requested", "offer-requested", "deal-won", "payment-received",
     "letter-opened", "unsubscribed", "stage-moved", "dеаl-won", "consent-given", "x")
)  # fmt: skip
CONTACTS = st.dictionaries(
    st.sampled_from(("email", "phone", "telegram", "whatsapp", "viber", "vk", "external", "visitor")),
    st.sampled_from(
        (
            OLGA,
            "OLGA@EXAMPLE.COM",
            " Olga@Example.com ",
            "mallory@example.com",
            "+380501112233",
            "0501112233",
            "olga_tg",
            "crm-1",
            "v-olga",
            "v-bad",
            "id77",
            "",
        )
    ),
    max_size=4,
).filter(lambda contacts: contacts.get("visitor") != "v-olga")  # fmt: skip - whoever has her cookie speaks as she does
STRANGE = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "visitor": st.sampled_from(("v-bad", "v-worse", "claimed.1")),
        "identities": CONTACTS,
        "attributes": st.dictionaries(
            st.sampled_from(("first_name", "last_name", "city", "company", "owner", "language", "country", "hobby")),
            st.sampled_from(("Mallory", "", None, "http://evil.example", "ru", "France", 7)),
            max_size=4,
        ),
        "consent": st.dictionaries(st.sampled_from(("email", "sms", "phone", "<b>")), st.booleans(), max_size=2),
        "url": st.sampled_from(("https://example.com/prices", "https://example.com/?utm_source=x")),
        "person": st.sampled_from((1, "7")),
        "properties": st.just({"delivery": "1", "form": "guide"}),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(st.lists(STRANGE, min_size=1, max_size=5), min_size=1, max_size=3))
def test_whatever_a_stranger_sends_a_known_card_is_as_it_was(batches: list[list[dict[str, Any]]]) -> None:

    with transaction.atomic():
        make_attribute(key="hobby")
        (olga,) = find_or_create_people(
            [
                Claim(
                    (
                        ("email", OLGA), ("phone", "+380501112233"), ("telegram", "olga_tg"), ("external", "crm-1"),
                        ("visitor", "v-olga"), ("vk", "id77"), ("whatsapp", "+380501112233"),
                    ),
                    source="import:1",
                )
            ]
        )  # fmt: skip
        set_attributes([Change(olga, "first_name", "Ольга"), Change(olga, "hobby", "шахи")], by="import:1")
        record_consents([ConsentWord(olga, "email", "withdrawn"), ConsentWord(olga, "sms", "given")])
        before = card_of(olga)
        for events in batches:
            received = int(now().timestamp() * 1000)
            stored = []
            for event in events:
                try:
                    stored.append(read_event(encode(event), origin="site:1", received_ms=received, door=PAGE))
                except EventRefused:
                    continue
            write_parcels(sort_by_lane("site:1", now(), stored))
            while working.run_once("test"):
                pass
        assert card_of(olga) == before, batches
        transaction.set_rollback(True)
