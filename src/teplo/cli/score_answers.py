"""What the commands of `teplo score` that use the database share: language, refusals, tables by name, exit codes.

Exit codes: 0 done, 1 the work failed, 2 what was asked cannot be done, 3 there is no table to propose, 130 stopped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from teplo.accounts.workspace import get_workspace
from teplo.api.problems import Problem
from teplo.api.questions import say_unclear
from teplo.cli.bringing_up import bring_up
from teplo.cli.ending import said_by_database
from teplo.cli.speaking import screen
from teplo.jobs.models import Job, JobState
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.sampling import QuestionUnclear
from teplo.scoring.table_file import TableUnreadable
from teplo.scoring.tables import TableRefused

FAILED, REFUSED, STOPPED = 1, 2, 130
LanguageOption = Annotated[str, typer.Option(help="ru, uk or en; otherwise the company's.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]


class Unknown(Exception):
    """There is no such table or person; the text says which."""


@contextmanager
def answering(*, language: str, as_json: bool) -> Iterator[None]:
    """Speak the language asked for or the company's, and turn refusals into a sentence and an exit code."""
    spoken = _language_of_company(as_json=as_json)
    spoken = language or spoken
    if spoken not in dict(settings.LANGUAGES):
        raise typer.BadParameter(f"--language: {', '.join(dict(settings.LANGUAGES))}")
    with translation.override(spoken):
        try:
            yield
        except TableUnreadable as error:
            problems = [
                {"line": one.line, "column": one.column, "code": one.code, "message": one.reason}
                for one in error.problems
            ]
            give_up(str(error), as_json=as_json, problems=problems)
        except Problem as error:
            give_up(_said(error), as_json=as_json, problems=[flaw.model_dump() for flaw in error.errors])
        except QuestionUnclear as error:
            give_up(f"--{error.field.replace('_', '-')}: {say_unclear(error)}", as_json=as_json)
        except BrokenPipeError:  # nobody reads any more: `ending` knows what to do
            raise
        except (Unknown, TableRefused, OSError) as error:
            give_up(str(error), as_json=as_json)
        except DatabaseError as error:
            _without_database(error, as_json=as_json)


def _language_of_company(*, as_json: bool) -> str:
    try:
        bring_up()
        return get_workspace().language
    except DatabaseError as error:
        _without_database(error, as_json=as_json)


def _without_database(error: DatabaseError, *, as_json: bool) -> NoReturn:
    give_up(said_by_database(error), as_json=as_json, code=FAILED, state="failed")


def _said(problem: Problem) -> str:
    return "\n".join(f"{flaw.place}: {flaw.message}" for flaw in problem.errors) or str(problem)


def give_up(reason: str, *, as_json: bool, code: int = REFUSED, state: str = "refused", **more: Any) -> NoReturn:
    """Say why not, and end."""
    if as_json:
        say_json({"state": state, "error": reason, **more})
    else:
        screen.print(reason, style="red", markup=False)
    raise typer.Exit(code)


def say_json(result: Any) -> None:
    """One line; moments and ids as text."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")


def expect_done(job: Job, *, as_json: bool) -> None:
    """End here unless the work is done."""
    if job.state == JobState.DONE:
        return
    if job.state == JobState.FAILED:
        give_up(_("It failed: %(error)s") % {"error": job.error}, as_json=as_json, code=FAILED, state="failed")
    give_up(_("Stopped. Nothing is half done."), as_json=as_json, code=STOPPED, state="stopped")


def table_named(name: str) -> ScoreTable:
    """A table by id, by name (the newest of that name), or `live`; raises Unknown."""
    tables = ScoreTable.objects.order_by("-created_at")
    if name == "live":
        found = tables.filter(state=TableState.LIVE).first()
    else:
        found = tables.filter(pk=name).first() if name.isdigit() and len(name) < 19 else None  # noqa: PLR2004
        found = found or tables.filter(name=name).first()
    if found is None:
        known = ", ".join(f"“{table.name}”" for table in tables[:10])
        raise Unknown(
            _("There is no live table.")
            if name == "live"
            else _("There is no table “%(name)s”. There are: %(known)s") % {"name": name, "known": known or "–"}
        )
    return found
