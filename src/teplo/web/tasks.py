"""Tasks: what a salesperson does today, what came of it; the tasks of one person on his card (R40)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, can, requires
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.sales.assigning import colleague_names, working_colleagues
from teplo.sales.cooling import REASONS as ENDED
from teplo.sales.finishing import finish_task
from teplo.sales.models import Task, TaskState
from teplo.sales.tasks import (
    KINDS,
    OUTCOMES,
    NewTask,
    TaskNotOpen,
    cancel_task,
    create_tasks,
    give_task,
    reopen_task,
    snooze_task,
)
from teplo.web.answers import page, place_to_return, redirect, refused, saved
from teplo.web.formatting import as_number
from teplo.web.moments import Day
from teplo.web.owned import acts_on
from teplo.web.reading import whole

SHOWN = 200
ICONS = {"call": "phone", "write": "message", "meet": "users", "answer-hot": "flame", "other": "checkbox"}
PUT_OFF = {
    "hour": (_("in an hour"), timedelta(hours=1)),
    "tomorrow": (_("tomorrow at 10:00"), timedelta(days=1)),
    "week": (_("in a week at 10:00"), timedelta(days=7)),
}


class OutcomeForm(forms.Form):
    """What came of a task, and what comes next."""

    outcome = forms.ChoiceField(label=_("What came of it"), choices=list(OUTCOMES.items()), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("In his words: pains, needs, objections"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    again_on = Day(
        label=_("Call again on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class NewTaskForm(forms.Form):
    """A task for one person."""

    kind = forms.ChoiceField(label=_("What to do"), choices=[(k, v) for k, v in KINDS.items() if k != "answer-hot"])
    title = forms.CharField(label=_("What for"), max_length=300)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = Day(label=_("When"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False)
    assignee = forms.ChoiceField(label=_("Who"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = [(str(key), name) for key, name in working_colleagues().items()]
        self.fields["assignee"].choices = [("", _("By rule: the owner, else whoever has least to do")), *users]  # type: ignore[attr-defined]


@requires(Right.SEE)
def tasks(request: HttpRequest) -> HttpResponse:
    """My day: overdue, today, later; administrators and marketers may look at everybody's."""
    whose, state = request.GET.get("whose", "mine"), request.GET.get("state", "open")
    rows = Task.objects.select_related("person", "person__company", "person__score")
    if whose != "all":
        rows = rows.filter(assignee_id=request.user.pk)
    if state == "done":
        ended = Q(state=TaskState.DONE) | Q(state=TaskState.CANCELLED, outcome__in=ENDED)
        rows = rows.filter(ended).order_by("-done_at")
    else:
        rows = rows.filter(state=TaskState.OPEN).order_by("due_at", "id")
    found = list(rows[: SHOWN + 1])
    context = {
        "groups": [] if state == "done" else _by_day(found[:SHOWN]),
        "done": [_Shown(task) for task in found[:SHOWN]] if state == "done" else [],
        "is_cut": len(found) > SHOWN,
        "heading": _heading(rows, state),
        "whose": whose,
        "state": state,
        "names": colleague_names() if whose == "all" else {},
        "colleagues": working_colleagues(),
        "tabs": _tabs(request, whose, state),
        "icons": ICONS,
    }
    return page(request, "tasks/list.html", context, fragment="tasks/_list.html")


class _Shown:
    """A task as a row of the list."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.icon = ICONS.get(task.kind, "checkbox")
        self.is_late = task.state == TaskState.OPEN and task.due_at < now()
        self.outcome = OUTCOMES.get(task.outcome) or ENDED.get(task.outcome) or task.outcome
        self.kind = KINDS.get(task.kind, task.kind)
        self.what = str(self.kind) if task.kind == "answer-hot" else task.title


def _by_day(rows: list[Task]) -> list[tuple[str, str, list[_Shown]]]:
    at, today = now(), timezone.localtime(now()).date()
    groups: dict[str, list[_Shown]] = {"hot": [], "late": [], "today": [], "later": []}
    for task in rows:
        if task.kind == "answer-hot":
            groups["hot"].append(_Shown(task))
        elif task.due_at < at:
            groups["late"].append(_Shown(task))
        else:
            groups["today" if timezone.localtime(task.due_at).date() == today else "later"].append(_Shown(task))
    names = {
        "hot": gettext("Answer now"), "late": gettext("Overdue"), "today": gettext("Today"), "later": gettext("Later"),
    }  # fmt: skip
    return [(key, names[key], rows) for key, rows in groups.items() if rows]


def _heading(rows: QuerySet[Task], state: str) -> str:
    """What is overdue comes first; all tasks count, also those beyond the page."""
    numbers = rows.order_by().aggregate(all=Count("id"), late=Count("id", filter=Q(due_at__lt=now())))
    count, late = numbers["all"], numbers["late"]
    if state == "done":
        return ngettext("%(n)s task done", "%(n)s tasks done", count) % {"n": as_number(count)}
    said = ngettext("%(n)s task", "%(n)s tasks", count) % {"n": as_number(count)}
    if not late:
        return said
    return said + ngettext(", %(n)s overdue", ", %(n)s overdue", late) % {"n": as_number(late)}


def _tabs(request: HttpRequest, whose: str, state: str) -> list[tuple[str, str, bool, int | None]]:
    base = reverse("tasks")
    tabs: list[tuple[str, str, bool, int | None]] = [
        (gettext("Mine"), base, whose == "mine" and state == "open", None),
        (gettext("Everybody's"), f"{base}?whose=all", whose == "all" and state == "open", None),
        (gettext("Done"), f"{base}?state=done&whose={whose}", state == "done", None),
    ]
    return tabs


def _is_own_task(user_id: int, person_id: int, task_id: int) -> bool:
    return Task.objects.filter(person_id=person_id, id=task_id, assignee_id=user_id).exists()


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_task)
def task_finish(request: HttpRequest, person_id: int, task_id: int) -> HttpResponse:
    """Ask what came of a task; close it and plan the next one if a date was given."""
    task = _task(person_id, task_id)
    form = OutcomeForm(request.POST if request.method == "POST" else None, initial={"outcome": "reached"})
    if request.method == "POST" and form.is_valid():
        try:
            finish_task(
                task=task, outcome=form.cleaned_data["outcome"], note=form.cleaned_data["note"], by=request.user.pk
            )
        except TaskNotOpen:
            refused(request, gettext("Somebody has closed this task already."))
        else:
            _plan_again(task, form.cleaned_data["again_on"], int(request.user.pk or 0))
            saved(request, gettext("Done"))
        return redirect(request, place_to_return(request, "tasks"))
    context = {
        "task": task,
        "what": _Shown(task).what,
        "form": form,
        "person": task.person,
        "back": place_to_return(request, "tasks"),
    }
    status = 422 if form.is_bound else 200
    return page(request, "tasks/finish.html", context, fragment="tasks/_finish.html", status=status)


def _plan_again(task: Task, day: date | None, user_id: int) -> None:
    if day is not None:
        again = NewTask(
            person_id=task.person_id, kind="call", title=task.title, note=task.note, due_at=_at_ten(day),
            assignee_id=user_id, created_by=f"user:{user_id}",
        )  # fmt: skip
        create_tasks([again])


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_task)
@require_POST
def task_snooze(request: HttpRequest, person_id: int, task_id: int) -> HttpResponse:
    """Put a task off."""
    task, how = _task(person_id, task_id), request.POST.get("until", "")
    if how in PUT_OFF:
        length = PUT_OFF[how][1]
        local = timezone.localtime(now()) + length
        until = now() + length if how == "hour" else _at_ten(local.date())
        _try(request, lambda: snooze_task(task=task, until=until), gettext("Put off"))
    return redirect(request, place_to_return(request, "tasks"))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_task)
@require_POST
def task_give(request: HttpRequest, person_id: int, task_id: int) -> HttpResponse:
    """Give a task to another colleague."""
    task, user_id = _task(person_id, task_id), whole(request.POST.get("user"))
    if user_id and user_id in working_colleagues():
        _try(request, lambda: give_task(task=task, assignee_id=user_id), gettext("Given to a colleague"))
    return redirect(request, place_to_return(request, "tasks"))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_task)
@require_POST
def task_cancel(request: HttpRequest, person_id: int, task_id: int) -> HttpResponse:
    """A task that needs no doing any more."""
    task = _task(person_id, task_id)
    _try(request, lambda: cancel_task(task=task), gettext("Taken off the list"))
    return redirect(request, place_to_return(request, "tasks"))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_task)
@require_POST
def task_reopen(request: HttpRequest, person_id: int, task_id: int) -> HttpResponse:
    """Undo closing a task."""
    reopen_task(task=_task(person_id, task_id))
    saved(request, gettext("The task is open again"))
    return redirect(request, place_to_return(request, "tasks"))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def task_new(request: HttpRequest, person_id: int) -> HttpResponse:
    """A task for one person."""
    person = get_object_or_404(Person, pk=person_id)
    today = timezone.localtime(now()).date()
    form = NewTaskForm(
        request.POST if request.method == "POST" else None, initial={"due_on": today, "assignee": _myself(request)}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        task = NewTask(
            person_id=person.pk, kind=given["kind"], title=given["title"], note=given["note"],
            due_at=_due(given["due_on"], today), assignee_id=int(given["assignee"]) if given["assignee"] else None,
            created_by=f"user:{request.user.pk}",
        )  # fmt: skip
        create_tasks([task])
        saved(request, gettext("The task is noted"))
        return redirect(request, place_to_return(request, "tasks"))
    context = {"person": person, "form": form, "back": place_to_return(request, "tasks")}
    status = 422 if form.is_bound else 200
    return page(request, "tasks/new.html", context, fragment="tasks/_new.html", status=status)


@requires(Right.SEE)
def person_tasks(request: HttpRequest, person_id: int) -> HttpResponse:
    """A section of the person's card: what is to be done for him, and what was done lately."""
    rows = Task.objects.filter(person_id=person_id)
    open_tasks = [_Shown(task) for task in rows.filter(state=TaskState.OPEN).order_by("due_at")[:20]]
    done = [_Shown(task) for task in rows.exclude(state=TaskState.OPEN).order_by("-done_at")[:5]]
    context = {"tasks": open_tasks, "done": done, "person_id": person_id, "names": colleague_names()}
    return page(request, "tasks/person.html", context, fragment="tasks/_person.html")


def _task(person_id: int, task_id: int) -> Task:
    return get_object_or_404(Task.objects.select_related("person"), person_id=person_id, id=task_id)


def _try(request: HttpRequest, act: Any, done: str) -> None:
    try:
        act()
        saved(request, done)
    except TaskNotOpen:
        refused(request, gettext("Somebody has closed this task already."))


def _myself(request: HttpRequest) -> str:
    return str(request.user.pk) if can(request.user, Right.SELL) else ""


def _due(day: date | None, today: date) -> datetime:
    """Today means within the hour, any other day ten in the morning."""
    return _at_ten(day) if day and day != today else now() + timedelta(hours=1)


def _at_ten(day: date) -> datetime:
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time(10), zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC"))


urlpatterns = [
    path("tasks/", tasks, name="tasks"),
    path("tasks/<int:person_id>/<int:task_id>/finish/", task_finish, name="task-finish"),
    path("tasks/<int:person_id>/<int:task_id>/snooze/", task_snooze, name="task-snooze"),
    path("tasks/<int:person_id>/<int:task_id>/give/", task_give, name="task-give"),
    path("tasks/<int:person_id>/<int:task_id>/cancel/", task_cancel, name="task-cancel"),
    path("tasks/<int:person_id>/<int:task_id>/reopen/", task_reopen, name="task-reopen"),
    path("people/<int:person_id>/tasks/", person_tasks, name="person-tasks"),
    path("people/<int:person_id>/tasks/new/", task_new, name="task-new"),
]
