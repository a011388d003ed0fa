"""Functions of ours that SQLite is taught on every new connection: a compiled statement may run on any of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

_functions: dict[str, tuple[int, Callable[..., Any]]] = {}


def teach(name: str, arguments: int, function: Callable[..., Any]) -> None:
    """Let SQL call `function` by `name`, on connections opened from now on; it must be deterministic."""
    _functions[name] = (arguments, function)


def teach_connection(connection: sqlite3.Connection) -> None:
    """Give one connection all of them."""
    for name, (arguments, function) in _functions.items():
        connection.create_function(name, arguments, function, deterministic=True)
