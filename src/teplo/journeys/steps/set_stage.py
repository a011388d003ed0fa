"""The person is moved to a stage, e.g. to non-target when nothing is read any more (R30)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind
from teplo.kit.wording import in_language
from teplo.stages.models import Stage
from teplo.stages.moving import move_people


@dataclass(frozen=True)
class StageSettings:
    stage: str


class SetStage(StepKind[StageSettings]):
    key = "set-stage"
    changes_people = True

    def read(self, raw: Mapping[str, Any]) -> StageSettings:
        stage = raw.get("stage")
        if not stage or not isinstance(stage, str):
            raise SettingWrong("stage", "missing")
        return StageSettings(stage)

    def check(self, settings: StageSettings) -> None:
        if not Stage.objects.filter(key=settings.stage, is_active=True).exists():
            raise SettingWrong("stage", "no-such-stage")

    def act(self, group: Group[StageSettings]) -> Outcome:
        rows = {w.row_id: (w.person_id, group.settings.stage, group.journey_id, group.step) for w in group.walkers}
        return Outcome(write=_move, rows=rows)

    def say(self, settings: StageSettings) -> str:
        stage = Stage.objects.filter(key=settings.stage).first()
        return _("Move to the stage “%(stage)s”") % {"stage": in_language(stage.names) if stage else settings.stage}


def _move(rows: Sequence[tuple[int, str, int, str]], at: datetime) -> None:
    """One call per step that moves, not per person; pinned people stay where a human put them."""
    groups: defaultdict[tuple[str, int, str], list[int]] = defaultdict(list)
    for person_id, *rest in rows:
        groups[tuple(rest)].append(person_id)  # type: ignore[index]
    stages = {stage.key: stage for stage in Stage.objects.filter(key__in={key for key, *_rest in groups})}
    for (key, journey_id, step), person_ids in groups.items():
        move_people(
            person_ids=person_ids,
            stage=stages[key],
            cause="journey",
            by=f"journey:{journey_id}",
            why={"journey": str(journey_id), "step": step},
            at=at,
        )
