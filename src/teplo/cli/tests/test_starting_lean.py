"""Processes that serve do not carry what only the learner or a printed page needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from teplo.kit.testing import PATIENCE

HEAVY = ("numpy", "scipy", "sklearn", "weasyprint", "pandas")
_CODE = """
import sys
sys.argv = ["teplo", {command!r}]
import teplo.cli.main
from django.urls import get_resolver
if {command!r} == "up":
    get_resolver().url_patterns
print([name for name in {names!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("command", "names"), [("up", HEAVY), ("work", (*HEAVY, "ninja")), ("collect", (*HEAVY, "ninja")), ("score", HEAVY)]
)
def test_a_command_starts_without_what_it_does_not_need(command: str, names: tuple[str, ...]) -> None:
    code = _CODE.format(command=command, names=names)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"
