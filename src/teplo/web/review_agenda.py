"""A counted agenda as the meeting reads it: names looked up, reasons and conditions said, figures beside the last ones.

The review keeps plain values and no names; everything here is made anew whenever it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.insights.readiness import GRADES, HEATS
from teplo.insights.review_figures import Figure, Share, figures, separates, verdict
from teplo.kit.wording import in_language
from teplo.people.merging import winners_of
from teplo.people.models import Person
from teplo.sales.deals import LOST_REASONS
from teplo.sales.models import Deal, DealState, HandOff, HandOffState
from teplo.sales.returning import REASONS
from teplo.scoring.models import ProfileKind, Review
from teplo.stages.models import Stage
from teplo.web.formatting import as_money, as_number, as_percent
from teplo.web.grades import grade_name
from teplo.web.review_pictures import lift_picture, share_picture, spread_picture

ROWS_SHOWN = 10
SIGNS_SHOWN = 10
LISTS = ("sales", "never", "low")


def figure_names() -> dict[str, str]:
    """What each figure counts, as it stands under its number."""
    return {
        "won": _("bought for the first time"),
        "amount": _("sold for in all"),
        "repeats": _("bought again"),
        "hot_sales": _("of the buyers were hot when handed to sales"),
        "hot_bought": _("of the hot people bought"),
        "never": _("were hot and did not buy"),
        "low": _("bought without being hot"),
        "auc": _("how well points tell buyers from the lost"),
        "days": _("days from hand-off to purchase"),
        "returned": _("of those handed to sales came back"),
        "fitting": _("of the newcomers are ideal or near-ideal"),
        "unacceptable": _("of the newcomers are unacceptable"),
    }


@dataclass(frozen=True)
class Compared:
    """A figure beside the last one. `change`: better, worse, chance, or empty where nobody can say."""

    key: str
    name: str
    now: str
    before: str
    change: str


def compared(agenda: Mapping[str, Any], former: Mapping[str, Any] | None) -> list[Compared]:
    """All figures of a review beside those of the former one."""
    names = figure_names()
    last = {figure.key: figure for figure in figures(former)} if former else {}
    return [
        Compared(
            figure.key, names[figure.key], said(figure, agenda["currency"]),
            said(last[figure.key], former["currency"]) if former and figure.key in last else "",
            verdict(figure, last.get(figure.key)),
        )
        for figure in figures(agenda)
    ]  # fmt: skip


def said(figure: Figure, currency: str) -> str:
    """A figure as text."""
    if figure.value is None:
        return "—"
    if figure.kind == "share":
        return as_percent(figure.value)
    if figure.kind == "money":
        return as_money(figure.value, currency)
    return as_number(figure.value, {"auc": 2, "days": 0}.get(figure.kind, 0))


# -- people ---------------------------------------------------------------------------------------------------------


def people_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Person]:
    """The people of some rows by the id kept, also where their card has since become part of another one; who has been
    erased is not among them."""
    ids = {int(row["person"]) for row in rows}
    now_under = {pk: pk for pk in ids} | dict(winners_of(ids))
    known = Person.objects.filter(pk__in=set(now_under.values()), erased_at=None).select_related("company")
    found = {person.pk: person for person in known}
    return {str(pk): found[card] for pk, card in now_under.items() if card in found}


def list_rows(part: str, rows: Sequence[Mapping[str, Any]], review: Review) -> list[dict[str, Any]]:
    """Rows of one list with the person and, of those who did not buy, what sales said, in a few statements."""
    people = people_of(rows)
    is_never = part == "never"
    words = _words({card.pk for card in people.values()}, review.until) if is_never else {}
    places = stage_names() if is_never else {}
    return [
        {
            **row,
            "card": people.get(row["person"]),
            "at": _moment(row.get("at")),
            "hot_at": _moment(row.get("hot_at")),
            "grade": grade_name(row.get("grade", "")),
            "why": answer_said(row["answer"], row["reason"], places) if is_never else "",
            "words": words.get(people[row["person"]].pk, "") if row["person"] in people else "",
        }
        for row in rows
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _words(ids: Iterable[int], until: datetime) -> dict[int, str]:
    """What sales wrote beside the reason, as it stands now: it is not copied into the review."""
    lost = Deal.objects.filter(person_id__in=ids, state=DealState.LOST, closed_at__lt=until)
    returned = HandOff.objects.filter(person_id__in=ids, state=HandOffState.RETURNED, answered_at__lt=until)
    found = [
        (at, person, reason.partition(": ")[2])
        for person, reason, at in lost.values_list("person_id", "lost_reason", "closed_at")
    ]
    found += [
        (at, person, note) for person, note, at in returned.values_list("person_id", "return_note", "answered_at")
    ]
    return {person: text for _at, person, text in sorted(found) if text}


def stage_names() -> dict[str, str]:
    """How the stages are called, by key."""
    return {key: in_language(names) for key, names in Stage.objects.values_list("key", "names")}


def answer_said(answer: str, reason: str, places: Mapping[str, str]) -> str:
    """Why one person did not buy, as sales says it; `places` names the stages he may have been put at instead."""
    known = (REASONS, LOST_REASONS) if answer == "returned" else (LOST_REASONS, REASONS)
    why = str(known[0].get(reason) or known[1].get(reason) or places.get(reason) or reason)
    if answer == "lost":
        return why or _("no reason given")
    name = answer_names().get(answer, answer)
    said = f"{name}: {why[:1].lower()}{why[1:]}" if why else name
    return said[:1].upper() + said[1:]


def answer_names() -> dict[str, str]:
    """What sales made of people."""
    return {
        "bought": _("bought"),
        "lost": _("did not buy"),
        "returned": _("returned by sales"),
        "in-work": _("sales is still at work"),
        "waits": _("still without an answer of sales"),
        "not-handed": _("never handed to sales"),
    }


# -- what is drawn --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShareLine:
    """A row of a picture of shares. `ends`: low and high of the interval; `of`: how many it is a share of."""

    key: str
    name: str
    share: Share
    picture: SafeString
    note: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        return self.share.ends


def share_line(key: str, name: str, part: int, whole: int, *, kind: str = "bought", note: str = "") -> ShareLine:
    share = Share(part, whole)
    return ShareLine(key, name, share, share_picture(share.value, *share.ends, kind), note)


def shown(review: Review, former: Review | None, *, rows_shown: int = ROWS_SHOWN) -> dict[str, Any]:
    """Everything the page and the PDF file show of a counted review."""
    agenda = review.snapshot
    lists = {part: list_rows(part, agenda[part][:rows_shown], review) if agenda[part] else [] for part in LISTS}
    return {
        "agenda": agenda,
        "counted_at": _moment(agenda["counted_at"]),
        "figures": compared(agenda, former.snapshot if former and former.snapshot else None),
        "spread": spread_picture(agenda["spread"], agenda["table"]),
        "separation": separates(agenda["spread"]),
        "lists": lists,
        "more": {part: max(0, _count(agenda, part) - rows_shown) for part in LISTS},
        "counts": {part: _count(agenda, part) for part in LISTS},
        "reasons": reason_lines(agenda),
        "answers": answer_lines(agenda),
        "heats": heat_lines(agenda),
        "grades": grade_blocks(agenda),
        "fit_signs": sign_lines(agenda, "fit"),
        "deed_signs": sign_lines(agenda, "behaviour"),
    }


def _count(agenda: Mapping[str, Any], part: str) -> int:
    """How many there were, also beyond the rows kept."""
    outcomes = agenda["outcomes"]
    whole = {
        "sales": outcomes["won"] + outcomes["repeats"],
        "never": agenda["hot"]["never"],
        "low": sum(agenda["low_count"].values()),
    }
    return int(whole[part])


def reason_lines(agenda: Mapping[str, Any]) -> list[ShareLine]:
    """Why hot people did not buy, the most frequent first."""
    reasons, places = agenda["hot"]["reasons"], stage_names()
    whole = sum(count for _answer, _reason, count in reasons)
    return [
        share_line(f"{answer}-{reason}", answer_said(answer, reason, places), count, whole, kind="lost")
        for answer, reason, count in reasons
    ]


def answer_lines(agenda: Mapping[str, Any]) -> list[ShareLine]:
    """What became of everybody who was hot."""
    hot = agenda["hot"]
    order = ("bought", "in-work", "waits", "lost", "returned", "not-handed")
    return [
        share_line(answer, answer_names()[answer], hot["answers"][answer], hot["people"],
                   kind="bought" if answer == "bought" else "lost")
        for answer in order
        if hot["answers"].get(answer)
    ]  # fmt: skip


def heat_lines(agenda: Mapping[str, Any]) -> list[ShareLine]:
    """How many of the hot, warm and cold bought, of those whose outcome is known."""
    by_heat = agenda["outcomes"]["by_heat"]
    return [share_line(heat, heat, by_heat[heat][1], by_heat[heat][0], kind=heat) for heat in reversed(HEATS)]


def grade_blocks(agenda: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The portraits: sentences, share among the newcomers, how many of them buy."""
    newcomers, by_grade = agenda["newcomers"], agenda["outcomes"]["by_grade"]
    vocabulary = registry.people()
    explained = {
        ProfileKind.IDEAL.value: _("Buys almost without your help."),
        ProfileKind.NEAR_IDEAL.value: _("Buys after some work: objections, a demonstration, meetings."),
        ProfileKind.UNACCEPTABLE.value: _("Wears the sellers out, asks for discounts and stays discontented."),
    }
    return [
        {
            "name": grade_name(grade) or _("everybody else"),
            "explained": explained.get(grade, ""),
            "profiles": [
                {"name": profile["name"], "sentence": say_stored(profile["condition"], vocabulary)}
                for profile in agenda["profiles"]
                if profile["kind"] == grade
            ],
            "came": share_line(grade, "", newcomers["grades"].get(grade, 0), newcomers["people"], kind="lost"),
            "bought": share_line(grade, "", by_grade[grade][1], by_grade[grade][0]),
        }
        for grade in GRADES
    ]


def sign_lines(agenda: Mapping[str, Any], side: str) -> list[dict[str, Any]]:
    """Signs of one side with their sentence and picture, the surest first."""
    outcomes, vocabulary = agenda["outcomes"], registry.people()
    signs = [sign for sign in agenda["signs"] if sign["side"] == side][:SIGNS_SHOWN]
    return [
        {
            **sign,
            "sentence": say_stored(sign["condition"], vocabulary),
            "won_share": Share(sign["won"], outcomes["won"]).value,
            "others_share": Share(sign["others"], outcomes["lost"]).value,
            "picture": lift_picture(sign["lift"], sign["low"], sign["high"]),
            "verdict": sign_verdict(sign),
        }
        for sign in signs
    ]


def sign_verdict(sign: Mapping[str, Any]) -> str:
    """What the numbers allow one to say."""
    if sign["is_certain"]:
        return _("speaks for buying") if sign["lift"] > 1 else _("speaks against buying")
    if sign["low"] > 1 or sign["high"] < 1:
        return _("may be chance")
    return _("no difference seen")
