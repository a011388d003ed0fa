"""What cleaning takes out of a letter, by name, so that nobody wonders where it went."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_OF_THE_PAGE = frozenset(("html", "head", "body", "title", "meta", "style", "tbody"))
"""Made anew around every letter."""


def what_was_removed(before: str, after: str) -> tuple[str, ...]:
    """Elements as `<form>` and attributes as `onclick`, an address with its scheme as `href="javascript:"`."""
    had, has = _Inventory(before), _Inventory(after)
    elements = [f"<{tag}>" for tag in had.elements - has.elements]
    attributes = [name for _tag, name in had.attributes - has.attributes if f"<{_tag}>" not in elements]
    return tuple(dict.fromkeys([*elements, *attributes]))


class _Inventory(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[tuple[str, str]] = Counter()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _OF_THE_PAGE:
            return
        self.elements[tag] += 1
        for name, value in attrs:
            scheme = (value or "").strip().partition(":")[0].lower() if name in ("href", "src") else ""
            is_shown = scheme.isalpha() and f"{scheme}:" in (value or "").lower() and scheme not in ("http", "https")
            self.attributes[tag, f'{name}="{scheme}:"' if is_shown else name] += 1
