"""What several letters in a row say of the sender: one refused recipient is his own affair, several are the sender's.

Kept between batches in the sender's row, because a queue may bring one letter a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from teplo.channels.email.answers import Fate, Outcome
from teplo.kit.secrets import keyed_digest

SEVERAL = 3
"""So many different recipients one after another: the server has something against the sender."""
SILENT_ENDS = 2
"""So many letters one after another taken whole and not answered."""
SILENT_FOR_GOOD = 6
"""After so many it is not tried by itself any more: each try leaves one more letter in doubt."""
SILENT = "silent"
_REMEMBERED = 50


@dataclass
class Streak:
    """Digests of recipients at whom the server refused the sender, and what follows from them.

    `row`: different ones, one after another, since a letter went out or the sender was paused. `before`: those of the
    rows before the pause. `alone`: those refused lately while others got their letters; nothing more is learnt of
    them. `silent`: letters in a row taken whole and not answered. `trouble` is set as soon as the sender cannot go on:
    nothing more is to be begun then.
    """

    row: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    silent: int = 0
    trouble: str = ""

    def note(self, recipient: str, outcome: Outcome) -> None:
        """One more letter has met its fate."""
        if outcome.fate is Fate.SENT:
            self.alone = _with(self.alone, *self.before, *self.row)
            self.before, self.row, self.silent = [], [], 0
        elif outcome.fate is Fate.UNCERTAIN:
            self.silent += 1
            if self.silent >= SILENT_ENDS:
                self.trouble = SILENT
        elif outcome.trouble and (digest := _digest(recipient)) not in self.alone:
            self.row = _with(self.row, digest)
            if len(self.row) >= SEVERAL:
                self.trouble, self.before, self.row = outcome.trouble, _with(self.before, *self.row), []

    def is_alone(self, recipient: str) -> bool:
        """Whether others got their letters after this one was refused: so it is no trouble of the sender's."""
        return _digest(recipient) in self.alone

    def kept(self) -> dict[str, Any]:
        """What the next batch must know."""
        return {"row": self.row, "before": self.before, "alone": self.alone, "silent": self.silent}


def _with(digests: Iterable[str], *more: str) -> list[str]:
    return [*(other for other in digests if other not in more), *more][-_REMEMBERED:]


def _digest(recipient: str) -> str:
    return keyed_digest("refused-recipient", recipient.casefold())[:12]
