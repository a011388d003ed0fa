"""A field for tags that suggests those there are."""

from __future__ import annotations

from typing import Any

from django import forms

from teplo.people.tagging import suggest_tags


class TagInput(forms.TextInput):
    """A line of text beside which the browser shows the tags there are."""

    template_name = "components/tag_input.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-known"
        context["widget"]["attrs"].setdefault("autocomplete", "off")
        context["known"] = suggest_tags(limit=200)
        return context
