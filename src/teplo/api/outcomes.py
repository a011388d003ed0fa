"""What became of people, told by another system: won, lost or open, dated (R20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from teplo.accounts.access import Right
from teplo.accounts.models import ApiToken
from teplo.accounts.workspace import get_workspace
from teplo.api.access import Token
from teplo.api.problems import Flaw
from teplo.api.shapes import Asked, Id, Moment, Text
from teplo.kit.clock import now
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.models import Identity, Person
from teplo.people.owning import NotYours, not_yours
from teplo.people.queries import any_identity
from teplo.people.sharing import everybody_with
from teplo.scoring.outcomes import Told, tell_outcomes

router = Router(tags=["outcomes"])
MOST = 1000
Kind = Literal["email", "phone", "telegram", "whatsapp", "viber", "vk", "external"]


class OutcomeAsked(Asked):
    """One word on what became of a person: `person` (an id) or his contacts say who."""

    person: Id | None = None
    identities: dict[Kind, Text] = Field(default_factory=dict, examples=[{"email": "olena@example.com"}])
    state: Literal["won", "lost", "open"]
    at: Moment
    key: Text = Field(
        "", max_length=120, description="Your own number of the deal or order. The same key and moment again replaces."
    )
    reason: Text = Field("", max_length=200, description="Of a lost one: why.")
    value: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = ""


class OutcomesAsked(Asked):
    outcomes: list[OutcomeAsked] = Field(min_length=1, max_length=MOST)


class OutcomesTaken(Schema):
    """How many stand now; the refused ones with their places. The others are taken."""

    accepted: int
    errors: list[Flaw]


@router.post(
    "",
    auth=Token(Right.EDIT_PEOPLE),
    response={200: OutcomesTaken, 207: OutcomesTaken},
    summary="Tell what became of people",
)
def tell(request: HttpRequest, told: OutcomesAsked) -> Status[OutcomesTaken]:
    """Idempotent: the same person, key and moment told again replaces what was. 207 when some were refused."""
    people, flaws = _people(told.outcomes)
    flaws += _of_colleagues(request.auth, people)  # type: ignore[attr-defined]
    rows = [
        Told(
            person_id=person, state=row.state, at=row.at, key=row.key, reason=row.reason, value=row.value,
            currency=row.currency,
        )
        for row, person in zip(told.outcomes, people, strict=True)
        if person
    ]  # fmt: skip
    accepted = tell_outcomes(rows, source="api")
    return Status(207 if flaws else 200, OutcomesTaken(accepted=accepted, errors=flaws))


def _people(rows: Sequence[OutcomeAsked]) -> tuple[list[int], list[Flaw]]:
    """The person of each row (0: refused), and why those. Two queries, whatever the number of rows."""
    contacts, flaws = _contacts(rows)
    by_contact = _known_contacts({contact for found in contacts for contact in found})
    shared = everybody_with(by_contact)
    named = {int(row.person) for row in rows if row.person}
    known = set(Person.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    moment, people = now(), list[int]()
    for number, (row, own) in enumerate(zip(rows, contacts, strict=True)):
        person = (
            (int(row.person) if int(row.person) in known else 0) if row.person else _agreed(own, by_contact, shared)
        )
        if row.at > moment:
            flaws.append(
                Flaw(place=f"outcomes[{number}].at", code="future", message=_("This moment has not come yet."))
            )
            person = 0
        elif not person and not any(flaw.place.startswith(f"outcomes[{number}].") for flaw in flaws):
            flaws.append(_unknown(number, row))
        people.append(person)
    return people, sorted(flaws, key=lambda flaw: int(flaw.place[9 : flaw.place.index("]")]))


def _of_colleagues(token: ApiToken, people: list[int]) -> list[Flaw]:
    """Refuses those of others' people that a salesperson's token speaks of: their places get 0."""
    others = not_yours(token, (person for person in people if person))
    flaws = []
    for number, person in enumerate(people):
        if person in others:
            people[number] = 0
            flaws.append(Flaw(place=f"outcomes[{number}].person", code="not-yours", message=str(NotYours())))
    return flaws


def _contacts(rows: Sequence[OutcomeAsked]) -> tuple[list[list[tuple[str, str]]], list[Flaw]]:
    region = get_workspace().phone_region
    found: list[list[tuple[str, str]]] = []
    flaws: list[Flaw] = []
    for number, row in enumerate(rows):
        own: list[tuple[str, str]] = []
        for kind, text in row.identities.items():
            try:
                own.append((kind, normalise(kind=kind, text=text, region=region)))
            except ContactUnreadable as error:
                flaws.append(
                    Flaw(place=f"outcomes[{number}].identities.{kind}", code="contact-unreadable", message=str(error))
                )
        found.append(own)
    return found, flaws


def _known_contacts(contacts: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    if not contacts:
        return {}
    rows = Identity.objects.filter(any_identity(contacts))
    return {(kind, value): person for kind, value, person in rows.values_list("kind", "value", "person_id")}


def _agreed(
    own: Sequence[tuple[str, str]], known: dict[tuple[str, str], int], shared: Mapping[tuple[str, str], Sequence[int]]
) -> int:
    """The one person these contacts belong to; 0 when nobody's or several people's. A contact of several people says
    only that it is one of them."""
    having = [set(shared.get(contact, ())) or {known[contact]} for contact in own if contact in known]
    people = set.intersection(*having) if having else set()
    return people.pop() if len(people) == 1 else 0


def _unknown(number: int, row: OutcomeAsked) -> Flaw:
    if row.person:
        return Flaw(place=f"outcomes[{number}].person", code="person-unknown", message=_("There is no such person."))
    if not row.identities:
        return Flaw(place=f"outcomes[{number}].person", code="nobody", message=_("Say who: a person or his contacts."))
    message = _("These contacts are nobody's, or of several people.")
    return Flaw(place=f"outcomes[{number}].identities", code="person-unknown", message=message)
