"""Digests outlive everything, so how they are made must never change."""

from __future__ import annotations

from typing import Any

from teplo.kit.secrets import keyed_digest


def test_a_digest_stays_what_it_was_under_the_same_key(settings: Any) -> None:
    settings.SECRET_KEY = "key"
    digest = keyed_digest("suppression", "Ольга@example.com")
    assert digest == "a5447354e9a45b8bbf7ed83ddcdc0cc49480789640a21ed639fc68a1915e09da"
    assert digest != keyed_digest("link", "Ольга@example.com")
