"""Why a message was not sent, or not yet: keys stored in `Delivery.reason`, said as sentences (R32).

Parameters are stored beside the key, without anything that names a person; who he is, is lent when it is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from teplo.channels.email.troubles import say_trouble
from teplo.kit.clock import now
from teplo.kit.zones import UTC_NAME, city_name, offset_of

NO_CONSENT = "no-consent"
UNSUBSCRIBED = "unsubscribed"
SUPPRESSED = "suppressed"
NO_ADDRESS = "no-address"
EXPIRED = "expired"
ERASED = "erased"
FREQUENCY_CAP = "frequency-cap"
QUIET_HOURS = "quiet-hours"
BUSY = "busy"
THROTTLED = "throttled"
SENDER_PAUSED = "sender-paused"
SENDER_TROUBLE = "sender-trouble"
NOT_CONFIGURED = "not-configured"
NO_PUBLIC_ADDRESS = "no-public-address"
NO_TEMPLATE = "no-template"
TEMPLATE_ERROR = "template-error"
LATER = "later"
CUT_OFF = "cut-off"
REFUSED_ADDRESS = "refused-address"
REFUSED_CONTENT = "refused-content"
REFUSED = "refused"
GAVE_UP = "gave-up"
UNCONFIRMED = "unconfirmed"
BY_HAND = "by-hand"
BOUNCED = "bounced"
JOURNEY_LEFT = "journey-left"
TOO_MANY_NEW = "too-many-new"
CLAIMED = "claimed"
NOT_CONFIRMED = "not-confirmed"
WAITING_FOR_A_WORD = (TOO_MANY_NEW, CLAIMED, NOT_CONFIRMED)
"""What no time cures: a confirmation does, or a colleague."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A short name for chips and filters, and a sentence with holes for the person's card.

    `past`: the same once the moment it waited for has come.
    """

    key: str
    title: str | Promise
    sentence: str | Promise
    past: str | Promise = ""


REASONS: Mapping[str, Reason] = {
    reason.key: reason
    for reason in (
        Reason(NO_CONSENT, _("No consent"), _("Not sent: %(name)s did not allow messages on this channel.")),
        Reason(UNSUBSCRIBED, _("Unsubscribed"), _("Not sent: %(name)s unsubscribed.")),
        Reason(SUPPRESSED, _("Address is blocked"), _("Not sent: this address may not be written to any more.")),
        Reason(NO_ADDRESS, _("No address"), _("Not sent: there is no address of %(name)s for this channel.")),
        Reason(EXPIRED, _("Too late"), _("Not sent: its time had passed at %(at)s.")),
        Reason(ERASED, _("Erased"), _("Not sent: the person was erased.")),
        Reason(
            FREQUENCY_CAP,
            _("Enough messages"),
            _("Not sent yet: %(name)s already got %(count)s messages in %(days)s days; will go after %(until)s."),
            _("Put off: %(name)s had got %(count)s messages in %(days)s days; its time came at %(until)s."),
        ),
        Reason(
            QUIET_HOURS,
            _("Quiet hours"),
            _("Not sent yet: it was %(local)s where %(name)s lives; will go at %(until)s."),
            _("Put off: it was %(local)s where %(name)s lives; its time came at %(until)s."),
        ),
        Reason(BUSY, _("Another message first"), _("Not sent yet: another message to %(name)s is just going out.")),
        Reason(THROTTLED, _("Waiting its turn"), _("Not sent yet: the sender may send %(rate)s messages a minute.")),
        Reason(SENDER_PAUSED, _("Sender is paused"), _("Not sent yet: the sender is paused.")),
        Reason(
            SENDER_TROUBLE, _("Mail server is away"), _("Not sent yet: the mail server cannot be used (%(trouble)s).")
        ),
        Reason(
            NOT_CONFIGURED,
            _("No sender yet"),
            _("Not sent yet: no sender is set up for this channel. Set one up in Settings."),
        ),
        Reason(
            NO_PUBLIC_ADDRESS,
            _("No public address"),
            _(
                "Not sent yet: its links would lead nowhere, no public address of this Teplo is set. "
                "Set it in Settings."
            ),
        ),
        Reason(NO_TEMPLATE, _("No template"), _("Not sent: its template is gone.")),
        Reason(TEMPLATE_ERROR, _("Mistake in the template"), _("Not sent: the template has a mistake (%(error)s).")),
        Reason(
            LATER,
            _("Will be tried again"),
            _("Not sent yet: the receiving server asked to try later (%(code)s); next attempt at %(until)s."),
            _("Put off: the receiving server asked to try later (%(code)s); the next attempt was due at %(until)s."),
        ),
        Reason(
            CUT_OFF,
            _("Connection broke"),
            _("Not sent yet: the connection broke off; next attempt at %(until)s."),
            _("Put off: the connection broke off; the next attempt was due at %(until)s."),
        ),
        Reason(
            REFUSED_ADDRESS,
            _("Address refused"),
            _("Not delivered: the server says there is no such address (%(code)s)."),
        ),
        Reason(
            REFUSED_CONTENT,
            _("Letter refused"),
            _("Not delivered: the server refused the letter or its sender (%(code)s)."),
        ),
        Reason(REFUSED, _("Refused"), _("Not delivered: the server refused it (%(code)s).")),
        Reason(GAVE_UP, _("Gave up"), _("Not delivered: %(attempts)s attempts failed, the last with %(code)s.")),
        Reason(
            UNCONFIRMED,
            _("Not confirmed"),
            _("Perhaps sent: it was handed to the server, but the answer was lost. Decide whether to send it again."),
        ),
        Reason(BY_HAND, _("By hand"), _("Decided by a colleague.")),
        Reason(BOUNCED, _("Came back"), _("Came back after sending (%(code)s).")),
        Reason(
            TOO_MANY_NEW,
            _("Too many at once"),
            _("Not sent yet: too many new contacts came from one place in an hour; a colleague may release it."),
        ),
        Reason(
            CLAIMED,
            _("Somebody else's contact"),
            _("Not sent yet: the contact is on another card; it waits until it is confirmed or a colleague says yes."),
        ),
        Reason(
            NOT_CONFIRMED,
            _("Not confirmed yet"),
            _("Not sent yet: %(name)s has not yet followed the link that confirms the consent."),
        ),
        Reason(JOURNEY_LEFT, _("Left the journey"), _("Not sent: %(name)s left the journey before.")),
    )
}


def title(key: str) -> str:
    """The short name of a reason in the active language; unknown keys name themselves."""
    return str(REASONS[key].title) if key in REASONS else key


def say(
    key: str, params: Mapping[str, Any], *, name: str = "", zone: tzinfo | None = None, language: str | None = None
) -> str:
    """The sentence that answers "why?", true whenever it is read.

    Moments are said in the person's own zone where it is known, and name it where the reader's `zone` keeps another
    time; else in `zone`.
    """
    if key not in REASONS:
        return key
    own = zone_of(params) or zone or UTC
    with override(language) if language else nullcontext():
        moments = {hole: _moment(str(params[hole]), own, zone) for hole in ("until", "at") if params.get(hole)}
        shown = _Holes({"name": name or str(_("this person")), **params, **moments})
        if params.get("trouble"):
            shown["trouble"] = say_trouble(str(params["trouble"])).rstrip(".")
        return str(_sentence(REASONS[key], params)) % shown


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _sentence(reason: Reason, params: Mapping[str, Any]) -> str | Promise:
    until = str(params.get("until", ""))
    has_come = bool(until and reason.past) and datetime.fromisoformat(until) <= now()
    return reason.past if has_come else reason.sentence


def zone_of(params: Mapping[str, Any]) -> ZoneInfo | None:
    """The zone a reason speaks of."""
    return _zone(str(params.get("zone", "")))


def differ(one: tzinfo | None, other: tzinfo | None, at: datetime) -> bool:
    """Whether two zones keep different time at a moment."""
    return bool(one and other) and at.astimezone(one).utcoffset() != at.astimezone(other).utcoffset()


def zone_name(zone: tzinfo, at: datetime) -> str:
    """A zone as one says it: “Almaty, UTC+5”."""
    key = getattr(zone, "key", "UTC")
    offset = offset_of(key, at)
    return offset if key == UTC_NAME else f"{city_name(key, (get_language() or 'en')[:2])}, {offset}"


def _moment(text: str, zone: tzinfo, readers: tzinfo | None) -> str:
    """Only the time when it is today, else with the day; with the zone when it is not the reader's."""
    local = datetime.fromisoformat(text).astimezone(zone)
    is_today = local.date() == now().astimezone(zone).date()
    said = date_format(local, "H:i" if is_today else "j E, H:i", use_l10n=False)
    return f"{said} ({zone_name(zone, local)})" if differ(zone, readers, local) else said


class _Holes(dict[str, Any]):
    """Parameters of a sentence; a missing one is a dash, never an error on a screen."""

    def __missing__(self, key: str) -> str:
        return "—"
