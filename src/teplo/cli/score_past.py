"""`teplo score backtest`, and `learn` on the base: questions to the past as jobs with progress (R20, R21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rich.table import Table

from teplo.accounts.workspace import get_workspace
from teplo.api.backtests import backtest_shown
from teplo.api.learnings import learning_shown
from teplo.api.tables import table_shown
from teplo.cli.long_work import carry_through
from teplo.cli.score_answers import (
    JsonOption,
    LanguageOption,
    Unknown,
    answering,
    expect_done,
    give_up,
    say_json,
    table_named,
)
from teplo.cli.speaking import out
from teplo.conditions import registry
from teplo.kit.clock import now
from teplo.scoring import measuring
from teplo.scoring.backtesting import start_back_test
from teplo.scoring.jobs_learning import start_learning
from teplo.scoring.models import BackTest, Learning, ScoreTable, TableState
from teplo.scoring.proposing import make_draft
from teplo.scoring.sampling import DATE, FIRST_CONTACT, Question
from teplo.web.backtest_words import said_verdicts

NOTHING_PROPOSED = 3
YEAR = timedelta(days=365)

MomentOption = Annotated[str, typer.Option(help="When each person is judged: hand-off, first-contact or date.")]
SinceOption = Annotated[
    str, typer.Option(help="First day of the period; default: a year before its last.", metavar="DATE")
]
UntilOption = Annotated[str, typer.Option(help="Last day; default: the last whose horizon is over.", metavar="DATE")]
DaysOption = Annotated[int, typer.Option(help="Of first-contact: so many days after it.")]
KnownOption = Annotated[bool, typer.Option("--known", help="Only people who had left a contact by then.")]
EndedOption = Annotated[bool, typer.Option("--ended", help="Only people who were won or lost in the end.")]
OnOption = Annotated[str, typer.Option(help="Of date: the day.", metavar="DATE")]
HorizonOption = Annotated[int, typer.Option(help="How many days he had to buy.")]


def backtest(
    table: Annotated[str, typer.Argument(help="The table to try: name, id or live.")],
    against: Annotated[str, typer.Option(help="The table beside it: name, id, live or none.")] = "live",
    moment: MomentOption = "hand-off",
    since: SinceOption = "",
    until: UntilOption = "",
    days: DaysOption = 14,
    on: OnOption = "",
    horizon: HorizonOption = 90,
    known: KnownOption = False,
    ended: EndedOption = False,
    calls: Annotated[int, typer.Option(min=1, help="How many people sales can call a day.")] = 20,
    name: Annotated[str, typer.Option(help="What the back-test is called.")] = "",
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """What would this table have said of the past, and what became of everybody?"""
    with answering(language=language, as_json=as_json):
        question = asked(
            moment=moment, since=since, until=until, days=days, on=on, horizon=horizon, known=known, ended=ended
        )
        test = start_back_test(
            table=table_named(table), against=_beside(against, table), question=question, calls_per_day=calls,
            name=name, by=None, at=now(),
        )  # fmt: skip
        job = carry_through(job_id=test.job_id or 0, title=test.name, quiet=as_json)
        expect_done(job, as_json=as_json)
        test = BackTest.objects.get(pk=test.pk)
        if as_json:
            say_json({"state": "done", **backtest_shown(test).model_dump(mode="json", exclude={"job"})})
        else:
            _show_test(test)


def learn_from_base(
    *, question: dict[str, Any], versus: str, exclude: list[str], insist: list[str], criteria: int, draft: str,
    language: str, as_json: bool,
) -> None:  # fmt: skip
    """Learn points from the outcomes in the base; `draft`: the name of the draft to make of the proposal."""
    with answering(language=language, as_json=as_json):
        if versus not in ("everybody", "lost"):
            raise Unknown(_("--versus is everybody or lost."))
        options = {"versus": versus, "exclude": exclude, "insist": insist, "criteria": criteria}
        learning = start_learning(question=asked(**question), options=options, by=None, at=now())
        job = carry_through(job_id=learning.job_id or 0, title=_("Learning points"), quiet=as_json)
        expect_done(job, as_json=as_json)
        learning = Learning.objects.get(pk=learning.pk)
        if learning.result.get("verdict") == "refused":
            give_up(_refusal(learning.result), as_json=as_json, learning=str(learning.pk))
        is_proposed = learning.result.get("verdict") == "proposed"
        made = make_draft(learning=learning, name=draft, by=None, at=now()) if draft and is_proposed else None
        _tell_learnt(Learning.objects.get(pk=learning.pk), made, as_json=as_json)
        if not is_proposed:
            raise typer.Exit(NOTHING_PROPOSED)


def asked(
    *, moment: str, since: str, until: str, days: int, on: str, horizon: int, known: bool = False, ended: bool = False
) -> Question:
    """The question of the options; by default the last year whose horizon is over. Raises QuestionUnclear."""
    today = timezone.localtime(now(), registry.zone()).date()
    shared: dict[str, Any] = {
        "moment": moment, "as_of": now(), "horizon_days": horizon, "only_known": known, "only_ended": ended,
    }  # fmt: skip
    if moment == DATE:
        return Question(on=_day(on, "--on") or today - timedelta(days=horizon), **shared)
    waited = max(horizon, 0) + (days if moment == FIRST_CONTACT else 0)
    last = _day(until, "--until") or today - timedelta(days=waited)
    return Question(since=_day(since, "--since") or last - YEAR, until=last, days=days, **shared)


def _day(text: str, option: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Unknown(f"{option}: " + _("“%(text)s” is not a date; write it as 2026-11-22.") % {"text": text}) from None


def _beside(name: str, table: str) -> ScoreTable | None:
    """Nothing is live at first, and a table beside itself says nothing: then it is tested alone."""
    if name in ("none", table):
        return None
    if name == "live":
        live = ScoreTable.objects.filter(state=TableState.LIVE).first()
        return live if live and live != table_named(table) else None
    return table_named(name)


# -- shown ------------------------------------------------------------------------------------------------------------


def _show_test(test: BackTest) -> None:
    result = test.result
    said = _("%(people)s people: %(won)s bought, %(lost)s refused, %(open)s are still open") % result
    out.print(said, markup=False)
    sides = [side for side in (result["draft"], result.get("live")) if side]
    table = Table("", *(side["name"] for side in sides))
    for title, values in _figures(sides):
        table.add_row(title, *values)
    out.print(table)
    for side in sides:
        out.print(_bands(side))
    for said in said_verdicts(result):
        out.print(said.text, style="bold", markup=False)
    out.print(_("Kept as back-test %(id)s.") % {"id": _address(test)}, markup=False)


def _figures(sides: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    best = [side["best"] for side in sides]
    return [
        ("AUC", [_interval(side["auc"]) for side in sides]),
        (_("average precision"), [_number(side["average_precision"]) for side in sides]),
        (_("buyers among the best of each day"), [_percent(one["precision"]) for one in best]),
        (_("share of all buyers that reaches"), [_percent(one["reached"]) for one in best]),
    ]


def _bands(side: dict[str, Any]) -> Table:
    table = Table(_("score"), _("people"), _("bought"), _("share"), title=side["name"])
    for band in side["bands"]:
        share = measuring.proportion(band["bought"], band["people"])
        row = (
            _reach(band["start"], band["end"]),
            str(band["people"]),
            str(band["bought"]),
            _interval(share, say=_percent),
        )
        table.add_row(*row)
    return table


def _address(test: BackTest) -> str:
    """Where it can be looked at and shared; its id alone where the company has given no address."""
    base = (settings.PUBLIC_URL or get_workspace().public_url).rstrip("/")
    return base + reverse("backtest", args=[test.pk]) if base else str(test.pk)


def _reach(start: int | None, end: int | None) -> str:
    if start is None or end is None:
        return f"< {end}" if start is None else f"≥ {start}"
    return f"{start} … {end - 1}"


def _tell_learnt(learning: Learning, made: ScoreTable | None, *, as_json: bool) -> None:
    if as_json:
        shown = learning_shown(learning).model_dump(mode="json", exclude={"job"})
        say_json({"state": "done", **shown, "draft": table_shown(made).model_dump(mode="json") if made else None})
        return
    result = learning.result
    for leak in result.get("leaks", ()):
        out.print(str(leak.get("text", leak.get("label", ""))), style="yellow", markup=False)
    out.print(_verdict(result), style="bold", markup=False)
    if result.get("criteria"):
        table = Table(_("points"), _("criterion"), _("people"), _("conversion"))
        for item in result["criteria"]:
            table.add_row(f"{item['points']:+d}", item["name"], str(item["people"]), _percent(item["conversion"]))
        out.print(table)
    if made:
        out.print(
            _("Draft “%(name)s” is made; try it: teplo score backtest %(id)s") % {"name": made.name, "id": made.pk},
            markup=False,
        )
    out.print(_("Kept as learning %(id)s.") % {"id": learning.pk})


def _verdict(result: dict[str, Any]) -> str:
    """Why there is a table, or why there is none; without anybody to learn from the learner was not asked at all."""
    if not result.get("people") and result.get("verdict") == "too-little":
        return _("Nobody stood at such a moment in this period.")
    words = _("too little data") if result.get("verdict") == "too-little" else str(result.get("verdict", ""))
    return str(result.get("why", {}).get("text", words))


def _refusal(result: dict[str, Any]) -> str:
    why = result.get("why", {})
    return (
        _("Nobody stood at such a moment in this period.") if why.get("code") == "no-rows" else str(why.get("text", ""))
    )


def _interval(value: Sequence[float] | None, *, say: Callable[[float | None], str] | None = None) -> str:
    """A value with the interval in which it lies."""
    if not value:
        return "–"
    said = [(say or _number)(each) for each in value]
    return f"{said[0]} ({said[1]} … {said[2]})"


def _number(value: float | None) -> str:
    return "–" if value is None else str(number_format(value, 3))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{number_format(value * 100, 1)}%"
