"""The tool of translations finds what the sources say, in Python and in templates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "messages.py"
PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext, npgettext
a = _("One " "two")
b = ngettext("%(n)s cat", "%(n)s cats", n) % {"n": n}
c = pgettext("month", "May")
d = npgettext("ago", "%(n)s hour", "%(n)s hours", n)
e = _(name)
f = obj.gettext("By attribute")
from django.utils.translation import gettext as say, ngettext as many
g = say("Under another name")
h = many("a", "b", 3)
"""
TEMPLATE = """{% translate "Sale 10%" %} {{ _("Inline") }} {% translate "May" context "month" %}
{% blocktranslate count n=x trimmed %}
  {{ n }} “dog” isn't
  here
{% plural %}{{ n }} dogs{% endblocktranslate %}
{% include "x.html" with title=_("In an argument") %} {% comment %}{% translate "Commented" %}{% endcomment %}"""


def said(folder: Path) -> set[str]:
    answer = subprocess.run(
        [sys.executable, str(SCRIPT), "extract", str(folder)], capture_output=True, text=True, check=True
    )
    return set(json.loads(answer.stdout))


def test_messages_of_python_are_found(tmp_path):
    (tmp_path / "a.py").write_text(PYTHON)
    assert said(tmp_path) == {
        "One two", "%(n)s cat||%(n)s cats", "month>>May", "ago>>%(n)s hour||%(n)s hours", "By attribute",
        "Under another name", "a||b",
    }  # fmt: skip


def test_messages_of_templates_are_found(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(TEMPLATE)
    assert said(tmp_path) == {
        "Sale 10%%", "Inline", "month>>May", "%(n)s “dog” isn't here||%(n)s dogs", "In an argument",
    }  # fmt: skip


def test_a_translation_that_loses_a_name_is_a_problem():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import messages, polib; "
        "M = messages.Message('Hello %(name)s'); "
        "print(messages._broken(M, polib.POEntry(msgid=M.text, msgstr='Привет')), "
        "messages._broken(M, polib.POEntry(msgid=M.text, msgstr='Привет, %(name)s')))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT.parent)], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("command", [[], ["help"], ["invent"], ["add"]])
def test_a_command_that_does_not_exist_shows_how_to_ask(command):
    answer = subprocess.run([sys.executable, str(SCRIPT), *command], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "messages.py extract" in answer.stdout
