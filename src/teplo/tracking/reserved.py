"""Names of events that not everybody may send: what only Teplo itself can know, and what speaks of sales.

Names are compared by their skeleton, so that no case, look-alike letter, space or dot makes another word of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

OWN, TOKEN = "own", "token"

OWN_NAMES = (
    "letter-sent", "letter-opened", "letter-clicked", "letter-bounced", "letter-complained", "letter-replied",
    "letter-unsubscribed", "letter-failed", "letter-delivered", "unsubscribed", "resubscribed", "suppressed",
    "bounced", "complained", "message-sent", "message-delivered", "message-read", "message-replied",
    "stage-moved", "stage-changed", "consent-given", "consent-withdrawn", "consent-confirmed", "confirmed",
    "task-done", "task-created", "hand-off-accepted", "hand-off-returned", "handed-off", "handed-over",
    "note-added", "person-imported", "person-merged", "person-erased", "person-created", "person-changed",
    "score-changed", "became-hot", "became-warm", "became-cold", "became-customer", "journey-entered",
    "journey-left", "segment-entered", "segment-left", "owner-changed",
)  # fmt: skip
"""What Teplo itself tells: nobody outside can know it."""

OWN_FAMILIES = ("letter", "stage", "consent", "confirmation", "task", "hand-off", "delivery", "suppression")
"""Every name that begins with one of these words is Teplo's own as well."""

TOKEN_NAMES = (
    "order", "order-placed", "order-paid", "order-created", "order-completed", "order-cancelled", "order-canceled",
    "order-returned", "order-refunded", "order-shipped", "order-delivered", "order-received", "order-won",
    "order-confirmed", "order-closed", "order-fulfilled", "order-updated", "paid", "purchased", "bought", "sale",
    "sale-made", "sale-closed", "sold", "won", "lost", "customer-won", "customer-lost", "lead-won", "lead-lost",
    "contract-signed", "subscription-started", "subscription-renewed", "subscription-paid", "deal-won", "deal-lost",
    "deal-opened", "deal-closed", "payment-received", "payment-made", "payment-succeeded", "payment-failed",
    "purchase-completed", "invoice-paid", "refund-made", "call-answered", "call-missed",
)  # fmt: skip
"""Sales, payments and calls: a shop, an accounting system or a telephone system tells them, never a page."""

TOKEN_FAMILIES = ("deal", "payment", "purchase", "invoice", "refund", "revenue", "chargeback")

_LOOK_ALIKE = {
    ord(other): latin
    for latin, others in {
        "a": "аαɑ4@", "b": "вьβ8", "c": "сϲçⅽ", "d": "ԁɗⅾδ", "e": "еёєэҽεℯ3", "f": "ғϝ", "g": "ɡԍ9", "h": "һнԋη",
        "i": "іїıιɩ!", "j": "јϳ", "k": "кκқ", "l": "ӏⅼɭ1|ǀ", "m": "мⅿ", "n": "пոռν", "o": "оοσөօ0", "p": "рρ",
        "q": "ԛգ", "r": "гґɼ", "s": "ѕʂ5$", "t": "тτ7", "u": "иυʋս", "v": "ѵⅴν", "w": "ԝωшщ", "x": "хχ", "y": "уүγʏ",
        "z": "зζʐ2",
    }.items()
    for other in others
}  # fmt: skip
"""Letters of other alphabets that look like Latin ones, and digits that stand for letters."""
_NOT_LETTERS = re.compile(r"[^a-z]+")
_SAME = str.maketrans("iv", "lu")
"""i, l and 1 look the same, and u and v in some fonts: the skeleton knows no difference."""


def skeleton(name: str) -> str:
    """What is left of a name when everything that only looks different is the same; not meant to be read."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return _NOT_LETTERS.sub("", plain.translate(_LOOK_ALIKE)).translate(_SAME)


def is_own(name: str) -> bool:
    """Whether only Teplo itself may tell this."""
    return whose(name) == OWN


def is_for_tokens(name: str) -> bool:
    """Whether this speaks of a sale, a payment or a call: only a token that may sell can tell it."""
    return whose(name) == TOKEN


@lru_cache(maxsize=4096)
def whose(name: str) -> str:
    """OWN, TOKEN, or empty for a name that anybody may send."""
    if _is_among(name, _OWN, _OWN_BEGINNINGS):
        return OWN
    return TOKEN if _is_among(name, _TOKEN, _TOKEN_BEGINNINGS) else ""


def _is_among(name: str, whole: frozenset[str], beginnings: frozenset[str]) -> bool:
    if skeleton(name) in whole:
        return True
    words = _words(name)
    return bool(words) and (words[0] in beginnings or "".join(words[:2]) in beginnings)


def _words(name: str) -> tuple[str, ...]:
    """The skeletons of the words of a name."""
    spaced = unicodedata.normalize("NFKC", name)
    return tuple(found for word in re.split(r"[\W_]+", spaced) if (found := skeleton(word)))


_OWN = frozenset(map(skeleton, (*OWN_NAMES, *OWN_FAMILIES)))
_OWN_BEGINNINGS = frozenset(map(skeleton, OWN_FAMILIES))
_TOKEN = frozenset(map(skeleton, (*TOKEN_NAMES, *TOKEN_FAMILIES)))
_TOKEN_BEGINNINGS = frozenset(map(skeleton, TOKEN_FAMILIES))
