"""Waiting: a length of time, then until an hour or a weekday where the person lives; or until he does something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.journeys.queries import activity_ids, did_since, time_zones
from teplo.journeys.steps.durations import read_duration, say_duration
from teplo.journeys.steps.ending import end_of_wait
from teplo.journeys.steps.kind import Group, Outcome, Rest, SettingWrong, StepKind, Walker
from teplo.kit.local_time import DAY
from teplo.kit.wording import in_language
from teplo.tracking.models import Activity

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY_NAMES = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}


@dataclass(frozen=True)
class WaitSettings:
    length: timedelta
    clock: time | None
    weekdays: tuple[int, ...]
    activity: str
    at_most: timedelta


class Wait(StepKind[WaitSettings]):
    key = "wait"
    exits = ("next", "timeout")
    is_instant = False

    def read(self, raw: Mapping[str, Any]) -> WaitSettings:
        activity = raw.get("activity") or ""
        if not isinstance(activity, str):
            raise SettingWrong("activity", "not-text")
        settings = WaitSettings(
            length=read_duration(raw, "for"),
            clock=_clock(raw.get("at")),
            weekdays=_weekdays(raw.get("on")),
            activity=activity,
            at_most=read_duration(raw, "at_most", required=bool(activity)),
        )
        if activity and not settings.at_most:
            raise SettingWrong("at_most", "missing")
        if not (activity or settings.length or settings.clock or settings.weekdays):
            raise SettingWrong("for", "missing")
        return settings

    def exits_of(self, settings: WaitSettings) -> tuple[str, ...]:
        return ("next", "timeout") if settings.activity else ("next",)

    def may_be_instant(self, settings: WaitSettings) -> bool:
        return not (settings.activity or settings.length or settings.clock)

    def check(self, settings: WaitSettings) -> None:
        if settings.activity and not Activity.objects.filter(key=settings.activity, is_active=True).exists():
            raise SettingWrong("activity", "no-such-activity")

    def arrive(self, group: Group[WaitSettings]) -> Mapping[int, Rest]:
        settings = group.settings
        if settings.activity:
            rest = Rest(group.at + settings.at_most, activity_ids().get(settings.activity))
            return {walker.row_id: rest for walker in group.walkers}
        if settings.clock is None and not settings.weekdays:
            return {walker.row_id: Rest(_began(walker, group) + settings.length) for walker in group.walkers}
        zones = time_zones(group.person_ids)
        ends: dict[tuple[datetime, ZoneInfo], Rest] = {}
        rests: dict[int, Rest] = {}
        for walker in group.walkers:
            asked = _began(walker, group), zones[walker.person_id]
            if asked not in ends:
                ends[asked] = Rest(_end(settings, *asked))
            rests[walker.row_id] = ends[asked]
        return rests

    def act(self, group: Group[WaitSettings]) -> Outcome:
        """Whoever still waits for his deed goes out by `timeout`, unless it was counted while nobody could wake him."""
        if not group.settings.activity:
            return Outcome()
        late = [walker for walker in group.walkers if walker.waiting_for is not None]
        activity = activity_ids().get(group.settings.activity)
        since = {walker.person_id: walker.step_since for walker in late}
        did = did_since(activity_id=activity, since=since) if activity and late and group.response is None else set()
        return Outcome(exits={w.row_id: "timeout" for w in late if w.person_id not in did})

    def say(self, settings: WaitSettings) -> str:
        if settings.activity:
            activity = Activity.objects.filter(key=settings.activity).first()
            params = {
                "activity": in_language(activity.names) if activity else settings.activity,
                "time": say_duration(settings.at_most),
            }
            return _("Wait %(time)s, or until he does “%(activity)s”") % params
        parts = [_("Wait %(time)s") % {"time": say_duration(settings.length)}] if settings.length else [_("Wait")]
        if settings.weekdays:
            days = ", ".join(str(WEEKDAY_NAMES[WEEKDAYS[day]]) for day in settings.weekdays)
            parts.append(_("until one of the days: %(days)s") % {"days": days})
        if settings.clock:
            parts.append(_("until %(clock)s where the person lives") % {"clock": f"{settings.clock:%H:%M}"})
        return ", ".join(parts) if settings.length else " ".join(parts)


def _clock(text: Any) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise SettingWrong("at", "not-a-time") from error


def _weekdays(names: Any) -> tuple[int, ...]:
    if not names:
        return ()
    if not isinstance(names, list) or not set(names) <= set(WEEKDAYS):
        raise SettingWrong("on", "not-weekdays")
    return tuple(day for day, name in enumerate(WEEKDAYS) if name in names)


def _began(walker: Walker, group: Group[WaitSettings]) -> datetime:
    """When his wait began: as planned, where days are counted; by the watch, where it is a matter of hours."""
    settings = group.settings
    counts_days = settings.clock is not None or settings.weekdays or settings.length >= DAY
    return (walker.planned_at or group.at) if counts_days else group.at


def _end(settings: WaitSettings, since: datetime, zone: ZoneInfo) -> datetime:
    return end_of_wait(since=since, length=settings.length, clock=settings.clock, weekdays=settings.weekdays, zone=zone)
