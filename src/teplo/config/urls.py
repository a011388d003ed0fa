"""All addresses: the screens and the API."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("teplo.api.endpoints")),
    path("", include("teplo.web.urls")),
]

handler400 = "teplo.web.errors.bad_request"
handler403 = "teplo.web.errors.forbidden"
handler404 = "teplo.web.errors.not_found"
handler500 = "teplo.web.errors.broken"
