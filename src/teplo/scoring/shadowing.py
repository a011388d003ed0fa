"""Shadow run: a draft scores the live stream beside the live table for a while; nothing acts on what it says (R21)."""

# ruff: noqa: S608 - the text is made of names of our own tables and columns; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from teplo.scoring.models import Score, ScoreTable, ShadowRun, ShadowScore, TableState, Temperature
from teplo.scoring.queries import temperature
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, compile_rules

_SHADOW = ShadowScore._meta.db_table
_SCORE = Score._meta.db_table
IN_USE = Q(state=TableState.LIVE) | Exists(ShadowRun.objects.filter(table=OuterRef("pk"), ended_at=None))
"""Tables that score the stream: the live one, and drafts in its shadow. One question finds both."""


def score_shadows(tables: Sequence[ScoreTable], *, scope: Scope, at: datetime) -> None:
    """Score the people of a batch by these shadowing drafts, beside what the live table has just said of them.

    One statement for each draft, in the batch's transaction, after the live scores are written. A draft edited
    meanwhile scores as it is now.
    """
    runs = ShadowRun.objects.filter(table__in=[table.pk for table in tables], ended_at=None).select_related("table")
    for run in runs:
        _score(run, scope, at)


def _score(run: ShadowRun, scope: Scope, at: datetime) -> None:
    scored = compile_rules(rules=rules_of(run.table), scope=scope, at=at).total()
    heat = temperature(run.table, "d.fit + d.behaviour")
    live = f"COALESCE(s.temperature, '{Temperature.COLD}')"
    hot = f"CASE WHEN {{}} = '{Temperature.HOT}' THEN %s ELSE NULL END"
    if connection.vendor == "postgresql":
        hot = f"CASE WHEN {{}} = '{Temperature.HOT}' THEN %s::timestamptz END"
    moment = connection.ops.adapt_datetimefield_value(at)
    whose = scope.where("s.person_id")
    replaced = ("total", "temperature", "live_total", "live_temperature", "changed_at")
    changes = [f"{name} = excluded.{name}" for name in replaced]
    changes += [f"{name} = COALESCE({_SHADOW}.{name}, excluded.{name})" for name in ("hot_at", "live_hot_at")]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_SHADOW} (person_id, id, total, temperature, hot_at, live_total, live_temperature, "
            f"live_hot_at, changed_at) "
            f"SELECT d.person_id, %s, d.fit + d.behaviour, {heat}, {hot.format(heat)}, COALESCE(s.total, 0), {live}, "
            f"{hot.format(live)}, %s FROM ({scored.text}) d LEFT JOIN {_SCORE} s ON s.person_id = d.person_id "
            f"AND {whose.text} WHERE TRUE ORDER BY d.person_id "
            f"ON CONFLICT (person_id, id) DO UPDATE SET {', '.join(changes)}",
            [run.id, moment, moment, moment, *scored.params, *whose.params],
        )
