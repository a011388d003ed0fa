"""Where somebody came from, in the words of a spreadsheet, as the marks that the tracking understands (R7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_MEDIUMS: tuple[tuple[str, str], ...] = (
    (r"ppc|cpc|cpm|реклам|ads?\b|adwords|google ads|директ|таргет|\bfb\b|\big\b|paid|баннер|банер", "cpc"),
    (r"выставк|виставк|ярмар|fair|expo|конференц|conference|мероприят|захід|event|семинар|семінар|листовк|флаер|буклет|qr"
     r"|звонок|дзвін|call|телефон|phone|offline|офлайн|офис|офіс|визит|візит|магазин|walk-?in|холодн|cold", "offline"),
    (r"e-?mail|рассыл|розсил|письм|newsletter", "email"),
    (r"партн[её]р|partner|referr?al|рекоменд|сарафан|знаком|знайом|друз", "referral"),
    (r"соц|social|instagram|инстаграм|facebook|фейсбук|вконтакте|\bvk\b|telegram|телеграм|linkedin|tiktok|youtube|whatsapp|viber",
     "social"),
    (r"organic|органик|органік|поиск|пошук|\bseo\b|search", "organic"),
)  # fmt: skip


def marks_of(source: str, utm: Mapping[str, str]) -> dict[str, str]:
    """UTM marks from the file's own ones and, where they say nothing, from the words of its source column."""
    marks = {name: value for name, value in utm.items() if value}
    if source:
        marks.setdefault("source", source)
        if not marks.get("medium") and (medium := medium_of(source)):
            marks["medium"] = medium
    return marks


@lru_cache(maxsize=4096)
def medium_of(source: str) -> str:
    """The medium that a source column's words tell; empty where they tell none."""
    plain = source.lower()
    return next((medium for pattern, medium in _MEDIUMS if re.search(pattern, plain)), "")
