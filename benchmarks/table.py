"""`python -m benchmarks.table < lines`: the figures of a run as the table of docs/performance.md, growth included."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
WHOLE_AT_EACH_SIZE = (
    "rescore-all", "rescore-statement", "segment-count", "backtest-date", "backtest-first-contact", "learn-from-base"
)  # fmt: skip
"""Figures of everybody: what each person costs is the value divided by the size."""


def main() -> None:
    """Read figures, a JSON line each; lines that are none are passed over."""
    figures = [json.loads(line) for line in sys.stdin if line.startswith('{"benchmark"')]
    sys.stdout.write("\n".join(table(figures)) + "\n")


def table(figures: Iterable[dict[str, Any]]) -> list[str]:
    """Markdown lines: a row for each benchmark and engine, the last figure of each size counts."""
    rows: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for figure in figures:
        rows.setdefault((figure["benchmark"], figure["engine"]), {})[figure["size"]] = figure
    head = "| benchmark | engine | unit | 10,000 | 100,000 | 1,000,000 | growth | of the limit | goal | reached |"
    return [head, "|---|---|---|--:|--:|--:|--:|--:|---|---|", *(_row(key, sizes) for key, sizes in rows.items())]


def _row(key: tuple[str, str], sizes: dict[int, dict[str, Any]]) -> str:
    largest = sizes[max(sizes)]
    cells = [_number(sizes[size]["value"]) if size in sizes else "" for size in SIZES]
    grown = f"{_growth(key[0], sizes):.2f}" if len(sizes) > 1 else ""
    ratio = _number(largest["ratio"]) if largest["ratio"] else ""
    reached = "yes" if largest["ok"] else "no"
    return f"| {' | '.join((*key, largest['unit'], *cells, grown, ratio, largest['goal'], reached))} |"


def _growth(name: str, sizes: dict[int, dict[str, Any]]) -> float:
    """The worst step: how many times more an item costs where there are ten times more people."""
    known = sorted(sizes)
    costs = [_cost(name, sizes[size]) for size in known]
    return max(after / before for before, after in zip(costs, costs[1:], strict=False))


def _cost(name: str, figure: dict[str, Any]) -> float:
    value = float(figure["value"])
    if figure["unit"].endswith("/s"):
        return 1 / value
    return value / figure["size"] if name in WHOLE_AT_EACH_SIZE else value


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if value >= 10 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


if __name__ == "__main__":
    main()
