"""What cannot be learnt from, with its reason: the words are made where a language is known."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """This cannot be learnt from."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params
