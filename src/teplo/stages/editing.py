"""Changing the ladder: own stages, their order, names and signs; a ready ladder in place of the present one (R11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.kit.ids import new_id
from teplo.kit.uses import Thing, refuse_in_use
from teplo.stages import presets
from teplo.stages.jobs import start_moving_all
from teplo.stages.models import Stage, Standing

MOST_STAGES = 30
LEVELS = ("top", "middle", "bottom")

TEXTS = {
    "no-name": gettext_noop("give the stage a name"),
    "too-many": gettext_noop("at most %(limit)s stages"),
    "last-step": gettext_noop("the ladder needs at least one stage"),
    "people-here": gettext_noop("%(people)s people are pinned at this stage; move them first"),
    "stage-circle": gettext_noop("a sign cannot ask for its own stage"),
}


class StageRefused(ValueError):
    """The ladder cannot be changed so: `code` and `params` say why, `column` where."""

    def __init__(self, code: str, *, column: str = "", text: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code, self.column, self.text, self.params = code, column, text, params

    def __str__(self) -> str:
        return self.text or _(TEXTS[self.code]) % self.params


@dataclass(frozen=True)
class Filled:
    """A stage as filled in. Texts are by language; empty languages fall back to the others."""

    names: Mapping[str, str]
    trade_name: str = ""
    level: str = ""
    goals: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    sign: Mapping[str, Any] = field(default_factory=dict)
    may_go_back: bool = False
    is_customer: bool = False
    is_beside: bool = False
    stuck_after_days: int = 30


def save_stage(*, filled: Filled, stage: Stage | None = None, by: int | None = None) -> Stage:
    """Keep a stage, a new one at the end of its row; everybody's signs are asked anew if what moves people changed.

    Raises StageRefused.
    """
    values = _checked(filled, stage)
    moves_people = stage is None or any(
        getattr(stage, name) != values[name] for name in ("sign", "may_go_back", "is_customer")
    )
    with transaction.atomic():
        if stage is None:
            stage = _add(values)
        else:
            Stage.objects.filter(id=stage.id).update(**values)
            stage.refresh_from_db()
        if moves_people:
            start_moving_all(by=by)
    return stage


def _checked(filled: Filled, stage: Stage | None) -> dict[str, Any]:
    names = _texts(filled.names)
    if not names:
        raise StageRefused("no-name", column="names")
    sign = dict(filled.sign) if filled.sign != {"all": []} else {}
    if sign:
        _check_sign(sign, stage)
    return {
        "names": names,
        "trade_name": filled.trade_name.strip()[:60],
        "level": filled.level if filled.level in LEVELS else "",
        "goals": _texts(filled.goals),
        "actions": _texts(filled.actions),
        "sign": sign,
        "may_go_back": filled.may_go_back,
        "is_customer": filled.is_customer,
        "is_beside": filled.is_beside,
        "stuck_after_days": min(max(filled.stuck_after_days, 0), 3650),
    }


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip() for language, text in texts.items() if text.strip()}


def _check_sign(sign: Mapping[str, Any], stage: Stage | None) -> None:
    try:
        read_json(sign, registry.people(), of_known_values=False)
    except ConditionError as error:
        raise StageRefused("sign", column="sign", text=str(error)) from error
    if stage is not None and _asks_for(sign, stage.key):
        raise StageRefused("stage-circle", column="sign")


def _asks_for(part: Any, key: str) -> bool:
    """Whether the sign speaks of the stage itself: it would hold because it holds."""
    if isinstance(part, list):
        return any(_asks_for(one, key) for one in part)
    if not isinstance(part, Mapping):
        return False
    if part.get("stage") == key or (part.get("field") == "stage" and key in _values(part)):
        return True
    return any(_asks_for(one, key) for one in part.values())


def _values(part: Mapping[str, Any]) -> list[Any]:
    return [one for value in part.values() for one in (value if isinstance(value, list) else [value])]


def _add(values: Mapping[str, Any]) -> Stage:
    row = Stage.objects.filter(is_beside=values["is_beside"], is_active=True)
    if Stage.objects.filter(is_active=True).count() >= MOST_STAGES:
        raise StageRefused("too-many", limit=MOST_STAGES)
    last = row.order_by("-position").values_list("position", flat=True).first() or 0
    return Stage.objects.create(key=_free_key(values), position=last + 1, **values)


def _free_key(values: Mapping[str, Any]) -> str:
    """A key conditions can be written with: from the English or trade name, else a number."""
    names = values["names"]
    stem = slugify(names.get("en") or values["trade_name"] or "")[:30] or f"stage-{new_id() % 100_000}"
    key, number = stem, 2
    while Stage.objects.filter(key=key).exists():
        key, number = f"{stem}-{number}", number + 1
    return key


def shift_stage(*, stage: Stage, up: bool, by: int | None) -> bool:
    """Let a stage change places with its neighbour; everybody's signs are asked anew. False at the end of the row."""
    with transaction.atomic():
        row = list(Stage.objects.filter(is_active=True, is_beside=stage.is_beside).order_by("position", "id"))
        place = next((number for number, one in enumerate(row) if one.id == stage.id), -1)
        other = place - 1 if up else place + 1
        if place < 0 or not 0 <= other < len(row):
            return False
        row[place], row[other] = row[other], row[place]
        for position, one in enumerate(row, 1):
            Stage.objects.filter(id=one.id).update(position=position)
        start_moving_all(by=by)
    return True


def retire_stage(*, stage: Stage, by: int | None) -> None:
    """Put a stage out of use; its people move where their signs lead, its history stays.

    Raises StageRefused, InUse.
    """
    refuse_in_use(Thing("stage", stage.pk, key=stage.key))
    with transaction.atomic():
        if not stage.is_beside and Stage.objects.filter(is_active=True, is_beside=False).count() <= 1:
            raise StageRefused("last-step")
        pinned = Standing.objects.filter(stage=stage).exclude(pinned_by=None).count()
        if pinned:
            raise StageRefused("people-here", people=pinned)
        Stage.objects.filter(id=stage.id).update(is_active=False)
        start_moving_all(by=by)


def use_preset(*, name: str, by: int | None) -> None:
    """Put a ready ladder in place of the present one; everybody finds his place on it in the background."""
    with transaction.atomic():
        presets.install(name)
        start_moving_all(by=by)
