"""How a file is to be read, and that it cannot be: all a confined child knows of it. It loads no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class NotATable(Exception):
    """This file cannot be imported; `FileRefused` says the same with words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read. `header_row` counts rows from 0; -1: there is none."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    skip_lines: int = 0
    is_wrapped: bool = False
    header_row: int = 0
    by_row: bool = False
    """A spreadsheet that is read row by row: it is large, or has wide gaps."""

    def as_json(self) -> dict[str, Any]:
        """As stored with the run."""
        return {**asdict(self), "sheets": list(self.sheets)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shape:
        """The stored shape."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        return cls(**{**known, "sheets": tuple(data.get("sheets", ()))})
