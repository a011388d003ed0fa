"""The chains the example company runs: the ready ones, published."""

from __future__ import annotations

from teplo.demo.posting import open_post


def start(language: str) -> None:
    """Open the post and set the ready chains going, in `language`."""
    open_post(name="Лад", address="hello@lad.example")
