from __future__ import annotations

import gc

import pytest

from teplo.kit.garbage import rarely_collected


def test_the_usual_pace_comes_back_when_the_last_one_leaves() -> None:
    usual = gc.get_threshold()
    with rarely_collected():
        with rarely_collected():
            assert gc.get_threshold()[0] > usual[0]
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual


def test_it_comes_back_after_a_failure_too() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="broken"), rarely_collected():
        raise ValueError("broken")
    assert gc.get_threshold() == usual
