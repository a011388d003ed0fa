"""Addresses of the screens: each noun's module has its own `urlpatterns`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("teplo.web.today")),
    path("", include("teplo.web.guiding")),
    path("", include("teplo.web.signing")),
    path("", include("teplo.web.notices")),
    path("", include("teplo.web.searching")),
    path("", include("teplo.web.jobs")),
    path("", include("teplo.web.settings")),
    path("", include("teplo.web.users")),
    path("", include("teplo.web.tokens")),
    path("", include("teplo.web.profile")),
    path("", include("teplo.web.health")),
    path("", include("teplo.web.activities")),
    path("", include("teplo.web.sites")),
    path("", include("teplo.web.dead_letters")),
    path("", include("teplo.web.conditions")),
    path("", include("teplo.web.segments")),
    path("", include("teplo.web.person_warmth")),
    path("", include("teplo.web.importing")),
    path("", include("teplo.web.scoring")),
    path("", include("teplo.web.people")),
    path("", include("teplo.web.people_acts")),
    path("", include("teplo.web.people_export")),
    path("", include("teplo.web.person")),
    path("", include("teplo.web.duplicates")),
    path("", include("teplo.web.companies")),
    path("", include("teplo.web.attributes")),
    path("", include("teplo.web.letters")),
    path("", include("teplo.web.stages")),
    path("", include("teplo.web.insight")),
    path("", include("teplo.web.journeys")),
    path("", include("teplo.web.journey_editor")),
    path("", include("teplo.web.journey_people")),
    path("", include("teplo.web.tasks")),
    path("", include("teplo.web.hand_offs")),
    path("", include("teplo.web.deals")),
]
