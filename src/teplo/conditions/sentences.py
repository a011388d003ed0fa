"""A condition said back as a sentence in Russian, Ukrainian or English."""

from __future__ import annotations

import json

from teplo.conditions.condition import Condition
from teplo.conditions.vocabulary import Vocabulary
from teplo.conditions.writing import write_json


def say(condition: Condition, vocabulary: Vocabulary, language: str | None = None) -> str:
    """The sentence, in the active language when none is given."""
    return json.dumps(write_json(condition, vocabulary), ensure_ascii=False)
