"""The one table of who listens to what: lower packages offer registries, this file fills them at start.

Each line lends something of an upper package to a lower one. Nothing else connects packages against the imports.
"""

from __future__ import annotations

from teplo.conditions import registry
from teplo.config import leaves
from teplo.people import vocabulary as people_vocabulary
from teplo.scoring import vocabulary as scoring_vocabulary
from teplo.stages import vocabulary as stages_vocabulary
from teplo.tracking import vocabulary as tracking_vocabulary


def assemble() -> None:
    """Fill every registry. Called once, when Django is ready; calling it again changes nothing."""
    leaves.lend()
    _lend_fields_to_conditions()


def _lend_fields_to_conditions() -> None:
    registry.lend_zone(people_vocabulary.zone)
    registry.lend_people("people", people_vocabulary.fields)
    registry.lend_people("tracking", tracking_vocabulary.fields, deeds=tracking_vocabulary.deeds)
    registry.lend_people("stages", stages_vocabulary.fields)
    registry.lend_people("scoring", scoring_vocabulary.fields)
    registry.lend_events("tracking", tracking_vocabulary.event_fields, families=[tracking_vocabulary.properties])
