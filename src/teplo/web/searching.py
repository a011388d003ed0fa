"""The palette: any person, company, deal, page or thing of ours by a few letters of its name, and acts by theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import TextField
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.accounts.access import Right, can, requires
from teplo.accounts.models import User
from teplo.channels.models import Sender
from teplo.conditions.comparing import text_holds, typed
from teplo.conditions.condition import Operator
from teplo.conditions.vocabulary import Test
from teplo.content.models import Template
from teplo.journeys.models import Journey, JourneyState
from teplo.kit.models import ReadyMade
from teplo.kit.wording import in_language
from teplo.people.choosing import find_by_text
from teplo.people.companies import find_companies
from teplo.people.models import AttributeDefinition, ImportRun, Person, Segment, Tag
from teplo.people.names import search_key
from teplo.sales.models import Deal
from teplo.scoring.models import Profile, ScoreTable
from teplo.stages.models import Stage
from teplo.tracking.models import Activity, Site
from teplo.web.answers import page
from teplo.web.rail import SECTIONS

AT_MOST = 6
MOST_READ = 2000
"""So many things of a kind are read to be compared; of people, companies and deals the database finds them."""


@dataclass(frozen=True)
class Found:
    """One line of the palette; `post` are the fields of an act that is done at once."""

    icon: str
    label: str
    url: str
    note: str = ""
    post: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Act:
    """Something to be done from anywhere: its words, the words it is also looked for by, and where it begins."""

    label: Any
    icon: str
    name: str
    right: Right
    also: Any = ""


ACTS = (
    Act(gettext_lazy("New person"), "user-plus", "person-new", Right.EDIT_PEOPLE),
    Act(gettext_lazy("New company"), "building", "company-new", Right.EDIT_PEOPLE),
    Act(gettext_lazy("New segment"), "filter", "segment-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New journey"), "route", "journey-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New letter"), "mail", "template-new", Right.EDIT_MARKETING, gettext_lazy("template")),
    Act(gettext_lazy("Import people"), "file-import", "imports", Right.IMPORT),
    Act(gettext_lazy("New activity"), "activity", "activity-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New score table"), "temperature", "score-table-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New profile"), "target", "score-profile-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New score review"), "presentation", "review-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("New attribute"), "tags", "attribute-new", Right.EDIT_MARKETING),
    Act(gettext_lazy("Invite a colleague"), "users-group", "user-invite", Right.MANAGE),
    Act(gettext_lazy("New sender"), "mail", "sender-new", Right.MANAGE),
    Act(gettext_lazy("New site"), "world", "site-new", Right.MANAGE),
    Act(gettext_lazy("New token"), "key", "token-new", Right.MANAGE),
)

Rows = Iterable[tuple[int, str]]


@dataclass(frozen=True)
class Noun:
    """A kind of thing of which there are few: its heading, icon, page and how its names are read."""

    heading: Any
    icon: str
    page: str
    rows: Callable[[], Rows]
    right: Right = Right.SEE


def _named(model: Any, **only: Any) -> Callable[[], Rows]:
    """Things with one name; ready ones as rows, since only these are read in the reader's language."""
    columns = ("pk", "name", "ready") if issubclass(model, ReadyMade) else ("pk", "name")

    def rows() -> Rows:
        found = model.objects.filter(**only).order_by("name").only(*columns)[:MOST_READ]
        return [(row.pk, row.name) for row in found]

    return rows


def _worded(model: Any) -> Callable[[], Rows]:
    """Things with a name in each language."""

    def rows() -> Rows:
        found = model.objects.values_list("pk", "names", "key")[:MOST_READ]
        return [(pk, in_language(names) or key) for pk, names, key in found]

    return rows


NOUNS = (
    Noun(gettext_lazy("Segments"), "filter", "segment", _named(Segment)),
    Noun(gettext_lazy("Journeys"), "route", "journey", _named(Journey)),
    Noun(gettext_lazy("Templates"), "template", "template", _named(Template, is_archived=False)),
    Noun(gettext_lazy("Activities"), "activity", "activity", _worded(Activity)),
    Noun(gettext_lazy("Score tables"), "temperature", "score-table", _named(ScoreTable)),
    Noun(gettext_lazy("Profiles"), "target", "score-profile", _named(Profile, is_active=True), Right.EDIT_MARKETING),
    Noun(gettext_lazy("Stages"), "stairs", "stages", _worded(Stage)),
    Noun(gettext_lazy("Import"), "file-import", "import", _named(ImportRun), Right.IMPORT),
    Noun(gettext_lazy("Attributes"), "tags", "attribute", _worded(AttributeDefinition), Right.EDIT_MARKETING),
    Noun(gettext_lazy("Channels"), "mail", "sender", _named(Sender), Right.MANAGE),
    Noun(gettext_lazy("Sites and keys"), "world", "site", _named(Site), Right.MANAGE),
    Noun(gettext_lazy("Colleagues"), "users-group", "users", _named(User, is_active=True), Right.MANAGE),
)


@requires(Right.SEE)
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    groups = [(heading, rows) for heading, rows in _groups(text, request.user) if rows]
    context = {"groups": groups, "text": text}
    return page(request, "search/page.html", context, fragment="search/_found.html")


def _groups(text: str, user: Any) -> list[tuple[Any, list[Found]]]:
    wanted = search_key(text)
    if not wanted:
        return [(_("Pages"), _pages("", user)[:40]), (_("Acts"), _acts("", user)[:AT_MOST])]
    return [
        (_("People"), _people(text)),
        (_("Acts"), [*_acts(wanted, user), *_acts_on_journeys(wanted, user)][:AT_MOST]),
        (_("Pages"), _pages(wanted, user)[:AT_MOST]),
        (_("Companies"), _companies(text)),
        (_("Deals"), _deals(text)),
        (_("Tags"), _tags(wanted)),
        *((noun.heading, _of(noun, wanted)) for noun in NOUNS if can(user, noun.right)),
    ]


def _is_meant(label: str, wanted: str) -> bool:
    """Whether each of the words stands somewhere in the label."""
    said = search_key(label)
    return all(word in said for word in wanted.split())


def _people(text: str) -> list[Found]:
    """Known ones only, in the order they were found."""
    if len(text) < 2:
        return []
    ids = find_by_text(text)[: AT_MOST * 3]
    people = Person.objects.filter(pk__in=ids, is_anonymous=False, erased_at=None).in_bulk()
    shown = [people[key] for key in ids if key in people][:AT_MOST]
    return [Found("user", p.name or _("A stranger"), _address("person", p.pk), p.city) for p in shown]


def _companies(text: str) -> list[Found]:
    found = find_companies(search=text, after="", limit=AT_MOST) if len(text) > 1 else []
    return [Found("building", row.name, _address("company", row.pk), row.city) for row in found]


def _deals(text: str) -> list[Found]:
    if len(text) < 3:
        return []
    meant = text_holds(typed("title", TextField()), Test(Operator.CONTAINS, text))
    rows = Deal.objects.filter(meant, person__erased_at=None).select_related("person").order_by("-opened_at")[:AT_MOST]
    return [Found("coins", row.title, _address("person", row.person_id), row.person.name) for row in rows]


def _tags(wanted: str) -> list[Found]:
    rows = Tag.objects.order_by("name_key").values_list("key", "name")[:MOST_READ]
    meant = [(key, name) for key, name in rows if _is_meant(name, wanted)]
    return [Found("tag", name, f"{reverse('people')}?{urlencode({'tag': key})}") for key, name in meant[:AT_MOST]]


def _of(noun: Noun, wanted: str) -> list[Found]:
    meant = [(pk, name) for pk, name in noun.rows() if _is_meant(name, wanted)]
    return [Found(noun.icon, name, _address(noun.page, pk)) for pk, name in meant[:AT_MOST]]


def _pages(wanted: str, user: Any) -> list[Found]:
    """Pages of the rail this user may see, found by their own name and by that of their section."""
    return [
        Found(entry.icon, str(entry.label), _address(entry.name), str(section.label))
        for section in SECTIONS
        for entry in section.entries
        if can(user, entry.right) and _address(entry.name) and _is_meant(f"{entry.label} {section.label}", wanted)
    ]


def _acts(wanted: str, user: Any) -> list[Found]:
    return [
        Found(act.icon, str(act.label), _address(act.name))
        for act in ACTS
        if can(user, act.right) and _is_meant(f"{act.label} {act.also}", wanted)
    ]


def _acts_on_journeys(wanted: str, user: Any) -> list[Found]:
    """Pausing a live journey, going on with a paused one."""
    if not can(user, Right.EDIT_MARKETING):
        return []
    words = {
        JourneyState.LIVE: (_("Pause the journey “%(name)s”"), "player-pause", "pause"),
        JourneyState.PAUSED: (_("Resume the journey “%(name)s”"), "player-play", "resume"),
    }
    found = Journey.objects.filter(state__in=words).order_by("name").only("pk", "name", "state", "ready")[:MOST_READ]
    offered = []
    for row in found:
        label, icon, act = words[JourneyState(row.state)]
        said = label % {"name": row.name}
        if _is_meant(said, wanted):
            offered.append(Found(icon, said, _address("journey-state", row.pk), post=(("to", act),)))
    return offered


def _address(name: str, *args: Any) -> str:
    for given in (args, ()):
        try:
            return reverse(name, args=given)
        except NoReverseMatch:
            continue
    return ""


urlpatterns = [path("search/", search, name="search")]
