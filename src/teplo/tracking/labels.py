"""Who acted: a human being, a machine, or perhaps a machine (R9).

Letters are opened and their links clicked by mail services and security scanners long before people do. Rules count
human deeds only; what was labelled otherwise stays in the journal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

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

# Gmail and Yahoo fetch pictures when a human opens the letter, so their proxies count as human.
_HUMAN_PROXIES = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy")
_SCANNERS = re.compile(
    r"Barracuda|Proofpoint|Mimecast|Symantec|MessageLabs|FireEye|Trend ?Micro|Sophos|Forcepoint|SafeLinks|"
    r"BingPreview|CloudFilt|ZScaler|urldefense|Cisco|IronPort|python-requests|python-urllib|python-httpx|aiohttp|"
    r"curl/|Wget/|Go-http-client|Java/|okhttp|libwww|HeadlessChrome|PhantomJS|Apache-HttpClient|node-fetch|axios/|bot/\d|spider/|crawler",
    re.IGNORECASE,
)


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


@lru_cache(maxsize=1)
def _crawlers() -> re.Pattern[str]:
    """One pattern of all known crawlers: a search in it costs microseconds, one after another a millisecond."""
    return re.compile("|".join(f"(?:{entry['pattern']})" for entry in CRAWLER_USER_AGENTS_DATA))


@lru_cache(maxsize=10_000)
def label_of_agent(user_agent: str) -> str:
    """What the user agent alone says."""
    if not user_agent or _HUMAN_PROXIES.search(user_agent):
        return EventLabel.HUMAN.value
    if _SCANNERS.search(user_agent) or _crawlers().search(user_agent):
        return EventLabel.MACHINE.value
    return EventLabel.HUMAN.value


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
