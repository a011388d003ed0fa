"""Reads over the tables of sales."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from teplo.sales.models import Task, TaskState


def open_tasks_by_user(user_ids: Sequence[int]) -> dict[int, int]:
    """How many open tasks each user has; users without any are absent."""
    rows = (
        Task.objects.filter(state=TaskState.OPEN, assignee_id__in=user_ids)
        .values_list("assignee_id")
        .annotate(n=Count("id"))
    )
    return {user: n for user, n in rows if user is not None}
