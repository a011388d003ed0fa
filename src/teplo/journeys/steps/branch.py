"""A fork: by a condition, by what became of a letter of this journey, or by letters left unopened in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.sentences import say as say_condition
from teplo.journeys.asking import who_match
from teplo.journeys.queries import letters_reached, unopened_in_a_row
from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind, Walker, is_drawn

REACTIONS = {
    "sent": gettext_lazy("went out"),
    "opened": gettext_lazy("was opened"),
    "clicked": gettext_lazy("was clicked"),
}


@dataclass(frozen=True)
class BranchSettings:
    condition: dict[str, Any]
    letter: str
    reaction: str
    unopened: int


class Branch(StepKind[BranchSettings]):
    key = "branch"
    exits = ("yes", "no")
    reads_people = True

    def read(self, raw: Mapping[str, Any]) -> BranchSettings:
        condition, letter, unopened = raw.get("condition") or {}, raw.get("letter") or "", raw.get("unopened") or 0
        reaction = raw.get("was") or "opened"
        if sum(map(bool, (condition, letter, unopened))) != 1:
            raise SettingWrong("condition", "missing")
        if not isinstance(condition, dict):
            raise SettingWrong("condition", "not-a-condition")
        if reaction not in REACTIONS:
            raise SettingWrong("was", "unknown-reaction")
        if not isinstance(unopened, int) or not 0 <= unopened <= 20:
            raise SettingWrong("unopened", "not-a-number")
        if not isinstance(letter, str):
            raise SettingWrong("letter", "not-text")
        return BranchSettings(condition, letter, reaction, unopened)

    def check(self, settings: BranchSettings) -> None:
        if settings.condition:
            try:
                read_json(settings.condition, registry.people())
            except ConditionError as error:
                raise SettingWrong("condition", "condition-wrong", error=str(error)) from error

    def act(self, group: Group[BranchSettings]) -> Outcome:
        yes = _who_says_yes(group)
        return Outcome(default="no", exits={w.row_id: "yes" for w in group.walkers if w.row_id in yes})

    def say(self, settings: BranchSettings) -> str:
        if settings.letter:
            return _("If the letter “%(step)s” %(reaction)s") % {
                "step": settings.letter,
                "reaction": REACTIONS[settings.reaction],
            }
        if settings.unopened:
            return ngettext(
                "If the last letter was left unopened",
                "If the last %(n)s letters in a row were left unopened",
                settings.unopened,
            ) % {"n": settings.unopened}
        return _("If %(condition)s") % {"condition": _condition_in_words(settings.condition)}


def _who_says_yes(group: Group[BranchSettings]) -> set[int]:
    """Ids of the enrolments that go out by yes."""
    settings = group.settings
    if settings.condition:
        matching = who_match(settings.condition, person_ids=group.person_ids)
        return {walker.row_id for walker in group.walkers if walker.person_id in matching}
    if group.response is not None:
        return {walker.row_id for walker in group.walkers if _is_believed(settings, walker, group.response)}
    person_of = {walker.row_id: walker.person_id for walker in group.walkers}
    if settings.letter:
        return letters_reached(person_of=person_of, step=settings.letter, reaction=settings.reaction)
    return unopened_in_a_row(person_of=person_of, letters=settings.unopened)


def _is_believed(settings: BranchSettings, walker: Walker, response: float) -> bool:
    """In a simulation: whether this person is believed to have reacted (a fifth of those who open also click)."""
    if settings.letter:
        share = {"sent": 1.0, "opened": response, "clicked": response / 5}[settings.reaction]
        return is_drawn(share, walker.person_id, settings.letter)
    letters = range(walker.pass_number, walker.pass_number + settings.unopened)
    return not any(is_drawn(response, walker.person_id, "letter", number) for number in letters)


def _condition_in_words(condition: dict[str, Any]) -> str:
    vocabulary = registry.people()
    try:
        return say_condition(read_json(condition, vocabulary), vocabulary, get_language() or "en")
    except ConditionError as error:
        return str(error)
