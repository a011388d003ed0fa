"""Tables of this package that hang on a person."""

from __future__ import annotations

from teplo.people.leaves import Combine, Erasing, Leaf, Move, OneEach
from teplo.people.models import AttributeChange, ChangeNote, Consent, SegmentMember

OWN_LEAVES = (
    Leaf(AttributeChange, Move(), Erasing.DELETE),
    Leaf(ChangeNote, Move(), Erasing.DELETE, is_exported=False),
    Leaf(
        Consent,
        Move(OneEach("channel", when={"is_current": True}, otherwise={"is_current": False}, newest="at")),
        Erasing.BLANK,
        blank={"proof": {}, "source": "", "text": ""},
    ),
    Leaf(SegmentMember, Combine(key=("segment_id",), least=("entered_at",)), Erasing.DELETE),
)
