"""What the learner found, in words: names of criteria, verdicts, leaks and reasons why a column was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

Json = dict[str, Any]
SHOWN_LEVELS = 4

WHY = {
    "too-few": gettext_lazy(
        "Too little data: %(won)s won and %(lost)s lost. "
        "At least %(least)s of each are needed before points can be learnt."
    ),
    "no-columns": gettext_lazy("No column is left from which anything could be learnt."),
    "covers-chance": gettext_lazy(
        "No signal: on people it was not learnt from, the table orders them no better than chance "
        "(AUC %(auc)s, between %(low)s and %(high)s; 0.5 is chance). No table is proposed."
    ),
    "near-chance": gettext_lazy(
        "No signal that can be trusted: AUC %(auc)s, between %(low)s and %(high)s, is too close to chance (0.5). "
        "No table is proposed."
    ),
    "weak": gettext_lazy("The signal is weak: AUC %(auc)s. The table orders people a little better than chance."),
    "fair": gettext_lazy("The signal is fair: AUC %(auc)s."),
    "strong": gettext_lazy("The signal is strong: AUC %(auc)s."),
    "weak-lift": gettext_lazy(
        "The signal is weak (AUC %(auc)s): the tenth with the best scores buys %(lift)s times as often as everybody."
    ),
    "fair-lift": gettext_lazy(
        "The signal is fair (AUC %(auc)s): the tenth with the best scores buys %(lift)s times as often as everybody."
    ),
    "strong-lift": gettext_lazy(
        "The signal is strong (AUC %(auc)s): the tenth with the best scores buys %(lift)s times as often as everybody."
    ),
    "too-good": gettext_lazy(
        "Too good to be believed: AUC %(auc)s with only %(n)s criteria. People are rarely so easy to tell apart. Check "
        "that every column below was known before the outcome, and leave out what was not."
    ),
    "no-rows": gettext_lazy("The file has a header but no rows."),
    "outcome-empty": gettext_lazy("The outcome column “%(column)s” is empty."),
    "outcome-one-value": gettext_lazy(
        "The outcome column “%(column)s” says “%(value)s” for everybody: there is nothing to compare."
    ),
    "outcome-numbers": gettext_lazy(
        "The outcome column “%(column)s” holds %(count)s different numbers (%(values)s …). An outcome is won or lost: "
        "choose another column, or name the values that mean won with --won."
    ),
    "outcome-many": gettext_lazy(
        "The outcome column “%(column)s” has %(count)s different values (%(values)s …). An outcome is won or lost: "
        "choose another column, or name the values that mean won with --won."
    ),
    "outcome-unclear": gettext_lazy(
        "It is not clear what won and lost is in the outcome column “%(column)s”: %(values)s. "
        "Name the values that mean won with --won, and those that mean lost with --lost."
    ),
    "outcome-no-value": gettext_lazy("The outcome column “%(column)s” has no value “%(value)s”. It has: %(values)s."),
}

LEAKS = {
    "decides-alone": gettext_lazy(
        "“%(column)s” nearly decides alone (AUC %(alone)s): without it AUC is %(without)s, with it %(with)s. "
        "That is the answer, not a sign: most likely it is known only after the outcome."
    ),
    "filled-after": gettext_lazy(
        "“%(column)s” is filled only after the outcome, or together with it: without it AUC is %(without)s, with it "
        "%(with)s. That is the answer, not a sign."
    ),
    "changes-after": gettext_lazy(
        "“%(column)s” changes after the outcome: without it AUC is %(without)s, with it %(with)s. What it says now was "
        "not known then."
    ),
    "constant-in-outcome": gettext_lazy(
        "“%(column)s” has values that stand for one outcome only: without it AUC is %(without)s, with it %(with)s. "
        "That is the answer, not a sign."
    ),
    "after-moment": gettext_lazy(
        "“%(column)s” holds dates after the moment people are judged at: nobody could know them then "
        "(without it AUC is %(without)s, with it %(with)s)."
    ),
    "outcome-date": gettext_lazy(
        "“%(column)s” is the day of the outcome or made of it: before the outcome nobody knows it (without it AUC is "
        "%(without)s, with it %(with)s)."
    ),
    "of-the-act": gettext_lazy(
        "“%(column)s” exists only because the talk took place, and hardly anybody buys in a short one: before it "
        "nobody knows how long it will be (without it AUC is %(without)s, with it %(with)s)."
    ),
    "counts-on": gettext_lazy(
        "“%(column)s” holds all that “%(beside)s” does and more, and just what it has more tells the outcome: without "
        "it AUC is %(without)s, with it %(with)s. Most likely it went on counting after the outcome."
    ),
    "days-on": gettext_lazy(
        "“%(column)s” is never before “%(beside)s”, and just the days between them tell the outcome: without it AUC is "
        "%(without)s, with it %(with)s. Most likely that day is known only after the outcome."
    ),
}

DROPPED = {
    "excluded": gettext_lazy("left out as you asked"),
    "empty": gettext_lazy("empty"),
    "constant": gettext_lazy("the same for everybody"),
    "identifier": gettext_lazy("different for everybody: a name or a number, not a quality"),
    "calendar": gettext_lazy(
        "days of the calendar do not come again: only the weekday, and with two years of data the month, was looked "
        "at; with the date that people are judged at it becomes an age"
    ),
    "later": gettext_lazy("known only as it is now, not as it was then"),
}


def say(result: Json) -> None:
    """Put words into a result of the learner, in the active language."""
    result["why"]["text"] = say_why(result["why"])
    for leak in result.get("leaks", ()):
        leak["text"] = say_leak(leak)
    for column in result.get("dropped", ()):
        column["text"] = str(DROPPED.get(column["why"], column["why"]))
    for criterion in result.get("criteria", ()):
        criterion["name"] = name_of(criterion["label"], criterion["part"])


def say_why(why: Mapping[str, Any]) -> str:
    """The verdict's reason."""
    if why["code"] not in WHY:
        return str(why["code"])
    return str(WHY[why["code"]]) % {name: _said(value) for name, value in why["params"].items()}


def say_leak(leak: Mapping[str, Any]) -> str:
    """Why a column is left out, with the figures."""
    return str(LEAKS[leak["why"]]) % {
        "column": leak["label"], "alone": share(leak["auc_alone"]), "without": share(leak["auc_without"]),
        "with": share(leak["auc_with"]), "beside": leak.get("beside", ""),
    }  # fmt: skip


def times(criterion: Mapping[str, Any], result: Mapping[str, Any]) -> float:
    """How many times as often as everybody those buy of whom a criterion is true."""
    base = float(result.get("base_rate") or 0)
    return round(float(criterion["conversion"]) / base, 2) if base else 0.0


def share(value: float) -> str:
    """An AUC with two decimals."""
    return number_format(value, 2)


def _said(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return number_format(value) if isinstance(value, int) else number_format(value, 2)


PARTS_OF_DAYS = {
    "weekday of ": gettext_lazy("weekday of “%(column)s”"),
    "month of ": gettext_lazy("month of “%(column)s”"),
}


def _of_day(prefix: str, part: Mapping[str, Any]) -> list[str]:
    """Weekdays and months by their names."""
    names = {number + 1: name for number, name in WEEKDAYS.items()} if prefix.startswith("week") else MONTHS
    return [str(names[int(level)]) for level in part.get("levels", ())]


def name_of(label: str, part: Mapping[str, Any]) -> str:
    """«euribor3m — до 1,3», “job: student, retired”."""
    kind, of = part["kind"], part["of"]
    if of == "item":
        return f"{label}: {part['item']}"
    if kind == "missing":
        return _("%(column)s — not known") % {"column": label} if of != "recency" else label
    for prefix, said in PARTS_OF_DAYS.items():
        if label.startswith(prefix):
            label, part = said % {"column": label.removeprefix(prefix)}, {**part, "levels": _of_day(prefix, part)}
    if kind == "level":
        return f"{label}: {_listed(part['levels'])}"
    return f"{label} — {_band(part)}"


def _listed(levels: Sequence[str]) -> str:
    shown = ", ".join(levels[:SHOWN_LEVELS])
    rest = len(levels) - SHOWN_LEVELS
    return shown + (ngettext(" and %(n)s more", " and %(n)s more", rest) % {"n": rest} if rest > 0 else "")


def _band(part: Mapping[str, Any]) -> str:
    low, high = part["low"], part["high"]
    if low is None and high is None:
        return _("known")
    if part["of"] == "day":
        return _days(low, high)
    if part["of"] in ("age", "recency"):
        return _ages(low, high)
    whole = part["whole"]
    if part["of"] == "times":
        low, high, whole = max(low or 0, 0), high, True
    return _numbers(low, high, whole)


def _numbers(low: float | None, high: float | None, whole: bool) -> str:
    if low is None:
        return _("below %(high)s") % {"high": number(high)}
    if high is None:
        return _("from %(low)s") % {"low": number(low)}
    if whole and float(low).is_integer() and float(high).is_integer():
        last = high - 1
        return number(low) if last == low else _("%(low)s to %(high)s") % {"low": number(low), "high": number(last)}
    return _("from %(low)s to below %(high)s") % {"low": number(low), "high": number(high)}


def number(value: float | None) -> str:
    """A number as the reader writes it, without needless zeros."""
    if value is None:
        return ""
    text = f"{value:.12g}"
    if "e" in text:
        return text
    decimals = len(text.partition(".")[2])
    return number_format(value, decimals, force_grouping=False)


def _days(low: float | None, high: float | None) -> str:
    first = date_format(date.fromordinal(int(low)), "SHORT_DATE_FORMAT") if low is not None else ""
    end = date_format(date.fromordinal(int(high)), "SHORT_DATE_FORMAT") if high is not None else ""
    if low is None:
        return _("before %(day)s") % {"day": end}
    if high is None:
        return _("from %(low)s") % {"low": first}
    return _("from %(low)s to before %(high)s") % {"low": first, "high": end}


def _ages(low: float | None, high: float | None) -> str:
    if low is None:
        return _("less than %(n)s days before") % {"n": number(high)}
    if high is None:
        return _("%(n)s days before or more") % {"n": number(low)}
    return _("%(low)s to %(high)s days before") % {"low": number(low), "high": number(high - 1)}
