"""What was asked of the past and what was learned from it, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.scoring import learned_names
from teplo.scoring.sampling import DATE, FIRST_CONTACT
from teplo.web.formatting import as_day, as_number

WEAK = "weak"


@dataclass(frozen=True)
class Asked:
    """A question about the past as sentences."""

    moment: str
    period: str
    against: str

    @classmethod
    def of(cls, question: Mapping[str, Any], options: Mapping[str, Any]) -> Asked:
        """From its stored form."""
        return cls(_moment(question), _period(question), _against(question, options))

    @property
    def whole(self) -> str:
        """In one line."""
        return "; ".join(part for part in (self.moment, self.period, self.against) if part)


def _moment(question: Mapping[str, Any]) -> str:
    moment = question.get("moment")
    if moment == DATE:
        return _("as they stood on %(day)s") % {"day": _day(question.get("on"))}
    if moment == FIRST_CONTACT:
        days = int(question.get("days", 0))
        return ngettext(
            "as they stood %(n)s day after first contact", "as they stood %(n)s days after first contact", days
        ) % {"n": days}
    return _("as they stood when handed to sales")


def _period(question: Mapping[str, Any]) -> str:
    if question.get("moment") == DATE or not question.get("since"):
        return ""
    return _("from %(since)s to %(until)s") % {
        "since": _day(question["since"]), "until": _day(question.get("until"))
    }  # fmt: skip


def _against(question: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    days = question.get("horizon_days")
    within = ngettext("within %(n)s day", "within %(n)s days", days) % {"n": days} if days else _("until today")
    if options.get("versus") == "everybody":
        return _("who bought %(within)s against everybody else") % {"within": within}
    return _("who bought %(within)s against who refused") % {"within": within}


def _day(value: Any) -> str:
    return as_day(date.fromisoformat(value)) if value else ""


@dataclass(frozen=True)
class Verdict:
    """How it ended: a word for a tag with its colour, and the sentence."""

    word: str = ""
    state: str = "quiet"
    text: str = ""
    code: str = ""


def said_verdict(result: Mapping[str, Any]) -> Verdict:
    """The verdict of a run; an empty one while there is none."""
    verdict = result.get("verdict")
    if not verdict:
        return Verdict()
    nothing = _("All of these people ended the same way, or there was nobody: there is nothing to compare.")
    text = learned_names.say_why(result["why"]) if result.get("why") else nothing
    if verdict == "proposed":
        if result.get("strength") == WEAK:
            return Verdict(_("weak signal"), "wait", text, WEAK)
        return Verdict(_("a table is proposed"), "good", text, "proposed")
    words = {"too-little": _("too little data"), "no-signal": _("no signal")}
    return Verdict(words.get(verdict, _("not learned")), "quiet", text, verdict)


def said_leaks(result: Mapping[str, Any], *, insisted: Iterable[str]) -> list[dict[str, Any]]:
    """Columns that look like the answer, in words, and whether they were used all the same."""
    used = frozenset(insisted)
    return [
        {**leak, "text": learned_names.say_leak(leak), "is_used": leak["column"] in used}
        for leak in result.get("leaks", ())
    ]


def beside_live(auc: Mapping[str, Any]) -> str:
    """Whether the learned table is better than the live one, as far as can be said; empty without a live one."""
    if not auc.get("live") or not auc.get("table"):
        return ""
    learned, live = auc["table"], auc["live"]
    if learned[0] <= live[0]:
        return _(
            "The live table tells these people apart as well or better. Take single criteria from here if they "
            "convince you; there is no reason to replace it."
        )
    if learned[1] <= live[2]:
        return _("It seems better than the live table, but the ranges overlap: it may be chance. Test it on the past.")
    return _("It tells people apart better than the live table, by more than chance.")


def of_two(value: float) -> str:
    """An area under the curve as people say it: of a buyer and another the buyer has more points in so many cases."""
    said = _(
        "Take a buyer and somebody who did not buy: in %(n)s cases of a hundred the buyer has more points. "
        "Blind chance gives 50."
    )
    return said % {"n": as_number(round(100 * value))}
