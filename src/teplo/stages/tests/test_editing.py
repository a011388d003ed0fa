import pytest

from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.people.models import Person
from teplo.stages.editing import Filled, StageRefused, retire_stage, save_stage, shift_stage, use_preset
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.testing import make_ladder

pytestmark = pytest.mark.django_db
YES = {"all": []}
KYIV = {"field": "city", "is": "Kyiv"}


def ladder():
    return [stage.key for stage in Stage.objects.filter(is_active=True, is_beside=False)]


def test_an_own_stage_joins_the_end_of_the_ladder_and_everybody_is_asked():
    make_ladder({})
    person = Person.objects.create(city="Kyiv")
    stage = save_stage(filled=Filled(names={"en": "Met us", "ru": " "}, sign=KYIV))
    assert (ladder(), stage.names) == (["s1", "met-us"], {"en": "Met us"})
    run_all_jobs()
    assert Standing.objects.get(person=person).stage_id == stage.id


def test_a_name_in_cyrillic_alone_still_gives_a_key():
    first = save_stage(filled=Filled(names={"ru": "Познакомились"}))
    assert first.key.startswith("stage-")


@pytest.mark.parametrize(
    ("filled", "code"),
    [
        (Filled(names={"ru": " "}), "no-name"),
        (Filled(names={"ru": "x"}, sign={"field": "gone", "is": "x"}), "sign"),
        (Filled(names={"ru": "x"}, sign={"any": [{"stage": "s1"}, KYIV]}), "stage-circle"),
    ],
)
def test_a_stage_that_cannot_stand_is_refused(filled, code):
    (stage,) = make_ladder({})
    with pytest.raises(StageRefused) as refused:
        save_stage(filled=filled, stage=stage)
    assert refused.value.code == code and str(refused.value)


def test_a_new_name_moves_nobody():
    (stage,) = make_ladder({})
    save_stage(filled=Filled(names={"en": "Renamed"}), stage=stage)
    assert Stage.objects.get(id=stage.id).names == {"en": "Renamed"}
    assert not Job.objects.exists()


def test_stages_change_places():
    first, second, _third = make_ladder({}, {}, {})
    assert shift_stage(stage=second, up=True, by=1)
    assert ladder() == ["s2", "s1", "s3"]
    assert not shift_stage(stage=Stage.objects.get(key="s2"), up=True, by=1)
    assert shift_stage(stage=first, up=False, by=1)
    assert ladder() == ["s2", "s3", "s1"]


def test_a_retired_stage_lets_its_people_go_and_keeps_its_history():
    _first, second = make_ladder({}, KYIV)
    person = Person.objects.create(city="Kyiv")
    use = Standing.objects.create(person=person, stage=second, since="2026-01-01T00:00Z", pinned_by=3)
    with pytest.raises(StageRefused):
        retire_stage(stage=second, by=1)
    Standing.objects.filter(person=use.person).update(pinned_by=None)
    retire_stage(stage=second, by=1)
    run_all_jobs()
    assert Standing.objects.get().stage.key == "s1"
    assert StageMove.objects.get().cause == "preset"


def test_the_last_stage_of_the_ladder_stays():
    (only,) = make_ladder({})
    with pytest.raises(StageRefused):
        retire_stage(stage=only, by=1)


def test_a_ready_ladder_finds_a_place_for_everybody():
    Person.objects.create()
    use_preset(name="lead-prospect", by=1)
    run_all_jobs()
    assert Standing.objects.get().stage.key == "lead"
