"""What a confined child is asked about a file, and answers in plain values. `tables.py` asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from teplo.people.importing import inspecting
from teplo.people.importing.bounds import UnreadableRow
from teplo.people.importing.opening import all_rows, data_rows, headers_of, top_rows_of
from teplo.people.importing.shaping import Shape
from teplo.people.importing.values import day_month

_SAMPLES = 300
_SCANNED = 20_000
"""Rows, empty ones too, that are gone through for the first rows."""
_BATCH = 250
_WEIGHT = 1_000_000  # characters in a batch


def look(path: str, by_row: bool, limit: int) -> dict[str, Any]:
    """What a file is, its header and its first rows."""
    return _looked(Path(path), inspecting.find_shape(Path(path), by_row=by_row), limit)


def look_again(path: str, shape: dict[str, Any], changes: dict[str, Any], limit: int) -> dict[str, Any]:
    """The same with a human's corrections."""
    changed = Shape.from_json(shape)
    return _looked(Path(path), inspecting.reshape(Path(path), changed, **changes), limit)


def head(path: str, shape: dict[str, Any], limit: int) -> dict[str, Any]:
    """The header and the first rows of a file whose shape is known."""
    return _looked(Path(path), Shape.from_json(shape), limit)


def top(path: str, shape: dict[str, Any], limit: int) -> list[Any]:
    """The first rows as they stand."""
    return [_plain(0, cells) for cells in top_rows_of(Path(path), Shape.from_json(shape), limit=limit)]


def rows(path: str, shape: dict[str, Any], after: int) -> Iterator[list[Any]]:
    """All data rows after a number, in batches."""
    batch: list[Any] = []
    weight = 0
    for number, cells in data_rows(Path(path), Shape.from_json(shape), after=after):
        batch.append(_plain(number, cells))
        weight += sum(map(len, cells))
        if len(batch) >= _BATCH or weight > _WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def survey(path: str, shape: dict[str, Any], dated: list[int]) -> dict[str, Any]:
    """How much there is: rows to take, empty ones, lines; and how the columns at `dated` write day and month."""
    read = Shape.from_json(shape)
    counted = {"rows": 0, "empty": 0, "inside": 0}
    orders: dict[int, dict[str, int]] = {place: {} for place in dated}
    spans = [1]
    for number, cells in enumerate(all_rows(Path(path), read, spans=spans), start=1):
        counted["inside"] += spans[0] - 1
        if number <= read.header_row + 1:
            continue
        if cells and not "".join(cells).strip():
            counted["empty"] += 1
            continue
        counted["rows"] += 1
        for place in dated:
            if place < len(cells) and (order := day_month(cells[place])):
                orders[place][order] = orders[place].get(order, 0) + 1
    counted["lines"] = _lines(Path(path), read) if read.format == "csv" else 0
    return {
        **counted,
        "orders": [[place, found] for place, found in orders.items()],
        "head": _looked(Path(path), read, _SAMPLES),
    }


def _lines(path: Path, shape: Shape) -> int:
    """Physical lines of a text, counted by themselves: what the rows are compared with."""
    count = 0
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        while piece := file.readline(1 << 20):
            count += piece.endswith(("\n", "\r")) or len(piece) < 1 << 20
    return count


def _looked(path: Path, shape: Shape, limit: int) -> dict[str, Any]:
    near = takewhile(lambda row: row[0] <= shape.header_row + 1 + _SCANNED, data_rows(path, shape))
    first = [_plain(number, cells) for number, cells in islice(near, limit)]
    return {"shape": shape.as_json(), "headers": headers_of(path, shape), "rows": first}


def _plain(number: int, cells: list[str]) -> list[Any]:
    if isinstance(cells, UnreadableRow):
        return [number, None, cells.reason, cells.params, cells.text]
    return [number, cells]
