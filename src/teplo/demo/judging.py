"""Salespeople say by hand how warm somebody is, after they have talked to him: what the table is held to.

They hear the interest that only the simulator knows, though not sharply, so that hand and table differ as they do
in life.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from teplo.demo.strangers import Stranger
from teplo.kit.wording import in_language
from teplo.scoring.hand_scoring import HandScoreRefused, score_by_hand
from teplo.scoring.models import Temperature

JUDGED = 0.6
"""Of those talked to, how many are judged."""
BLUR, FIT_HEARD = 0.03, 0.45
SEEMS_WARM, SEEMS_HOT = 0.55, 0.98

_WORDS: Mapping[str, tuple[dict[str, str], ...]] = {
    Temperature.HOT: (
        {"ru": "Просит договор", "uk": "Просить договір", "en": "Asks for the contract"},
        {"ru": "Решают на этой неделе", "uk": "Вирішують цього тижня", "en": "They decide this week"},
    ),
    Temperature.WARM: (
        {"ru": "Сравнивает с двумя другими", "uk": "Порівнює з двома іншими", "en": "Compares us with two others"},
        {"ru": "Бюджет в следующем квартале", "uk": "Бюджет у наступному кварталі", "en": "Budget next quarter"},
    ),
    Temperature.COLD: (
        {
            "ru": "Собирает материал для статьи",
            "uk": "Збирає матеріал для статті",
            "en": "Gathers facts for an article",
        },
        {"ru": "Склад на три полки", "uk": "Склад на три полиці", "en": "A warehouse of three shelves"},
    ),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a seller thinks of somebody, until it is put down."""

    stranger: Stranger
    seller: int
    temperature: Temperature
    words: str


def judge(*, stranger: Stranger, seller: int, language: str) -> Judgement | None:
    """Perhaps the seller thinks something, once. A chance of its own: the play goes on as if they had not."""
    random = Random(stranger.index)  # noqa: S311 - a play, not a secret
    if stranger.person_id is None or stranger.notes.get("judged") or random.random() >= JUDGED:
        return None
    stranger.notes["judged"] = True
    temperature = impression(stranger, random)
    words = in_language(random.choice(_WORDS[temperature]), language) if random.random() < 0.7 else ""
    return Judgement(stranger, seller, temperature, words)


def put_down(judgements: Iterable[Judgement]) -> None:
    """Score by hand now, all of a step at one moment: the table is asked of each day once."""
    for one in judgements:
        with suppress(HandScoreRefused):  # the card may have become part of another
            score_by_hand(
                person_id=one.stranger.person_id or 0, temperature=one.temperature, words=one.words, by=one.seller
            )


def impression(stranger: Stranger, random: Random) -> Temperature:
    """How warm somebody seems who was talked to: interest and fit, heard not quite sharply."""
    seen = stranger.interest + FIT_HEARD * stranger.fit + random.gauss(0, BLUR)
    return Temperature.HOT if seen > SEEMS_HOT else Temperature.WARM if seen > SEEMS_WARM else Temperature.COLD
