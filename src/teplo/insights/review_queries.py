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
from teplo.scoring.models import OutcomeState, ScoreChange, Temperature
from teplo.scoring.outcomes import COLUMNS, facts_sql
from teplo.scoring.statement import Sql

KNOWN, HOT = "review_known", "review_hot"
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
        _keep_known(since, until, first_scored, currency)
        _keep_hot(since, until)
        yield
    finally:
        if not connection.needs_rollback:
            _drop()


def _drop() -> None:
    with connection.cursor() as cursor:
        for table in (KNOWN, HOT):
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


# -- who bought, who was lost ---------------------------------------------------------------------------------------

_KNOWN_COLUMNS = (
    "person_id bigint PRIMARY KEY, state varchar(4), ended_at MOMENT, amount AMOUNT, reason varchar(200), "
    "source varchar(40), is_repeat smallint, handed_at MOMENT, at MOMENT, is_scored smallint, total integer, "
    "heat varchar(4), grade varchar(12), last_total integer, last_heat varchar(4)"
)


def _keep_known(since: datetime, until: datetime, first_scored: datetime | None, currency: str) -> None:
    """One row per person. `at`: his last hand-off before the outcome, else an hour before it; `total`, `heat` and
    `grade` as they stood then, `last_…` an hour before the outcome. `is_scored`: a table was live by `at`."""
    ended = _ended(since, until, currency)
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
        f"(SELECT c.id FROM {CHANGES} c WHERE c.person_id = {outer}.person_id AND ({when}) "
        "ORDER BY c.at DESC, c.id DESC LIMIT 1)"
    )


def _ended(since: datetime, until: datetime, currency: str) -> Sql:
    """Rows (person_id, state, ended_at, amount, reason, source, is_repeat) as all was known at `until`.

    Who bought in the period has won, whatever else happened; who had bought before it buys again. Who was lost in it
    counts so only if he had never bought and no later word opened the matter again.
    """
    adapt = connection.ops.adapt_datetimefield_value
    facts = standing_facts(until)
    text = (
        f"WITH facts({COLUMNS}) AS MATERIALIZED ({facts.text}), "
        f"bought AS (SELECT person_id, MIN(at) AS first_at, MIN(CASE WHEN at >= %s THEN at END) AS at, "
        f"SUM(CASE WHEN at >= %s AND currency = %s THEN value END) AS amount "
        f"FROM facts WHERE state = '{WON}' GROUP BY person_id), "
        f"last AS (SELECT person_id, at, state, {_place('at DESC, state')} AS place FROM facts), "
        f"why AS (SELECT f.person_id, f.reason, f.source, {_place(_SAID)} AS place "
        f"FROM facts f WHERE f.state = '{LOST}') "
        f"SELECT person_id, '{WON}' AS state, at AS ended_at, amount, '' AS reason, '' AS source, "
        f"CASE WHEN first_at < at THEN 1 ELSE 0 END AS is_repeat FROM bought WHERE at IS NOT NULL "
        f"UNION ALL SELECT l.person_id, '{LOST}', l.at, NULL, w.reason, w.source, 0 FROM last l "
        f"JOIN why w ON w.person_id = l.person_id AND w.place = 1 "
        f"WHERE l.place = 1 AND l.state = '{LOST}' AND l.at >= %s "
        f"AND NOT EXISTS (SELECT 1 FROM bought b WHERE b.person_id = l.person_id)"
    )
    return Sql(text, (*facts.params, adapt(since), adapt(since), currency, adapt(since)))


_SAID = f"CASE WHEN source = '{BY_STAGE}' THEN 1 ELSE 0 END, at DESC, source, reason"
"""Of several words on why a person was lost: those of people before the stage he was put at, the newest first."""


def _place(order: str) -> str:
    return f"ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY {order})"


def standing_facts(until: datetime) -> Sql:
    """All facts that stood at `until`: told before it, and not replaced by then."""
    facts = facts_sql(Q())
    moment = connection.ops.adapt_datetimefield_value(until)
    text = (
        f"WITH told({COLUMNS}) AS ({facts.text}) "
        f"SELECT {COLUMNS} FROM told WHERE told.at < %s AND (told.until IS NULL OR told.until >= %s)"
    )
    return Sql(text, (*facts.params, moment, moment))


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
    facts = standing_facts(until)
    start, end = adapt(since), adapt(until)
    became, cooled = f"temperature = '{HEAT}' AND temperature_before <> '{HEAT}'", f"temperature <> '{HEAT}'"
    text = (
        f"WITH facts({COLUMNS}) AS MATERIALIZED ({facts.text}), "
        f"hot AS (SELECT person_id, MIN(CASE WHEN {became} THEN at END) AS hot_at, "
        f"MAX(CASE WHEN {became} THEN at END) AS again_at, MAX(total) AS peak, "
        f"MAX(CASE WHEN {cooled} THEN at END) AS cooled_at FROM {CHANGES} "
        f"WHERE at < %s AND (temperature = '{HEAT}' OR temperature_before = '{HEAT}') GROUP BY person_id), "
        f"in_period AS (SELECT person_id, hot_at, peak FROM hot WHERE hot_at IS NOT NULL "
        f"AND (cooled_at IS NULL OR cooled_at >= %s OR again_at >= cooled_at)), "
        f"bought AS (SELECT person_id, MIN(at) AS at FROM facts WHERE state = '{WON}' GROUP BY person_id), "
        f"lost AS (SELECT person_id, at, reason, {_place(_SAID)} AS place FROM facts WHERE state = '{LOST}'), "
        f"handed AS (SELECT h.*, {_place('offered_at DESC, id DESC')} AS place "
        f"FROM {HAND_OFFS} h WHERE h.offered_at < %s), "
        f"seen AS (SELECT i.person_id, i.hot_at, i.peak, b.at AS bought_at, "
        f"{_last_change('c.at < %s', 'i')} AS last_id "
        f"FROM in_period i LEFT JOIN bought b ON b.person_id = i.person_id WHERE b.at IS NULL OR b.at >= %s) "
        f"SELECT s.person_id, s.hot_at, s.peak, s.bought_at, COALESCE(c.total, 0), COALESCE(c.temperature, '{COLD}'), "
        f"CASE WHEN s.bought_at IS NOT NULL THEN 'bought' "
        f"WHEN h.state = 'returned' AND h.answered_at < %s AND (l.at IS NULL OR h.answered_at >= l.at) THEN 'returned' "
        f"WHEN l.at >= COALESCE(h.offered_at, l.at) THEN 'lost' WHEN h.state = 'accepted' THEN 'in-work' "
        f"WHEN h.person_id IS NOT NULL THEN 'waits' ELSE 'not-handed' END, "
        f"CASE WHEN s.bought_at IS NOT NULL THEN '' "
        f"WHEN h.state = 'returned' AND h.answered_at < %s AND (l.at IS NULL OR h.answered_at >= l.at) "
        f"THEN h.return_reason WHEN l.at >= COALESCE(h.offered_at, l.at) THEN l.reason ELSE '' END, "
        f"CASE WHEN h.answered_at < %s AND (l.at IS NULL OR h.answered_at >= l.at) THEN h.answered_at ELSE l.at END "
        f"FROM seen s LEFT JOIN {CHANGES} c ON c.person_id = s.person_id AND c.id = s.last_id "
        f"LEFT JOIN lost l ON l.person_id = s.person_id AND l.place = 1 "
        f"LEFT JOIN handed h ON h.person_id = s.person_id AND h.place = 1 "
        f"JOIN {PEOPLE} p ON p.id = s.person_id AND p.erased_at IS NULL"
    )
    params = (*facts.params, end, start, end, end, start, end, end, end)
    _create(HOT, _HOT_COLUMNS, Sql(text, params))
    given_up = f"answer IN ('lost', 'returned') AND answered_at < %s AND heat <> '{HEAT}'"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {HOT} WHERE {given_up}", [start])


# -- questions ------------------------------------------------------------------------------------------------------


def rows(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement over the kept tables."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(params))
        return list(cursor.fetchall())
