from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from teplo.kit.confined.asking import Overran, Refused, answer_of, stream
from teplo.kit.confined.limits import Limits

STRANGE = "teplo.kit.tests.strange_functions"


def test_a_function_answers_from_another_process() -> None:
    assert answer_of(f"{STRANGE}:double", 21) == 42


def test_a_generator_is_heard_piece_by_piece_and_ends_when_given_up() -> None:
    heard = stream(f"{STRANGE}:count_for_ever")
    (first, child), (second, _) = next(heard), next(heard)
    heard.close()
    assert (first, second) == (0, 1)
    assert child != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(
    ("function", "limits", "what"),
    [
        ("eat_memory", Limits(memory_mb=512), "memory"),
        ("be_aborted", Limits(), "memory"),
        ("burn", Limits(cpu_seconds=1), "time"),
        ("sleep", Limits(patience=0.5), "time"),
        ("fall", Limits(), "crashed"),
        ("there_is_no_such", Limits(), "crashed"),
    ],
)
def test_what_takes_too_much_ends_and_says_what(function: str, limits: Limits, what: str) -> None:
    began = time.monotonic()
    with pytest.raises(Overran) as overran:
        answer_of(f"{STRANGE}:{function}", limits=limits)
    assert overran.value.what == what
    assert "Иван" not in repr(overran.value)
    assert time.monotonic() - began < 50


def test_a_refusal_comes_through_with_what_it_speaks_of() -> None:
    with pytest.raises(Refused) as refusal:
        answer_of(f"{STRANGE}:refuse")
    assert (refusal.value.code, refusal.value.params) == ("strange", {"cell": "B7"})


def test_the_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody:secret@host/db")
    monkeypatch.setenv("TEPLO_SECRET_KEY", "secret")
    known = answer_of(f"{STRANGE}:environment")
    assert "PYTHONPATH" in known
    assert not {"DATABASE_URL", "TEPLO_SECRET_KEY"} & set(known)


def test_the_child_writes_no_file(tmp_path: Path) -> None:
    with pytest.raises(Overran):
        answer_of(f"{STRANGE}:write", str(tmp_path / "a"))
    assert not (tmp_path / "a").exists() or (tmp_path / "a").stat().st_size == 0


def test_what_a_library_prints_is_no_answer() -> None:
    assert answer_of(f"{STRANGE}:talk") == "answer"
