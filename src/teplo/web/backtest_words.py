"""A back-test in the reader's words: what was asked, what the figures allow to be said, what a threshold means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from teplo.scoring.measuring import Chosen
from teplo.web.formatting import as_number, as_percent
from teplo.web.learned_words import Asked


def asked_of(question: Mapping[str, Any]) -> str:
    """The question in one line."""
    return Asked.of(question, {"versus": "lost" if question.get("only_ended") else "everybody"}).whole


def state_name(state: str) -> str:
    """How it ended with a person."""
    return {
        "won": pgettext("how it ended with a person", "bought"),
        "lost": pgettext("how it ended with a person", "lost"),
        "open": pgettext("how it ended with a person", "still open"),
    }.get(state, state)


@dataclass(frozen=True)
class Said:
    """A word for a tag with its colour, and the sentence."""

    word: str
    state: str
    text: str


def said_verdicts(result: Mapping[str, Any]) -> list[Said]:
    """What may be said; empty while nothing is counted."""
    texts = {
        "nobody": Said(_("nobody"), "wait", _("Nobody fits the question. Take a longer period or another moment.")),
        "no-buyers": Said(
            _("no buyers"), "wait",
            _("Nobody bought in the time given, so no table can be told from another. Take a longer time or period."),
        ),
        "all-bought": Said(_("all bought"), "wait", _("Everybody bought, so there is nobody to tell buyers from.")),
        "too-few": Said(
            _("too few people"), "wait",
            _("Fewer than ten bought, or fewer than ten did not: the figures may be chance. Take a longer period."),
        ),
        "wide": Said(
            _("uncertain"), "wait",
            _("The figures rest on few people: the interval is so wide that they may be much better or much worse."),
        ),
        "no-signal": Said(
            _("no signal"), "bad", _("This table does not tell buyers from the others: its interval covers chance."),
        ),
        "backwards": Said(
            _("backwards"), "bad", _("This table works backwards: those who bought had fewer points than the others."),
        ),
        "better": Said(
            _("better than live"), "good", _("This table tells buyers from the others better than the live one."),
        ),
        "worse": Said(
            _("worse than live"), "bad", _("The live table tells buyers from the others better than this one."),
        ),
        "alike": Said(
            _("no difference"), "quiet",
            _("On these people no difference between this table and the live one can be told from chance."),
        ),
    }  # fmt: skip
    return [texts[code] for code in result.get("verdict", ()) if code in texts]


def said_choice(chosen: Chosen) -> str:
    """“Hand over at 24: 31 people a week, 41 % buy, you miss 12 %.”"""
    if chosen.per_week is None:
        said = ngettext("%(n)s person", "%(n)s people", chosen.people) % {"n": as_number(chosen.people)}
    else:
        whole = max(0, round(chosen.per_week))
        said = ngettext("%(n)s person a week", "%(n)s people a week", whole) % {"n": as_number(whole)}
        if 0 < chosen.per_week < 10:  # noqa: PLR2004
            said = _("%(n)s people a week") % {"n": as_number(chosen.per_week, 1)}
    return _("Hand over at %(threshold)s: %(people)s, %(share)s buy, you miss %(missed)s.") % {
        "threshold": as_number(chosen.threshold),
        "people": said,
        "share": as_percent(chosen.share[0]),
        "missed": as_percent(chosen.missed),
    }
