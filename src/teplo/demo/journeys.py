"""The chains the example company runs: the ready ones, published."""

from __future__ import annotations

from teplo.demo.posting import open_post
from teplo.journeys.presets.installing import install
from teplo.journeys.publishing import publish

CHAINS = ("welcome", "trial-warm-up", "reactivation")


def start(language: str) -> None:
    """Open the post and set the ready chains going, in `language`."""
    open_post(name="Лад" if language != "en" else "Lad", address="hello@lad.example")
    for key in CHAINS:
        publish(journey=install(key, language=language))
