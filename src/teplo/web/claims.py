"""What pages said of who their visitors are and nobody has confirmed, and letters held because of too many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, may_edit_person, requires
from teplo.channels.confirming import let_go
from teplo.kit.wording import in_language
from teplo.people import claiming
from teplo.people.claiming import ClaimGone
from teplo.people.models import ClaimState, IdentityClaim, Person
from teplo.people.waiting_consents import VISITOR, waiting_consents
from teplo.tracking.models import Activity, Event, Site
from teplo.web.answers import page, place_to_return, redirect, refused, saved
from teplo.web.formatting import as_number
from teplo.web.owned import acts_on
from teplo.web.reading import wholes
from teplo.web.telling import channel_name

PAGE = 50
DEEDS = 5
PARTS = {
    "waiting": gettext_lazy("Waiting for a word"),
    "held": gettext_lazy("Letters on hold"),
    "settled": gettext_lazy("Settled"),
}
EMPTY = {
    "waiting": (
        gettext_lazy("Nobody waits"),
        gettext_lazy("Visitors who give a contact of somebody we know will stand here until it is confirmed."),
    ),
    "held": (
        gettext_lazy("No letters are on hold"),
        gettext_lazy("When too many new contacts come from one place in an hour, their letters wait here for you."),
    ),
    "settled": (gettext_lazy("Nothing yet"), gettext_lazy("What was confirmed, accepted or declined will stand here.")),
}
HELD_BY = {
    "address": gettext_lazy("many spellings of one mailbox within an hour"),
    "network": gettext_lazy("many new contacts from one network within an hour"),
    "site": gettext_lazy("many new contacts from one site within an hour"),
}
STATES = {
    ClaimState.CONFIRMED: gettext_lazy("confirmed by the link"),
    ClaimState.ACCEPTED: gettext_lazy("accepted"),
    ClaimState.DECLINED: gettext_lazy("declined"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim as it stands in a list or on a card."""

    claim: IdentityClaim
    person: Person | None
    """Whose card is claimed."""
    channel: str
    site: str
    why: str
    state: str
    asks: str
    """What the visitor allowed, if anything."""
    deeds: Sequence[tuple[str, Event]]
    may_settle: bool

    @property
    def is_of_own_card(self) -> bool:
        """The visitor's own card: a contact that may not simply be added, or a yes after a no."""
        return self.claim.target_id == self.claim.person_id


def open_claims() -> QuerySet[IdentityClaim]:
    """Claims that wait for a confirmation or a colleague's word; what a stranger allowed waits for a contact only."""
    waiting = IdentityClaim.objects.exclude(kind=VISITOR)
    return waiting.filter(Q(state=ClaimState.OPEN) | (Q(state=ClaimState.OWN) & ~Q(consents={})))


def held_claims() -> QuerySet[IdentityClaim]:
    """New contacts whose letters wait."""
    return IdentityClaim.objects.exclude(held_by="").exclude(state=ClaimState.DECLINED)


@requires(Right.EDIT_PEOPLE)
def claim_list(request: HttpRequest) -> HttpResponse:
    part = request.GET.get("part", "")
    totals = {"waiting": open_claims().count(), "held": held_claims().count()}
    if part not in PARTS:
        part = "held" if totals["held"] and not totals["waiting"] else "waiting"
    context = {
        "part": part,
        "tabs": [(name, f"?part={key}", key == part, totals.get(key)) for key, name in PARTS.items()],
        "empty": EMPTY[part],
        "rows": shown_claims(_of_part(part).order_by("-last_at")[:PAGE], request.user),
        "heading": _heading(**totals),
        "total": totals.get(part, 0),
        "most": PAGE,
    }
    return page(request, "claims/list.html", context)


def _of_part(part: str) -> QuerySet[IdentityClaim]:
    settled = IdentityClaim.objects.exclude(state__in=(ClaimState.OWN, ClaimState.OPEN))
    return {"waiting": open_claims(), "held": held_claims()}.get(part, settled)


def _heading(*, waiting: int, held: int) -> str:
    """The worst true thing first."""
    if held:
        text = ngettext("Letters to %(n)s new contact are on hold", "Letters to %(n)s new contacts are on hold", held)
        return text % {"n": as_number(held)}
    if waiting:
        text = ngettext(
            "%(n)s visitor says they are somebody we know", "%(n)s visitors say they are somebody we know", waiting
        )
        return text % {"n": as_number(waiting)}
    return _("Nobody waits for your word")


def claims_on(person_id: int, user: Any) -> list[Shown]:
    """What waits on one card: visitors who say they are this person, and what this person's own browser asked for."""
    mine = open_claims().filter(Q(target_id=person_id) | Q(person_id=person_id))
    return shown_claims(mine.order_by("-last_at")[:DEEDS], user)


def shown_claims(claims: Iterable[IdentityClaim], user: Any) -> list[Shown]:
    """With people, sites and the last deeds; seven statements, however many."""
    rows = list(claims)
    holders = claiming.holders(rows)
    met = {row.target_id for row in rows} | {row.person_id for row in rows} | set(holders.values())
    people = Person.objects.in_bulk(met)
    sites = {f"site:{pk}": name for pk, name in Site.objects.values_list("pk", "name")} if rows else {}
    consents = waiting_consents(rows)
    deeds = _deeds_of({row.person_id for row in rows if row.person_id != row.target_id})
    return [
        Shown(
            claim=row,
            person=people.get(row.target_id),
            channel=str(channel_name(row.kind)),
            site=sites.get(row.origin, row.origin),
            why=str(HELD_BY.get(row.held_by, "")),
            state=str(STATES.get(ClaimState(row.state), "")),
            asks=", ".join(str(channel_name(channel)) for channel in sorted(consents[row.id])),
            deeds=deeds.get(row.person_id, ()),
            may_settle=row.target_id in people
            and all(
                may_edit_person(user, owner_id=people[person].owner_id)
                for person in {row.target_id, row.person_id, holders.get(row.id, row.target_id)} & set(people)
            ),
        )
        for row in rows
    ]


def _deeds_of(strangers: set[int]) -> dict[int, list[tuple[str, Event]]]:
    if not strangers:
        return {}
    names = {key: in_language(said) for key, said in Activity.objects.values_list("key", "names")}
    found: dict[int, list[tuple[str, Event]]] = {}
    events = Event.objects.filter(person_id__in=strangers).order_by("-at")[: PAGE * DEEDS]
    for event in events:
        mine = found.setdefault(event.person_id, [])
        if len(mine) < DEEDS:
            mine.append((names.get(event.name) or event.name, event))
    return found


def _people_of_claim(person_id: int, claim_id: int) -> list[int]:
    """The visitor's card, the claimed one, and that on which the contact stands by now: a yes joins these."""
    claim = IdentityClaim.objects.filter(person_id=person_id, id=claim_id).first()
    if claim is None:
        return [person_id]
    return [person_id, claim.target_id, *claiming.holders([claim]).values()]


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", people=_people_of_claim)
@require_POST
def claim_settle(request: HttpRequest, person_id: int, claim_id: int) -> HttpResponse:
    """A colleague's yes or no."""
    if not IdentityClaim.objects.filter(person_id=person_id, id=claim_id).exists():
        raise Http404
    by = f"user:{request.user.pk}"
    try:
        if request.POST.get("answer") == "yes":
            owner = claiming.accept(person_id=person_id, claim_id=claim_id, by=by)
            let_go({owner, person_id})
            saved(request, _("It is this person now, with all they did."))
            return redirect(request, "person", owner)
        claiming.decline(person_id=person_id, claim_id=claim_id, by=by)
        let_go({person_id})
        saved(request, _("Noted: somebody else."))
    except ClaimGone:
        refused(request, _("It was settled meanwhile."))
    return redirect(request, place_to_return(request, "claims"))


@requires(Right.EDIT_MARKETING)
@require_POST
def claims_release(request: HttpRequest) -> HttpResponse:
    """Let the letters to these new contacts go, or to all of them."""
    chosen = wholes(request.POST.getlist("ids"))
    ids = held_claims().values_list("id", flat=True) if request.POST.get("all") else chosen
    people = claiming.release(claim_ids=ids)
    let_go(people)
    text = ngettext("Letters to %(n)s contact may go.", "Letters to %(n)s contacts may go.", len(people))
    saved(request, text % {"n": as_number(len(people))})
    return redirect(request, "claims")


@requires(Right.EDIT_MARKETING)
@require_POST
def claims_decline(request: HttpRequest) -> HttpResponse:
    """These new contacts are nobody's wish: no letter goes to them."""
    chosen = wholes(request.POST.getlist("ids"))
    count = 0
    for person_id, claim_id in held_claims().filter(id__in=chosen).values_list("person_id", "id"):
        claiming.decline(person_id=person_id, claim_id=claim_id, by=f"user:{request.user.pk}")
        count += 1
    text = ngettext("No letters to %(n)s contact.", "No letters to %(n)s contacts.", count)
    saved(request, text % {"n": as_number(count)})
    return redirect(request, "claims")


urlpatterns = [
    path("people/claims/", claim_list, name="claims"),
    path("people/claims/release/", claims_release, name="claims-release"),
    path("people/claims/decline/", claims_decline, name="claims-decline"),
    path("people/<int:person_id>/claims/<int:claim_id>/", claim_settle, name="claim-settle"),
]
