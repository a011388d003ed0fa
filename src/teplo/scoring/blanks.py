"""How files say that a value is not there. "unknown" is none of them: somebody wrote it, so it is a value."""

from __future__ import annotations

BLANKS = frozenset(
    ("", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "null", "nil", "none", "<na>", "nat", "-", "–", "—", "--", "---")
    + (
        "?",
        ".",
        "..",
        "…",
        "(blank)",
        "(empty)",
        "\\n",
        "(пусто)",
        "(порожньо)",
        "#null!",
        "#value!",
        "#ref!",
        "#div/0!",
        # what forms show before anything is chosen
        *("select", "select...", "select…", "- select -", "-- select --", "--select--", "please select", "choose"),
        *("choose...", "choose…", "please choose", "choose one", "select one", "not selected", "not chosen"),
        *("выберите", "выберите...", "выберите…", "выберите значение", "не выбрано", "не выбран", "не выбрана"),
        *("выбрать", "оберіть", "виберіть", "оберіть...", "виберіть...", "оберіть…", "виберіть…", "не вибрано"),
        *("не обрано", "не вибраний", "не обраний", "обрати", "вибрати"),
    )
)
_LONGEST = max(map(len, BLANKS))


def is_blank(text: str) -> bool:
    """Whether a cell says nothing."""
    return len(text) <= _LONGEST and text.lower() in BLANKS


def tidy(text: str) -> str:
    """A cell as it is compared: no spaces around, none of the unbreakable kind; empty where it says nothing."""
    plain = " ".join(text.replace("\u200b", "").split())
    return "" if is_blank(plain) else plain
