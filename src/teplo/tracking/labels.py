"""Who acted: a human being, a machine, or perhaps a machine (R9).

Letters are opened and their links clicked by mail services and security scanners long before people do. Rules count
human deeds only; what was labelled otherwise stays in the journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from teplo.tracking.agents import is_machine
from teplo.tracking.models import EventLabel

OUR_OWN = frozenset({"letter-sent", "letter-bounced", "call-missed", "deal-lost", "person-imported", "note-added"})
"""Events in which the person himself did nothing: he was not seen."""
SCAN_WITHIN = timedelta(seconds=10)
"""A click so soon after sending is a scanner's: a human being has not even seen the letter."""
PREFETCH_WITHIN = timedelta(seconds=3)
"""An open so soon after sending is the mail service's."""
SWEEP_WITHIN = timedelta(seconds=5)
SWEEP_LINKS = 3
"""So many different links of one letter within SWEEP_WITHIN: nobody reads like this."""


class LetterDeed(NamedTuple):
    """An open or a click as the labels need it."""

    person_id: int
    delivery: str
    name: str
    at: datetime
    url: str
    user_agent: str
    method: str
    sent_at: datetime | None


PAGE_VIEW = "page-viewed"
NO_AGENT = "-"
"""What the collector notes where a page's request names no agent at all: no browser does that."""


def label_of_agent(user_agent: str) -> str:
    """What the user agent alone says; an empty one says nothing."""
    return EventLabel.MACHINE.value if is_machine(user_agent) else EventLabel.HUMAN.value


def label_of_visit(name: str, user_agent: str) -> str:
    """The label of an event of a site: every browser names itself when it views a page; who does not is a machine."""
    if user_agent.strip() in ("", NO_AGENT):
        return EventLabel.MACHINE.value if name == PAGE_VIEW else EventLabel.HUMAN.value
    return label_of_agent(user_agent)


def label_letter_deeds(deeds: Sequence[LetterDeed]) -> list[str]:
    """The label of each open and click, seen together: a sweep over all links shows only in company."""
    labels = [_label_alone(deed) for deed in deeds]
    for index in _sweeps(deeds):
        labels[index] = EventLabel.MACHINE.value
    return labels


def _label_alone(deed: LetterDeed) -> str:
    is_open = deed.name == "letter-opened"
    # Apple's mail privacy fetches every picture of every letter, under this name and no other.
    if deed.method == "HEAD" or (is_open and deed.user_agent == "Mozilla/5.0"):
        return EventLabel.MACHINE.value
    label = label_of_agent(deed.user_agent)
    if label != EventLabel.HUMAN.value or deed.sent_at is None:
        return label
    after = deed.at - deed.sent_at
    if after < (PREFETCH_WITHIN if is_open else SCAN_WITHIN):
        return EventLabel.SUSPECT.value
    return label


def _sweeps(deeds: Sequence[LetterDeed]) -> list[int]:
    clicks: dict[tuple[int, str], list[int]] = defaultdict(list)
    for index, deed in enumerate(deeds):
        if deed.name == "letter-clicked" and deed.delivery:
            clicks[(deed.person_id, deed.delivery)].append(index)
    swept: set[int] = set()
    for indexes in clicks.values():
        ordered = sorted(indexes, key=lambda i: deeds[i].at)
        for start, first in enumerate(ordered):
            near = [i for i in ordered[start:] if deeds[i].at - deeds[first].at <= SWEEP_WITHIN]
            if len({deeds[i].url for i in near}) >= SWEEP_LINKS:
                swept.update(near)
    return sorted(swept)
