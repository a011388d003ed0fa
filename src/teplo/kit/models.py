"""Abstract bases shared by every table."""

from __future__ import annotations

from django.db import models

from teplo.kit.ids import new_id


class Row(models.Model):
    """A row of a small table, with an id made by the application."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True
