"""The picture of a journey: steps one under another, forks side by side, and where ways come together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.content.models import Template
from teplo.journeys.figures import StepFigures
from teplo.journeys.graph import Graph, Step
from teplo.journeys.problems import Problem
from teplo.journeys.steps.branch import BranchSettings
from teplo.journeys.steps.send_email import LetterSettings

ICONS = {
    "send-email": "mail",
    "wait": "clock",
    "branch": "arrows-split-2",
    "add-task": "checkbox",
    "set-attribute": "pencil",
    "add-tag": "tag",
    "remove-tag": "tag-off",
    "set-stage": "stairs-up",
    "hand-off": "flame",
    "end": "flag",
}
WAY_NAMES = {
    "next": gettext_lazy("then"),
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
    "timeout": gettext_lazy("if not"),
}


@dataclass
class Way:
    """A way out of a fork that leads elsewhere than into a column of its own."""

    name: str
    key: str
    to: str
    to_name: str


@dataclass
class Row:
    """A step in its column."""

    step: Step
    number: int
    says: str
    icon: str
    figures: StepFigures
    problems: list[Problem]
    lanes: list[Lane] = field(default_factory=list)
    sides: list[Way] = field(default_factory=list)
    main_way: str = "next"
    jump: Way | None = None
    is_last: bool = False
    is_joining: bool = False
    """What follows stands right under the fork whose side this is."""

    @property
    def ways_taken(self) -> list[tuple[str, int]]:
        """How many went which way, where a fork has no columns of its own to say it."""
        return [(_way_name(self.step, way), times) for way, times in self.figures.ways.items()] if self.sides else []


@dataclass
class Lane:
    """One side of a fork."""

    way: str
    name: str
    after: str
    rows: list[Row]
    share: float | None = None


@dataclass
class Picture:
    rows: list[Row]
    names: Mapping[str, str]
    """Step's key → "3. Call him", for the choices of dialogs."""


def draw(
    graph: Graph,
    *,
    figures: Mapping[str, StepFigures] | None = None,
    problems: Sequence[Problem] = (),
    within: str = "",
) -> Picture:
    """The steps laid out for the page, numbered as one reads them.

    `within` is the journey's name: letters that are called after it are said without repeating it.
    """
    order = _Drawing(graph, {}, (), {}).order()
    return _Drawing(graph, figures or {}, problems, order, within).picture()


class _Drawing:
    def __init__(
        self,
        graph: Graph,
        figures: Mapping[str, StepFigures],
        problems: Sequence[Problem],
        numbers: Mapping[str, int],
        within: str = "",
    ) -> None:
        self.graph, self.figures, self.problems, self.numbers = graph, figures, problems, numbers
        self.placed: dict[str, int] = {}
        self.says = {key: _say(step, graph, within) for key, step in graph.steps.items()} if numbers else {}

    def order(self) -> dict[str, int]:
        """Numbers of the steps from top to bottom."""
        self._all()
        return {key: place + 1 for key, place in self.placed.items()}

    def picture(self) -> Picture:
        rows = self._all()
        return Picture(rows, {key: self._name(key) for key in self.placed})

    def _all(self) -> list[Row]:
        rows = self._chain(self.graph.first, frozenset())
        for key in self.graph.steps:  # what nobody reaches is shown too, with its mistake
            if key not in self.placed:
                rows += self._chain(key, frozenset())
        return rows

    def _name(self, key: str) -> str:
        return f"{self.numbers.get(key, '?')}. {self.says.get(key, key)}"

    def _chain(self, start: str | None, stop: frozenset[str]) -> list[Row]:
        """A column from `start` until it ends, or comes to a step that stands elsewhere.

        `later` are steps to which forks of this column led aside: they stand at its end.
        """
        rows: list[Row] = []
        later: list[str] = []
        key = start
        while True:
            if not self._is_free(key, stop) or key in later:
                following = next((waiting for waiting in later if waiting not in self.placed), None)
                if rows and (key is None or key != following):
                    self._finish(rows[-1], key)
                if following is None:
                    return rows
                later.remove(following)
                key = following
            row = self._row(str(key))
            rows.append(row)
            key = self._after(row, stop | set(later), later)

    def _is_free(self, key: str | None, stop: frozenset[str]) -> bool:
        return key is not None and key not in stop and key not in self.placed and key in self.graph.steps

    def _finish(self, row: Row, key: str | None) -> None:
        if key is None:
            row.is_last = not row.lanes
        else:
            row.jump = self._way(row.main_way, key)

    def _after(self, row: Row, stop: frozenset[str], later: list[str]) -> str | None:
        """What stands under a row; forks with two real sides become lanes, others go on in the same column."""
        targets = list(row.step.ways.items())
        if not targets:
            return None
        if len(targets) == 1:
            row.main_way = targets[0][0]
            return targets[0][1]
        (first, a), (second, b) = targets[:2]
        join = self._join(a, b, stop)
        if self._is_short(b, join, stop):
            return self._aside(row, second, b, first, a, join, later)
        if self._is_short(a, join, stop):
            return self._aside(row, first, a, second, b, join, later)
        inner = stop | ({join} if join else set()) | set(later)
        row.lanes = [self._lane(row, first, a, inner), self._lane(row, second, b, inner)]
        for lane in row.lanes:
            last = lane.rows[-1]
            if last.jump is not None and last.jump.to == join:
                last.jump, last.is_joining = None, True
        return join

    def _aside(
        self, row: Row, way: str, target: str | None, main: str, goes_on: str | None, join: str | None, later: list[str]
    ) -> str | None:
        """One side of a fork leads away at once: it is a note beside the step, the other goes on below."""
        aside = self._way(way, target)
        aside.name = _way_name(row.step, way)
        row.sides.append(aside)
        row.main_way = main
        if target is not None and target == join and target != goes_on and target not in later:
            later.append(target)
        return goes_on

    def _is_short(self, target: str | None, join: str | None, stop: frozenset[str]) -> bool:
        return target is None or target == join or target in stop or target in self.placed

    def _lane(self, row: Row, way: str, target: str | None, stop: frozenset[str]) -> Lane:
        passed = row.figures.passed
        share = row.figures.ways.get(way, 0) / passed if passed else None
        return Lane(way, _way_name(row.step, way), row.step.key, self._chain(target, stop), share)

    def _way(self, way: str, target: str | None) -> Way:
        name = self._name(target) if target else _("the journey ends")
        return Way(str(WAY_NAMES.get(way, way)), way, target or "", name)

    def _row(self, key: str) -> Row:
        self.placed[key] = len(self.placed)
        step = self.graph.steps[key]
        return Row(
            step=step,
            number=self.numbers.get(key, 0),
            says=self.says.get(key, key),
            icon=ICONS.get(step.kind.key, "point"),
            figures=self.figures.get(key) or StepFigures(),
            problems=[problem for problem in self.problems if problem.step == key],
        )

    def _join(self, a: str | None, b: str | None, stop: frozenset[str]) -> str | None:
        """The first step after `a` that `b` leads to as well."""
        from_b = set(self._walk(b, stop))
        return next((key for key in self._walk(a, stop) if key in from_b), None)

    def _walk(self, start: str | None, stop: frozenset[str]) -> list[str]:
        seen: list[str] = []
        waiting = [start]
        while waiting:
            key = waiting.pop(0)
            if key is None or key in seen or key in self.placed or key in stop or key not in self.graph.steps:
                continue
            seen.append(key)
            waiting += self.graph.steps[key].ways.values()
        return seen


def _way_name(step: Step, way: str) -> str:
    """What stands over a side of a fork."""
    if step.kind.key == "wait":
        return _("did it") if way == "next" else _("did not")
    return str(WAY_NAMES.get(way, way))


def _say(step: Step, graph: Graph, within: str) -> str:
    if step.settings is None:
        return _("This step has to be filled in")
    said: str = step.kind.say(_with_names(step.settings, graph))
    return said.replace(f"{within}: ", "") if within else said


def _with_names(settings: Any, graph: Graph) -> Any:
    """A fork about a letter says the letter's name instead of its step's key."""
    letter = graph.steps.get(settings.letter) if isinstance(settings, BranchSettings) and settings.letter else None
    if letter is None or not isinstance(letter.settings, LetterSettings):
        return settings
    template = Template.objects.filter(pk=letter.settings.template_id).only("name", "ready").first()
    return replace(settings, letter=template.name) if template else settings
