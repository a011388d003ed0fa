"""Notes of talks with customers: why they bought, in their own words, beside what the numbers say (R19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from teplo.kit.ids import new_id
from teplo.scoring.models import Interview

MOST_TAGS = 12
LONGEST_TAG = 60
LONGEST_TEXT = 20_000


class NothingSaid(ValueError):
    """There is nothing in the note."""


def note_interview(*, person_id: int, text: str, reasons: Iterable[str], by: int, at: datetime) -> Interview:
    """Keep a talk with its short tags; raises NothingSaid."""
    if not text.strip():
        raise NothingSaid
    return Interview.objects.create(
        person_id=person_id, id=new_id(), text=text.strip()[:LONGEST_TEXT], reasons=tidy(reasons), by=by, at=at
    )


def tidy(reasons: Iterable[str]) -> list[str]:
    """Tags without repetition, whatever their case."""
    plain = (" ".join(word.split())[:LONGEST_TAG] for word in reasons)
    found = {word.lower(): word for word in plain if word}
    return list(found.values())[:MOST_TAGS]


def drop_interview(*, person_id: int, interview_id: int, by: int, may_all: bool) -> bool:
    """Take a note away: one's own, or with `may_all` anybody's. Answers whether there was one."""
    found = Interview.objects.filter(person_id=person_id, id=interview_id)
    return bool((found if may_all else found.filter(by=by)).delete()[0])


def frequent_reasons(*, most: int = 30, among: int = 2000) -> list[tuple[str, int]]:
    """The tags of the newest talks, the most frequent first, whatever their case."""
    counts: Counter[str] = Counter()
    writings: dict[str, str] = {}
    for reasons in Interview.objects.order_by("-at").values_list("reasons", flat=True)[:among]:
        for word in reasons:
            writings.setdefault(word.lower(), word)
            counts[word.lower()] += 1
    return [(writings[word], times) for word, times in counts.most_common(most)]
