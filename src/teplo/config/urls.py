"""All addresses: the screens and the API."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("teplo.web.urls")),
]
