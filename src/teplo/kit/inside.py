# ruff: noqa: S608 - statements are put together from names of tables and columns only; values are bound
"""Texts that are searched inside: a table of texts by row, with an index of all three letters that follow each other.

Neither engine needs an extension or minds a collation. SQLite: a table of FTS5 with its own trigrams, kept small
(`detail=none`). PostgreSQL: a GIN index over the trigrams that a function of ours makes. Both find candidates; whether
the words stand in the text is then read from the text itself, so what is answered is exact.

Columns: `rowid` (64 bits, by whatever the texts belong to) and `text`, folded by whoever writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

Words = Sequence[Sequence[str]]
"""All of these must stand in the text, each in one of its spellings, which have three letters or more."""

GRAM = 3
_AT_ONCE = 64
"""Trigrams that PostgreSQL makes by an expression; those of the rest of a longer text cost a query each."""
_TRIED, _FREQUENT = 5000, 250
"""Of a word that so many of some texts hold PostgreSQL reads the texts: its index would collect all of them first."""
_MOST_GRAMS = 24
"""Of a very long word: the others would find nobody else."""

_REST = f"""
CREATE OR REPLACE FUNCTION teplo_trigrams_rest(text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT ARRAY(SELECT substr($1, i, {GRAM}) FROM generate_series({_AT_ONCE + 1}, length($1) - {GRAM - 1}) AS i)
$$"""
_ALL = f"""
CREATE OR REPLACE FUNCTION teplo_trigrams(text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT ARRAY[{", ".join(f"substr($1, {i}, {GRAM})" for i in range(1, _AT_ONCE + 1))}]
|| CASE WHEN length($1) > {_AT_ONCE + GRAM - 1} THEN teplo_trigrams_rest($1) ELSE '{{}}'::text[] END
$$"""
_TRIGRAMS = 'teplo_trigrams(text) COLLATE "C"'


def create_table(table: str) -> None:
    """Make the table, without its index on PostgreSQL: that is quicker made when the texts are there."""
    if connection.vendor == "postgresql":
        _execute(_REST)
        _execute(_ALL)
        _execute(f"CREATE TABLE IF NOT EXISTS {table} (rowid bigint NOT NULL PRIMARY KEY, text text NOT NULL)")
        return
    _execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {table} "
        "USING fts5(text, tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0)"
    )


def create_index(table: str) -> None:
    """Of SQLite's table it is a part."""
    if connection.vendor == "postgresql":
        _execute(f"CREATE INDEX IF NOT EXISTS {table}_trigrams ON {table} USING gin ({_TRIGRAMS})")


def drop_index(table: str) -> None:
    """Before very many texts are written at once."""
    if connection.vendor == "postgresql":
        _execute(f"DROP INDEX IF EXISTS {table}_trigrams")


def drop_table(table: str) -> None:
    """Take it away; the functions stay, others may use them."""
    _execute(f"DROP TABLE IF EXISTS {table}")


def look_up(table: str, words: Words, *, limit: int) -> list[int]:
    """Rows in whose text all the words stand, in no order; not more than `limit` of them."""
    if connection.vendor != "postgresql":
        return _look_up(table, holding(table, words), limit)
    plain = _all_of([_held(word, _no_grams) for word in words])
    if len(_look_up(f"(SELECT * FROM {table} LIMIT {_TRIED}) AS tried", plain, _FREQUENT)) == _FREQUENT:
        return _look_up(table, plain, limit)
    with _by_index():
        return _look_up(table, holding(table, words), limit)


def _look_up(table: str, condition: tuple[str, list[Any]], limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {table} WHERE {condition[0]} LIMIT %s", [*condition[1], limit])
        return [row for (row,) in cursor.fetchall()]


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL would make the trigrams of every text where it thinks that many hold the word."""
    with transaction.atomic():
        _execute("SET LOCAL enable_seqscan = off")
        yield
        _execute("SET LOCAL enable_seqscan = on")


def holding(table: str, words: Words) -> tuple[str, list[Any]]:
    """The condition that all the words stand in a text, by its index and then to the letter."""
    if connection.vendor == "postgresql":
        return _all_of([_held(word, _postgresql_grams) for word in words])
    match = " AND ".join(_fts_query(word) for word in words)
    return _all_of([(f"{table} MATCH %s", [match]), *(_held(word, _no_grams) for word in words)])


def _all_of(conditions: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    texts, parameters = zip(*conditions, strict=True)
    return " AND ".join(texts), [value for values in parameters for value in values]


def stand_in(column: str, words: Words) -> Q:
    """As a condition of the ORM that no index answers: for texts that are read anyway."""
    meant = Q()
    for word in words:
        spelt = Q()
        for spelling in word:
            spelt |= Q(GreaterThan(StrIndex(column, Value(spelling)), Value(0)))
        meant &= spelt
    return meant


def grams_of(text: str) -> list[str]:
    """Three letters and three letters, each once; of a very long text the first ones."""
    return list(dict.fromkeys(text[i : i + GRAM] for i in range(len(text) - GRAM + 1)))[:_MOST_GRAMS]


def _held(word: Sequence[str], by_index: Callable[[str], tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    place = "strpos" if connection.vendor == "postgresql" else "instr"
    conditions, parameters = [], []
    for spelling in word:
        condition, values = by_index(spelling)
        conditions.append(f"({condition}{place}(text, %s) > 0)")
        parameters += [*values, spelling]
    return f"({' OR '.join(conditions)})", parameters


def _no_grams(spelling: str) -> tuple[str, list[Any]]:
    return "", []


def _postgresql_grams(spelling: str) -> tuple[str, list[Any]]:
    return f"{_TRIGRAMS} @> %s::text[] AND ", [grams_of(spelling)]


def _fts_query(word: Sequence[str]) -> str:
    """In the language of FTS5: a quoted text of three letters is one trigram."""
    spelt = []
    for spelling in word:
        grams = [gram.replace('"', '""') for gram in grams_of(spelling)]
        spelt.append('("' + '" AND "'.join(grams) + '")')
    return f"({' OR '.join(spelt)})"


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
