"""SQL of the score review: whose outcome came in the period and how warm he was then; who was hot and did not buy.

Both are kept in temporary tables while they are looked at, so that every question after that is a plain count over a
few thousand rows. The number of statements does not depend on the number of people.
"""

# ruff: noqa: S608 - the text is made of names of our own tables and of numbers; values are parameters

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from teplo.people.models import Person
from teplo.sales.models import HandOff
from teplo.sales.returning import REASONS
from teplo.scoring.models import OutcomeState, ScoreChange, Temperature
from teplo.scoring.outcomes import COLUMNS, facts_sql
from teplo.scoring.statement import Sql
from teplo.stages.models import Stage

TOLD, KNOWN, HOT = "review_told", "review_known", "review_hot"
CHANGES, HAND_OFFS, PEOPLE = ScoreChange._meta.db_table, HandOff._meta.db_table, Person._meta.db_table
BY_STAGE = "stage"
"""The source of facts that follow from the stage a person was put at (config/wiring.py)."""
WON, LOST = OutcomeState.WON.value, OutcomeState.LOST.value
HEAT, COLD = Temperature.HOT.value, Temperature.COLD.value

HAND_OFF_COUNTS_FOR = timedelta(days=365)
"""A hand-off longer before the outcome has nothing to do with it any more."""


@contextmanager
def kept_outcomes(*, since: datetime, until: datetime, first_scored: datetime | None, currency: str) -> Iterator[None]:
    """Keep who bought or was lost in [since, until), and who was hot then, until the end of the block."""
    _drop()
    try:
        _keep_told(since, until, currency)
        _keep_known(since, first_scored)
        _keep_hot(since, until)
        yield
    finally:
        if not connection.needs_rollback:
            _drop()


def _drop() -> None:
    with connection.cursor() as cursor:
        for table in (TOLD, KNOWN, HOT):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def _create(table: str, columns: str, body: Sql) -> None:
    """A temporary table with declared types: SQLite would otherwise forget which columns are moments."""
    moment, number = ("timestamptz", "numeric") if connection.vendor == "postgresql" else ("datetime", "decimal")
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} ({columns.replace('MOMENT', moment).replace('AMOUNT', number)})")
        cursor.execute(f"INSERT INTO {table} ({names}) {body.text}", body.params)
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {table}")


# -- what was told of everybody -------------------------------------------------------------------------------------

_TOLD_COLUMNS = (
    "person_id bigint PRIMARY KEY, first_won_at MOMENT, won_at MOMENT, amount AMOUNT, lost_at MOMENT, other_at MOMENT, "
    "reason varchar(200), source varchar(40)"
)
_SAID = f"CASE WHEN source = '{BY_STAGE}' THEN 1 ELSE 0 END, at DESC, source, reason"
"""Of several words on why a person was lost: those of people before the stage he was put at, the newest first."""


def _keep_told(since: datetime, until: datetime, currency: str) -> None:
    """One row per person of whom anything was told by `until`, in one pass over the facts.

    `won_at` and `amount` (in the company's currency) are of the period, `first_won_at` of all time; `other_at`: the
    last word that is not a loss; `reason` and `source`: of the loss. What somebody wrote in his own words when he put a
    person at a stage is not copied: it may name him.
    """
    adapt = connection.ops.adapt_datetimefield_value
    facts = facts_sql(Q())
    start, end = adapt(since), adapt(until)
    keys = [*REASONS, *Stage.objects.order_by("id").values_list("key", flat=True)]
    known = ", ".join("%s" for _key in keys)
    text = (
        f"WITH told({COLUMNS}) AS ({facts.text}), placed AS (SELECT told.*, ROW_NUMBER() OVER "
        f"(PARTITION BY person_id ORDER BY CASE WHEN state = '{LOST}' THEN 0 ELSE 1 END, {_SAID}) AS place "
        f"FROM told WHERE at < %s AND (until IS NULL OR until >= %s)) "
        f"SELECT person_id, MIN(CASE WHEN state = '{WON}' THEN at END), "
        f"MIN(CASE WHEN state = '{WON}' AND at >= %s THEN at END), "
        f"SUM(CASE WHEN state = '{WON}' AND at >= %s AND currency = %s THEN value END), "
        f"MAX(CASE WHEN state = '{LOST}' THEN at END), MAX(CASE WHEN state <> '{LOST}' THEN at END), "
        f"COALESCE(MAX(CASE WHEN place = 1 AND state = '{LOST}' AND (source <> '{BY_STAGE}' OR reason IN ({known})) "
        f"THEN reason END), ''), "
        f"COALESCE(MAX(CASE WHEN place = 1 AND state = '{LOST}' THEN source END), '') FROM placed GROUP BY person_id"
    )
    _create(TOLD, _TOLD_COLUMNS, Sql(text, (*facts.params, end, end, start, start, currency, *keys)))


# -- who bought, who was lost ---------------------------------------------------------------------------------------

_KNOWN_COLUMNS = (
    "person_id bigint PRIMARY KEY, state varchar(4), ended_at MOMENT, amount AMOUNT, reason varchar(200), "
    "source varchar(40), is_repeat smallint, handed_at MOMENT, at MOMENT, is_scored smallint, total integer, "
    "heat varchar(4), grade varchar(12), last_total integer, last_heat varchar(4)"
)


def _keep_known(since: datetime, first_scored: datetime | None) -> None:
    """One row per person. `at`: his last hand-off before the outcome, else an hour before it; `total`, `heat` and
    `grade` as they stood then, `last_…` an hour before the outcome. `is_scored`: a table was live by `at`."""
    ended = _ended(since)
    adapt = connection.ops.adapt_datetimefield_value
    handed = (
        f"SELECT e.*, (SELECT MAX(h.offered_at) FROM {HAND_OFFS} h WHERE h.person_id = e.person_id "
        f"AND h.offered_at <= e.ended_at AND h.offered_at >= %s) AS handed_at FROM ({ended.text}) e"
    )
    dated = f"SELECT h.*, {_before('h.ended_at')} AS before_at FROM ({handed}) h"
    judged = (
        f"SELECT d.*, COALESCE(d.handed_at, d.before_at) AS at, "
        f"{_last_change('c.at <= COALESCE(d.handed_at, d.before_at)', 'd')} AS judged_id, "
        f"{_last_change('c.at <= d.before_at', 'd')} AS last_id FROM ({dated}) d"
    )
    is_scored = "CASE WHEN j.at >= %s THEN 1 ELSE 0 END" if first_scored else "0"
    text = (
        f"SELECT j.person_id, j.state, j.ended_at, j.amount, j.reason, j.source, j.is_repeat, j.handed_at, j.at, "
        f"{is_scored}, COALESCE(c.total, 0), COALESCE(c.temperature, '{COLD}'), COALESCE(c.grade, ''), "
        f"COALESCE(l.total, 0), COALESCE(l.temperature, '{COLD}') FROM ({judged}) j "
        f"LEFT JOIN {CHANGES} c ON c.person_id = j.person_id AND c.id = j.judged_id "
        f"LEFT JOIN {CHANGES} l ON l.person_id = j.person_id AND l.id = j.last_id"
    )
    scored = (adapt(first_scored),) if first_scored else ()
    params = (*scored, adapt(since - HAND_OFF_COUNTS_FOR), *ended.params)
    _create(KNOWN, _KNOWN_COLUMNS, Sql(text, params))


def _before(column: str) -> str:
    """An hour before: the payment that makes a customer, and what it does to the score, come with the outcome."""
    return f"{column} - INTERVAL '1 hour'" if connection.vendor == "postgresql" else f"datetime({column}, '-1 hour')"


def _last_change(when: str, outer: str) -> str:
    """Id of a person's last score change for which `when` holds."""
    return (
        f"(SELECT c.id FROM {CHANGES} c WHERE c.person_id = {outer}.person_id AND NOT c.is_brought AND ({when}) "
        "ORDER BY c.at DESC, c.id DESC LIMIT 1)"
    )


def _ended(since: datetime) -> Sql:
    """Rows (person_id, state, ended_at, amount, reason, source, is_repeat) of TOLD.

    Who bought in the period has won, whatever else happened; who had bought before it buys again. Who was lost in it
    counts so only if he had never bought and no later word opened the matter again.
    """
    text = (
        f"SELECT person_id, '{WON}' AS state, won_at AS ended_at, amount, '' AS reason, '' AS source, "
        f"CASE WHEN first_won_at < won_at THEN 1 ELSE 0 END AS is_repeat FROM {TOLD} WHERE won_at IS NOT NULL "
        f"UNION ALL SELECT person_id, '{LOST}', lost_at, NULL, reason, source, 0 FROM {TOLD} "
        f"WHERE first_won_at IS NULL AND lost_at >= %s AND (other_at IS NULL OR lost_at >= other_at)"
    )
    return Sql(text, (connection.ops.adapt_datetimefield_value(since),))


# -- who was hot and did not buy ------------------------------------------------------------------------------------

_HOT_COLUMNS = (
    "person_id bigint PRIMARY KEY, hot_at MOMENT, peak integer, bought_at MOMENT, total integer, heat varchar(4), "
    "answer varchar(12), reason varchar(200), answered_at MOMENT"
)
ANSWERS = ("bought", "lost", "returned", "in-work", "waits", "not-handed")


def _keep_hot(since: datetime, until: datetime) -> None:
    """One row per person who was hot at some moment of the period and had not bought before it.

    `hot_at`: when he first became so, `peak`: the most points he ever had; `total` and `heat` at the end; `answer`: one
    of ANSWERS, what sales made of him. Whom sales had given up before the period is not looked at again, unless he is
    still hot.
    """
    adapt = connection.ops.adapt_datetimefield_value
    start, end = adapt(since), adapt(until)
    became, cooled = f"temperature = '{HEAT}' AND temperature_before <> '{HEAT}'", f"temperature <> '{HEAT}'"
    text = (
        f"WITH hot AS (SELECT person_id, MIN(CASE WHEN {became} THEN at END) AS hot_at, "
        f"MAX(CASE WHEN {became} THEN at END) AS again_at, MAX(total) AS peak, "
        f"MAX(CASE WHEN {cooled} THEN at END) AS cooled_at FROM {CHANGES} "
        f"WHERE at < %s AND NOT is_brought AND (temperature = '{HEAT}' OR temperature_before = '{HEAT}') "
        f"GROUP BY person_id), "
        f"in_period AS (SELECT person_id, hot_at, peak FROM hot WHERE hot_at IS NOT NULL "
        f"AND (cooled_at IS NULL OR cooled_at >= %s OR again_at >= cooled_at)), "
        f"seen AS MATERIALIZED (SELECT i.person_id, i.hot_at, i.peak, t.first_won_at AS bought_at, t.lost_at, "
        f"t.reason, {_last_change('c.at < %s', 'i')} AS last_id, {_last_hand_off('i')} AS handed_id "
        f"FROM in_period i LEFT JOIN {TOLD} t ON t.person_id = i.person_id "
        f"WHERE t.first_won_at IS NULL OR t.first_won_at >= %s), "
        f"judged AS (SELECT s.*, h.state, h.return_reason, h.answered_at, h.person_id AS handed, "
        f"CASE WHEN h.state = 'returned' AND h.answered_at < %s "
        f"AND h.answered_at >= COALESCE(s.lost_at, h.answered_at) THEN 1 ELSE 0 END AS is_returned, "
        f"CASE WHEN s.lost_at >= COALESCE(h.offered_at, s.lost_at) THEN 1 ELSE 0 END AS is_lost "
        f"FROM seen s LEFT JOIN {HAND_OFFS} h ON h.person_id = s.person_id AND h.id = s.handed_id) "
        f"SELECT j.person_id, j.hot_at, j.peak, j.bought_at, COALESCE(c.total, 0), COALESCE(c.temperature, '{COLD}'), "
        f"CASE WHEN j.bought_at IS NOT NULL THEN 'bought' WHEN j.is_returned = 1 THEN 'returned' "
        f"WHEN j.is_lost = 1 THEN 'lost' WHEN j.state = 'accepted' THEN 'in-work' "
        f"WHEN j.handed IS NOT NULL THEN 'waits' ELSE 'not-handed' END, "
        f"CASE WHEN j.bought_at IS NOT NULL THEN '' WHEN j.is_returned = 1 THEN j.return_reason "
        f"WHEN j.is_lost = 1 THEN j.reason ELSE '' END, "
        f"CASE WHEN j.is_returned = 1 THEN j.answered_at WHEN j.is_lost = 1 THEN j.lost_at ELSE j.answered_at END "
        f"FROM judged j LEFT JOIN {CHANGES} c ON c.person_id = j.person_id AND c.id = j.last_id "
        f"JOIN {PEOPLE} p ON p.id = j.person_id AND p.erased_at IS NULL"
    )
    params = (end, start, end, end, start, end)
    _create(HOT, _HOT_COLUMNS, Sql(text, params))
    given_up = f"answer IN ('lost', 'returned') AND answered_at < %s AND heat <> '{HEAT}'"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {HOT} WHERE {given_up}", [start])


def _last_hand_off(outer: str) -> str:
    """Id of a person's last hand-off before a moment."""
    return (
        f"(SELECT h.id FROM {HAND_OFFS} h WHERE h.person_id = {outer}.person_id AND h.offered_at < %s "
        "ORDER BY h.offered_at DESC, h.id DESC LIMIT 1)"
    )


# -- questions ------------------------------------------------------------------------------------------------------


def rows(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement over the kept tables."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(params))
        return list(cursor.fetchall())
