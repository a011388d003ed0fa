"""A person's story in words: what each row of it means, grouped by day, with the reason of each act of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from teplo.accounts.models import User
from teplo.channels import reasons
from teplo.channels.renderers import written_in
from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.conditions.vocabulary import Vocabulary
from teplo.content.templates import template_names
from teplo.insights.person_story import Moment, points_by_day
from teplo.kit.wording import in_language
from teplo.people.attributes import definitions
from teplo.people.models import Company, Person
from teplo.people.places import NAMED
from teplo.sales.calls import DIRECTIONS
from teplo.sales.cooling import REASONS as ENDED
from teplo.sales.tasks import KINDS, OUTCOMES
from teplo.scoring.models import Adjustment, HandScore
from teplo.tracking.models import Activity
from teplo.tracking.vocabulary import SOURCES
from teplo.web.formatting import as_moment, as_money, as_number, temperature_name
from teplo.web.reading import whole, wholes

FOLD_FROM = 3
"""So many like deeds in a row become one line that can be opened."""


@dataclass(frozen=True)
class Line:
    """One line of the story. `why` is the reason of an act of ours; `more` are the lines folded under it."""

    icon: str
    text: str
    at: datetime
    detail: str = ""
    why: str = ""
    is_ours: bool = False
    warmth: str = ""
    merge_id: int | None = None
    remove_url: str = ""
    by: str = ""
    fold: str = ""
    more: Sequence[Line] = ()


@dataclass(frozen=True)
class Day:
    """A day of the story and the points it brought."""

    day: date
    points: int
    lines: list[Line]

    @property
    def points_apart(self) -> int:
        """Without their sign, for the plural."""
        return abs(self.points)


@dataclass(frozen=True)
class _Names:
    """Names that rows carry as ids or keys, looked up once for a page."""

    person: Person
    users: Mapping[str, str]
    templates: Mapping[int, str]
    activities: Mapping[str, str]
    attributes: Mapping[str, str]
    companies: Mapping[int, str]
    vocabulary: Vocabulary
    known: dict[str, Any] = field(default_factory=dict)


def _tell_one(moment: Moment, names: _Names) -> Line | None:
    """A line, or none where nothing is to be told; what came with a merged card says so."""
    line = _TELLERS[moment.source](moment.row, moment.at, names)
    if line is None or not getattr(moment.row, "is_brought", False):
        return line
    why = [line.why, _("on the other card, before the two became one")]
    return replace(line, why=" · ".join(filter(None, why)))


def tell(moments: Sequence[Moment], *, person: Person) -> list[Day]:
    """The lines of a page of the story by day, in the reader's language and time zone."""
    if not moments:
        return []
    names = _names(moments, person)
    lines = [line for moment in moments if (line := _tell_one(moment, names))]
    zone = timezone.get_current_timezone()
    points = points_by_day(
        person_id=person.pk,
        since=_day_start(moments[-1].at, zone),
        until=moments[0].at,
        zone=zone,
    )
    days = groupby(lines, key=lambda line: timezone.localtime(line.at).date())
    return [Day(day, points.get(day, 0), _folded(list(told))) for day, told in days]


def _day_start(at: datetime, zone: Any) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _folded(lines: Sequence[Line]) -> list[Line]:
    told: list[Line] = []
    for fold, run in groupby(lines, key=lambda line: line.fold or id(line)):
        alike = list(run)
        if isinstance(fold, str) and len(alike) >= FOLD_FROM:
            told.append(Line(alike[0].icon, _FOLDS[fold](len(alike)), alike[0].at, more=alike))
        else:
            told += alike
    return told


_FOLDS: Mapping[str, Callable[[int], str]] = {
    "pages": lambda n: ngettext("Read %(n)s page", "Read %(n)s pages", n) % {"n": n},
    "machine": lambda n: ngettext("A machine did %(n)s thing", "Machines did %(n)s things", n) % {"n": n},
    "tags": lambda n: ngettext("%(n)s tag changed", "%(n)s tags changed", n) % {"n": n},
    "values": lambda n: ngettext("%(n)s value changed", "%(n)s values changed", n) % {"n": n},
}


def _names(moments: Sequence[Moment], person: Person) -> _Names:
    rows = [moment.row for moment in moments]
    users = {by.partition(":")[2] for row in rows if (by := _by(row)).startswith("user:")}
    users |= {str(row.assignee_id) for row in rows if getattr(row, "assignee_id", None)}
    templates = {row.template_id for row in rows if getattr(row, "template_id", None)} | _templates_of_events(moments)
    keys = {moment.row.name for moment in moments if moment.source == "event"}
    company_ids = {
        int(value)
        for moment in moments
        if moment.source == "attribute" and moment.row.key == "company_id"
        for value in (moment.row.old, moment.row.new)
        if value
    }
    own = definitions()
    return _Names(
        person=person,
        users={str(pk): name for pk, name in User.objects.filter(pk__in=_numbers(users)).values_list("pk", "name")},
        templates=template_names(templates) if templates else {},
        activities={
            key: in_language(said) for key, said in Activity.objects.filter(key__in=keys).values_list("key", "names")
        },
        attributes={
            **{key: str(name) for key, name in COLUMN_NAMES.items()},
            **{key: in_language(found.names) or key for key, found in own.items()},
        },
        companies=dict(Company.objects.filter(pk__in=company_ids).values_list("pk", "name")) if company_ids else {},
        vocabulary=registry.people(),
    )


def _numbers(texts: Iterable[str]) -> set[int]:
    return set(wholes(texts))


def _by(row: Any) -> str:
    if isinstance(row, HandScore | Adjustment):
        return f"user:{row.by}"
    return str(getattr(row, "by", "") or getattr(row, "created_by", "") or "")


def _templates_of_events(moments: Sequence[Moment]) -> set[int]:
    said = (m.row.properties.get("template") for m in moments if m.source == "event" and "template" in m.row.properties)
    return _numbers(str(template) for template in said)


def said_by(by: str, users: Mapping[str, str]) -> str:
    """Who did it, as a reader knows him: a colleague's name, "the form", "import"."""
    kind, _colon, rest = by.partition(":")
    if kind == "user":
        return users.get(rest, str(_("a colleague")))
    words = {
        "import": _("import"),
        "form": _("a form"),
        "api": _("another program"),
        "journey": _("a journey"),
        "site": _("the site"),
        "demo": _("the example"),
    }
    return words.get(kind, "")


# his deeds

_DEEDS: Mapping[str, tuple[str, Any, str]] = {
    # event → icon, words, fold
    "page-viewed": ("eye", gettext_lazy("Read %(page)s"), "pages"),
    "link-clicked": ("link", gettext_lazy("Followed the link %(page)s"), ""),
    "form-submitted": ("forms", gettext_lazy("Filled a form"), ""),
    "letter-opened": ("mail-opened", gettext_lazy("Opened the letter %(letter)s"), ""),
    "letter-clicked": ("click", gettext_lazy("Followed a link in the letter %(letter)s"), ""),
    "letter-replied": ("message-reply", gettext_lazy("Answered the letter %(letter)s"), ""),
    "unsubscribed": ("mail-off", gettext_lazy("Unsubscribed"), ""),
    "webinar-signed-up": ("presentation", gettext_lazy("Signed up for a webinar"), ""),
    "demo-requested": ("player-play", gettext_lazy("Asked for a demonstration"), ""),
    "trial-started": ("rocket", gettext_lazy("Started a trial"), ""),
    "question-asked": ("help-circle", gettext_lazy("Asked a question"), ""),
    "offer-requested": ("file-description", gettext_lazy("Asked for an offer"), ""),
    "order-form-filled": ("shopping-cart", gettext_lazy("Filled the order form"), ""),
    "call-answered": ("phone", gettext_lazy("Talked on the phone"), ""),
    "call-missed": ("phone-off", gettext_lazy("Did not take the phone"), ""),
    "video-watched": ("video", gettext_lazy("Watched a video"), ""),
    "comment-left": ("message", gettext_lazy("Left a comment"), ""),
    "shared": ("share", gettext_lazy("Shared us with others"), ""),
    "payment-received": ("cash", gettext_lazy("Paid"), ""),
    "deal-won": ("trophy", gettext_lazy("Bought"), ""),
    "deal-lost": ("circle-x", gettext_lazy("Decided against it"), ""),
}
_TOLD_BY_OTHERS = {"hand-off-accepted", "hand-off-returned"}
"""Our own deeds that come back as events: the hand-off itself tells them better, and so does a noted call."""
_TOLD_PROPERTIES = ("title", "question", "comment", "text", "note", "video", "webinar", "form", "amount", "outcome")


def _event(row: Any, at: datetime, names: _Names) -> Line | None:
    if row.name in _TOLD_BY_OTHERS or "call" in row.properties:
        return None
    icon, words, fold = _DEEDS.get(row.name, ("point", None, ""))
    page = row.path or row.url
    template = str(row.properties.get("template", ""))
    letter = names.templates.get(whole(template) or 0, "")
    if words is None:
        text = names.activities.get(row.name) or row.name.replace("-", " ").capitalize()
    else:
        text = str(words) % {"page": page or _("a page"), "letter": f"«{letter}»" if letter else ""}
    detail = _told_properties(row, has_page="%(page)s" in str(words), letter=letter)
    if row.label != "human":
        return Line("robot", text.strip(), at, detail=str(_("most likely a machine, not counted")), fold="machine")
    return Line(icon, text.strip(), at, detail=detail, fold=fold)


def _told_properties(row: Any, *, has_page: bool, letter: str) -> str:
    keys = [key for key in _TOLD_PROPERTIES if key != "form" or row.name == "form-submitted"]
    told = [_told_property(key, row.properties) for key in keys if row.properties.get(key)]
    if not told and not has_page and row.path and not letter:
        told = [row.path]
    return " · ".join(text[:200] for text in told[:3])


def _told_property(key: str, properties: Mapping[str, Any]) -> str:
    value = properties[key]
    if key == "outcome" and str(value) in OUTCOMES:
        return str(OUTCOMES[str(value)])
    if key == "amount" and isinstance(value, int | float):
        return as_money(value, str(properties.get("currency", "")))
    return str(value)


def _touch(row: Any, at: datetime, names: _Names) -> Line:
    source = next((str(choice.name) for choice in SOURCES if choice.key == row.source), row.source)
    details = [row.utm_campaign or row.utm_source, row.referrer_host, row.utm_term]
    said = " · ".join(dict.fromkeys(detail for detail in details if detail))
    return Line("map-pin", _("Came from: %(source)s") % {"source": source}, at, detail=said)


# our acts

_LETTER_STATES: Mapping[str, tuple[str, Any]] = {
    "sent": ("send", gettext_lazy("We wrote %(letter)s")),
    "queued": ("clock", gettext_lazy("We wanted to write %(letter)s")),
    "skipped": ("mail-off", gettext_lazy("We did not write %(letter)s")),
    "failed": ("mail-exclamation", gettext_lazy("Our letter %(letter)s did not arrive")),
    "uncertain": ("mail-question", gettext_lazy("Our letter %(letter)s may have arrived")),
}


def _letter(row: Any, at: datetime, names: _Names) -> Line:
    state = "failed" if row.bounced_at else row.state
    icon, words = _LETTER_STATES.get(state, ("mail", gettext_lazy("A letter %(letter)s")))
    letter = letter_name(row, names.templates)
    told = []
    if row.opened_at:
        told.append(_("opened %(at)s") % {"at": as_moment(row.opened_at)})
    if row.clicked_at:
        told.append(_("followed a link %(at)s") % {"at": as_moment(row.clicked_at)})
    return Line(
        icon,
        (str(words) % {"letter": f"«{letter}»" if letter else ""}).strip(),
        at,
        detail=" · ".join(told),
        why=why_not_sent(row, names.person.first_name) if row.reason and state != "sent" else "",
        is_ours=True,
    )


def letter_name(delivery: Any, templates: Mapping[int, str]) -> str:
    """What a letter is called: its template, or the subject of one that a colleague wrote."""
    return templates.get(delivery.template_id or 0, "") or str(written_in(delivery.context).get("subject", ""))


def why_not_sent(delivery: Any, name: str) -> str:
    """The sentence that says why a letter has not gone out, or not yet."""
    return reasons.say(delivery.reason, delivery.reason_params, name=name, zone=timezone.get_current_timezone())


def _entered(row: Any, at: datetime, names: _Names) -> Line:
    return Line("route", _("Entered the journey “%(name)s”") % {"name": row.journey.name}, at, is_ours=True)


_ENDS: Mapping[str, Any] = {
    "done": gettext_lazy("Walked the journey “%(name)s” to its end"),
    "goal": gettext_lazy("Reached the goal of the journey “%(name)s”"),
    "exited": gettext_lazy("Left the journey “%(name)s”"),
    "stopped": gettext_lazy("The journey “%(name)s” was stopped for him"),
}


def _left(row: Any, at: datetime, names: _Names) -> Line:
    words = _ENDS.get(row.state, _ENDS["exited"])
    return Line("route-off", str(words) % {"name": row.journey.name}, at, is_ours=True)


def _note(row: Any, at: datetime, names: _Names) -> Line:
    url = reverse("note-forget", args=[row.person_id, row.id])
    return Line("note", row.text, at, detail=said_by(row.by, names.users), is_ours=True, remove_url=url, by=row.by)


def _call(row: Any, at: datetime, names: _Names) -> Line:
    icon = "phone-off" if row.outcome == "no-answer" else "phone"
    text = f"{DIRECTIONS[row.direction]}: {OUTCOMES.get(row.outcome, row.outcome)}"
    said = " · ".join(part for part in (said_by(row.by, names.users), row.note) if part)
    url = reverse("call-forget", args=[row.person_id, row.id])
    return Line(icon, text, at, detail=said, is_ours=True, remove_url=url, by=row.by)


def _tag(row: Any, at: datetime, names: _Names) -> Line:
    text = _("Tag put on: %(tag)s") if row.is_added else _("Tag taken off: %(tag)s")
    icon = "tag" if row.is_added else "tag-off"
    return Line(icon, text % {"tag": row.tag.name}, at, detail=said_by(row.by, names.users), fold="tags")


def _task(row: Any, at: datetime, names: _Names) -> Line:
    who = names.users.get(str(row.assignee_id), "")
    title = str(KINDS[row.kind]) if row.kind == "answer-hot" else row.title  # its title is his own name
    if row.state == "open":
        text = _("Task: %(title)s") % {"title": title}
    elif row.state == "done":
        text = _("Done: %(title)s") % {"title": title}
    else:
        text = _("Called off: %(title)s") % {"title": title}
    said = " · ".join(part for part in (who, outcome_name(row.outcome), row.outcome_note or row.note) if part)
    return Line("checkbox", text, at, detail=said, is_ours=True)


def outcome_name(key: str) -> str:
    return str(OUTCOMES.get(key) or ENDED.get(key) or "") if key != "done" else ""


_HAND_OFFS: Mapping[str, Any] = {
    "offered": gettext_lazy("Offered to sales"),
    "accepted": gettext_lazy("Sales took him on"),
    "returned": gettext_lazy("Sales gave him back"),
    "expired": gettext_lazy("Offered to sales; nobody answered in time"),
}


def _hand_off(row: Any, at: datetime, names: _Names) -> Line:
    causes = {"hot": _("because he became hot"), "hand": _("by hand"), "journey": _("by a journey")}
    ended = str(ENDED.get(row.return_reason, ""))
    said = " · ".join(part for part in (names.users.get(str(row.assignee_id), ""), ended, row.return_note) if part)
    return Line(
        "heart-handshake", str(_HAND_OFFS[row.state]), at, detail=said, why=causes.get(row.cause, ""), is_ours=True
    )


def _deal(row: Any, at: datetime, names: _Names) -> Line:
    amount = as_money(row.amount, row.currency) if row.amount is not None else ""
    icons = {"open": "coins", "won": "trophy", "lost": "circle-x"}
    texts = {"open": _("Deal opened: %(title)s"), "won": _("Deal won: %(title)s"), "lost": _("Deal lost: %(title)s")}
    said = " · ".join(part for part in (amount, row.lost_reason) if part)
    return Line(icons[row.state], texts[row.state] % {"title": row.title}, at, detail=said)


# what became of him


def _stage(row: Any, at: datetime, names: _Names) -> Line:
    text = _("Became: %(stage)s") % {"stage": in_language(row.to_stage.names) or row.to_stage.key}
    before = in_language(row.from_stage.names) if row.from_stage else ""
    return Line(
        "stairs", text, at, detail=_("was: %(stage)s") % {"stage": before} if before else "", why=_why_moved(row, names)
    )


def _why_moved(row: Any, names: _Names) -> str:
    why = row.why or {}
    if why.get("sign"):
        return _("because: %(sign)s") % {"sign": say_stored(why["sign"], names.vocabulary)}
    if words := why.get("words") or why.get("note") or why.get("reason"):
        return f"{said_by(row.by, names.users)}: {words}".removeprefix(": ")
    if row.cause == "sign":
        return _("we met for the first time")
    return {
        "hand": said_by(row.by, names.users),
        "journey": _("by a journey"),
        "import": _("by import"),
        "preset": _("because the stages were set anew"),
        "return": _("he is active again"),
        "merge": _("of two cards the further stage stays"),
    }.get(row.cause, "")


def _score(row: Any, at: datetime, names: _Names) -> Line:
    rose = row.total >= row.total_before
    text = (
        ngettext("Warmed up: %(points)s point", "Warmed up: %(points)s points", row.total)
        if rose
        else ngettext("Cooled down: %(points)s point", "Cooled down: %(points)s points", row.total)
    )
    why = {"time": _("because time has passed"), "table": _("because the score table has changed")}.get(row.cause, "")
    return Line("temperature", text % {"points": row.total}, at, detail=str(temperature_name(row.temperature)), why=why,
                warmth=row.temperature)  # fmt: skip


def _hand(row: HandScore, at: datetime, names: _Names) -> Line:
    who = said_by(_by(row), names.users)
    why = f"{who}: {row.words}" if row.words else who
    return Line("hand-finger", _("Scored by hand"), at, why=why, warmth=row.temperature)


def _adjustment(row: Adjustment, at: datetime, names: _Names) -> Line:
    points = f"{row.points:+d}".replace("-", "−")
    text = ngettext("%(points)s point by hand", "%(points)s points by hand", abs(row.points)) % {"points": points}
    return Line("plus-minus", text, at, why=f"{said_by(_by(row), names.users)}: {row.reason}")


COLUMN_NAMES: Mapping[str, Any] = {
    "first_name": gettext_lazy("First name"),
    "middle_name": gettext_lazy("Middle name"),
    "last_name": gettext_lazy("Last name"),
    "position": gettext_lazy("Position"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
    "company_id": gettext_lazy("Company"),
    "owner_id": gettext_lazy("Whose person"),
}


def _attribute(row: Any, at: datetime, names: _Names) -> Line:
    name = names.attributes.get(row.key, row.key)
    old, new = _shown(row.key, row.old, names), _shown(row.key, row.new, names)
    text = f"{name}: {old} → {new}" if old and new else f"{name}: {new or _('taken away')}"
    return Line("pencil", text, at, detail=said_by(row.by, names.users), fold="values")


def _shown(key: str, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return ""
    if key in NAMED:
        return NAMED[key](value)
    if key == "company_id":
        return names.companies.get(int(value), str(value))
    if key == "owner_id":
        return names.users.get(str(value), _("a colleague"))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return as_number(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _consent(row: Any, at: datetime, names: _Names) -> Line:
    given = row.state == "given"
    text = _("Allowed us to write: %(channel)s") if given else _("Took the permission back: %(channel)s")
    source = said_by(row.source, names.users) or row.source
    return Line("circle-check" if given else "ban", text % {"channel": channel_name(row.channel)}, at, detail=source)


def channel_name(key: str) -> str:
    names = {"email": _("e-mail"), "phone": _("phone"), "sms": "SMS", "telegram": "Telegram", "whatsapp": "WhatsApp",
             "viber": "Viber", "vk": "VK"}  # fmt: skip
    return str(names.get(key, key))


def _merge(row: Any, at: datetime, names: _Names) -> Line:
    is_visitor = row.reason == "visitor"
    text = _("The stranger from the site turned out to be him") if is_visitor else _("Two cards became one")
    return Line(
        "user-search" if is_visitor else "arrows-join",
        text,
        at,
        detail=said_by(row.by, names.users),
        why=_("undone later") if row.undone_at else "",
        is_ours=not is_visitor,
        merge_id=None if row.undone_at else row.pk,
    )


_TELLERS: Mapping[str, Callable[[Any, datetime, _Names], Line | None]] = {
    "note": _note,
    "call": _call,
    "tag": _tag,
    "event": _event,
    "touch": _touch,
    "letter": _letter,
    "entered": _entered,
    "left": _left,
    "task": _task,
    "handoff": _hand_off,
    "deal": _deal,
    "stage": _stage,
    "score": _score,
    "hand": _hand,
    "adjustment": _adjustment,
    "attribute": _attribute,
    "consent": _consent,
    "merge": _merge,
}
