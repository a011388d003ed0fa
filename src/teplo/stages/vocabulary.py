"""What conditions can say of stages: where a person stands, since when, how far he has come (R11, R12)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from teplo.conditions.comparing import column, through
from teplo.conditions.condition import Operator
from teplo.conditions.vocabulary import Asking, Choice, Field, Test, Type
from teplo.kit.remembering import Remembered
from teplo.kit.wording import in_language
from teplo.stages.models import Stage, StageMove, Standing

STAGE = _("Stage")
AT_STAGE = {
    Operator.IS: _("at the stage %(value)s"),
    Operator.IN: _("at the stage %(value)s"),
    Operator.IS_NOT: _("not at the stage %(value)s"),
    Operator.NOT_IN: _("neither at the stage %(value)s"),
    Operator.AT_OR_AFTER: _("at the stage %(value)s or further"),
}


def fields() -> Iterator[Field]:
    """The stage and since when; both can be asked of the past, from the moves."""
    extra = (Operator.AT_OR_AFTER,)
    yield Field(
        "stage", Type.CHOICE, _("Stage"), _stage_holds, STAGE, _stages, is_short=True, extra=extra, said=AT_STAGE
    )
    yield Field("stage_since", Type.MOMENT, _("Came to this stage"), _since_holds, STAGE)
    yield Field(
        "stage_ever", Type.LIST, _("Was ever at stage"), _ever_holds, STAGE, _stages, without=(Operator.IS_SET,)
    )


def _stages() -> Sequence[Choice]:
    return [Choice(stage.key, in_language(stage.names) or stage.key) for stage in Stage.objects.filter(is_active=True)]


def _wanted(test: Test) -> QuerySet[Stage]:
    """The stages that pass; "at or after" follows the ladder, never the places beside it."""
    if test.operator is Operator.IS_SET:
        return Stage.objects.all()
    if test.operator is Operator.AT_OR_AFTER:
        least = Stage.objects.filter(key=test.value).values("position")[:1]
        return Stage.objects.filter(is_beside=False, is_active=True, position__gte=least)
    return Stage.objects.filter(key__in=list(test.value))


def _stage_holds(test: Test, asking: Asking) -> Q:
    stages = _wanted(test).order_by().values("pk")
    if not asking.of_past:
        return Q(Exists(Standing.objects.filter(person=OuterRef("pk"), stage__in=stages)))
    return Q(Exists(_last_moves(asking).filter(person=OuterRef("pk"), to_stage__in=stages)))


def _last_moves(asking: Asking) -> QuerySet[StageMove]:
    """Each card's own last move up to the moment asked; of two at the same moment, the one written later."""
    own = StageMove.objects.filter(at__lte=asking.at, is_brought=False)
    later = own.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id")), person=OuterRef("person")
    )
    return own.filter(~Exists(later))


def _since_holds(test: Test, asking: Asking) -> Q:
    if asking.of_past:
        return through(_last_moves, {"person": "pk"}, column("at", Type.MOMENT))(test, asking)
    return through(lambda _asking: Standing.objects.all(), {"person": "pk"}, column("since", Type.MOMENT))(test, asking)


def _ever_holds(test: Test, asking: Asking) -> Q:
    stages = Stage.objects.filter(key__in=list(test.value)).order_by().values("pk")
    moves = StageMove.objects.filter(person=OuterRef("pk"), to_stage__in=stages, at__lte=asking.at)
    here = Standing.objects.filter(person=OuterRef("pk"), stage__in=stages, since__lte=asking.at)
    return Q(Exists(moves)) | Q(Exists(here))


def state() -> Hashable:
    """The stages that conditions name, in their order."""
    return _state()


_state = Remembered(
    lambda: Stage.objects.order_by("id").values_list("id", "key", "position", "is_beside", "is_active"), tuple
)
