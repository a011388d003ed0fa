"""Machine opens and clicks told apart from human ones (R9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.tracking.labels import LetterDeed, label_letter_deeds, label_of_agent

SENT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def deed(name: str = "letter-clicked", *, after: float = 600, **changes: Any) -> LetterDeed:
    values: dict[str, Any] = {
        "person_id": 1, "delivery": "7", "name": name, "at": SENT + timedelta(seconds=after), "url": "https://x.example/a",
        "user_agent": CHROME, "method": "GET", "sent_at": SENT, **changes,
    }  # fmt: skip
    return LetterDeed(**values)


@pytest.mark.parametrize(
    ("what", "label"),
    [
        (deed(), "human"),
        (deed("letter-opened", user_agent=GMAIL), "human"),
        (deed("letter-opened", user_agent="Mozilla/5.0"), "machine"),
        (deed(user_agent="Mozilla/5.0 (compatible; Barracuda Sentinel)"), "machine"),
        (deed(user_agent="python-requests/2.31"), "machine"),
        (deed(method="HEAD"), "machine"),
        (deed(after=3), "suspect"),
        (deed("letter-opened", after=1), "suspect"),
        (deed("letter-opened", after=8), "human"),
        (deed(after=3, sent_at=None), "human"),
    ],
)
def test_a_deed_alone_is_labelled(what: LetterDeed, label: str) -> None:
    assert label_letter_deeds([what]) == [label]


def test_a_sweep_over_all_links_is_a_machine() -> None:
    sweep = [deed(after=100 + n, url=f"https://x.example/{n}") for n in range(3)]
    later = deed(after=900, url="https://x.example/1")
    assert label_letter_deeds([*sweep, later]) == ["machine"] * 3 + ["human"]


def test_three_clicks_on_one_link_are_an_impatient_human() -> None:
    assert label_letter_deeds([deed(after=100 + n) for n in range(3)]) == ["human"] * 3


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "Mozilla/5.0 (compatible; YandexBot/3.0)", "curl/8.0"])
def test_crawlers_are_known(agent: str) -> None:
    assert label_of_agent(agent) == "machine"


def test_browsers_are_human() -> None:
    assert label_of_agent(CHROME) == label_of_agent("") == "human"
