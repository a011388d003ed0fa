"""How large a file, a row and a cell may be. What is over is refused with its place, never cut off in silence."""

from __future__ import annotations

from typing import Any

MAX_COLUMNS = 1_000
MAX_ROWS = 50_000_000
LONGEST_CELL = 200_000
"""Characters. A spreadsheet holds 32,767 in a cell."""
LONGEST_ROW = 2_000_000
LONGEST_LINE = 4_000_000
"""Characters of one line of a text file that are read at all."""
MAX_UNPACKED = 2_000_000_000
"""Bytes a spreadsheet may unpack to."""
MAX_RATIO = 200
"""How many times larger than itself a spreadsheet above half a gigabyte may unpack to."""
MAX_PARTS = 20_000
"""Files inside of a spreadsheet."""
KEPT_OF_A_LINE = 5_000
"""Characters of a line that could not be cut, for the file of refused rows."""
MAX_INSIDE = 200
"""Lines that one quoted cell may hold."""


class UnreadableRow(list[str]):
    """A row without cells, because it cannot be taken as one; says why, and how it stands in the file."""

    def __init__(self, reason: str, params: dict[str, Any], text: str = "") -> None:
        super().__init__()
        self.reason, self.params, self.text = reason, params, text[:KEPT_OF_A_LINE]
