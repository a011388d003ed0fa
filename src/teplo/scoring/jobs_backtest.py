"""The long work of a back-test: the sample is scored range by range, then the figures are counted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.jobs.running import CannotGoOn, Work
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.scoring import queries, tested
from teplo.scoring.backtesting import count_figures, tables_of
from teplo.scoring.models import BackTest
from teplo.scoring.sampling import Question


def run_back_test(work: Work) -> dict[str, Any]:
    """Score everybody of the sample at his moment; people and progress of a range commit together."""
    test = BackTest.objects.filter(id=work.args["test"]).first()
    if test is None:
        raise CannotGoOn(_("The back-test was deleted."))
    _write_people(work, test)
    result = count_figures(test)
    work.check()
    BackTest.objects.filter(id=test.id).update(result=result, finished_at=now())
    return {"people": result["people"]}


def _write_people(work: Work, test: BackTest) -> None:
    tables, question, size = tables_of(test), Question.from_json(test.question), queries.range_size()
    total = work.total or Person.objects.count()
    if not work.cursor:
        tested.forget(test.id)
    while (last := queries.last_of_range(after=(after := int(work.cursor.get("after", 0))), size=size)) is not None:
        with transaction.atomic():
            tested.write_range(test_id=test.id, tables=tables, question=question, first=after + 1, last=last)
            work.advance(done=min(work.done + size, total), total=total, cursor={"after": last})
