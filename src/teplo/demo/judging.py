"""Salespeople say by hand how warm somebody is, after they have talked to him: what the table is held to.

They see the need that only the simulator knows, though not sharply, so that hand and table differ as they do in life.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from random import Random

from teplo.demo.strangers import Stranger
from teplo.kit.clock import at_moment
from teplo.kit.wording import in_language
from teplo.scoring.hand_scoring import HandScoreRefused, score_by_hand
from teplo.scoring.models import Temperature

JUDGED = 0.45
"""Of those talked to, how many are judged."""
BLUR = 0.16

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


def judge(*, stranger: Stranger, seller: int, language: str, at: datetime) -> None:
    """Perhaps the seller puts down what he thinks, once. A chance of its own: the play goes on as if he had not."""
    random = Random(stranger.index)  # noqa: S311 - a play, not a secret
    if stranger.person_id is None or stranger.notes.get("judged") or random.random() >= JUDGED:
        return
    stranger.notes["judged"] = True
    seen = stranger.need + random.gauss(0, BLUR)
    temperature = Temperature.HOT if seen > 0.62 else Temperature.WARM if seen > 0.4 else Temperature.COLD
    words = in_language(random.choice(_WORDS[temperature]), language) if random.random() < 0.7 else ""
    with at_moment(at), suppress(HandScoreRefused):  # his card may have become part of another
        score_by_hand(person_id=stranger.person_id, temperature=temperature, words=words, by=seller)
