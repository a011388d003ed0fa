"""What would make a person hot: the nearest steps that are realistic for somebody like him (§6).

The criteria he lacks are turned into what could happen: a deed done so many times more, a fact found out, a contact or
a consent given. The smallest sets of these that carry him over the threshold are the ways, the likeliest for the least
effort first; how likely is what people like him really did within thirty days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from math import prod

from django.db.models import QuerySet

from teplo.conditions import registry
from teplo.conditions.condition import Condition
from teplo.conditions.reading import ConditionError, read_json
from teplo.people.models import Person
from teplo.scoring.alike import Alike, people_like, shares_holding
from teplo.scoring.explaining import Explanation, Part
from teplo.scoring.lacking import Need, ToDo, ToLearn, needs, state_of
from teplo.scoring.models import Criterion
from teplo.scoring.rules import bounds

MOST_STEPS = 3
WAYS = 3
MOST_TIMES = 5
SUBJECTS = 8
"""Different things that could happen which are combined: the most promising ones."""
REALISTIC = 0.01
"""What fewer than one in a hundred people like him did in thirty days is not proposed."""


@dataclass(frozen=True)
class Step:
    """One thing that could happen: what, with what share of people like him, and the criteria it fulfils alone."""

    need: Need
    share: float
    criteria: tuple[Criterion, ...]

    @property
    def effort(self) -> int:
        return self.need.times if isinstance(self.need, ToDo) else 1


@dataclass(frozen=True)
class Way:
    """Steps that together bring `points`, to `total`; `likelihood`: as if people did them independently."""

    steps: tuple[Step, ...]
    points: int
    total: int
    likelihood: float

    @property
    def effort(self) -> int:
        return sum(step.effort for step in self.steps)


@dataclass(frozen=True)
class Warming:
    """Ways to `goal` points (the next threshold where hot is too far), measured by `alike`. `steps`: the single things
    that would warm him most, whether or not they suffice. `is_next`: the goal is warm, hot being out of reach."""

    goal: int
    is_next: bool
    ways: tuple[Way, ...]
    steps: tuple[Step, ...]
    alike: Alike


def what_would_warm(
    *, explanation: Explanation, person_id: int, stage_of: QuerySet[Person] | None, stage_key: str
) -> Warming:
    """Ways to make this person hot, or warm where hot is further than MOST_STEPS steps; none when he is hot already."""
    with registry.sharing():
        return _warming(explanation, person_id, stage_of, stage_key)


def _warming(explanation: Explanation, person_id: int, stage_of: QuerySet[Person] | None, stage_key: str) -> Warming:
    table, at = explanation.table, explanation.at
    alike = people_like(stage_of=stage_of, grade=explanation.grade, key=stage_key, at=at)
    open_lines = _open_lines(explanation, person_id, at)
    steps = _steps(open_lines, alike, at)
    for goal in (table.hot_from, table.warm_from):
        if goal <= explanation.total:
            break
        if ways := _ways(steps, open_lines, explanation.total, goal):
            return Warming(goal, goal != table.hot_from, ways, _best(steps, open_lines), alike)
    return Warming(table.hot_from, False, (), _best(steps, open_lines), alike)


@dataclass(frozen=True)
class _Line:
    """A criterion that could give more, with what it lacks where it is a condition."""

    part: Part
    lacking: frozenset[Need] | None = None
    condition: Condition | None = None

    def gain(self, done: Mapping[int, int], happened: frozenset[Need]) -> int:
        """Points more when these deeds are done so many times more and these needs are met."""
        item = self.part.criterion
        if item.activity_id:
            return _gain_of_deed(self.part, done.get(item.activity_id, 0))
        assert self.lacking is not None
        met = all(done.get(need.activity, 0) >= need.times if isinstance(need, ToDo) else need in happened
                  for need in self.lacking)  # fmt: skip
        return item.points if met else 0


def _gain_of_deed(part: Part, more: int) -> int:
    """What the statement would give for so many deeds more today, above what it gives now."""
    item = part.criterion
    before = part.basis.times if part.basis else 0
    if not more or before + more < item.at_least:
        return 0
    least, most = bounds(item)
    if not item.is_per_time:
        return min(item.points, most) - part.points
    counted = more if before >= item.at_least else before + more
    return max(min(part.points + item.points * counted, most), least) - part.points


def _open_lines(explanation: Explanation, person_id: int, at: datetime) -> list[_Line]:
    """Positive criteria that do not give all they could, and are within reach."""
    parts = [part for part in explanation.parts if part.adjustment is None and part.criterion.points > 0]
    deeds = [_Line(part) for part in parts if part.criterion.activity_id and not part.is_capped]
    asked = {
        index: condition
        for index, part in enumerate(parts)
        if not part.criterion.activity_id and not part.points and (condition := _read(part.criterion)) is not None
    }
    state = state_of(person_id=person_id, conditions=asked.values(), at=at)
    found = ((parts[index], condition, needs(condition, state)) for index, condition in asked.items())
    return [*deeds, *(_Line(part, lacking, condition) for part, condition, lacking in found if lacking)]


def _read(item: Criterion) -> Condition | None:
    try:
        return read_json(item.condition, registry.people(), of_known_values=False)
    except ConditionError:
        return None


def _steps(lines: Sequence[_Line], alike: Alike, at: datetime) -> list[Step]:
    """Everything that could happen, with how likely it is; what hardly anybody does is left out."""
    deeds = {need for line in lines for need in _deeds_of(line)}
    others = sorted({need for line in lines for need in line.lacking or () if not isinstance(need, ToDo)}, key=str)
    shares: dict[Need, float] = dict(zip(others, _shares(others, lines, alike, at), strict=True))
    shares |= {need: alike.share(need.activity, need.times) for need in deeds}
    steps = (Step(need, share, _alone(need, lines)) for need, share in shares.items() if share >= REALISTIC)
    return [step for step in steps if step.criteria or any(step.need in (line.lacking or ()) for line in lines)]


def _deeds_of(line: _Line) -> Iterator[ToDo]:
    item = line.part.criterion
    if not item.activity_id:
        yield from (need for need in line.lacking or () if isinstance(need, ToDo))
        return
    gains: set[int] = set()
    for times in range(1, MOST_TIMES + 1):
        gain = _gain_of_deed(line.part, times)
        if gain > 0 and gain not in gains:
            gains.add(gain)
            yield ToDo(item.activity_id, times)


def _alone(need: Need, lines: Sequence[_Line]) -> tuple[Criterion, ...]:
    done, happened = _happening([need])
    return tuple(line.part.criterion for line in lines if line.gain(done, happened) > 0)


def _shares(others: Sequence[Need], lines: Sequence[_Line], alike: Alike, at: datetime) -> list[float]:
    """How often a fact, once found out, is the one wished for; how many have given a contact or a consent."""
    questions = []
    for need in others:
        line = max(
            (line for line in lines if need in (line.lacking or ())), key=lambda line: line.part.criterion.points
        )
        assert line.condition is not None
        questions.append((line.condition, need.field if isinstance(need, ToLearn) else ""))
    return shares_holding(questions, ids=alike.ids, at=at)


def _happening(found: Iterable[Need]) -> tuple[dict[int, int], frozenset[Need]]:
    needs_met = list(found)
    done = {need.activity: need.times for need in needs_met if isinstance(need, ToDo)}
    return done, frozenset(need for need in needs_met if not isinstance(need, ToDo))


def _gain(steps: Sequence[Step], lines: Sequence[_Line]) -> int:
    """Points that these steps bring together. Of several lines about one fact only the best can come true."""
    done, happened = _happening(step.need for step in steps)
    total = 0
    of_fact: dict[frozenset[Need], int] = {}
    for line in lines:
        gain = line.gain(done, happened)
        facts = frozenset(need for need in line.lacking or () if isinstance(need, ToLearn))
        if gain and facts:
            of_fact[facts] = max(gain, of_fact.get(facts, 0))
        else:
            total += gain
    return total + sum(of_fact.values())


def _ways(steps: Sequence[Step], lines: Sequence[_Line], total: int, goal: int) -> tuple[Way, ...]:
    """The smallest sets of steps that suffice, the likeliest for the least effort first."""
    chosen = _promising(steps, lines)
    found: list[Way] = []
    for size in range(1, MOST_STEPS + 1):
        for together in combinations(chosen, size):
            if len({_subject(step) for step in together}) < size or any(_contains(together, way) for way in found):
                continue
            points = _gain(together, lines)
            if total + points >= goal:
                found.append(Way(together, points, total + points, prod(step.share for step in together)))
    return tuple(sorted(found, key=lambda way: (-way.likelihood / way.effort, way.effort))[:WAYS])


def _promising(steps: Sequence[Step], lines: Sequence[_Line]) -> list[Step]:
    """Steps about the most promising subjects, the smaller ones of a subject first."""
    worth: dict[object, float] = {}
    for step in steps:
        # A step that fulfils nothing alone may still complete a set.
        value = step.share * max(_gain([step], lines), 1)
        worth[_subject(step)] = max(value, worth.get(_subject(step), 0.0))
    best = set(sorted(worth, key=lambda subject: -worth[subject])[:SUBJECTS])
    return sorted((step for step in steps if _subject(step) in best), key=lambda step: step.effort)


def _subject(step: Step) -> object:
    return step.need.activity if isinstance(step.need, ToDo) else step.need


def _contains(together: Sequence[Step], way: Way) -> bool:
    """Whether a way found already is part of this set, perhaps with fewer times."""
    reach = {_subject(step): step.effort for step in together}
    return all(reach.get(_subject(step), 0) >= step.effort for step in way.steps)


def _best(steps: Sequence[Step], lines: Sequence[_Line]) -> tuple[Step, ...]:
    single = [step for step in steps if step.effort == 1 and step.criteria]
    return tuple(sorted(single, key=lambda step: -step.share * _gain([step], lines))[:WAYS])
