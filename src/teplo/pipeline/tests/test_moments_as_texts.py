"""Moments are written as Python and Django write them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.pipeline.moments import Moments

_EARLIEST, _LATEST = 946_684_800_000, 4_102_444_800_000


@settings(deadline=None)
@given(st.lists(st.integers(_EARLIEST, _LATEST) | st.integers(_EARLIEST // 1000, _LATEST // 1000).map((1000).__mul__)))
def test_a_moment_is_written_as_python_writes_it(moments: list[int]) -> None:
    write, with_offset = Moments(""), Moments("+00")
    for milliseconds in moments:
        expected = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(" ").removesuffix("+00:00")
        assert write(milliseconds) == expected
        assert with_offset(milliseconds) == f"{expected}+00"
