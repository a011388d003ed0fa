import pytest

from teplo.jobs.testing import make_work
from teplo.people.models import ChangeNote, Person
from teplo.stages import jobs
from teplo.stages.models import Stage, Standing
from teplo.stages.testing import make_ladder

pytestmark = pytest.mark.django_db
YES = {"all": []}


def make_people(count):
    return Person.objects.bulk_create(Person(first_name=str(number)) for number in range(count))


def test_everybody_is_asked_in_parts(monkeypatch):
    monkeypatch.setattr(jobs, "SIZE", 3)
    make_ladder({}, YES)
    make_people(8)
    work = make_work()
    assert jobs.move_all(work) == {"moved": 8}
    assert (work.done, work.total) == (8, 8)
    assert Standing.objects.filter(stage__key="s2").count() == ChangeNote.objects.count() == 8


def test_a_sign_edited_meanwhile_is_asked_of_everybody(monkeypatch):
    monkeypatch.setattr(jobs, "SIZE", 3)
    make_ladder({}, {"not": YES})
    people = make_people(5)
    work = make_work()

    def edit(person_ids, at):
        if people[-1].id in person_ids:
            Stage.objects.filter(key="s2").update(sign=YES)
        return original(person_ids=person_ids, at=at)

    original = jobs.move_by_signs
    monkeypatch.setattr(jobs, "move_by_signs", edit)
    jobs.move_all(work)
    assert Standing.objects.filter(stage__key="s2").count() == 5


def test_the_daily_question_is_asked_only_where_a_sign_depends_on_time():
    make_ladder({}, YES)
    assert jobs.start_moving_by_time() is None
    Stage.objects.filter(key="s2").update(sign={"field": "last_seen", "within": "30d"})
    assert jobs.start_moving_by_time().kind == jobs.MOVE_ALL
