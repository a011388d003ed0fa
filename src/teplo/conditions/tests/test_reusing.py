from datetime import UTC, datetime, timedelta

import pytest

from teplo.conditions import registry
from teplo.conditions.reusing import reuse
from teplo.people.models import AttributeDefinition, Segment

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


class Builder:
    """Counts how often it compiles."""

    def __init__(self, *params: object) -> None:
        self.times = 0
        self.params = params

    def __call__(self, ids, at):
        self.times += 1
        return "SELECT", tuple(param(at) if callable(param) else param for param in self.params) + (list(ids),)


def ask(build, ids, *, key="k", at=AT):
    return reuse(key=(key, build.params.__repr__()), build=build, encode=list, ids=ids, at=at)


def test_a_second_batch_of_the_day_is_not_compiled_anew():
    build = Builder("Москва")
    assert ask(build, [1, 2]) == ("SELECT", ("Москва", [1, 2]))
    assert ask(build, [3], at=AT + timedelta(minutes=5)) == ("SELECT", ("Москва", [3]))
    assert build.times == 2  # the two probes


def test_a_new_day_is_compiled_anew():
    build = Builder("day")
    ask(build, [1])
    ask(build, [1], at=AT + timedelta(days=1))
    assert build.times == 4


def test_what_depends_on_the_moment_is_compiled_each_time():
    build = Builder(lambda at: at - timedelta(hours=3))
    assert ask(build, [1])[1][0] == AT - timedelta(hours=3)
    later = AT + timedelta(minutes=1)
    assert ask(build, [1], at=later)[1][0] == later - timedelta(hours=3)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Segment.objects.create(name="x", condition={"field": "city", "is": "Київ"}),
        lambda: AttributeDefinition.objects.create(key="budget", type="number"),
    ],
)
def test_a_changed_definition_is_compiled_anew(change):
    build = Builder(change.__name__, id(change))
    ask(build, [1])
    before = registry.state()
    change()
    assert registry.state() != before
    ask(build, [1])
    assert build.times == 4


def test_a_changed_condition_of_a_segment_is_seen():
    segment = Segment.objects.create(name="x", condition={"field": "city", "is": "Київ"})
    before = registry.state()
    Segment.objects.filter(pk=segment.pk).update(condition={"field": "city", "is": "Львів"})
    assert registry.state() != before
