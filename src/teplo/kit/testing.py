"""How thoroughly tests look: `HYPOTHESIS=thorough` lets tests of properties try ten times as much (CONTRIBUTING.md)."""

from __future__ import annotations

import os

PATIENCE = 300
"""Seconds to wait for what surely comes: it only guards against hanging, a slow machine makes nothing red."""
THOROUGH = os.environ.get("HYPOTHESIS") == "thorough"


def examples(usual: int) -> int:
    """How many examples a test of a property tries: `usual`, ten times as many when it is to be thorough."""
    return usual * 10 if THOROUGH else usual
