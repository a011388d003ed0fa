"""Addresses of the screens: each noun's module has its own `urlpatterns`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
