"""What an import hands to upper apps: deeds to the inbox, stages to their ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from teplo.jobs import periodic, registry
from teplo.jobs.forgetting import forget_old_jobs
from teplo.people.importing import lending
from teplo.people.importing.running import JOB, note_end, run_import
from teplo.people.importing.storing import drop_old_files
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.stages.models import Stage
from teplo.stages.moving import move_people
from teplo.tracking.inbox import put_events

LEASE = timedelta(minutes=10)
"""Of an import: a large spreadsheet is counted for minutes before the first word of it."""


def lend() -> None:
    """Fill the import's places, and let its runs be jobs."""
    lending.lend_events(put_events)
    lending.lend_stages(known=_known_stages, move=_move)
    lending.lend_outcomes(_tell_outcomes)
    registry.register(JOB, run_import, title=_("Import of a file"), lease=LEASE, on_end=note_end)
    periodic.every("forget-old-jobs", timedelta(days=1), forget_old_jobs)
    periodic.every("drop-imported-files", timedelta(hours=6), drop_old_files)


def _known_stages() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for key, names, trade_name in Stage.objects.filter(is_active=True).values_list("key", "names", "trade_name"):
        for word in (trade_name, *names.values(), key):
            if word:
                known[word.lower()] = key
    return known


def _tell_outcomes(rows: Sequence[tuple[int, str, datetime, str, str, float | None]]) -> None:
    words = [
        Told(person, state, at, key, reason, None if value is None else Decimal(str(value)))
        for person, state, at, key, reason, value in rows
    ]
    tell_outcomes(words, source="import")


def _move(*, person_ids: Sequence[int], stage: str, by: str, at: datetime) -> None:
    move_people(
        person_ids=person_ids, stage=Stage.objects.get(key=stage), cause="import", by=by, why={"import": by}, at=at
    )
