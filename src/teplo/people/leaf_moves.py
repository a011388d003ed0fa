# ruff: noqa: S608 - statements are put together from names of tables and columns only; values are bound
"""Rows of all leaves go from one person to another, many people at once, with all that is needed to go back.

The distribution column is never updated: a move is insert and delete (ARCHITECTURE §2). One winner may stand once in a
call, because an upsert cannot touch a row twice; `rounds` splits pairs accordingly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models import Q

from teplo.kit import bulk
from teplo.people import queries
from teplo.people.leaves import Combine, Leaf, Move, OneEach, all_leaves

Pair = tuple[int, int]
"""Loser and winner."""

Snapshot = dict[str, dict[str, Any]]
"""Label of a leaf → moved ids, or rows as they were."""

_PAIR = {"loser": "bigint", "winner": "bigint"}


def rounds(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Pairs in turns in which each winner stands once; nearly always there is one turn."""
    left = list(pairs)
    while left:
        turn: dict[int, int] = {}
        rest: list[Pair] = []
        for loser, winner in left:
            if winner in turn:
                rest.append((loser, winner))
            else:
                turn[winner] = loser
        yield [(loser, winner) for winner, loser in turn.items()]
        left = rest


def move_leaves(pairs: Sequence[Pair]) -> dict[int, Snapshot]:
    """Move every leaf row of the losers; answers loser → what is needed to undo it."""
    snapshots: dict[int, Snapshot] = {loser: {} for loser, _ in pairs}
    for leaf in _leaves_with_rows([loser for loser, _ in pairs]):
        for loser, part in _move(leaf, pairs).items():
            snapshots[loser][leaf.label] = part
    return snapshots


def _leaves_with_rows(losers: Sequence[int]) -> list[Leaf]:
    """Which tables hold anything of these people: one statement spares three for each empty table."""
    leaves = all_leaves()
    conditions = [queries.ids_in("person_id", losers) for _ in leaves]
    asked = ", ".join(
        f"EXISTS(SELECT 1 FROM {leaf.table} WHERE {condition})"
        for leaf, (condition, _) in zip(leaves, conditions, strict=True)
    )
    (answers,) = queries.rows_of(f"SELECT {asked}", [ids for _, ids in conditions]) if leaves else [()]
    return [leaf for leaf, has_rows in zip(leaves, answers, strict=True) if has_rows]


def _move(leaf: Leaf, pairs: Sequence[Pair]) -> dict[int, dict[str, Any]]:
    if isinstance(leaf.merging, Move):
        return _move_rows(leaf, leaf.merging, pairs)
    if isinstance(leaf.merging, Combine):
        return _combine_rows(leaf, leaf.merging, pairs)
    return _keep_rows(leaf, pairs)


def _move_rows(leaf: Leaf, rule: Move, pairs: Sequence[Pair]) -> dict[int, dict[str, Any]]:
    changed = _leave_one_each(leaf, rule.one_each, pairs) if rule.one_each else []
    identifier = _second_key(leaf)
    moved = _copy(leaf, pairs, f" ON CONFLICT DO NOTHING RETURNING person_id, {identifier}")
    _delete(leaf, [loser for loser, _ in pairs])
    loser_of = {winner: loser for loser, winner in pairs}
    parts: dict[int, dict[str, Any]] = {}
    for winner, row_id in moved:
        parts.setdefault(loser_of[winner], {"moved": []})["moved"].append(row_id)
    for person, row_id in changed:
        part = parts.setdefault(loser_of.get(person, person), {"moved": []})
        part.setdefault("changed", []).append(row_id)
    return parts


def _leave_one_each(leaf: Leaf, rule: OneEach, pairs: Sequence[Pair]) -> list[tuple[Any, ...]]:
    """Let one card's rows (per key) stay as they are; answers (person, id) of the changed ones."""
    older = f"AND {_newness(rule, 'o')} >= {_newness(rule, 't')}" if rule.newest else ""
    changed = _change_where_other(leaf, rule, pairs, mine="loser", other="winner", more=older)
    if rule.newest:  # those of the losers that are still as they were are newer
        changed += _change_where_other(leaf, rule, pairs, mine="winner", other="loser", more="")
    return changed


def _newness(rule: OneEach, alias: str) -> str:
    """What rows are compared by: the last moment at which one was said, and what decides between equal moments."""
    moment = f"{alias}.{rule.newest}"
    if rule.again:
        moment = bulk.latest_with(connection.vendor, moment, f"{alias}.{rule.again}")
    return f"({moment}, {alias}.{rule.tie})" if rule.tie else moment


def _change_where_other(
    leaf: Leaf, rule: OneEach, pairs: Sequence[Pair], *, mine: str, other: str, more: str
) -> list[tuple[Any, ...]]:
    table, values = queries.as_table("pair", _PAIR, pairs)
    mine_holds = " AND ".join(f"t.{column} = %s" for column in rule.when)
    other_holds = " AND ".join(f"o.{column} = %s" for column in rule.when)
    same = f"AND o.{rule.key} = t.{rule.key} " if rule.key else ""
    changes = ", ".join(f"{column} = %s" for column in rule.otherwise)
    when = list(rule.when.values())
    return queries.rows_of(
        f"UPDATE {leaf.table} AS t SET {changes} FROM {table} "
        f"WHERE t.person_id = pair.{mine} AND {mine_holds} AND EXISTS (SELECT 1 FROM {leaf.table} o "
        f"WHERE o.person_id = pair.{other} {same}AND {other_holds} {more}) "
        "RETURNING person_id, id",
        [*rule.otherwise.values(), *values, *when, *when],
    )


def _combine_rows(leaf: Leaf, rule: Combine, pairs: Sequence[Pair]) -> dict[int, dict[str, Any]]:
    losers = [loser for loser, _ in pairs]
    rows = _rows(leaf, losers)
    before = _before(leaf, rule, pairs)
    _copy(leaf, pairs, _on_conflict(leaf, rule))
    _delete(leaf, losers)
    return {
        loser: {"rows": mine, "before": before.get(winner, [])}
        for loser, winner in pairs
        if (mine := rows.get(loser, []))
    }


def _before(leaf: Leaf, rule: Combine, pairs: Sequence[Pair]) -> dict[int, list[list[Any]]]:
    """Rows of the winners; of tables with a key only those that a loser's row will be added to."""
    if not rule.key:
        return _rows(leaf, [winner for _, winner in pairs])
    table, values = queries.as_table("pair", _PAIR, pairs)
    same = " AND ".join(f"w.{column} = l.{column}" for column in rule.key)
    keys = ", ".join(f"w.{column}" for column in rule.key)
    met = queries.rows_of(
        f"SELECT w.person_id, {keys} FROM {table} JOIN {leaf.table} l ON l.person_id = pair.loser "
        f"JOIN {leaf.table} w ON w.person_id = pair.winner AND {same}",
        values,
    )
    if not met:
        return {}
    wanted = {(row[0], *map(str, row[1:])) for row in met}
    names = _columns(leaf)
    places = [names.index(column) for column in rule.key]
    found = _rows(leaf, sorted({row[0] for row in met}))
    return {
        person: [row for row in rows if (person, *(str(row[place]) for place in places)) in wanted]
        for person, rows in found.items()
    }


def _on_conflict(leaf: Leaf, rule: Combine) -> str:
    t = leaf.table
    changes = [f"{c} = {t}.{c} + excluded.{c}" for c in rule.add]
    changes += [bulk.keep_least_of(connection.vendor, t, c) for c in (*rule.least, *rule.earliest)]
    changes += [bulk.keep_greatest_of(connection.vendor, t, c) for c in (*rule.greatest, *rule.latest)]
    for moment, columns in rule.earliest.items():
        changes += [
            f"{c} = CASE WHEN excluded.{moment} < {t}.{moment} THEN excluded.{c} ELSE {t}.{c} END" for c in columns
        ]
    for moment, columns in rule.latest.items():
        changes += [
            f"{c} = CASE WHEN excluded.{moment} > {t}.{moment} THEN excluded.{c} ELSE {t}.{c} END" for c in columns
        ]
    return f" ON CONFLICT ({', '.join(('person_id', *rule.key))}) DO UPDATE SET {', '.join(changes)}"


def _keep_rows(leaf: Leaf, pairs: Sequence[Pair]) -> dict[int, dict[str, Any]]:
    losers = [loser for loser, _ in pairs]
    rows = _rows(leaf, losers)
    taken = {person for (person,) in _copy(leaf, pairs, " ON CONFLICT DO NOTHING RETURNING person_id")}
    _delete(leaf, losers)
    return {loser: {"rows": rows[loser], "taken": winner in taken} for loser, winner in pairs if loser in rows}


def _copy(leaf: Leaf, pairs: Sequence[Pair], tail: str) -> list[tuple[Any, ...]]:
    """Insert the losers' rows as the winners'; answers what RETURNING says."""
    table, values = queries.as_table("pair", _PAIR, pairs)
    columns = [column for column in _columns(leaf) if column != "person_id"]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    taken = ", ".join(f"t.{connection.ops.quote_name(column)}" for column in columns)
    more = f", {quoted}" if quoted else ""
    statement = (
        f"INSERT INTO {leaf.table} (person_id{more}) SELECT pair.winner{', ' + taken if taken else ''} "
        f"FROM {table} JOIN {leaf.table} t ON t.person_id = pair.loser WHERE TRUE ORDER BY 1{tail}"
    )
    if "RETURNING" in tail:
        return queries.rows_of(statement, values)
    queries.execute(statement, values)
    return []


def _delete(leaf: Leaf, losers: Sequence[int]) -> None:
    condition, ids = queries.ids_in("person_id", losers)
    queries.execute(f"DELETE FROM {leaf.table} WHERE {condition}", [ids])


def _columns(leaf: Leaf) -> list[str]:
    return [str(field.column) for field in leaf.model._meta.concrete_fields]


def _second_key(leaf: Leaf) -> str:
    """The part of the primary key beside the person: id, or segment_id."""
    fields = leaf.model._meta.pk_fields
    return next((str(f.column) for f in fields if f.column != "person_id"), "person_id")


def _rows(leaf: Leaf, people: Sequence[int]) -> dict[int, list[list[Any]]]:
    """person → rows as plain values in the order of the columns."""
    names = [field.attname for field in leaf.model._meta.concrete_fields]
    place = names.index("person_id")
    found: dict[int, list[list[Any]]] = {}
    for row in leaf.model._default_manager.filter(person_id__in=people).values_list(*names):
        found.setdefault(row[place], []).append([_plain(value) for value in row])
    return found


def _plain(value: Any) -> Any:
    """As JSON keeps it; `to_python` of the field reads it back."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def restore_leaves(snapshot: Mapping[str, Mapping[str, Any]], *, loser_id: int, winner_id: int) -> None:
    """Undo `move_leaves` for one pair: what came later stays with the winner."""
    for leaf in all_leaves():
        part = snapshot.get(leaf.label)
        if not part:
            continue
        if isinstance(leaf.merging, Move):
            _restore_moved(leaf, leaf.merging, part, loser_id=loser_id, winner_id=winner_id)
        elif isinstance(leaf.merging, Combine):
            _restore_combined(leaf, leaf.merging, part, winner_id=winner_id)
        else:
            _restore_kept(leaf, part, winner_id=winner_id)


def _restore_moved(leaf: Leaf, rule: Move, part: Mapping[str, Any], *, loser_id: int, winner_id: int) -> None:
    identifier = _second_key(leaf)
    columns = [column for column in _columns(leaf) if column != "person_id"]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    condition, ids = queries.ids_in(identifier, part["moved"])
    whose = f"person_id = %s AND {condition}"
    queries.execute(
        f"INSERT INTO {leaf.table} (person_id, {quoted}) SELECT %s, {quoted} FROM {leaf.table} "
        f"WHERE {whose} ON CONFLICT DO NOTHING",
        [loser_id, winner_id, ids],
    )
    queries.execute(f"DELETE FROM {leaf.table} WHERE {whose}", [winner_id, ids])
    if rule.one_each and part.get("changed"):
        rows = leaf.model._default_manager.filter(person_id__in=(loser_id, winner_id), id__in=part["changed"])
        free = Q(person_id=loser_id)
        if rule.one_each.newest:  # only then were the winner's changed too
            taken = leaf.model._default_manager.filter(person_id=winner_id, **rule.one_each.when)
            free |= ~Q(**{f"{rule.one_each.key}__in": taken.values(rule.one_each.key)})
        rows.filter(free).update(**rule.one_each.when)


def _restore_combined(leaf: Leaf, rule: Combine, part: Mapping[str, Any], *, winner_id: int) -> None:
    names = [field.attname for field in leaf.model._meta.concrete_fields]
    places = [names.index(column) for column in ("person_id", *rule.key)]

    def key_of(row: Sequence[Any]) -> tuple[str, ...]:
        return tuple(str(row[place]) for place in places[1:])

    before = {key_of(row): row for row in part["before"]}
    losers_rows = {key_of(row): row for row in part["rows"]}
    kept: list[list[Any]] = []
    gone: list[list[Any]] = []
    for current in _rows(leaf, [winner_id]).get(winner_id, []):
        key = key_of(current)
        if key not in losers_rows:
            continue
        restored = _without(dict(zip(names, current, strict=True)), losers_rows[key], before.get(key), names, rule)
        (kept if restored else gone).append([restored[name] for name in names] if restored else current)
    changed = [name for name in names if name not in ("person_id", *rule.key)]
    bulk.upsert(leaf.model, names, _typed(leaf, kept), key=("person_id", *rule.key), replace=changed)
    if gone:
        _delete_keys(leaf, rule, gone, names)
    bulk.insert(leaf.model, names, _typed(leaf, part["rows"]), ignore_known=True)


def _without(
    current: dict[str, Any], taken: Sequence[Any], before: Sequence[Any] | None, names: Sequence[str], rule: Combine
) -> dict[str, Any] | None:
    """The winner's row without what the loser's brought; None when nothing is left of it."""
    brought = dict(zip(names, taken, strict=True))
    was = dict(zip(names, before, strict=True)) if before else None
    left = {**current, **{column: current[column] - brought[column] for column in rule.add}}
    if was is None:
        nothing_new = (
            all(left[column] <= 0 for column in rule.add)
            if rule.add
            else current == {**brought, "person_id": current["person_id"]}
        )
        return None if nothing_new else left
    for moment, others in (*((c, ()) for c in rule.least), *rule.earliest.items()):
        if current[moment] == brought[moment]:
            left.update({column: was[column] for column in (moment, *others)})
    for moment, others in (*((c, ()) for c in rule.greatest), *rule.latest.items()):
        if current[moment] == brought[moment]:
            left.update({column: was[column] for column in (moment, *others)})
    return left


def _delete_keys(leaf: Leaf, rule: Combine, rows: Sequence[Sequence[Any]], names: Sequence[str]) -> None:
    chosen = Q(pk__in=[])
    for row in rows:
        chosen |= Q(**{column: row[names.index(column)] for column in ("person_id", *rule.key)})
    leaf.model._default_manager.filter(chosen).delete()


def _restore_kept(leaf: Leaf, part: Mapping[str, Any], *, winner_id: int) -> None:
    names = [field.attname for field in leaf.model._meta.concrete_fields]
    if part["taken"]:
        leaf.model._default_manager.filter(person_id=winner_id).delete()
    bulk.insert(leaf.model, names, _typed(leaf, part["rows"]), ignore_known=True)


def _typed(leaf: Leaf, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Plain values of a snapshot as the fields hold them."""
    fields: list[models.Field[Any, Any]] = list(leaf.model._meta.concrete_fields)
    return [
        tuple(
            value if value is None or isinstance(field, models.JSONField) else field.to_python(value)
            for field, value in zip(fields, row, strict=True)
        )
        for row in rows
    ]
