"""Abstract bases shared by every table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from django.db import models

from teplo.kit.ids import new_id
from teplo.kit.wording import in_language


class Row(models.Model):
    """A row of a small table, with an id made by the application."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class ReadyMade(Row):
    """A row that may have come ready: then its texts are read in the reader's language until somebody changes them.

    `ready` holds the texts in three languages by column. A column that says one of them is still as it came.
    """

    ready = models.JSONField(default=dict, blank=True, help_text="Ready texts by column and language.")

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **how: Any) -> Self:
        row = super().from_db(db, field_names, values, **how)
        for column, texts in (row.__dict__.get("ready") or {}).items():
            if row.__dict__.get(column) in texts.values():
                row.__dict__[column] = in_language(texts)
        return row


Texts = Mapping[str, str]
Ready = dict[str, dict[str, str]]


def ready_texts(**texts: Texts) -> Ready:
    """The value of `ready`: column → language → text."""
    return {column: dict(said) for column, said in texts.items()}


def still_ready(row: ReadyMade, **typed: str) -> Ready:
    """What of a row is ready after it was changed to what was typed; `row` as its editor saw it."""
    return {
        column: texts for column, texts in row.ready.items() if typed.get(column, "").strip() == getattr(row, column)
    }


def ready_in(column: str, text: str, rows: Sequence[ReadyMade]) -> Ready:
    """The ready texts of a column where one of the rows shows this very text; else nothing."""
    for row in rows:
        if column in row.ready and getattr(row, column) == text:
            return {column: row.ready[column]}
    return {}
