"""The one table of who listens to what: lower packages offer registries, this file fills them at start.

Each line lends something of an upper package to a lower one. Nothing else connects packages against the imports.
"""

from __future__ import annotations


def assemble() -> None:
    """Fill every registry. Called once, when Django is ready; calling it again changes nothing."""
