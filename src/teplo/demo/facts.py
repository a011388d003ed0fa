"""Rates the example company is calibrated on, each with its source. Facts only; the people are invented.

D1  895 deals of a call-tracking service, January–April 2024 (github kazhemyaka/deals-dashboard, Apache-2.0).
D2  5,000 leads of a real-estate funnel with dated stages (github feryalbassam/real-estate-sales-funnel-analytics, MIT).
S4  The OkoCRM article on warming chains (REQUIREMENTS.md).
"""

from __future__ import annotations

from dataclasses import dataclass

# S4: read rates per channel.
LETTER_READ = 0.21
MESSENGER_READ = 0.64

# Not measured in the sources: of those who read a letter, how many click; ours, usual for B2B newsletters.
CLICK_OF_READ = 0.22

# D1: 216 won of 647 closed.
WIN_RATE = 216 / 647

# D1: days from inquiry to a won deal, quartiles 7, 15, 22.
DAYS_TO_WIN = (7, 15, 22)

# D2: days between dated stages, quartiles: lead → qualified, → site visit, → negotiation, → booking.
DAYS_TO_QUALIFY = (7, 9, 11)
DAYS_TO_MEETING = (5, 8, 11)
DAYS_TO_NEGOTIATION = (4, 7, 10)
DAYS_TO_BOOKING = (7, 11, 16)


@dataclass(frozen=True, slots=True)
class Source:
    """How a share of people comes, and how its deals end."""

    key: str
    share: float
    win_rate: float
    referrer: str
    utm: tuple[str, str, str]
    landing: str


# D1: source mix and win rate of each (won / (won + lost)), named by our kinds of source.
SOURCES = (
    Source(
        "partner", 274 / 895, 89 / 199, "https://partner.example/catalogue", ("partner", "referral", "catalogue"), "/"
    ),
    Source("inbound-call", 187 / 895, 40 / 138, "", ("", "", ""), "/contacts"),
    Source("registration", 124 / 895, 26 / 88, "https://www.google.com/", ("", "", ""), "/blog/sklad-bez-excel"),
    Source("chat", 107 / 895, 20 / 76, "", ("", "", ""), "/"),
    Source("demo-request", 77 / 895, 9 / 58, "https://www.google.com/", ("google", "cpc", "demo"), "/demo"),
    Source(
        "facebook-ads", 69 / 895, 4 / 44, "https://www.facebook.com/", ("facebook", "cpc", "guide-spring"), "/guide"
    ),
    Source("newsletter", 30 / 895, 21 / 23, "", ("newsletter", "email", "digest"), "/blog/inventarizatsiya"),
    Source("social", 13 / 895, 2 / 9, "https://t.me/", ("telegram", "social", "channel"), "/blog/sklad-bez-excel"),
    Source("webinar", 14 / 895, 5 / 10, "", ("webinar", "referral", "webinar-march"), "/webinar"),
)

# D1: reasons of loss, by how often each was given, under our own keys (sales.deals.LOST_REASONS).
LOSS_REASONS = (
    ("no-need", 45),
    ("competitor", 44 + 17 + 13),
    ("no-answer", 42),
    ("no-money", 39),
    ("not-ours", 24),
    ("too-expensive", 20 + 17),
    ("other", 31 + 21),
)
