"""Tables of this package that hang on a person."""

from __future__ import annotations

from teplo.people.leaves import Combine, Erasing, Leaf, Move, OneEach, own_past
from teplo.people.models import (
    AttributeChange,
    ChangeNote,
    Consent,
    IdentityClaim,
    Note,
    PersonTag,
    SegmentMember,
    SharedContact,
    TagChange,
)

OWN_LEAVES = (
    Leaf(AttributeChange, Move(own_past("key")), Erasing.DELETE),
    Leaf(ChangeNote, Move(), Erasing.DELETE, is_exported=False),
    Leaf(
        Consent,
        Move(
            OneEach(
                when={"is_current": True},
                otherwise={"is_current": False},
                key="channel",
                newest="at",
                again="again",
                tie="state",  # a no stays beside a yes
            )
        ),
        Erasing.BLANK,
        blank={"proof": {}, "source": "", "text": ""},
    ),  # fmt: skip
    Leaf(IdentityClaim, Move(), Erasing.DELETE),
    Leaf(SharedContact, Combine(key=("kind", "value"), earliest={"since": ("source",)}), Erasing.DELETE),
    Leaf(SegmentMember, Combine(key=("segment_id",), least=("entered_at",)), Erasing.DELETE),
    Leaf(PersonTag, Combine(key=("tag_id",), least=("added_at",)), Erasing.DELETE, is_exported=False),
    Leaf(TagChange, Move(), Erasing.DELETE),
    Leaf(Note, Move(), Erasing.DELETE),
)
