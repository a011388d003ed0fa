"""The one row of settings of the company that uses Teplo."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from teplo.accounts.models import Workspace
from teplo.kit.clock import now

_RUSSIAN_ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Kirov", "Europe/Volgograd", "Europe/Astrakhan",
    "Europe/Saratov", "Europe/Ulyanovsk", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
    "Asia/Novosibirsk", "Asia/Barnaul", "Asia/Tomsk", "Asia/Novokuznetsk", "Asia/Krasnoyarsk", "Asia/Irkutsk",
    "Asia/Chita", "Asia/Yakutsk", "Asia/Khandyga", "Asia/Vladivostok", "Asia/Ust-Nera", "Asia/Magadan",
    "Asia/Sakhalin", "Asia/Srednekolymsk", "Asia/Kamchatka", "Asia/Anadyr",
)  # fmt: skip
_COUNTRIES = {
    "Europe/Kyiv": ("UA", "UAH"), "Europe/Kiev": ("UA", "UAH"), "Europe/Minsk": ("BY", "BYN"),
    "Asia/Almaty": ("KZ", "KZT"), "Europe/Warsaw": ("PL", "PLN"), "Europe/Berlin": ("DE", "EUR"),
    "Europe/London": ("GB", "GBP"), **dict.fromkeys(_RUSSIAN_ZONES, ("RU", "RUB")),
}  # fmt: skip


def get_workspace() -> Workspace:
    """The row, made with its defaults when it is not there yet. Not cached, so every process sees a change."""
    found = Workspace.objects.filter(pk=1).first()
    return found or Workspace.objects.get_or_create(pk=1)[0]


@transaction.atomic
def settle_workspace(*, language: str, timezone: str) -> None:
    """Begin where the first owner is: his language, his zone, and its country's phones and money.

    What he does not say, or a zone of no known country (UTC), changes nothing.
    """
    get_workspace()
    changes: dict[str, str] = {}
    if language in dict(settings.LANGUAGES):
        changes["language"] = language
    if timezone and timezone != "UTC":
        changes["timezone"] = timezone
    if timezone in _COUNTRIES:
        changes["phone_region"], changes["currency"] = _COUNTRIES[timezone]
    if changes:
        Workspace.objects.filter(pk=1).update(**changes)


@transaction.atomic
def tick_guide(*, step: str) -> None:
    """Tick a step of the first-run guide off; "dismissed" puts the whole guide away."""
    get_workspace()
    workspace = Workspace.objects.select_for_update().get(pk=1)
    guide = dict(workspace.guide) | {step: now().isoformat()}
    Workspace.objects.filter(pk=1).update(guide=guide)
